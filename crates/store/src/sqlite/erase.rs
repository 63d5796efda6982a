//! Deletes a group, or what a client sent, on request.

use autoheal_prepare::fingerprint::Fingerprint;
use rusqlite::{Connection, OptionalExtension, Result, params};
use serde_json::json;

use super::bundle;
use super::read::or_default;
use super::sample;
use super::upkeep::delete_group;
use crate::{ClientHash, Erased, Link, SampleId};

/// Text in the place of what was deleted.
pub(super) const ERASED: &str = "(erased)";

/// Erases the group with any of its fingerprints.
pub(super) fn group(connection: &Connection, project: &str, fingerprint: Fingerprint) -> Result<Erased> {
    let mut erased = Erased::default();
    let found = connection
        .prepare_cached(
            "SELECT group_id FROM fingerprints JOIN projects ON projects.id = project_id
             WHERE name = ?1 AND fingerprint = ?2",
        )?
        .query_row(params![project, fingerprint.0], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        whole_group(connection, id, &mut erased)?;
    }
    Ok(erased)
}

/// Returns the groups that a client reported.
pub(super) fn groups_of(connection: &Connection, client: ClientHash) -> Result<Vec<i64>> {
    connection
        .prepare_cached(
            "SELECT group_id FROM clients WHERE client = ?1 UNION SELECT group_id FROM samples WHERE client = ?1
             UNION SELECT id FROM groups WHERE creator = ?1 ORDER BY 1",
        )?
        .query_map([client.0], |row| row.get(0))?
        .collect()
}

/// Erases what a client sent to a group: its samples, and the group if nothing else is known about it.
pub(super) fn client(connection: &Connection, group: i64, client: ClientHash) -> Result<Erased> {
    let mut erased = Erased::default();
    connection
        .prepare_cached("DELETE FROM clients WHERE group_id = ?1 AND client = ?2")?
        .execute(params![group, client.0])?;
    let (own, others): (u64, u64) = connection
        .prepare_cached(
            "SELECT coalesce(sum(client IS ?2), 0), coalesce(sum(client IS NOT ?2), 0) FROM samples WHERE group_id = ?1",
        )?
        .query_row(params![group, client.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let is_creator: Option<bool> = connection
        .prepare_cached("SELECT creator = ?2 FROM groups WHERE id = ?1")?
        .query_row(params![group, client.0], |row| row.get(0))
        .optional()?;
    if others == 0 && (own > 0 || is_creator == Some(true)) {
        whole_group(connection, group, &mut erased)?;
    } else if own > 0 {
        connection
            .prepare_cached("DELETE FROM samples WHERE group_id = ?1 AND client IS ?2")?
            .execute(params![group, client.0])?;
        erased.samples += own;
        show_another_sample(connection, group)?;
    }
    connection
        .prepare_cached("UPDATE groups SET creator = zeroblob(8) WHERE id = ?1 AND creator = ?2")?
        .execute(params![group, client.0])?;
    Ok(erased)
}

/// Deletes a group, or empties it if GitHub has or may have an issue of it.
fn whole_group(connection: &Connection, group: i64, erased: &mut Erased) -> Result<()> {
    erased.samples += connection
        .prepare_cached("SELECT count(*) FROM samples WHERE group_id = ?1")?
        .query_row([group], |row| row.get::<_, u64>(0))?;
    let (issue, keeps_row): (Option<Link>, bool) = connection
        .prepare_cached(
            "SELECT issue_number, issue_url, issue_number IS NOT NULL OR owner IS NOT NULL
                 OR EXISTS (SELECT 1 FROM intents WHERE group_id = groups.id) FROM groups WHERE id = ?1",
        )?
        .query_row([group], |row| {
            let number: Option<u64> = or_default(row, 0)?;
            Ok((
                number.zip(or_default::<Option<String>>(row, 1)?).map(|(number, url)| Link { number, url }),
                row.get(2)?,
            ))
        })?;
    erased.issues.extend(issue);
    erase_from_shared_issue(connection, group, erased)?;
    if !keeps_row {
        erased.groups += 1;
        return delete_group(connection, group);
    }
    erased.emptied += 1;
    empty(connection, group, erased)
}

/// Deletes the texts of an issue that the group shares, because the table in them names the group.
fn erase_from_shared_issue(connection: &Connection, group: i64, erased: &mut Erased) -> Result<()> {
    const OF_LEAD: &str =
        "group_id = (SELECT lead FROM groups WHERE id = ?1) AND kind IN ('open_issue', 'update_text')";
    for sql in [
        format!("UPDATE intents SET state = 'withdrawn' WHERE {OF_LEAD} AND state = 'held'"),
        format!("UPDATE intents SET payload = '{{}}' WHERE {OF_LEAD} AND state NOT IN ('sent', 'recheck')"),
    ] {
        connection.prepare_cached(&sql)?.execute([group])?;
    }
    erased.unfinished += connection
        .prepare_cached(&format!("SELECT count(*) FROM intents WHERE {OF_LEAD} AND state IN ('sent', 'recheck')"))?
        .query_row([group], |row| row.get::<_, u64>(0))?;
    Ok(())
}

/// The sample of a group that was emptied.
pub(super) fn placeholder() -> String {
    let sample = json!({
        "report": {"error_type": ERASED, "error_message": ERASED},
        "frames": [], "normalised_message": ERASED, "parts": [], "sender": "anonymous", "received_at": 0,
    });
    sample.to_string()
}

/// Deletes the placeholder of a group, after a report took its place.
pub(super) fn delete_placeholder(connection: &Connection, group: i64) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM samples WHERE group_id = ?1 AND seen_at = 0 AND record = ?2")?
        .execute(params![group, placeholder()])
        .map(drop)
}

/// Deletes all text of a group, but keeps its row and its fingerprints.
fn empty(connection: &Connection, group: i64, erased: &mut Erased) -> Result<()> {
    // Not sent yet: the next step is decided anew, with the text that is left.
    for sql in [
        "UPDATE intents SET state = 'withdrawn' WHERE group_id = ?1 AND state = 'held'",
        // those left out hold no text of a report, and name the branch and the draft
        "UPDATE intents SET payload = '{}' WHERE group_id = ?1 AND state NOT IN ('sent', 'recheck')
             AND kind NOT IN ('create_commit', 'create_branch', 'open_pull')",
        "DELETE FROM traits WHERE group_id = ?1",
        "DELETE FROM hours WHERE group_id = ?1",
        "UPDATE groups SET raised = NULL WHERE id = ?1",
        "DELETE FROM samples WHERE group_id = ?1",
        "DELETE FROM releases WHERE group_id = ?1",
        "DELETE FROM clients WHERE group_id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([group])?;
    }
    erased.unfinished += connection
        .prepare_cached("SELECT count(*) FROM intents WHERE group_id = ?1 AND state IN ('sent', 'recheck')")?
        .query_row([group], |row| row.get::<_, u64>(0))?;
    // A group without a sample counts as damaged. The next report of the failure replaces this one.
    connection
        .prepare_cached("INSERT INTO samples (group_id, seen_at, record) VALUES (?1, 0, ?2)")?
        .execute(params![group, placeholder()])?;
    let sample = connection.last_insert_rowid();
    // The text of the issue counts as that of the placeholder, so that the placeholder is never written to GitHub.
    connection
        .prepare_cached(
            "UPDATE groups SET error_type = ?2, error_message = ?2, class = NULL, severity = 'medium',
                 clients = 0, known_clients = 0, creator = zeroblob(8), shown_sample = ?3, sample_chosen = 0,
                 text_sample = CASE WHEN text_sample IS NOT NULL THEN ?3 END WHERE id = ?1",
        )?
        .execute(params![group, ERASED, sample])
        .map(drop)
}

/// After the shown sample was deleted: shows the first one that is left, of a known sender if there is one.
fn show_another_sample(connection: &Connection, group: i64) -> Result<()> {
    let is_there: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM samples WHERE id = shown_sample) FROM groups WHERE groups.id = ?1",
        )?
        .query_row([group], |row| row.get(0))?;
    if is_there {
        return Ok(());
    }
    let next: Option<(i64, Option<String>)> = connection
        .prepare_cached("SELECT id, record FROM samples WHERE group_id = ?1 ORDER BY known DESC, id LIMIT 1")?
        .query_row([group], |row| Ok((row.get(0)?, or_default(row, 1)?)))
        .optional()?;
    let Some((id, record)) = next else { return Ok(()) };
    bundle::delete_traits(connection, group)?;
    // one that cannot be read is shown too, and then reported as damaged
    connection
        .prepare_cached("UPDATE groups SET shown_sample = ?2, sample_chosen = 0 WHERE id = ?1")?
        .execute([group, id])?;
    match record.and_then(|record| serde_json::from_str(&record).ok()) {
        Some(sample) => sample::show_stored(connection, group, SampleId(id), &sample),
        None => Ok(()),
    }
}

//! Regroups what was stored before its source maps arrived.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::accept::{MAX_SAMPLES, MAX_SAMPLES_BYTES};
use super::upkeep::delete_group;
use super::{bundle, sample};
use crate::{GroupId, Regrouped, SampleId};
use autoheal_prepare::fingerprint::Fingerprinted;

/// Condition of groups to which nothing on GitHub belongs, or may belong soon.
pub(super) const FREE: &str = "(issue_number IS NULL AND owner IS NULL AND lead IS NULL
     AND NOT EXISTS (SELECT 1 FROM intents WHERE group_id = groups.id)
     AND NOT EXISTS (SELECT 1 FROM approvals WHERE group_id = groups.id))";

/// Gives a group the fingerprint of one of its samples, prepared anew. If another group has that fingerprint, this one
/// joins it, unless something on GitHub belongs to it: then both stay as they are. While a group has no issue, the sample
/// gets its new text too; the text of an issue never changes.
pub(super) fn regroup(
    connection: &Connection,
    group: GroupId,
    sample: SampleId,
    record: &Fingerprinted,
) -> Result<Regrouped> {
    let found: Option<(i64, bool, bool)> = connection
        .prepare_cached(&format!("SELECT project_id, {FREE}, source LIKE 'mcp_%' FROM groups WHERE id = ?1"))?
        .query_row([group.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((project, is_free, is_of_server)) = found else { return Ok(Regrouped::Unchanged) };
    // A page's report in the group of the server's has a fingerprint of its own, which is not the group's.
    let is_other_end = is_of_server && !record.source().is_mcp();
    let other: Option<i64> = connection
        .prepare_cached("SELECT group_id FROM fingerprints WHERE project_id = ?1 AND fingerprint = ?2")?
        .query_row(params![project, record.fingerprint().0], |row| row.get(0))
        .optional()?;
    match other {
        Some(other) if other != group.0 && !is_other_end => {
            if !is_free {
                return Ok(Regrouped::Unchanged);
            }
            join(connection, group.0, other, true)?;
            return Ok(Regrouped::Joined);
        }
        None if !is_other_end => {
            connection
                .prepare_cached("INSERT INTO fingerprints (project_id, fingerprint, group_id) VALUES (?1, ?2, ?3)")?
                .execute(params![project, record.fingerprint().0, group.0])?;
        }
        _ => {}
    }
    if is_free {
        let is_shown = connection
            .prepare_cached("SELECT shown_sample IS ?2 FROM groups WHERE id = ?1")?
            .query_row(params![group.0, sample.0], |row| row.get(0))?;
        if is_shown {
            bundle::set_traits(connection, project, group.0, record)?;
        }
        connection
            .prepare_cached("UPDATE samples SET record = ?3 WHERE id = ?2 AND group_id = ?1")?
            .execute(params![group.0, sample.0, sample::json(record)?])?;
    }
    Ok(Regrouped::Named)
}

/// Gives the shown sample of a group to another one that has space for it.
pub(super) fn move_sample(connection: &Connection, group: i64, other: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE samples SET group_id = ?2 WHERE id = (SELECT shown_sample FROM groups WHERE id = ?1) AND group_id = ?1
                 AND (SELECT count(*) < ?3 AND coalesce(sum(octet_length(record)), 0) + octet_length(samples.record) <= ?4
                      FROM samples AS others WHERE others.group_id = ?2)",
        )?
        .execute(params![group, other, MAX_SAMPLES, MAX_SAMPLES_BYTES])
        .map(drop)
}

/// Adds the counts of a group to another one, and deletes it. With `leads_on`, its fingerprints lead to the other one.
pub(super) fn join(connection: &Connection, group: i64, other: i64, leads_on: bool) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE groups SET count = groups.count + from_group.count,
                 known_count = groups.known_count + from_group.known_count, known = max(groups.known, from_group.known),
                 noise = groups.noise + from_group.noise, first_seen = min(groups.first_seen, from_group.first_seen),
                 last_seen = max(groups.last_seen, from_group.last_seen),
                 known_since = min(coalesce(groups.known_since, from_group.known_since),
                                   coalesce(from_group.known_since, groups.known_since))
             FROM (SELECT count, known_count, known, known_since, noise, first_seen, last_seen FROM groups WHERE id = ?1) AS from_group
             WHERE id = ?2",
        )?
        .execute([group, other])?;
    if leads_on {
        connection
            .prepare_cached("UPDATE fingerprints SET group_id = ?2 WHERE group_id = ?1")?
            .execute([group, other])?;
    }
    connection
        .prepare_cached(
            "INSERT INTO releases (group_id, release, count, first_seen, last_seen)
             SELECT ?2, release, count, first_seen, last_seen FROM releases WHERE group_id = ?1
             ON CONFLICT DO UPDATE SET count = count + excluded.count, last_seen = max(last_seen, excluded.last_seen)",
        )?
        .execute([group, other])?;
    connection
        .prepare_cached(
            "INSERT INTO hours (group_id, hour, count) SELECT ?2, hour, count FROM hours WHERE group_id = ?1
             ON CONFLICT DO UPDATE SET count = count + excluded.count",
        )?
        .execute([group, other])?;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO clients (group_id, client, known)
             SELECT ?2, client, known FROM clients WHERE group_id = ?1",
        )?
        .execute([group, other])?;
    connection
        .prepare_cached(
            "UPDATE groups SET clients = of_both.clients, known_clients = of_both.known
             FROM (SELECT count(*) AS clients, coalesce(sum(known), 0) AS known FROM clients WHERE group_id = ?1) AS of_both
             WHERE id = ?1",
        )?
        .execute([other])?;
    delete_group(connection, group)
}

//! Statements for the worker: claims, intents, approvals, pauses.

use std::time::Duration;

use autoheal_contract::limits::DEFAULT_PROJECT;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::bundle;
use super::read::{self, INTENT, all, intent, or_default};
use super::unreadable::Unreadable;
use crate::{
    Approval, Change, ClientHash, GroupId, Intent, IntentId, IntentKind, IntentState, IssueCounts, Pause, Revocation,
};
use autoheal_prepare::Timestamp;

/// Condition of intents that the worker still has to handle. The index `intents_unsettled` has the same condition.
pub(super) const UNSETTLED: &str = "state IN ('sent', 'held', 'recheck')";
/// Condition of groups that were handed over to an agent, or may have been.
pub(super) const HANDED_OVER: &str = "status IN ('handed_over', 'hand_over_unknown')";
/// Condition of intents that count towards a budget.
const COUNTED: &str = "state NOT IN ('refused', 'withdrawn')";
/// Id of the project whose name is the first parameter.
pub(super) const PROJECT: &str = "(SELECT id FROM projects WHERE name = ?1)";
/// Assumed length of a pause of an earlier version, which stored its end only.
const EARLIER_PAUSE: Duration = Duration::from_secs(3600);

/// Sets a group aside that cannot be read: it is not due before its next report. Its row stays as it is.
pub(super) fn set_aside(connection: &Connection, group: GroupId, reason: &str, unreadable: &Unreadable) -> Result<()> {
    unreadable.add("groups", group.0, &reason);
    let note = format!("set aside, because it cannot be read from the store: {reason}");
    connection
        .prepare_cached("UPDATE groups SET act_at = NULL, owner = NULL, lease_until = NULL, note = ?2 WHERE id = ?1")?
        .execute(params![group.0, note])
        .map(drop)
}

pub(super) fn begin(
    connection: &Connection,
    project: &str,
    group: Option<GroupId>,
    kind: IntentKind,
    payload: String,
    now: Timestamp,
) -> Result<Intent> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO intents (project_id, group_id, kind, state, payload, planned_at, sent_at, act_at)
             VALUES ({PROJECT}, ?2, ?3, 'sent', ?4, ?5, ?5, ?5) RETURNING {INTENT}"
        ))?
        .query_row(params![project, group.map(|group| group.0), kind.name(), payload, now.0], intent)
}

pub(super) fn begin_again(connection: &Connection, id: IntentId, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE intents SET state = 'sent', attempt = attempt + 1, sent_at = ?2, act_at = ?2 WHERE id = ?1",
        )?
        .execute(params![id.0, now.0])
        .map(drop)
}

/// Makes the project's writes due that wait for the end of a pause.
pub(super) fn resume_writes(connection: &Connection, project: &str, now: Timestamp) -> Result<()> {
    let sql = format!(
        "UPDATE intents SET act_at = ?2
         WHERE project_id = {PROJECT} AND state IN ('held', 'sent') AND act_at > ?2 AND act_at < {}",
        i64::MAX
    );
    connection.prepare_cached(&sql)?.execute(params![project, now.0]).map(drop)
}

pub(super) fn settle(
    connection: &Connection,
    id: IntentId,
    state: IntentState,
    outcome: Option<String>,
    act_at: Timestamp,
    changes: &[Change],
) -> Result<()> {
    let group: Option<i64> = connection
        .prepare_cached(
            "UPDATE intents SET state = ?2, outcome = coalesce(?3, outcome), act_at = ?4 WHERE id = ?1
             RETURNING group_id",
        )?
        .query_row(params![id.0, state.name(), outcome, act_at.0], |row| row.get(0))?;
    match group {
        Some(group) => change(connection, GroupId(group), changes),
        None => Ok(()),
    }
}

pub(super) fn unsettled_due(
    connection: &Connection,
    project: &str,
    now: Timestamp,
    unreadable: &Unreadable,
) -> Result<Option<Intent>> {
    loop {
        let due = connection
            .prepare_cached(&format!(
                "SELECT {INTENT} FROM intents WHERE {UNSETTLED} AND act_at <= ?2 AND project_id = {PROJECT}
                 ORDER BY kind <> 'open_issue', id LIMIT 1"
            ))?
            .query_row(params![project, now.0], |row| Ok((row.get::<_, i64>(0)?, intent(row))))
            .optional()?;
        match due {
            None => return Ok(None),
            Some((_, Ok(intent))) => return Ok(Some(intent)),
            // One damaged intent must not stop the others. It is never due again; its row stays as it is otherwise.
            Some((id, Err(error))) if read::is_unreadable(&error) => {
                unreadable.add("intents", id, &error);
                connection.prepare_cached("UPDATE intents SET act_at = ?2 WHERE id = ?1")?.execute([id, i64::MAX])?;
            }
            Some((_, Err(error))) => return Err(error),
        }
    }
}

pub(super) fn change(connection: &Connection, group: GroupId, changes: &[Change]) -> Result<()> {
    let set = |column: &str, value: &dyn rusqlite::ToSql| {
        connection
            .prepare_cached(&format!("UPDATE groups SET {column} = ?2 WHERE id = ?1"))?
            .execute(params![group.0, value])
    };
    set("owner", &None::<String>)?;
    set("lease_until", &None::<i64>)?;
    for change in changes {
        match change {
            Change::Status(status) => set("status", &status.name())?,
            Change::Note(note) => set("note", note)?,
            Change::Text(text) => {
                set("text_sample", &text.sample.0)?
                    + set("text_form", &text.form.name())?
                    + set("text_at", &text.changed_at.map(|at| at.0))?
            }
            Change::Issue(link) => {
                set("issue_number", &link.number)?
                    + set("issue_url", &link.url)?
                    + bundle::share_issue(connection, group, link)?
            }
            Change::Join(lead, known, now) => bundle::join(connection, group, *lead, *known, *now)?,
            Change::Leave(now) => bundle::leave(connection, "id = ?1", group, *now)?,
            Change::Disband(now) => bundle::leave(connection, "lead = ?1", group, *now)?,
            Change::LetUnnamedLeave(now) => bundle::leave(connection, "lead = ?1 AND named = 0", group, *now)?,
            Change::Wake(other, now) => bundle::wake(connection, *other, *now)?,
            Change::Named(members) => bundle::set_named(connection, group, members)?,
            Change::Links(links) => bundle::set_links(connection, group, links)?,
            Change::Pull(link) => set("pull_number", &link.number)? + set("pull_url", &link.url)?,
            Change::HandOver(description) => set("hand_over", description)?,
            Change::ShownHash(hash) => set("shown_hash", hash)?,
            Change::CountsWritten(count, at) => set("counts_written", count)? + set("counts_at", &at.0)?,
            Change::ActAt(at) => set("act_at", &at.0)?,
            Change::Quiet(count) => connection
                .prepare_cached("UPDATE groups SET act_at = NULL WHERE id = ?1 AND count = ?2")?
                .execute(params![group.0, count])?,
        };
    }
    Ok(())
}

pub(super) fn approve(connection: &Connection, group: GroupId, approval: &Approval, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO approvals (group_id, hash, login, labelled_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![group.0, approval.hash, approval.login, approval.labelled_at.0])?;
    change(connection, group, &[Change::ActAt(now), Change::Note(None)])
}

pub(super) fn revoke(connection: &Connection, group: GroupId, revocation: &Revocation, now: Timestamp) -> Result<()> {
    connection
        .prepare_cached("UPDATE approvals SET revoked_at = ?2 WHERE group_id = ?1 AND revoked_at IS NULL")?
        .execute(params![group.0, now.0])?;
    connection
        .prepare_cached("UPDATE groups SET shown_hash = ?2, revoked_label = ?3 WHERE id = ?1")?
        .execute(params![group.0, revocation.shown_hash, revocation.labelled_at.0])?;
    change(connection, group, &[Change::Note(Some(revocation.note.clone())), Change::ActAt(now)])
}

pub(super) fn awaiting(connection: &Connection, project: &str) -> Result<Vec<(GroupId, u64)>> {
    let sql = format!(
        "SELECT id, issue_number FROM groups
         WHERE project_id = {PROJECT} AND status = 'awaiting_approval' AND issue_number IS NOT NULL"
    );
    let rows = all(connection, &sql, [project], |row| Ok((GroupId(row.get(0)?), or_default::<u64>(row, 1)?)))?;
    Ok(rows.into_iter().filter(|(_, issue)| *issue > 0).collect())
}

pub(super) fn handed_over(connection: &Connection, project: &str) -> Result<Vec<u64>> {
    let sql = format!(
        "SELECT issue_number FROM groups WHERE project_id = {PROJECT} AND {HANDED_OVER} AND issue_number IS NOT NULL"
    );
    let issues = all(connection, &sql, [project], |row| or_default::<u64>(row, 0))?;
    Ok(issues.into_iter().filter(|issue| *issue > 0).collect())
}

pub(super) fn last_sent_at(connection: &Connection, now: Timestamp) -> Result<Option<Timestamp>> {
    connection
        .prepare_cached("SELECT max(sent_at) FROM intents WHERE sent_at <= ?1")?
        .query_row([now.0], |row| or_default::<Option<i64>>(row, 0))
        .map(|at| at.map(Timestamp))
}

pub(super) fn sent_since(
    connection: &Connection,
    project: &str,
    kinds: &[IntentKind],
    since: Timestamp,
    now: Timestamp,
) -> Result<u64> {
    let names: Vec<String> = kinds.iter().map(|kind| format!("'{}'", kind.name())).collect();
    connection
        .prepare_cached(&format!(
            "SELECT count(*) FROM intents
             WHERE sent_at > ?2 AND sent_at <= ?3 AND project_id = {PROJECT} AND {COUNTED} AND kind IN ({})",
            names.join(", ")
        ))?
        .query_row(params![project, since.0, now.0], |row| row.get(0))
}

pub(super) fn issues_since(
    connection: &Connection,
    project: &str,
    since: Timestamp,
    now: Timestamp,
) -> Result<IssueCounts> {
    let sql = format!(
        "SELECT known, creator, count(*) FROM intents JOIN groups ON groups.id = group_id
         WHERE sent_at > ?2 AND sent_at <= ?3 AND intents.project_id = {PROJECT} AND {COUNTED} AND kind = 'open_issue'
         GROUP BY known, creator"
    );
    let rows = all(connection, &sql, params![project, since.0, now.0], |row| {
        Ok((or_default::<bool>(row, 0)?, ClientHash(or_default(row, 1)?), row.get::<_, u64>(2)?))
    })?;
    let mut counts = IssueCounts::default();
    for (known, client, issues) in rows {
        if known { counts.known += issues } else { counts.others.push((client, issues)) }
    }
    Ok(counts)
}

/// The name under which the pause of a project is stored. That of the default project is the name that version 0.1.0 used.
fn pause_name(project: &str) -> String {
    if project == DEFAULT_PROJECT { "issues".to_owned() } else { format!("issues:{project}") }
}

pub(super) fn pause(connection: &Connection, project: &str) -> Result<Option<Pause>> {
    connection
        .prepare_cached(
            "SELECT until, reason, times, since, set_at, cause, writes_only FROM pauses WHERE credential = ?1",
        )?
        .query_row([pause_name(project)], |row| {
            let until = Timestamp(row.get(0)?);
            // An earlier version stored the end only.
            let set_at = row.get::<_, Option<i64>>(4)?.map_or(until.minus(EARLIER_PAUSE), Timestamp);
            let since = row.get::<_, Option<i64>>(3)?.map_or(set_at, Timestamp);
            let (reason, times, cause, writes_only) = (row.get(1)?, row.get(2)?, row.get(5)?, row.get(6)?);
            Ok(Pause { until, reason, times, since, set_at, cause, writes_only })
        })
        .optional()
}

pub(super) fn set_pause(connection: &Connection, project: &str, pause: Option<&Pause>) -> Result<()> {
    match pause {
        Some(pause) => connection
            .prepare_cached(
                "INSERT OR REPLACE INTO pauses (credential, until, reason, times, since, set_at, cause, writes_only)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                pause_name(project),
                pause.until.0,
                pause.reason,
                pause.times,
                pause.since.0,
                pause.set_at.0,
                pause.cause,
                pause.writes_only
            ]),
        None => connection.prepare_cached("DELETE FROM pauses WHERE credential = ?1")?.execute([pause_name(project)]),
    }
    .map(drop)
}

/// The part of `shorten_waits` that is about intents.
pub(super) fn shorten_waits_of_intents(
    connection: &Connection,
    now: Timestamp,
    of_groups: Duration,
    of_rechecks: Duration,
) -> Result<()> {
    // Only a recheck needs its wait, because lists lag: a write waits for the end of a pause, which is stored by itself.
    for (states, longest) in [("'recheck'", of_rechecks), ("'sent', 'held'", of_groups.min(of_rechecks))] {
        // An intent that was set aside, because it cannot be read, is never due.
        let is_late = format!("state IN ({states}) AND act_at > ?1 AND act_at < {}", i64::MAX);
        connection
            .prepare_cached(&format!("UPDATE intents SET act_at = ?1 WHERE {is_late}"))?
            .execute([now.plus(longest).0])?;
    }
    // From now on its search takes as long as after a write that was just sent.
    connection
        .prepare_cached(&format!("UPDATE intents SET sent_at = ?1 WHERE {UNSETTLED} AND sent_at > ?1"))?
        .execute([now.0])
        .map(drop)
}

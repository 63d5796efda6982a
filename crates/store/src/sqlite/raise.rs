//! Finds spikes, and failures that are new in a release, while reports of known senders are counted. The state is
//! bounded: a row per group and hour of five weeks, and the last releases of a project.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::read::or_default;
use crate::{Raise, RaiseRules};
use autoheal_prepare::Timestamp;

/// Maximum number of releases of a project.
const MAX_RELEASES: usize = 200;

/// Counts occurrences that known senders reported, and raises the severity of their group after a spike.
pub(super) fn count_hour(
    connection: &Connection,
    rules: RaiseRules,
    group: i64,
    count: u64,
    at: Timestamp,
) -> Result<()> {
    if rules.spike_factor == 0 {
        return Ok(());
    }
    let hour = RaiseRules::hour(at);
    let total: u64 = connection
        .prepare_cached(
            "INSERT INTO hours (group_id, hour, count) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET count = count + excluded.count RETURNING count",
        )?
        .query_row(params![group, hour, count], |row| or_default(row, 0))?;
    if total == count {
        let oldest = hour - (RaiseRules::WEEKS + 1) * RaiseRules::HOURS_OF_WEEK;
        connection.prepare_cached("DELETE FROM hours WHERE group_id = ?1 AND hour < ?2")?.execute([group, oldest])?;
    }
    if total < rules.spike_count {
        return Ok(());
    }
    let known_since: i64 = connection
        .prepare_cached("SELECT coalesce(known_since, first_seen) FROM groups WHERE id = ?1")?
        .query_row([group], |row| or_default(row, 0))?;
    let first_hour = RaiseRules::hour(Timestamp(known_since));
    let mut earlier = Vec::new();
    for week in 1..=RaiseRules::WEEKS {
        let same_hour = hour - week * RaiseRules::HOURS_OF_WEEK;
        // the group was not known during all of an earlier hour
        if same_hour <= first_hour {
            break;
        }
        let counted: Option<u64> = connection
            .prepare_cached("SELECT count FROM hours WHERE group_id = ?1 AND hour = ?2")?
            .query_row([group, same_hour], |row| or_default(row, 0))
            .optional()?;
        earlier.push(counted.unwrap_or_default());
    }
    match rules.spike(hour, total, &earlier) {
        Some(spike) if !is_raised_since(connection, group, hour)? => raise(connection, group, &spike),
        _ => Ok(()),
    }
}

/// True if the group's severity was raised for a spike in this hour.
fn is_raised_since(connection: &Connection, group: i64, hour: i64) -> Result<bool> {
    let raised = connection
        .prepare_cached("SELECT raised FROM groups WHERE id = ?1")?
        .query_row([group], |row| or_default::<Option<String>>(row, 0))?;
    Ok(matches!(read(raised), Some(Raise::Spike { hour: at, .. }) if RaiseRules::hour(at) == hour))
}

/// Remembers the release of a report of a known sender. For the first one of its group, raises the severity if an
/// earlier release was reported for long enough, and this is the newest one, and new itself.
pub(super) fn note_release(
    connection: &Connection,
    rules: RaiseRules,
    (project, group): (i64, i64),
    release: &str,
    is_first: bool,
    at: Timestamp,
) -> Result<()> {
    let added = connection
        .prepare_cached("INSERT OR IGNORE INTO project_releases (project_id, release, first_seen) VALUES (?1, ?2, ?3)")?
        .execute(params![project, release, at.0])?;
    if added > 0 {
        connection
            .prepare_cached(&format!(
                "DELETE FROM project_releases WHERE project_id = ?1 AND release IN (
                     SELECT release FROM project_releases WHERE project_id = ?1
                     ORDER BY first_seen DESC, release LIMIT -1 OFFSET {MAX_RELEASES})"
            ))?
            .execute([project])?;
    }
    if !is_first || rules.release_window.is_zero() {
        return Ok(());
    }
    // at most MAX_RELEASES rows
    let (since, newest, oldest): (i64, i64, i64) = connection
        .prepare_cached(
            "SELECT coalesce(max(CASE WHEN release = ?2 THEN first_seen END), 0), max(first_seen), min(first_seen)
             FROM project_releases WHERE project_id = ?1",
        )?
        .query_row(params![project, release], |row| {
            Ok((or_default(row, 0)?, or_default(row, 1)?, or_default(row, 2)?))
        })?;
    let since = Timestamp(since);
    let is_newest = since.0 == newest;
    let has_history = Timestamp(oldest).plus(rules.release_history) <= since && oldest < since.0;
    if is_newest && has_history && at < since.plus(rules.release_window) {
        return raise(connection, group, &Raise::NewInRelease { release: release.to_owned(), since });
    }
    Ok(())
}

fn raise(connection: &Connection, group: i64, reason: &Raise) -> Result<()> {
    connection
        .prepare_cached("UPDATE groups SET raised = ?2 WHERE id = ?1")?
        .execute(params![group, serde_json::to_string(reason).ok()])
        .map(drop)
}

/// Reads the column `raised`. One that cannot be read counts as none.
pub(super) fn read(raised: Option<String>) -> Option<Raise> {
    raised.and_then(|json| serde_json::from_str(&json).ok())
}

//! Wakes groups, in small steps, because one long transaction would delay the reports that arrive.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::work::{HANDED_OVER, PROJECT};
use autoheal_prepare::Timestamp;

/// Number of groups per step.
const STEP: usize = 500;

/// Withdraws refused intents. Returns whether the settings differ from the last run, and the place of the first step.
pub(super) fn begin(
    project: &str,
    settings_hash: &str,
) -> impl FnOnce(&Connection) -> Result<(bool, Option<i64>)> + Send + 'static {
    let (project, settings_hash) = (project.to_owned(), settings_hash.to_owned());
    move |connection| {
        // The reason of a refusal may be gone.
        connection
            .prepare_cached(&format!(
                "UPDATE intents SET state = 'withdrawn' WHERE state = 'refused' AND project_id = {PROJECT}
                 AND group_id IN (SELECT id FROM groups WHERE NOT {HANDED_OVER})"
            ))?
            .execute([&project])?;
        let last: Option<String> = connection
            .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
            .query_row([name(&project)], |row| row.get(0))
            .optional()?;
        Ok((last != Some(settings_hash), Some(0)))
    }
}

/// Wakes the groups after this id. Returns their number, and the place of the next step; none after the last one.
pub(super) fn step(
    project: &str,
    all: bool,
    after: i64,
    now: Timestamp,
) -> impl FnOnce(&Connection) -> Result<(u64, Option<i64>)> + Send + 'static {
    let project = project.to_owned();
    move |connection| {
        let Some(last) = last_of_step(connection, after)? else { return Ok((0, None)) };
        let woken = connection
            .prepare_cached(&format!(
                "UPDATE groups SET act_at = ?2 WHERE project_id = {PROJECT} AND id > ?3 AND id <= ?4
                   AND act_at IS NULL AND NOT {HANDED_OVER} AND (?5 OR status = 'refused' OR note IS NOT NULL)"
            ))?
            .execute(params![project, now.0, after, last, all])?;
        Ok((woken as u64, Some(last)))
    }
}

/// The last group of a step.
fn last_of_step(connection: &Connection, after: i64) -> Result<Option<i64>> {
    connection
        .prepare_cached(&format!("SELECT max(id) FROM (SELECT id FROM groups WHERE id > ?1 ORDER BY id LIMIT {STEP})"))?
        .query_row([after], |row| row.get(0))
}

/// Makes those of the groups after this id due that would wait longer than `longest`, and releases such claims. Returns
/// the place of the next step; none after the last one.
pub(super) fn shorten(
    after: i64,
    now: Timestamp,
    longest: Duration,
) -> impl FnOnce(&Connection) -> Result<Option<i64>> + Send + 'static {
    move |connection| {
        let Some(last) = last_of_step(connection, after)? else { return Ok(None) };
        let latest = now.plus(longest).0;
        connection
            .prepare_cached(
                "UPDATE groups SET owner = NULL, lease_until = NULL WHERE id > ?1 AND id <= ?2 AND lease_until > ?3",
            )?
            .execute(params![after, last, latest])?;
        connection
            .prepare_cached("UPDATE groups SET act_at = ?4 WHERE id > ?1 AND id <= ?2 AND act_at > ?3")?
            .execute(params![after, last, latest, now.0])?;
        Ok(Some(last))
    }
}

/// Stores the hash of the settings, after the last step.
pub(super) fn end(project: &str, settings_hash: &str) -> impl FnOnce(&Connection) -> Result<()> + Send + 'static {
    let (project, settings_hash) = (project.to_owned(), settings_hash.to_owned());
    move |connection| {
        connection
            .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
            .execute(params![name(&project), settings_hash])
            .map(drop)
    }
}

fn name(project: &str) -> String {
    format!("settings:{project}")
}

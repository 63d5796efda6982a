//! Walks groups from the one that was not seen for the longest time, and deletes what belongs to one.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::Budget;
use crate::sqlite::cache::MAX_GROUP_ID;

/// Tables whose rows belong to a group. Report ids are left out: they have no index by group, and the next sweep
/// deletes those of deleted groups.
const OF_A_GROUP: [&str; 8] =
    ["samples", "releases", "clients", "intents", "approvals", "fingerprints", "traits", "hours"];

/// A place in the order of all groups by the time at which they were last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    listed_at: i64,
    group: i64,
}

impl Place {
    /// Before the first group.
    pub(super) const START: Self = Self { listed_at: i64::MIN, group: i64::MIN };

    /// Moves to the next group that was last seen before this second, and returns its id.
    pub(super) fn next(&mut self, connection: &Connection, before: i64) -> Result<Option<i64>> {
        let mut statement = connection.prepare_cached(
            "SELECT listed_at, id FROM groups WHERE project_id = ?1 AND (listed_at, id) > (?2, ?3) AND listed_at < ?4
             ORDER BY listed_at, id LIMIT 1",
        )?;
        let projects: Vec<i64> = connection
            .prepare_cached("SELECT id FROM projects")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_>>()?;
        let mut next: Option<(i64, i64)> = None;
        for project in projects {
            let of_project = statement
                .query_row(params![project, self.listed_at, self.group, before], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            next = next.into_iter().chain(of_project).min();
        }
        let Some((listed_at, group)) = next else { return Ok(None) };
        *self = Self { listed_at, group };
        Ok(Some(group))
    }
}

/// True if the issue of a group may be open, or if a write about it may have to be sent.
pub(super) fn may_be_open(connection: &Connection, group: i64) -> Result<bool> {
    connection
        .prepare_cached(
            "SELECT status IN ('issue_open', 'pull_request_open', 'awaiting_approval') OR owner IS NOT NULL
                 OR EXISTS (SELECT 1 FROM intents WHERE group_id = groups.id AND state IN ('sent', 'held', 'recheck'))
             FROM groups WHERE id = ?1",
        )?
        .query_row([group], |row| row.get::<_, Option<bool>>(0))
        .map(|open| open.unwrap_or(true))
}

/// Deletes the samples of a group but its first one, the shown one, and the one whose text the issue holds. Stops when
/// the budget is spent, and returns the number of deleted ones, and true if none is left.
pub(super) fn delete_samples(connection: &Connection, group: i64, budget: &mut Budget) -> Result<(u64, bool)> {
    let mut deleted = 0;
    while !budget.is_spent() {
        let sample: Option<(i64, u64)> = connection
            .prepare_cached(
                "SELECT samples.id, octet_length(record) FROM samples JOIN groups ON groups.id = group_id
                 WHERE group_id = ?1 AND samples.id > (SELECT min(id) FROM samples WHERE group_id = ?1)
                   AND samples.id IS NOT shown_sample AND samples.id IS NOT text_sample ORDER BY samples.id DESC LIMIT 1",
            )?
            .query_row([group], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((sample, bytes)) = sample else { return Ok((deleted, true)) };
        connection.prepare_cached("DELETE FROM samples WHERE id = ?1")?.execute([sample])?;
        deleted += 1;
        budget.spend(bytes);
    }
    Ok((deleted, false))
}

/// Deletes a group with all that belongs to it. Its id is not used again.
pub(in crate::sqlite) fn delete_group(connection: &Connection, group: i64) -> Result<()> {
    for table in OF_A_GROUP {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE group_id = ?1"))?.execute([group])?;
    }
    connection.prepare_cached("DELETE FROM groups WHERE id = ?1")?.execute([group])?;
    connection
        .prepare_cached("UPDATE meta SET value = max(value, ?1) WHERE name = 'last_deleted_group' AND ?1 < ?2")?
        .execute([group, MAX_GROUP_ID])
        .map(drop)
}

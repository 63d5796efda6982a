//! Deletes report ids in the order of their key. In the order of their age, each would be on another page. Also deletes
//! ends of calls of the same age.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::Budget;
use crate::Maintained;
use crate::sqlite::call_ends;
use crate::sqlite::read::or_default;
use autoheal_prepare::Timestamp;

/// Number of rows between two looks at the clock.
const CHUNK: usize = 200;

/// A pass over all report ids, project by project. A second pass follows over a project that has too many.
pub(super) struct IdSweep {
    /// Ids that are older are deleted.
    oldest: Timestamp,
    /// Maximum number of ids per project.
    max_ids: usize,
    /// True to delete the ids of deleted groups too.
    orphans: bool,
    /// The project of the pass; all projects before it are finished.
    project: Option<i64>,
    /// The last id that was looked at.
    after: Vec<u8>,
    /// Number of kept ids of the project by the second of their arrival.
    seconds: BTreeMap<i64, usize>,
    /// In the second pass: ids before this second are deleted, and this number of ids of the second itself.
    excess: Option<(i64, usize)>,
}

impl IdSweep {
    pub(super) fn new(oldest: Timestamp, max_ids: usize, orphans: bool) -> Self {
        Self { oldest, max_ids, orphans, project: None, after: Vec::new(), seconds: BTreeMap::new(), excess: None }
    }

    /// Returns true after the last step.
    pub(super) fn step(
        &mut self,
        connection: &Connection,
        budget: &mut Budget,
        deleted: &mut Maintained,
    ) -> Result<bool> {
        while !call_ends::prune(connection, self.oldest)? {
            if budget.is_spent() {
                return Ok(false);
            }
        }
        loop {
            let project = match self.project {
                Some(project) => project,
                None => match next_project(connection, i64::MIN)? {
                    Some(first) => *self.project.insert(first),
                    None => return Ok(true),
                },
            };
            let rows = self.chunk(connection, project)?;
            let is_last = rows.len() < CHUNK;
            for (id, seen_at, orphan) in rows {
                if orphan || self.is_due(seen_at) {
                    connection
                        .prepare_cached("DELETE FROM report_ids WHERE project_id = ?1 AND id = ?2")?
                        .execute(params![project, id])?;
                    deleted.ids += 1;
                } else if self.excess.is_none() {
                    *self.seconds.entry(seen_at.div_euclid(1000)).or_default() += 1;
                }
                self.after = id;
            }
            if is_last && !self.begin_second_pass() {
                self.excess = None;
                match next_project(connection, project)? {
                    Some(next) => self.project = Some(next),
                    None => return Ok(true),
                }
            }
            if budget.is_spent() {
                return Ok(false);
            }
        }
    }

    /// The next ids, with their time, and true for those of deleted groups.
    fn chunk(&self, connection: &Connection, project: i64) -> Result<Vec<(Vec<u8>, i64, bool)>> {
        connection
            .prepare_cached(
                "SELECT id, seen_at, ?4 AND NOT EXISTS (SELECT 1 FROM groups WHERE groups.id = group_id) FROM report_ids
                 WHERE project_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            )?
            .query_map(params![project, self.after, CHUNK, self.orphans], |row| {
                // one whose time cannot be read stays, so that its report is not counted twice
                let seen_at: Option<i64> = or_default(row, 1)?;
                Ok((row.get(0)?, seen_at.unwrap_or(i64::MAX), row.get(2)?))
            })?
            .collect()
    }

    fn is_due(&mut self, seen_at: i64) -> bool {
        if seen_at < self.oldest.0 {
            return true;
        }
        let Some((second, of_second)) = &mut self.excess else { return false };
        let own = seen_at.div_euclid(1000);
        if own == *second && *of_second > 0 {
            *of_second -= 1;
            return true;
        }
        own < *second
    }

    /// At the end of a pass over a project: starts the second one if the project has too many ids.
    fn begin_second_pass(&mut self) -> bool {
        self.after.clear();
        let seconds = std::mem::take(&mut self.seconds);
        if self.excess.is_some() {
            return false;
        }
        let mut left = seconds.values().sum::<usize>().saturating_sub(self.max_ids);
        if left == 0 {
            return false;
        }
        for (second, ids) in seconds {
            if ids >= left {
                self.excess = Some((second, left));
                return true;
            }
            left -= ids;
        }
        false
    }
}

fn next_project(connection: &Connection, after: i64) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM projects WHERE id > ?1 ORDER BY id LIMIT 1")?
        .query_row([after], |row| row.get(0))
        .optional()
}

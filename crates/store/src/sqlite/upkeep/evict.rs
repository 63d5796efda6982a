//! Makes space in a store that is near its limit.
//!
//! In this order: report ids older than half their retention; samples but the shown one of each group; groups of unknown
//! senders without issue, intent or approval; such groups of known senders. Each time, those come first that were not
//! seen for the longest time. Nothing else is deleted, and no group that was seen within the last minute.

use std::time::Duration;

use rusqlite::{Connection, Result, params};

use super::groups::{Place, delete_group, delete_samples};
use super::ids::IdSweep;
use super::{Budget, ID_MEMORY};
use crate::Maintained;
use autoheal_prepare::Timestamp;

/// Time in which a group is not deleted, so that a report is not deleted right after it was accepted.
const MIN_AGE: Duration = Duration::from_secs(60);

/// A pass in the order of eviction.
pub(super) struct Eviction {
    stage: Stage,
    /// Groups that were seen from this second on are kept.
    before: i64,
}

enum Stage {
    Ids(IdSweep),
    Samples { place: Place, unfinished: Option<i64> },
    Groups { place: Place, known: bool },
}

impl Eviction {
    pub(super) fn new(now: Timestamp) -> Self {
        let ids = IdSweep::new(now.minus(ID_MEMORY / 2), usize::MAX, true);
        Self { stage: Stage::Ids(ids), before: now.minus(MIN_AGE).0.div_euclid(1000) }
    }

    /// Returns true if nothing is left to delete.
    pub(super) fn step(
        &mut self,
        connection: &Connection,
        budget: &mut Budget,
        deleted: &mut Maintained,
    ) -> Result<bool> {
        match &mut self.stage {
            Stage::Ids(sweep) => {
                if sweep.step(connection, budget, deleted)? {
                    self.stage = Stage::Samples { place: Place::START, unfinished: None };
                }
            }
            Stage::Samples { place, unfinished } => {
                while !budget.is_spent() {
                    let Some(group) =
                        unfinished.take().map_or_else(|| place.next(connection, i64::MAX), |group| Ok(Some(group)))?
                    else {
                        self.stage = Stage::Groups { place: Place::START, known: false };
                        return Ok(false);
                    };
                    let (samples, finished) = delete_samples(connection, group, budget)?;
                    deleted.samples += samples;
                    *unfinished = (!finished).then_some(group);
                }
            }
            Stage::Groups { place, known } => {
                while !budget.is_spent() {
                    let Some(group) = place.next(connection, self.before)? else {
                        if *known {
                            return Ok(true);
                        }
                        self.stage = Stage::Groups { place: Place::START, known: true };
                        return Ok(false);
                    };
                    if let Some(bytes) = evictable(connection, group, *known)? {
                        delete_group(connection, group)?;
                        budget.spend(bytes);
                        deleted.groups += 1;
                    }
                }
            }
        }
        Ok(false)
    }
}

/// The size of a group's samples, if the group may be deleted.
pub(super) fn evictable(connection: &Connection, group: i64, known: bool) -> Result<Option<u64>> {
    let bytes: Option<u64> = connection
        .prepare_cached(
            "SELECT CASE WHEN known <= ?2 AND issue_number IS NULL AND owner IS NULL AND lead IS NULL
                 AND NOT EXISTS (SELECT 1 FROM intents WHERE group_id = groups.id)
                 AND NOT EXISTS (SELECT 1 FROM approvals WHERE group_id = groups.id)
             THEN (SELECT coalesce(sum(octet_length(record)), 0) FROM samples WHERE group_id = groups.id) END
             FROM groups WHERE id = ?1",
        )?
        .query_row(params![group, known], |row| row.get(0))?;
    Ok(bytes)
}

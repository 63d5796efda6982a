//! Deletes groups of strangers of any age, so that new failures of known senders can be stored.

use rusqlite::{Connection, Result};

use super::Budget;
use super::evict::evictable;
use super::groups::{Place, delete_group};
use crate::Maintained;

/// A walk over all groups, which goes on where the last one ended, because what is behind it must stay.
pub(super) struct Displacement {
    place: Place,
    /// True after the walk started again from the first group.
    restarted: bool,
}

/// Result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Displaced {
    /// There may be more to delete.
    Unfinished,
    /// There is enough space.
    Enough(Place),
    /// No group is left that may be deleted.
    Exhausted,
}

impl Displacement {
    pub(super) fn new(from: Place) -> Self {
        Self { place: from, restarted: from == Place::START }
    }

    pub(super) fn step(
        &mut self,
        connection: &Connection,
        budget: &mut Budget,
        deleted: &mut Maintained,
        is_enough: impl Fn() -> Result<bool>,
    ) -> Result<Displaced> {
        while !budget.is_spent() {
            if is_enough()? {
                return Ok(Displaced::Enough(self.place));
            }
            let Some(group) = self.place.next(connection, i64::MAX)? else {
                if self.restarted {
                    return Ok(Displaced::Exhausted);
                }
                (self.place, self.restarted) = (Place::START, true);
                continue;
            };
            if let Some(bytes) = evictable(connection, group, false)? {
                delete_group(connection, group)?;
                budget.spend(bytes);
                deleted.groups += 1;
            }
        }
        Ok(Displaced::Unfinished)
    }
}

//! Deletes groups that were not seen for a long time.

use rusqlite::{Connection, Result};

use super::Budget;
use super::groups::{Place, delete_group, delete_samples, may_be_open};
use crate::Maintained;
use autoheal_prepare::Timestamp;

/// A pass over all groups that were last seen before an instant.
pub(super) struct Retention {
    before: Timestamp,
    place: Place,
    /// A group whose samples are not all deleted yet.
    unfinished: Option<i64>,
}

impl Retention {
    pub(super) fn new(before: Timestamp) -> Self {
        Self { before, place: Place::START, unfinished: None }
    }

    /// Returns true after the last step.
    pub(super) fn step(
        &mut self,
        connection: &Connection,
        budget: &mut Budget,
        deleted: &mut Maintained,
    ) -> Result<bool> {
        while !budget.is_spent() {
            let group = match self.unfinished.take() {
                Some(group) => group,
                None => match self.place.next(connection, self.before.0.div_euclid(1000))? {
                    Some(group) => group,
                    None => return Ok(true),
                },
            };
            // Samples first and one by one, because those of earlier versions are large.
            let (samples, finished) = delete_samples(connection, group, budget)?;
            let keeps_group = may_be_open(connection, group)?;
            deleted.samples += if keeps_group { samples } else { 0 };
            if !finished {
                self.unfinished = Some(group);
            } else if !keeps_group {
                delete_group(connection, group)?;
                deleted.groups += 1;
            }
        }
        Ok(false)
    }
}

//! Deletes the texts of updates of counts that were settled long ago. Each holds the whole text of the issue, and there
//! may be many a day. The texts of other writes stay, because an approval is compared with them.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::Budget;
use autoheal_prepare::Timestamp;

/// A pass over all intents.
pub(super) struct PayloadSweep {
    /// Writes that were sent later keep their texts.
    before: Timestamp,
    after: i64,
}

impl PayloadSweep {
    pub(super) fn new(before: Timestamp) -> Self {
        Self { before, after: 0 }
    }

    /// Returns true after the last step.
    pub(super) fn step(&mut self, connection: &Connection, budget: &mut Budget) -> Result<bool> {
        while !budget.is_spent() {
            // `+` keeps SQLite from the index by time, because the walk is by id
            let next: Option<(i64, u64)> = connection
                .prepare_cached(
                    "SELECT id, octet_length(payload) FROM intents WHERE id > ?1 AND +sent_at < ?2
                       AND kind = 'update_counts' AND state NOT IN ('sent', 'held', 'recheck') AND octet_length(payload) > 2 ORDER BY id LIMIT 1",
                )?
                .query_row(params![self.after, self.before.0], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((intent, bytes)) = next else { return Ok(true) };
            connection.prepare_cached("UPDATE intents SET payload = '{}' WHERE id = ?1")?.execute([intent])?;
            budget.spend(bytes);
            self.after = intent;
        }
        Ok(false)
    }
}

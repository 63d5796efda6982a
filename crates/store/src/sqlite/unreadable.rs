//! `Unreadable`: the rows that could not be read, each counted and logged once.

use std::collections::HashSet;
use std::sync::Mutex;

use super::lock;

/// Maximum number of rows that are remembered.
const MAX_ROWS: usize = 10_000;

/// The rows that could not be read since the start.
#[derive(Default)]
pub(super) struct Unreadable {
    rows: Mutex<HashSet<(&'static str, i64)>>,
}

impl Unreadable {
    /// Takes note of a row. It stays as it is.
    pub(super) fn add(&self, table: &'static str, id: i64, error: &dyn std::fmt::Display) {
        let mut rows = lock(&self.rows);
        if rows.len() < MAX_ROWS && rows.insert((table, id)) {
            tracing::error!(table, id, %error, "store: a row cannot be read and is set aside");
        }
    }

    /// The number of rows.
    pub(super) fn rows(&self) -> u64 {
        lock(&self.rows).len() as u64
    }
}

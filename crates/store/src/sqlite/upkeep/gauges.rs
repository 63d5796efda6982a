//! `Gauges`: numbers about the store that other threads read.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::Health;

/// Numbers that other threads read.
#[derive(Default)]
pub(in crate::sqlite) struct Gauges {
    pub(super) bytes: AtomicU64,
    pub(super) used: AtomicU64,
    pub(super) limit: AtomicU64,
    pub(super) full: AtomicBool,
    pub(super) deleted_groups: AtomicU64,
    pub(in crate::sqlite) failed_writes: AtomicU64,
}

impl Gauges {
    /// A report was refused, because the store is full.
    pub(in crate::sqlite) fn refused_report(&self) {
        self.full.store(true, Ordering::Relaxed);
    }

    pub(in crate::sqlite) fn health(&self, unreadable_rows: u64) -> Health {
        let get = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Health {
            bytes: get(&self.bytes),
            used_bytes: get(&self.used),
            limit_bytes: get(&self.limit),
            full: self.full.load(Ordering::Relaxed),
            damaged: false,
            loss: None,
            unreadable_rows,
            failed_writes: get(&self.failed_writes),
            deleted_groups: get(&self.deleted_groups),
        }
    }
}

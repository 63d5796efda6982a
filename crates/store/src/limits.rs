//! `Limits`: the disk space and the time that a store may take, and the rules by which it counts.

use std::time::Duration;

use autoheal_contract::limits::ID_MEMORY_ROWS;

use crate::RaiseRules;

/// Limits of a store's size and memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum size of the file with its log, in bytes.
    pub bytes: u64,
    /// Time after which a group that was not seen again is deleted. None keeps all groups.
    pub retention: Option<Duration>,
    /// Maximum number of report ids per project.
    pub report_ids: usize,
    /// The rules by which counts raise a severity.
    pub raise: RaiseRules,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 2 * 1024 * 1024 * 1024,
            retention: Some(Duration::from_secs(90 * 24 * 3600)),
            report_ids: ID_MEMORY_ROWS,
            raise: RaiseRules::default(),
        }
    }
}

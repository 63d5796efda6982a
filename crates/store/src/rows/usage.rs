//! `Usage`: the size of the store and of the queue for issues.

use autoheal_prepare::Timestamp;

/// The size of the store, and the groups that wait for an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Size of the store's files, in bytes.
    pub bytes: u64,
    /// Number of due groups without an issue, at most [`Usage::MAX_WAITING`].
    pub waiting: u64,
    /// First occurrence of the oldest of these groups.
    pub oldest_waiting: Option<Timestamp>,
}

impl Usage {
    /// Maximum number of waiting groups that are counted.
    pub const MAX_WAITING: u64 = 5_000;
}

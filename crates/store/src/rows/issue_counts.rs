//! `IssueCounts`: the number of issues opened in a time, by the senders of their groups.

use super::ClientHash;

/// Number of issues opened in a time, by the senders of their groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssueCounts {
    /// For groups that a known sender reported.
    pub known: u64,
    /// For groups of each other client.
    pub others: Vec<(ClientHash, u64)>,
}

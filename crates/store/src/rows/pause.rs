//! `Pause`: a wait that GitHub requested.

use autoheal_prepare::Timestamp;

/// What GitHub asked us to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Nothing is sent before this.
    pub until: Timestamp,
    /// In words.
    pub reason: String,
    /// How often in a row: the next wait is longer.
    pub times: u32,
}

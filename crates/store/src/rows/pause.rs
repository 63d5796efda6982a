//! `Pause`: a time in which no write is sent to GitHub.

use autoheal_prepare::Timestamp;

/// A wait that GitHub requested, or that follows a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// End of the pause.
    pub until: Timestamp,
    /// Reason, for people.
    pub reason: String,
    /// Number of pauses in a row. Each one lasts longer.
    pub times: u32,
}

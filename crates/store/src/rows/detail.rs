//! `Detail`: a group with all that is stored about it, for display.

use super::{Approval, Group, Intent, Release, Sample};

/// A group with all that is known of it.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The group.
    pub group: Group,
    /// Its samples, the frozen first one first.
    pub samples: Vec<Sample>,
    /// Its releases.
    pub releases: Vec<Release>,
    /// Every write to GitHub that was begun for it, oldest first.
    pub intents: Vec<Intent>,
    /// Who approved, and what became of it.
    pub approvals: Vec<Approval>,
}

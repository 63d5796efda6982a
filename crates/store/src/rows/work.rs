//! `Work`: a group with all that the worker needs to decide about it.

use super::{Approval, Group, Intent, Release, Sample};

/// What deciding about a group needs.
#[derive(Debug, Clone)]
pub struct Work {
    /// The group.
    pub group: Group,
    /// The frozen first sample: what people and agents are shown.
    pub sample: Sample,
    /// Its releases.
    pub releases: Vec<Release>,
    /// Every write that was begun for it, oldest first.
    pub intents: Vec<Intent>,
    /// The approval in force.
    pub approval: Option<Approval>,
}

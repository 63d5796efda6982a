//! `Work`: a group with all that a decision about it needs.

use super::{Approval, Group, Intent, Lead, Release, Sample};

/// A group with all that a decision about it needs.
#[derive(Debug, Clone)]
pub struct Work {
    /// The group.
    pub group: Group,
    /// The sample that people and agents are shown.
    pub sample: Sample,
    /// A page's report of the same failure, if the shown sample is about the server.
    pub page: Option<Sample>,
    /// The releases it was seen in.
    pub releases: Vec<Release>,
    /// Every write to GitHub for it, oldest first.
    pub intents: Vec<Intent>,
    /// The approval in force.
    pub approval: Option<Approval>,
    /// The group whose issue it shares; none if that one was deleted.
    pub lead: Option<Lead>,
    /// The groups that share its issue.
    pub members: Vec<Group>,
}

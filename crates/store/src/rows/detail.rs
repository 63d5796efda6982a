//! `Detail`: a group with all that is stored about it, for display.

use super::{Approval, Group, Intent, Lead, Release, Sample};

/// A group with all that is stored about it.
#[derive(Debug, Clone)]
pub struct Detail {
    /// The group.
    pub group: Group,
    /// Its samples: the shown one, then the others in the order of their arrival.
    pub samples: Vec<Sample>,
    /// The releases it was seen in.
    pub releases: Vec<Release>,
    /// Every write to GitHub for it, oldest first.
    pub intents: Vec<Intent>,
    /// Its approvals, revoked ones included.
    pub approvals: Vec<Approval>,
    /// The group whose issue it shares.
    pub lead: Option<Lead>,
    /// The groups that share its issue.
    pub members: Vec<Group>,
    /// Groups with frames or a cause in common with it.
    pub related: Vec<Group>,
}

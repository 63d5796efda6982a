//! `Erased`: what was deleted on request, and what is left.

use serde::{Deserialize, Serialize};

use super::Link;

/// Result of a deletion on request, because somebody's personal data must go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Number of deleted groups.
    pub groups: u64,
    /// Number of groups that were emptied. They keep their issue, so that the failure opens no second one.
    pub emptied: u64,
    /// Number of deleted samples.
    pub samples: u64,
    /// Issues on GitHub, which stay as they are.
    pub issues: Vec<Link>,
    /// Number of writes to GitHub under way, whose texts are kept until they are settled.
    pub unfinished: u64,
}

impl Erased {
    /// True if there was something to delete.
    #[must_use]
    pub fn found(&self) -> bool {
        self.groups + self.emptied + self.samples > 0
    }
}

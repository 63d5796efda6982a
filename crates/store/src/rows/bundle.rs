//! `Bundle`: the groups that share one issue, that of their lead.

use autoheal_contract::Source;
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::Fingerprint;
use strum::{IntoStaticStr, VariantArray};

use super::{ClientHash, GroupId, Link};

/// The reason for which groups share an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum BundleKind {
    /// They are near-duplicates.
    Related,
    /// They arrived in a storm.
    Digest,
}

impl BundleKind {
    /// Name in the database and the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The place of a group in a bundle, as one that has no issue of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The group whose issue it shares.
    pub lead: GroupId,
    /// The reason.
    pub kind: BundleKind,
    /// True if the issue is one of known senders. Otherwise a group of a known sender does not stay.
    pub known: bool,
    /// True if the text of the issue names the group.
    pub named: bool,
}

/// The group whose issue another one shares.
#[derive(Debug, Clone)]
pub struct Lead {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Its issue.
    pub issue: Option<Link>,
    /// True if the write that opens the issue is not settled yet.
    pub opens: bool,
}

/// A group that was first seen at about the same time as another one.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer {
    /// The group.
    pub group: GroupId,
    /// Client of its first report.
    pub creator: ClientHash,
    /// Kind of sender, as its shown sample claims.
    pub source: Source,
    /// Arrival of its first report.
    pub first_seen: Timestamp,
    /// True if it may need an issue.
    pub waits: bool,
}

/// An issue to be opened, and what else it is about.
#[derive(Debug, Clone)]
pub struct NewIssue {
    /// The group.
    pub group: GroupId,
    /// Content of the write, as JSON.
    pub payload: String,
    /// Further groups that share the issue.
    pub members: Vec<GroupId>,
    /// The reason.
    pub kind: BundleKind,
    /// True if the text of all of them is one of known senders.
    pub known: bool,
    /// Numbers of the related issues that its text names.
    pub links: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Databases hold these names.
    #[test]
    fn kinds_keep_their_names() {
        let names: Vec<&str> = BundleKind::VARIANTS.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.join(" "), "related digest");
    }
}

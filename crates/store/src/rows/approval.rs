//! `Approval`: a person's permission for an agent to work on a group, and the revocation of it.

use autoheal_prepare::Timestamp;
use serde::Serialize;

/// A person's permission for an agent to work on a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Hash of the text that the agent would read.
    pub hash: String,
    /// Login of the person.
    pub login: String,
    /// Time at which the label was set, by GitHub's clock. Text that was written later is not approved.
    pub labelled_at: Timestamp,
    /// Time of its revocation; none while it is in force.
    pub revoked_at: Option<Timestamp>,
}

/// The end of an approval.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// Hash of the text that the agent would read now, which the next approval is for.
    pub shown_hash: String,
    /// Time at which the revoked label was set, by GitHub's clock.
    pub labelled_at: Timestamp,
    /// Reason, for people.
    pub note: String,
}

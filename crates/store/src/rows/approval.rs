//! `Approval`: the permission of a person that an agent may work on a group, and its revocation.

use autoheal_prepare::Timestamp;
use serde::Serialize;

/// A person's word that an agent may work on a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Hash of what the agent would read.
    pub hash: String,
    /// Who approved.
    pub login: String,
    /// When the label was set, by GitHub's clock: what was written before it is what was approved.
    pub labelled_at: Timestamp,
    /// When it was taken back, because the text had changed.
    pub revoked_at: Option<Timestamp>,
}

/// Why and from when on an approval does not count.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// Hash of what the agent would read now: what the next approval is about.
    pub shown_hash: String,
    /// When the label that is taken back was set, by GitHub's clock.
    pub labelled_at: Timestamp,
    /// In words.
    pub note: String,
}

//! `Change`: one change to a group.

use autoheal_prepare::Timestamp;

use super::{Link, Status};

/// One change to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// How far the healing has come.
    Status(Status),
    /// Why it waits or was refused.
    Note(Option<String>),
    /// Its issue.
    Issue(Link),
    /// Its draft pull request.
    Pull(Link),
    /// Where the agent was asked.
    HandOver(String),
    /// Hash of what the agent would read.
    ShownHash(String),
    /// The count that stands on the issue now.
    CountsWritten(u64, Timestamp),
    /// When the worker looks at it next.
    ActAt(Timestamp),
    /// Nothing to do until something new is told of it. The count is the one that was decided by: a report that came
    /// since leaves the group due.
    Quiet(u64),
}

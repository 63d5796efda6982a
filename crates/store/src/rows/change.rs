//! `Change`: one change to a group.

use autoheal_prepare::Timestamp;

use super::{IssueText, Link, Status};

/// One change to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Sets the status.
    Status(Status),
    /// Sets or deletes the reason why the group waits or was refused.
    Note(Option<String>),
    /// Sets the issue.
    Issue(Link),
    /// Sets the text that the issue holds.
    Text(IssueText),
    /// Sets the draft pull request.
    Pull(Link),
    /// Sets the description of the hand-over to the agent, for people.
    HandOver(String),
    /// Sets the hash of the text that the agent would read.
    ShownHash(String),
    /// Sets the count that the issue shows, and the time of that write.
    CountsWritten(u64, Timestamp),
    /// Sets the time at which the group is due.
    ActAt(Timestamp),
    /// Makes the group idle until its next report. The number is the group's count when this was decided: if a report
    /// came since, the group stays due.
    Quiet(u64),
}

//! `Change`: one change to a group.

use autoheal_prepare::Timestamp;

use super::{GroupId, IssueText, Link, Status};

/// One change to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Sets the status.
    Status(Status),
    /// Sets or deletes the reason why the group waits or was refused.
    Note(Option<String>),
    /// Sets the issue, also of the groups that share it.
    Issue(Link),
    /// Lets the group share the issue of its near-duplicate, and makes that one due. The flag is true if the issue is
    /// one of known senders.
    Join(GroupId, bool, Timestamp),
    /// Ends the sharing of another group's issue, and makes the group due.
    Leave(Timestamp),
    /// Lets all groups leave that share the issue of this one.
    Disband(Timestamp),
    /// Lets those leave that share the issue of this group and that its text does not name.
    LetUnnamedLeave(Timestamp),
    /// Makes another group due, unless it waits for a time already.
    Wake(GroupId, Timestamp),
    /// Sets the groups that the text of the issue names, among those that share it.
    Named(Vec<GroupId>),
    /// Sets the related issues that the text of the issue names.
    Links(Vec<u64>),
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

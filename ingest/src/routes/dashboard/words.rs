//! The dashboard's words: what a state means, what was sent, when.

use autoheal_contract::LogLine;
use autoheal_heal::compose::inert;
use autoheal_prepare::Timestamp;
use autoheal_store::{Group, Intent, IntentKind, IntentState, Status};

use crate::templates::{Moment, Step};

/// Where the failure was seen; of MCP servers also what kind of failure.
pub(super) fn source(group: &Group) -> String {
    let class = group.class.as_deref().filter(|class| group.source.is_mcp() && !class.trim().is_empty());
    let label = group.source.label();
    class.map_or_else(|| label.to_owned(), |class| format!("{label} · {}", shortened(&inert(class), 40)))
}

/// A state in a word or three.
pub(super) fn status(group: &Group, held_back: bool) -> &'static str {
    match group.status {
        Status::Recorded if held_back => "recorded, opens no issue",
        Status::Recorded => "recorded",
        Status::IssueOpen => "issue open",
        Status::PullRequestOpen => "draft open",
        Status::AwaitingApproval => "waits for approval",
        Status::HandedOver => "handed over",
        Status::HandOverUnknown => "hand-over unknown",
        Status::Refused => "refused by GitHub",
    }
}

/// What the state means, and who does what next.
pub(super) fn meaning(group: &Group, sends: bool, held_back: bool) -> &'static str {
    match group.status {
        Status::Recorded if held_back => "Counted, and kept here only.",
        Status::Recorded if sends => "Counted; no issue has been opened for it yet.",
        Status::Recorded => "Counted, and kept here only. What would be sent to GitHub stands below.",
        Status::IssueOpen => "Its issue is open.",
        Status::PullRequestOpen => {
            "Its issue and a draft pull request are open; the draft is empty until somebody works on it."
        }
        Status::AwaitingApproval => {
            "Before the coding agent starts, a person with write access reads the issue and adds this label to it:"
        }
        Status::HandedOver => "The coding agent was asked to work on it. Nothing is merged automatically.",
        Status::HandOverUnknown => {
            "The coding agent may have been asked: the answer was lost, and it is not asked twice."
        }
        Status::Refused => "GitHub refused for good, so nothing more is done about it by itself.",
    }
}

/// The beginning of a text, and a sign where there was more.
pub(super) fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// One line of the log before the failure.
pub(super) fn log_line(log: &LogLine) -> String {
    let parts = [log.timestamp.as_deref(), log.level.as_deref(), Some(log.message.as_str())];
    format!("{}\n", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// How often, for people.
pub(super) fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

/// A moment for people and for programs.
pub(super) fn moment(time: Timestamp) -> Moment {
    let exact = time.to_string();
    Moment { shown: exact.replacen('T', " ", 1).replacen('Z', " UTC", 1), exact }
}

/// One write to GitHub.
pub(super) fn step(intent: &Intent) -> Step {
    let what = match intent.kind {
        IntentKind::CreateLabel => "make a label",
        IntentKind::OpenIssue => "open the issue",
        IntentKind::CreateCommit => "make the draft's empty commit",
        IntentKind::CreateBranch => "make the draft's branch",
        IntentKind::OpenPull => "open the draft pull request",
        IntentKind::AssignAgent => "assign the coding agent",
        IntentKind::StartTask => "start the coding agent's task",
        IntentKind::CommentAgent => "ask the coding agent by a comment",
        IntentKind::UpdateCounts => "bring the counts up to date",
        IntentKind::RemoveApproval => "take the approval back",
        IntentKind::CloseDuplicate => "close a duplicate",
    };
    let outcome = match intent.state {
        IntentState::Sent => "sent, no answer yet",
        IntentState::Held => "to be sent again",
        IntentState::Recheck => "done, looked at once more",
        IntentState::Done => "done",
        IntentState::Refused => "refused",
        IntentState::Withdrawn => "not sent, decided anew",
        IntentState::Unknown => "unknown: the answer was lost",
    };
    let outcome = if intent.attempt > 1 { format!("{outcome} ({} tries)", intent.attempt) } else { outcome.to_owned() };
    Step { at: moment(intent.sent_at), what, outcome }
}

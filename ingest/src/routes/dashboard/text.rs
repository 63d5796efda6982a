//! Texts of the dashboard: statuses, writes to GitHub, times.

use autoheal_contract::LogLine;
use autoheal_heal::compose::inert;
use autoheal_prepare::Timestamp;
use autoheal_store::{Group, Intent, IntentKind, IntentState, Status};

use crate::templates::{Step, Time};

/// The source of the failure, with its class if the source is an MCP server.
pub(super) fn source(group: &Group) -> String {
    let class = group.class.as_deref().filter(|class| group.source.is_mcp() && !class.trim().is_empty());
    let label = group.source.label();
    class.map_or_else(|| label.to_owned(), |class| format!("{label} · {}", shortened(&inert(class), 40)))
}

/// The status in a few words.
pub(super) fn status(group: &Group, held_back: bool) -> &'static str {
    match group.status {
        Status::Recorded if held_back => "recorded, opens no issue",
        Status::Recorded => "recorded",
        Status::IssueOpen => "issue open",
        Status::PullRequestOpen => "draft pull request open",
        Status::AwaitingApproval => "waits for approval",
        Status::HandedOver => "handed over",
        Status::HandOverUnknown => "hand-over unknown",
        Status::Refused => "refused by GitHub",
    }
}

/// The status in a sentence, with the next step.
pub(super) fn meaning(group: &Group, sends_to_github: bool, held_back: bool) -> &'static str {
    match group.status {
        Status::Recorded if held_back => "Recorded in this store only. No issue is opened for it.",
        Status::Recorded if sends_to_github => "Recorded. No issue has been opened for it yet.",
        Status::Recorded => "Recorded in this store only. The issue that would be sent to GitHub is shown below.",
        Status::IssueOpen => "Its issue is open.",
        Status::PullRequestOpen => {
            "Its issue and a draft pull request are open. The draft is empty until the agent or a developer adds commits."
        }
        Status::AwaitingApproval => {
            "Before the coding agent starts, a person with write access must review the issue and add this label to it:"
        }
        Status::HandedOver => "The issue was handed over to the coding agent. Nothing is merged automatically.",
        Status::HandOverUnknown => {
            "The coding agent may have started: GitHub's response was lost, and the hand-over is not repeated."
        }
        Status::Refused => {
            "GitHub refused. autoheal tries again when the failure is seen again, and at the latest after a day."
        }
    }
}

/// The beginning of a text, with an ellipsis if it is longer.
pub(super) fn shortened(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// One line of the log that precedes the failure.
pub(super) fn log_line(log: &LogLine) -> String {
    let parts = [log.timestamp.as_deref(), log.level.as_deref(), Some(log.message.as_str())];
    format!("{}\n", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// A time, for programs and for people.
pub(super) fn time(time: Timestamp) -> Time {
    let iso = time.to_string();
    Time { text: iso.replacen('T', " ", 1).replacen('Z', " UTC", 1), iso }
}

/// One write to GitHub.
pub(super) fn step(intent: &Intent) -> Step {
    let action = match intent.kind {
        IntentKind::CreateLabel => "create a label",
        IntentKind::OpenIssue => "open the issue",
        IntentKind::CreateCommit => "create the empty commit of the draft",
        IntentKind::CreateBranch => "create the branch of the draft",
        IntentKind::OpenPull => "open the draft pull request",
        IntentKind::AssignAgent => "assign the coding agent",
        IntentKind::StartTask => "start the coding agent's task",
        IntentKind::CommentAgent => "hand over to the coding agent in a comment",
        IntentKind::UpdateCounts => "update the counts",
        IntentKind::UpdateText => "replace the text of the issue",
        IntentKind::RemoveApproval => "remove the approval label",
        IntentKind::CloseDuplicate => "close a duplicate issue",
    };
    let outcome = match intent.state {
        IntentState::Sent => "sent, no response yet",
        IntentState::Held => "not sent, will be retried",
        IntentState::Recheck => "done, will be checked once more",
        IntentState::Done => "done",
        IntentState::Refused => "refused",
        IntentState::Withdrawn => "not sent, withdrawn",
        IntentState::Unknown => "unknown: the response was lost",
    };
    let outcome =
        if intent.attempt > 1 { format!("{outcome} ({} attempts)", intent.attempt) } else { outcome.to_owned() };
    Step { time: time(intent.sent_at), action, outcome }
}

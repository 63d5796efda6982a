//! Deciding what is done about a group: a pure function of its state, the switches, trust and budgets.

use std::time::Duration;

use crate::settings::Settings;
use autoheal_prepare::Timestamp;
use autoheal_store::{Intent, IntentKind, IntentState, Status, Work};

/// Wait before a spent budget is checked again.
pub(crate) const BUDGET_WAIT: Duration = Duration::from_secs(60);

/// What is to be done about a group next; at most one write at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing, until something new is told of the group.
    Quiet(&'static str),
    /// Nothing yet; look again at this time.
    Later(Timestamp, &'static str),
    /// Open the issue.
    OpenIssue,
    /// Make the commit the draft's branch will point to.
    CreateCommit,
    /// Make the draft's branch.
    CreateBranch,
    /// Open the draft pull request.
    OpenPull,
    /// Wait until a person approves.
    AwaitApproval,
    /// Ask the agent to work on our draft, as a task.
    StartTask,
    /// Ask the agent to work on our draft, by a comment.
    CommentAgent,
    /// Assign the finished issue to the agent.
    AssignAgent,
    /// Bring the counts on the issue up to date.
    UpdateCounts,
}

impl Decision {
    /// Whether an agent is asked to work.
    #[must_use]
    pub fn hands_over(&self) -> bool {
        matches!(self, Self::StartTask | Self::CommentAgent | Self::AssignAgent)
    }
}

/// What may still be spent.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// New issues left this hour.
    pub issues: u64,
    /// Hand-overs left today, and among those that are open at once.
    pub hand_overs: u64,
}

/// Decides about one group.
#[must_use]
pub fn decide(work: &Work, settings: &Settings, budget: Budget, now: Timestamp) -> Decision {
    // A draft is for one issue, so which issue is ours must be sure: a recheck counts as pending too.
    let pending = |intent: &&Intent| intent.state.unsettled() || intent.state == IntentState::Recheck;
    if let Some(pending) = work.intents.iter().find(pending) {
        // Reconciling comes first; a second write before that could be the second of its kind.
        return Decision::Later(pending.act_at.max(now.plus(Duration::from_secs(1))), "a write is not settled yet");
    }
    let Some(_) = &work.group.issue else { return open_issue(work, settings, budget, now) };
    if let Some(decision) = draft(work, settings).or_else(|| hand_over(work, settings, budget, now)) {
        return decision;
    }
    counts(work, settings, now)
}

fn open_issue(work: &Work, settings: &Settings, budget: Budget, now: Timestamp) -> Decision {
    if !settings.switches.any() {
        return Decision::Quiet("preview: no switch is on");
    }
    let class = work.sample.report.class.as_deref();
    if let Some(reason) = settings.caller_errors.hold_back(work.group.source, class, work.group.clients) {
        return Decision::Quiet(reason);
    }
    if work.group.count < settings.min_occurrences {
        return Decision::Quiet("seen less often than AUTOHEAL_MIN_OCCURRENCES");
    }
    if refused(work, IntentKind::OpenIssue) {
        return Decision::Quiet("GitHub refused the issue");
    }
    if budget.issues == 0 {
        return Decision::Later(now.plus(BUDGET_WAIT), "the hour's new issues are spent");
    }
    Decision::OpenIssue
}

/// The draft comes before the hand-over, so that the agent works on it instead of opening its own.
fn draft(work: &Work, settings: &Settings) -> Option<Decision> {
    let steps = [
        (IntentKind::CreateCommit, Decision::CreateCommit),
        (IntentKind::CreateBranch, Decision::CreateBranch),
        (IntentKind::OpenPull, Decision::OpenPull),
    ];
    if !settings.switches.pull || work.group.pull.is_some() || steps.iter().any(|(kind, _)| refused(work, *kind)) {
        return None;
    }
    steps.into_iter().find(|(kind, _)| happened(work, *kind).is_none()).map(|(_, decision)| decision)
}

fn hand_over(work: &Work, settings: &Settings, budget: Budget, now: Timestamp) -> Option<Decision> {
    let asked = |intent: &Intent| {
        IntentKind::HAND_OVERS.contains(&intent.kind)
            && (intent.state.happened() || intent.state == IntentState::Unknown)
    };
    if !settings.switches.heal || work.intents.iter().any(asked) {
        return None;
    }
    let route = if work.group.pull.is_some() {
        [(IntentKind::StartTask, Decision::StartTask), (IntentKind::CommentAgent, Decision::CommentAgent)]
            .into_iter()
            .find(|(kind, _)| !refused(work, *kind))
            .map(|(_, decision)| decision)?
    } else if refused(work, IntentKind::AssignAgent) {
        return None;
    } else {
        Decision::AssignAgent
    };
    let trusted = settings.trust.covers(work.group.source, work.sample.sender);
    if !trusted && work.approval.is_none() {
        // Once it waits, its counts go on.
        let waits = work.group.status == Status::AwaitingApproval && work.group.shown_hash.is_some();
        return (!waits).then_some(Decision::AwaitApproval);
    }
    if budget.hand_overs == 0 {
        return Some(Decision::Later(now.plus(BUDGET_WAIT), "as many hand-overs as are allowed are under way"));
    }
    Some(route)
}

fn counts(work: &Work, settings: &Settings, now: Timestamp) -> Decision {
    let last = work.intents.iter().rfind(|intent| intent.kind == IntentKind::UpdateCounts);
    let refused = last.filter(|intent| intent.state == IntentState::Refused);
    if let Some(again) =
        refused.map(|intent| intent.sent_at.plus(settings.bundle_interval)).filter(|again| *again > now)
    {
        return Decision::Later(again, "GitHub refused the counts");
    }
    match work.group.counts_written {
        Some((written, _)) if written == work.group.count => Decision::Quiet("the issue is up to date"),
        Some((_, at)) if at.plus(settings.bundle_interval) > now => {
            Decision::Later(at.plus(settings.bundle_interval), "counts are written once an interval")
        }
        _ => Decision::UpdateCounts,
    }
}

/// The write of this kind that is known to have happened.
pub(crate) fn happened(work: &Work, kind: IntentKind) -> Option<&Intent> {
    work.intents.iter().rfind(|intent| intent.kind == kind && intent.state.happened())
}

fn refused(work: &Work, kind: IntentKind) -> bool {
    work.intents.iter().rfind(|intent| intent.kind == kind).is_some_and(|intent| intent.state == IntentState::Refused)
}

#[cfg(test)]
mod tests;

//! The decision about a group: a pure function of its state, the switches, trust and budgets.

mod retry;

use std::fmt;
use std::time::Duration;

use autoheal_contract::Source;
use autoheal_prepare::Timestamp;
use autoheal_store::{Group, Intent, IntentKind, IntentState, Membership, Status, TextForm, Work};

use self::retry::{next_retry, refused};
use crate::compose::{named, total};
use crate::settings::{CallerErrors, IssueTextPolicy, Settings};
use crate::write::Record;

/// Wait before a spent budget is checked again.
pub(crate) const BUDGET_WAIT: Duration = Duration::from_secs(60);

pub(crate) use self::retry::DAILY;

/// Reason for holding an issue back, for people.
pub(crate) const OTHER_REPOSITORY: &str = "the program ran in a checkout of another repository; give that repository a \
                                           project of its own (AUTOHEAL_PROJECT, AUTOHEAL_REPO)";

/// Reason for holding an issue back, for people.
pub const NOISE: &str = "every report is noise by a rule";

/// The next step for a group; at most one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing, until a new report of the group arrives.
    Quiet(Quiet),
    /// Nothing yet, for this reason; decide again at this time.
    Later(Timestamp, &'static str),
    /// Open the issue, or share that of other groups.
    OpenIssue,
    /// Share another group's issue no longer, because that one opens none, or is a stranger's.
    Leave,
    /// Let the groups of strangers leave this group's issue, because it gets the text of a known sender.
    Disband,
    /// Let the groups leave this group's issue that its text will not name.
    LetUnnamedLeave,
    /// Create the commit that the draft's branch will point to.
    CreateCommit {
        /// The group's issue.
        issue: u64,
    },
    /// Create the draft's branch.
    CreateBranch {
        /// The group's issue.
        issue: u64,
        /// The commit it points to.
        commit: String,
    },
    /// Open the draft pull request.
    OpenPull {
        /// The group's issue.
        issue: u64,
    },
    /// Wait until a person approves.
    AwaitApproval {
        /// The group's issue.
        issue: u64,
    },
    /// Start an agent task on the draft.
    StartTask {
        /// The group's issue.
        issue: u64,
        /// The group's draft pull request.
        draft: u64,
    },
    /// Ask the agent to work on the draft, by a comment.
    CommentAgent {
        /// The group's issue.
        issue: u64,
        /// The group's draft pull request.
        draft: u64,
    },
    /// Assign the issue to the agent.
    AssignAgent {
        /// The group's issue.
        issue: u64,
    },
    /// Replace the text of the issue, because another sample or another form is shown now.
    UpdateText {
        /// The group's issue.
        issue: u64,
    },
    /// Update the counts on the issue.
    UpdateCounts {
        /// The group's issue.
        issue: u64,
    },
}

impl Decision {
    /// True if it asks an agent to work.
    pub(crate) fn hands_over(&self) -> bool {
        matches!(self, Self::StartTask { .. } | Self::CommentAgent { .. } | Self::AssignAgent { .. })
    }
}

/// Reason why nothing is done about a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quiet {
    /// No switch is on.
    Preview,
    /// A caller error of too few distinct known clients.
    CallerError,
    /// Fewer occurrences of known senders than `AUTOHEAL_MIN_OCCURRENCES`.
    FewOccurrences,
    /// The program belongs to another repository than the one that its project is mapped to.
    OtherRepository,
    /// Every report is noise.
    Noise,
    /// GitHub refused the issue.
    IssueRefused,
    /// The issue holds the current counts.
    UpToDate,
    /// The group shares the issue of another one.
    Shared,
}

impl fmt::Display for Quiet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Preview => "preview: no switch is on",
            Self::CallerError => CallerErrors::REASON,
            Self::FewOccurrences => "reported by known senders less often than AUTOHEAL_MIN_OCCURRENCES",
            Self::OtherRepository => OTHER_REPOSITORY,
            Self::Noise => NOISE,
            Self::IssueRefused => "GitHub refused the issue",
            Self::UpToDate => "the issue is up to date",
            Self::Shared => "it shares the issue of another group",
        })
    }
}

/// Remaining budgets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// New issues left this hour.
    pub(crate) issues: u64,
    /// Hand-overs left today, and left among those open at once.
    pub(crate) hand_overs: u64,
}

/// Decides about one group.
pub(crate) fn decide(work: &Work, settings: &Settings, budget: Budget, now: Timestamp) -> Decision {
    if let Some(membership) = work.group.membership {
        return shared(work, membership, now);
    }
    // An issue under recheck counts as pending, because a draft belongs to one issue, and the recheck may still replace
    // this issue by an older one.
    let is_pending = |intent: &&Intent| intent.state.unsettled() || intent.state == IntentState::Recheck;
    if let Some(pending) = work.intents.iter().find(is_pending) {
        // The pending write is settled first, because a write decided now could be the same one again.
        return Decision::Later(pending.act_at.max(now.plus(Duration::from_secs(1))), "a write is not settled yet");
    }
    let Some(issue) = work.group.issue.as_ref().map(|link| link.number) else {
        return open_issue(work, settings, budget, now);
    };
    // A stranger's text does not stay beside that of a known sender.
    let is_of_stranger = |member: &Group| member.membership.is_some_and(|membership| !membership.known);
    if work.sample.sender.is_known() && work.members.iter().any(is_of_stranger) {
        return Decision::Disband;
    }
    // A group that the text does not name would be in no issue.
    if text_is_fixed(work, now) && has_unnamed(work) {
        return Decision::LetUnnamedLeave;
    }
    // The text comes before the draft and the hand-over, because the agent reads it.
    let decision = update_text(work, settings, now, issue)
        .or_else(|| draft(work, settings, now, issue))
        .or_else(|| hand_over(work, settings, budget, now, issue))
        .unwrap_or_else(|| counts(work, settings, now, issue));
    match (decision, next_retry(work, settings, now)) {
        (Decision::Quiet(_), Some(at)) => Decision::Later(at, "a refused step is tried again"),
        (Decision::Later(later, _), Some(at)) if at < later => Decision::Later(at, "a refused step is tried again"),
        (decision, _) => decision,
    }
}

/// Decides about a group that shares the issue of another one.
fn shared(work: &Work, membership: Membership, now: Timestamp) -> Decision {
    // a stranger does not keep the failure of a known sender from having its own issue
    if work.sample.sender.is_known() && !membership.known {
        return Decision::Leave;
    }
    // retention deleted the lead, so that nothing would be written to its issue
    if work.lead.is_none() {
        return Decision::Leave;
    }
    if work.group.issue.is_some() {
        return Decision::Quiet(Quiet::Shared);
    }
    match &work.lead {
        Some(lead) if lead.opens => Decision::Later(now.plus(BUDGET_WAIT), "the shared issue is not open yet"),
        _ => Decision::Leave,
    }
}

fn open_issue(work: &Work, settings: &Settings, budget: Budget, now: Timestamp) -> Decision {
    if !settings.switches.any() {
        return Decision::Quiet(Quiet::Preview);
    }
    // An unknown sender could claim any repository, and so hide a failure that others report too.
    if work.sample.sender.is_known() && settings.repository.is_other(&work.sample) {
        return Decision::Quiet(Quiet::OtherRepository);
    }
    let class = work.sample.report.class.as_deref();
    if settings.caller_errors.hold_back(work.group.source, class, work.group.confirmed_clients()) {
        return Decision::Quiet(Quiet::CallerError);
    }
    if work.group.is_noise() {
        return Decision::Quiet(Quiet::Noise);
    }
    if counted(&work.group, settings) < settings.min_occurrences {
        return Decision::Quiet(Quiet::FewOccurrences);
    }
    if refused(work, IntentKind::OpenIssue, now) {
        return match next_retry(work, settings, now) {
            Some(at) => Decision::Later(at, "a refused step is tried again"),
            None => Decision::Quiet(Quiet::IssueRefused),
        };
    }
    if budget.issues == 0 {
        return Decision::Later(now.plus(BUDGET_WAIT), "this hour's budget of new issues is spent");
    }
    Decision::OpenIssue
}

/// Occurrences that count towards the threshold. Where browsers are trusted, every occurrence of theirs counts.
fn counted(group: &Group, settings: &Settings) -> u64 {
    if settings.trust.browser && group.source == Source::JavascriptSdk { group.count } else { group.confirmed_count() }
}

/// The form of the issue's text under these settings.
pub(crate) fn text_form(work: &Work, settings: &Settings) -> TextForm {
    let is_trusted = settings.trust.covers(work.group.source, work.sample.sender);
    // text that the issue holds already stays
    let shown = work.group.text.filter(|text| text.sample == work.sample.id).map(|text| text.form);
    let is_approved = work.approval.is_some();
    let waits = work.group.status == Status::AwaitingApproval;
    match shown {
        Some(TextForm::FullWithPage) if !is_trusted => TextForm::FullWithPage,
        Some(TextForm::Full) if is_approved => TextForm::Full,
        _ if is_trusted || is_approved => TextForm::Full,
        // A page is a stranger, so its stack joins no text that reaches an agent without an approval. It joins none that a
        // person may be reading in order to approve it either, because the new text would revoke their label.
        None | Some(TextForm::Full)
            if settings.issue_text == IssueTextPolicy::Full && work.page.is_some() && !waits =>
        {
            TextForm::FullWithPage
        }
        Some(TextForm::Full) => TextForm::Full,
        _ if settings.issue_text == IssueTextPolicy::Full => TextForm::Full,
        _ => TextForm::Facts,
    }
}

/// True if the text of a group's issue may name other issues. With the agent on, it names none whose text needs an approval,
/// because the agent may read them too.
pub(crate) fn may_link(work: &Work, settings: &Settings) -> bool {
    !settings.switches.heal || settings.trust.covers(work.group.source, work.sample.sender)
}

/// Replaces the text of the issue if it was composed from another sample, in another form, or for fewer groups. After a
/// hand-over it stays, because the agent may be reading it.
fn update_text(work: &Work, settings: &Settings, now: Timestamp, issue: u64) -> Option<Decision> {
    let text = work.group.text?;
    let names_all = !named(work).any(is_unnamed);
    let links_fit = work.group.links.is_empty() || may_link(work, settings);
    let is_current = text.sample == work.sample.id && text.form == text_form(work, settings) && names_all && links_fit;
    let is_possible = !was_handed_over(work) && !refused(work, IntentKind::UpdateText, now);
    (!is_current && is_possible).then_some(Decision::UpdateText { issue })
}

/// True if the text of a group's issue gets no further rows now: a person may be reading it in order to approve it, or
/// an agent may be working on it, or GitHub refused the last update.
pub(crate) fn text_is_fixed(work: &Work, now: Timestamp) -> bool {
    work.approval.is_some()
        || work.group.status == Status::AwaitingApproval
        || was_handed_over(work)
        || work.group.text.is_none()
        || refused(work, IntentKind::UpdateText, now)
}

/// True if groups share the issue that its text does not name.
pub(crate) fn has_unnamed(work: &Work) -> bool {
    work.members.iter().any(is_unnamed)
}

fn is_unnamed(member: &Group) -> bool {
    member.membership.is_some_and(|membership| !membership.named)
}

/// The next step towards the draft. The draft comes before the hand-over, so that the agent works on this draft instead
/// of opening its own.
fn draft(work: &Work, settings: &Settings, now: Timestamp, issue: u64) -> Option<Decision> {
    let steps = [IntentKind::CreateCommit, IntentKind::CreateBranch, IntentKind::OpenPull];
    if !settings.switches.pull || work.group.pull.is_some() || steps.iter().any(|kind| refused(work, *kind, now)) {
        return None;
    }
    // If its id is not stored, the commit is created again: a commit that no branch refers to has no effect.
    let Some(commit) = happened(work, IntentKind::CreateCommit).and_then(|intent| Record::read(intent).sha) else {
        return Some(Decision::CreateCommit { issue });
    };
    if happened(work, IntentKind::CreateBranch).is_none() {
        return Some(Decision::CreateBranch { issue, commit });
    }
    happened(work, IntentKind::OpenPull).is_none().then_some(Decision::OpenPull { issue })
}

fn hand_over(work: &Work, settings: &Settings, budget: Budget, now: Timestamp, issue: u64) -> Option<Decision> {
    if !settings.switches.heal || was_handed_over(work) {
        return None;
    }
    let route = match work.group.pull.as_ref().map(|link| link.number) {
        Some(draft) if !refused(work, IntentKind::StartTask, now) => Decision::StartTask { issue, draft },
        Some(draft) if !refused(work, IntentKind::CommentAgent, now) => Decision::CommentAgent { issue, draft },
        None if !refused(work, IntentKind::AssignAgent, now) => Decision::AssignAgent { issue },
        _ => return None,
    };
    // A group from a trusted source waits too, once another person has changed its text.
    let waits = work.group.status == Status::AwaitingApproval && work.group.shown_hash.is_some();
    // The issue may hold the text of another sample still, because GitHub refused the new one.
    let is_shown = work.group.text.is_none_or(|text| text.sample == work.sample.id && text.form == TextForm::Full);
    let trusted = settings.trust.covers(work.group.source, work.sample.sender) && is_shown && !waits;
    if !trusted && work.approval.is_none() {
        // A group that already waits gets its counts updated.
        return (!waits).then_some(Decision::AwaitApproval { issue });
    }
    if budget.hand_overs == 0 {
        return Some(Decision::Later(now.plus(BUDGET_WAIT), "the budget of hand-overs is spent"));
    }
    Some(route)
}

fn counts(work: &Work, settings: &Settings, now: Timestamp, issue: u64) -> Decision {
    let last = work.intents.iter().rfind(|intent| intent.kind == IntentKind::UpdateCounts);
    let refused = last.filter(|intent| intent.state == IntentState::Refused);
    if let Some(again) =
        // A time in the future was left by a clock that was ahead.
        refused
            .filter(|intent| intent.sent_at <= now)
            .map(|intent| intent.sent_at.plus(settings.bundle_interval))
            .filter(|again| *again > now)
    {
        return Decision::Later(again, "GitHub refused the counts");
    }
    match work.group.counts_written {
        Some((written, _)) if written == total(work) => Decision::Quiet(Quiet::UpToDate),
        Some((_, at)) if at <= now && at.plus(settings.bundle_interval) > now => {
            Decision::Later(at.plus(settings.bundle_interval), "counts are written once per interval")
        }
        _ => Decision::UpdateCounts { issue },
    }
}

/// The write of this kind that is known to have happened.
fn happened(work: &Work, kind: IntentKind) -> Option<&Intent> {
    work.intents.iter().rfind(|intent| intent.kind == kind && intent.state.happened())
}

/// True if an agent was asked, or may have been.
fn was_handed_over(work: &Work) -> bool {
    work.intents.iter().any(|intent| {
        IntentKind::HAND_OVERS.contains(&intent.kind)
            && (intent.state.happened() || intent.state == IntentState::Unknown)
    })
}

#[cfg(test)]
mod tests;

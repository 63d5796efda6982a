//! Trying a refused step again: soon when the group is seen again, else once a day. Each refusal doubles the wait.

use std::time::Duration;

use autoheal_prepare::Timestamp;
use autoheal_store::{IntentKind, IntentState, Work};

use super::was_handed_over;
use crate::settings::Settings;

/// Longest wait before a refused step is tried again.
pub(crate) const DAILY: Duration = Duration::from_secs(24 * 3600);
/// Wait after the first refusal, if the group is seen again.
const FIRST_RETRY: Duration = Duration::from_secs(60);

/// True if GitHub refused the last write of this kind, and it is not yet time to try it again.
pub(super) fn refused(work: &Work, kind: IntentKind, now: Timestamp) -> bool {
    retry_at(work, kind, now).is_some_and(|at| at > now)
}

/// The time at which the next refused step of the group is tried again; none if there is none.
pub(super) fn next_retry(work: &Work, settings: &Settings, now: Timestamp) -> Option<Timestamp> {
    use IntentKind::{AssignAgent, CommentAgent, CreateBranch, CreateCommit, OpenIssue, OpenPull, StartTask};
    if was_handed_over(work) {
        return None;
    }
    let mut steps = Vec::new();
    if work.group.issue.is_none() {
        steps.push(OpenIssue);
    } else {
        if settings.switches.pull && work.group.pull.is_none() {
            steps.extend([CreateCommit, CreateBranch, OpenPull]);
        }
        if settings.switches.heal {
            steps.extend(if work.group.pull.is_some() { vec![StartTask, CommentAgent] } else { vec![AssignAgent] });
        }
    }
    steps.into_iter().filter_map(|kind| retry_at(work, kind, now)).filter(|at| *at > now).min()
}

/// The time at which a write of this kind is tried again; none if the last one was not refused. Never, if the group was
/// handed over, because a draft beside the agent's own would be a second one.
fn retry_at(work: &Work, kind: IntentKind, now: Timestamp) -> Option<Timestamp> {
    let of_kind = || work.intents.iter().filter(|intent| intent.kind == kind);
    let last = of_kind().next_back().filter(|intent| intent.state == IntentState::Refused)?;
    if was_handed_over(work) {
        return Some(Timestamp(i64::MAX));
    }
    if last.sent_at > now {
        // The clock was ahead at that time, so the wait cannot be known.
        return Some(now);
    }
    let refusals = of_kind().filter(|intent| intent.state == IntentState::Refused).count();
    let doublings = u32::try_from(refusals.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    let seen_again = work.group.last_seen > last.sent_at;
    let wait = if seen_again { FIRST_RETRY.saturating_mul(1 << doublings).min(DAILY) } else { DAILY };
    Some(last.sent_at.plus(wait))
}

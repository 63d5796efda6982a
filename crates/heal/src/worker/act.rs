//! The second half on one page: a claimed group in, one step towards its healing out.
//!
//! decide (pure) → compose (pure) → an intent in the store → carry out, by [`Worker`].

use std::time::Duration;

use serde_json::json;

use super::{WorkError, WorkResult, Worker};
use crate::compose::{
    OUR_LABEL, Occurrences, agent_comment, agent_instructions, issue, pull, replace_occurrences, shown_hash,
    task_prompt,
};
use crate::decide::{BUDGET_WAIT, Budget, Decision, decide, happened};
use autoheal_store::{Change, IntentKind, Status, Work};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Decides about a claimed group and carries the decision out, at most one write. The claim is given up in every case.
pub(crate) async fn act(worker: &mut Worker, work: Work) -> WorkResult<()> {
    match step(worker, &work).await {
        Err(WorkError::Github(error)) => worker.give_up_on(&work.group, error).await,
        result => result,
    }
}

async fn step(worker: &mut Worker, work: &Work) -> WorkResult<()> {
    let now = worker.clock.now();
    let mut budget = Budget { issues: issues_left(worker).await?, hand_overs: u64::MAX };
    let mut decision = decide(work, &worker.settings, budget, now);
    if decision.hands_over() {
        // Only now is it worth asking what is left.
        budget.hand_overs = hand_overs_left(worker).await?;
        decision = decide(work, &worker.settings, budget, now);
    }
    let group = work.group.id;
    tracing::debug!(fingerprint = %work.group.fingerprint, ?decision, "decide");
    let number = work.group.issue.as_ref().map_or(0, |link| link.number);
    match decision {
        Decision::Quiet(_) => Ok(worker.store.change(group, vec![Change::Quiet(work.group.count)]).await?),
        Decision::Later(at, _) => Ok(worker.store.change(group, vec![Change::ActAt(at)]).await?),
        Decision::OpenIssue => {
            let composed = issue(work);
            let fingerprint = work.group.fingerprint.to_string();
            let payload = json!({"fingerprint": fingerprint, "count": work.group.count, "send": composed});
            worker.begin_and_send(group, IntentKind::OpenIssue, payload).await
        }
        Decision::CreateCommit => {
            let base = worker.github.base().await?;
            // The same tree: an empty commit, which is what a draft without a fix is.
            let send = json!({"message": pull(work, number).title, "tree": base.tree, "parents": [base.commit]});
            worker.begin_and_send(group, IntentKind::CreateCommit, json!({"body": send, "base": base.branch})).await
        }
        Decision::CreateBranch => {
            let sha = outcome_of(work, IntentKind::CreateCommit, "sha");
            let send = json!({"ref": format!("refs/heads/{}", pull(work, number).branch), "sha": sha});
            worker.begin_and_send(group, IntentKind::CreateBranch, json!({"body": send})).await
        }
        Decision::OpenPull => {
            let composed = pull(work, number);
            let base = worker.github.default_branch().await?;
            let send = json!({
                "title": composed.title, "head": composed.branch, "base": base, "body": composed.body,
                "draft": true, "maintainer_can_modify": true,
            });
            worker.begin_and_send(group, IntentKind::OpenPull, json!({"body": send})).await
        }
        Decision::AwaitApproval => {
            let mut changes = vec![Change::Status(Status::AwaitingApproval), Change::ActAt(now)];
            if work.group.shown_hash.is_none() {
                changes.push(Change::ShownHash(composed_hash(work, number)));
            }
            Ok(worker.store.change(group, changes).await?)
        }
        Decision::UpdateCounts => update_counts(worker, work, number).await,
        Decision::StartTask | Decision::CommentAgent | Decision::AssignAgent => {
            hand_over(worker, work, number, &decision).await
        }
    }
}

/// How many new issues this hour still has room for.
pub(crate) async fn issues_left(worker: &Worker) -> WorkResult<u64> {
    let sent = worker.store.sent_since(&[IntentKind::OpenIssue], worker.clock.now().minus(HOUR)).await?;
    Ok(worker.settings.issues_per_hour.saturating_sub(sent))
}

/// How many hand-overs this day, and what is open already, still have room for.
async fn hand_overs_left(worker: &mut Worker) -> WorkResult<u64> {
    let now = worker.clock.now();
    let today = worker.store.sent_since(IntentKind::HAND_OVERS, now.minus(DAY)).await?;
    let left = worker.settings.hand_overs_per_day.saturating_sub(today);
    let handed_over = worker.store.handed_over().await?;
    if left == 0 || (handed_over.len() as u64) < worker.settings.open_hand_overs {
        return Ok(left);
    }
    // Only GitHub knows which of them were closed meanwhile; it is asked once a minute at most.
    let open = match worker.open_hand_overs {
        Some((asked_at, open)) if asked_at.plus(BUDGET_WAIT) > now => open,
        _ => {
            let listed = worker.github.list_issues("open", OUR_LABEL, None, None).await?;
            let still = |number: &&u64| listed.iter().any(|issue| issue.link.number == **number);
            let open = handed_over.iter().filter(still).count() as u64;
            worker.open_hand_overs = Some((now, open));
            open
        }
    };
    Ok(left.min(worker.settings.open_hand_overs.saturating_sub(open)))
}

/// Exchanges the counts in the body as it stands on GitHub: what people edited around them stays.
async fn update_counts(worker: &mut Worker, work: &Work, number: u64) -> WorkResult<()> {
    let live = worker.github.issue(number).await?;
    let body = replace_occurrences(&live.body, &Occurrences::of(&work.group, &work.releases));
    let payload = json!({"number": number, "count": work.group.count, "body": {"body": body}});
    worker.begin_and_send(work.group.id, IntentKind::UpdateCounts, payload).await
}

async fn hand_over(worker: &mut Worker, work: &Work, number: u64, route: &Decision) -> WorkResult<()> {
    if !worker.still_approved(work, number).await? {
        return Ok(());
    }
    let draft = work.group.pull.as_ref().map_or(0, |link| link.number);
    let (kind, payload) = match route {
        Decision::StartTask => {
            let base = worker.github.default_branch().await?;
            let send = json!({
                "prompt": task_prompt(number, draft), "base_ref": base, "head_ref": pull(work, number).branch,
                "create_pull_request": false,
            });
            (IntentKind::StartTask, json!({"body": send}))
        }
        Decision::CommentAgent => {
            (IntentKind::CommentAgent, json!({"number": draft, "body": {"body": agent_comment(number)}}))
        }
        _ => {
            let send = json!({
                "assignees": [worker.settings.agent],
                "agent_assignment": {"custom_instructions": agent_instructions(number)},
            });
            (IntentKind::AssignAgent, json!({"number": number, "body": send}))
        }
    };
    // One more may be open from here on: asked again next time.
    worker.open_hand_overs = None;
    worker.begin_and_send(work.group.id, kind, payload).await
}

/// Hash of what we wrote: an edit between writing and waiting shows as a difference.
fn composed_hash(work: &Work, number: u64) -> String {
    let issue = issue(work);
    let pull = pull(work, number);
    let mut texts = vec![(issue.title.as_str(), issue.body.as_str())];
    if work.group.pull.is_some() {
        texts.push((&pull.title, &pull.body));
    }
    shown_hash(&texts)
}

/// A text member of what a write left behind.
fn outcome_of(work: &Work, kind: IntentKind, member: &str) -> Option<String> {
    let record = happened(work, kind)?.outcome.as_deref()?;
    serde_json::from_str::<serde_json::Value>(record).ok()?[member].as_str().map(str::to_owned)
}

//! One step towards healing a claimed group: decide (pure) → compose (pure) → intent in the store → send.

use std::borrow::Cow;
use std::time::Duration;

use autoheal_store::{Change, GroupId, IntentKind, IssueText, Status, TextForm, Work};

use super::live::written_hash;
use super::{WorkError, WorkResult, Worker};
use crate::compose::{
    ComposedIssue, ComposedPull, OUR_LABEL, Occurrences, agent_comment, agent_instructions, facts_issue, issue,
    issue_with_page, named, pull, replace_occurrences, task_prompt, total,
};
use crate::decide::{BUDGET_WAIT, Budget, Decision, OTHER_REPOSITORY, Quiet, decide, has_unnamed, may_link, text_form};
use crate::request_bodies::{AgentAssignment, Assignment, BodyText, IssueEdit, NewBranch, NewCommit, NewPull, NewTask};
use crate::settings::Settings;
use crate::write::Write;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Decides about a claimed group and carries the decision out: at most one write. Releases the claim in every case.
pub(super) async fn act(worker: &mut Worker, work: Work) -> WorkResult<()> {
    match step(worker, &work).await {
        Err(WorkError::Github(error)) => worker.abandon(&work.group, error).await,
        result => result,
    }
}

async fn step(worker: &mut Worker, work: &Work) -> WorkResult<()> {
    if worker.leave_alone(work).await? {
        return Ok(());
    }
    let now = worker.clock.now();
    let issues = if work.group.issue.is_some() { 0 } else { worker.issue_budget().await?.left_for(&work.group) };
    let mut budget = Budget { issues, hand_overs: u64::MAX };
    let mut decision = decide(work, &worker.settings, budget, now);
    if decision.hands_over() {
        // Counted only now, because counting open hand-overs costs a request.
        budget.hand_overs = hand_overs_left(worker).await?;
        worker.hand_overs_spent_at = (budget.hand_overs == 0).then_some(now);
        decision = decide(work, &worker.settings, budget, now);
    }
    let group = work.group.id;
    tracing::debug!(fingerprint = %work.group.fingerprint, ?decision, "decide");
    match decision {
        Decision::Quiet(Quiet::OtherRepository) => {
            let changes = vec![Change::Note(Some(OTHER_REPOSITORY.to_owned())), Change::Quiet(work.group.count)];
            Ok(worker.store.change(group, changes).await?)
        }
        Decision::Quiet(Quiet::Shared) => {
            let mut changes = vec![Change::Quiet(work.group.count)];
            // the counts on the shared issue
            changes.extend(work.group.membership.map(|membership| Change::Wake(membership.lead, now)));
            Ok(worker.store.change(group, changes).await?)
        }
        Decision::Quiet(_) => Ok(worker.store.change(group, vec![Change::Quiet(work.group.count)]).await?),
        Decision::Later(at, _) => Ok(worker.store.change(group, vec![Change::ActAt(at)]).await?),
        Decision::AwaitApproval { issue } => {
            let changes = vec![
                Change::Status(Status::AwaitingApproval),
                Change::ShownHash(written_hash(work, issue, &worker.settings.repository)),
                Change::ActAt(now),
            ];
            Ok(worker.store.change(group, changes).await?)
        }
        Decision::OpenIssue => worker.open(work, now).await,
        Decision::Leave => Ok(worker.store.change(group, vec![Change::Leave(now)]).await?),
        Decision::Disband => Ok(worker.store.change(group, vec![Change::Disband(now), Change::ActAt(now)]).await?),
        Decision::LetUnnamedLeave => {
            Ok(worker.store.change(group, vec![Change::LetUnnamedLeave(now), Change::ActAt(now)]).await?)
        }
        decision => match write(worker, work, decision).await? {
            Some(write) => worker.begin_and_send(Some(group), &write).await,
            None => Ok(()),
        },
    }
}

/// The write that carries out a decision. None if the gate refuses the hand-over, or if there is nothing to write.
async fn write(worker: &mut Worker, work: &Work, decision: Decision) -> WorkResult<Option<Write>> {
    if let Decision::StartTask { issue, .. } | Decision::CommentAgent { issue, .. } | Decision::AssignAgent { issue } =
        decision
    {
        if !worker.may_hand_over(work, issue).await? {
            return Ok(None);
        }
        // This hand-over may add an open one, so they are counted again before the next.
        worker.open_hand_overs = None;
    }
    Ok(Some(match decision {
        // none of them is a single write
        Decision::Quiet(_)
        | Decision::Later(..)
        | Decision::AwaitApproval { .. }
        | Decision::OpenIssue
        | Decision::Leave
        | Decision::Disband
        | Decision::LetUnnamedLeave => return Ok(None),
        Decision::CreateCommit { issue } => {
            let base = worker.github.base().await?;
            // The same tree makes an empty commit: a draft without a fix.
            let message = pull(work, issue, text_form(work, &worker.settings)).title;
            Write::CreateCommit { commit: NewCommit { message, tree: base.tree, parents: vec![base.commit] } }
        }
        Decision::CreateBranch { issue, commit } => {
            let form = text_form(work, &worker.settings);
            let reference = format!("refs/heads/{}", pull(work, issue, form).branch);
            Write::CreateBranch { branch: NewBranch { reference, sha: commit } }
        }
        Decision::OpenPull { issue } => {
            let ComposedPull { title, body, .. } = pull(work, issue, text_form(work, &worker.settings));
            let branch = branch(work, issue);
            let base = worker.github.default_branch().await?;
            let pull = NewPull { title, head: branch, base, body, draft: true, maintainer_can_modify: true };
            Write::OpenPull { pull }
        }
        Decision::UpdateCounts { issue } => {
            // The body as it is on GitHub now, so that edits by people stay.
            let live = worker.github.issue(issue).await?;
            let body = replace_occurrences(&live.body, &Occurrences::of_issue(work));
            Write::UpdateCounts { number: issue, count: total(work), edit: BodyText { body } }
        }
        Decision::UpdateText { issue } => return update_text(worker, work, issue).await,
        Decision::StartTask { issue, draft } => {
            let base_ref = worker.github.default_branch().await?;
            let (prompt, head_ref) = (task_prompt(issue, draft), branch(work, issue));
            Write::StartTask { task: NewTask { prompt, base_ref, head_ref, create_pull_request: false } }
        }
        Decision::CommentAgent { issue, draft } => {
            Write::CommentAgent { number: draft, comment: BodyText { body: agent_comment(issue) } }
        }
        Decision::AssignAgent { issue } => {
            let agent_assignment = AgentAssignment { custom_instructions: agent_instructions(issue) };
            let assignees = vec![worker.settings.agent.clone()];
            Write::AssignAgent { number: issue, assignment: Assignment { assignees, agent_assignment } }
        }
    }))
}

/// The group's issue in this form.
pub(super) fn issue_in(work: &Work, form: TextForm, settings: &Settings) -> ComposedIssue {
    match form {
        TextForm::Full => issue(work, &settings.repository),
        TextForm::FullWithPage => issue_with_page(work, &settings.repository),
        TextForm::Facts => facts_issue(work, settings.dashboard.as_deref()),
    }
}

/// The branch of the group's draft. Its name stays the one that was created, because the shown sample may change.
fn branch(work: &Work, issue: u64) -> String {
    let created = work.intents.iter().rev().find_map(|intent| match Write::read(intent) {
        Ok(Write::CreateBranch { branch }) => Some(branch.name().to_owned()),
        _ => None,
    });
    created.unwrap_or_else(|| pull(work, issue, TextForm::Full).branch)
}

/// The write that replaces the issue's text. None if a person edited the issue: their text stays.
async fn update_text(worker: &mut Worker, work: &Work, number: u64) -> WorkResult<Option<Write>> {
    let form = text_form(work, &worker.settings);
    let mut work = Cow::Borrowed(work);
    if !may_link(&work, &worker.settings) {
        work.to_mut().group.links.clear();
    }
    let work = &*work;
    let members: Vec<GroupId> = named(work).map(|member| member.id).collect();
    let live = worker.live(work, number).await?;
    if has_unnamed(work) && live.is_closed() {
        // A person closed it for a reason, so that a group would go unnoticed there.
        let now = worker.clock.now();
        worker.store.change(work.group.id, vec![Change::LetUnnamedLeave(now), Change::ActAt(now)]).await?;
        return Ok(None);
    }
    if live.was_edited(work) {
        let changed_at = work.group.text.and_then(|text| text.changed_at);
        let note = "a person edited the issue, so it keeps its text; the dashboard shows the newer report";
        let changes = vec![
            Change::Text(IssueText { sample: work.sample.id, form, changed_at }),
            Change::LetUnnamedLeave(worker.clock.now()),
            Change::Links(work.group.links.clone()),
            Change::Note(Some(note.to_owned())),
            Change::ActAt(worker.clock.now()),
        ];
        worker.store.change(work.group.id, changes).await?;
        return Ok(None);
    }
    let composed = issue_in(work, form, &worker.settings);
    let ComposedIssue { title, body, .. } = composed;
    Ok(Some(Write::UpdateText {
        number,
        count: total(work),
        sample: work.sample.id,
        form,
        edit: IssueEdit { title, body },
        has_draft: work.group.pull.is_some(),
        members,
        links: work.group.links.clone(),
    }))
}

/// Hand-overs left in today's budget and among those open at once.
async fn hand_overs_left(worker: &mut Worker) -> WorkResult<u64> {
    let now = worker.clock.now();
    let today = worker.store.sent_since(&worker.settings.project, IntentKind::HAND_OVERS, now.minus(DAY), now).await?;
    let left = worker.settings.hand_overs_per_day.saturating_sub(today);
    let handed_over = worker.store.handed_over(&worker.settings.project).await?;
    if left == 0 || (handed_over.len() as u64) < worker.settings.open_hand_overs {
        return Ok(left);
    }
    // Only GitHub's list shows which of their issues were closed meanwhile. It is read at most once a minute.
    let open = match worker.open_hand_overs {
        Some((read_at, open)) if read_at <= now && read_at.plus(BUDGET_WAIT) > now => open,
        _ => {
            let mut listed = worker.github.labelled_issues(OUR_LABEL).await?;
            if let Some(login) = worker.login() {
                listed.extend(worker.github.open_issues_of(login).await?);
            }
            let is_open = |number: &&u64| listed.iter().any(|issue| issue.number() == **number);
            let open = handed_over.iter().filter(is_open).count() as u64;
            worker.open_hand_overs = Some((now, open));
            open
        }
    };
    Ok(left.min(worker.settings.open_hand_overs.saturating_sub(open)))
}

//! Sending of one intent, and settling it by GitHub's response.

use autoheal_prepare::Timestamp;
use autoheal_store::{Change, Intent, IntentKind, IntentState, IssueText, Link, SampleId, Status, TextForm};

use super::{WorkResult, Worker};
use crate::compose::APPROVED_LABEL;
use crate::github::{GithubError, GithubResult};
use crate::write::{Record, Write};

/// Result of a write that happened.
pub(super) struct Outcome {
    /// Stored with the intent.
    pub(super) record: Record,
    /// Changes of the group.
    pub(super) changes: Vec<Change>,
}

impl Worker {
    /// Sends a stored intent.
    pub(super) async fn send(&mut self, intent: Intent, write: &Write) -> WorkResult<()> {
        tracing::info!(kind = intent.kind.name(), attempt = intent.attempt, "worker: sending");
        match self.carry_out(write, intent.sent_at).await {
            Ok(outcome) => {
                self.reset_wait_after_write().await?;
                self.settle_happened(&intent, outcome).await
            }
            Err(error) => self.settle_failed(&intent, error).await,
        }
    }

    /// Sends an intent once more, because the earlier attempt did not happen.
    pub(super) async fn send_again(&mut self, mut intent: Intent, write: &Write) -> WorkResult<()> {
        self.store.begin_again(intent.id, self.clock.now()).await?;
        intent.attempt += 1;
        intent.sent_at = self.clock.now();
        self.send(intent, write).await
    }

    /// The only function that writes to GitHub.
    async fn carry_out(&self, write: &Write, sent_at: Timestamp) -> GithubResult<Outcome> {
        match write {
            Write::CreateLabel(label) => self.github.create_label(label).await?,
            Write::OpenIssue { count, issue, sample, form, .. } => {
                let opened = self.github.create_issue(issue).await?;
                return Ok(Outcome::issue(&opened.link(), *count, sent_at).with_text(*sample, *form, None));
            }
            Write::CreateCommit { commit } => {
                let sha = self.github.create_commit(commit).await?;
                return Ok(Outcome { record: Record { sha: Some(sha), ..Record::default() }, changes: vec![] });
            }
            Write::CreateBranch { branch } => self.github.create_branch(branch).await?,
            Write::OpenPull { pull } => return Ok(Outcome::pull(&self.github.create_pull(pull).await?.link())),
            Write::UpdateCounts { number, count, edit } => {
                self.github.update_issue(*number, edit).await?;
                let changes = vec![Change::CountsWritten(*count, sent_at)];
                return Ok(Outcome { record: Record::default(), changes });
            }
            Write::UpdateText { number, count, sample, form, edit, has_draft, members, links } => {
                let changed_at = self.github.edit_issue(*number, edit).await?.unwrap_or(sent_at);
                let changes = vec![
                    Change::CountsWritten(*count, sent_at),
                    // A better-trusted text may need no approval, so whether to wait for one is decided again.
                    Change::Status(if *has_draft { Status::PullRequestOpen } else { Status::IssueOpen }),
                    Change::Note(None),
                    Change::Named(members.clone()),
                    Change::Links(links.clone()),
                ];
                let updated = Outcome { record: Record::default(), changes };
                return Ok(updated.with_text(*sample, *form, Some(changed_at)));
            }
            Write::StartTask { task } => {
                let page = self.agent().start_task(task).await?;
                return Ok(Outcome::handed_over(format!("agent task {page}")));
            }
            Write::CommentAgent { number, comment } => {
                let page = self.agent().comment(*number, comment).await?;
                return Ok(Outcome::handed_over(format!("comment {page}")));
            }
            Write::AssignAgent { number, assignment } => {
                self.agent().assign(*number, &self.settings.agent, assignment).await?;
                return Ok(Outcome::handed_over(format!("{} was assigned", self.settings.agent)));
            }
            Write::RemoveApproval { number } => self.github.remove_label(*number, APPROVED_LABEL).await?,
            Write::CloseDuplicate { number } => self.github.close_as_duplicate(*number).await?,
        }
        Ok(Outcome::nothing())
    }

    /// Settles a write that happened. An issue opened by a second attempt is checked once more when lists have caught up.
    pub(super) async fn settle_happened(&mut self, intent: &Intent, outcome: Outcome) -> WorkResult<()> {
        let now = self.clock.now();
        let Outcome { record, mut changes } = outcome;
        changes.push(Change::ActAt(now));
        let recheck = intent.attempt > 1 && intent.kind == IntentKind::OpenIssue;
        let (state, act_at) =
            if recheck { (IntentState::Recheck, now.plus(self.settings.lag_bound)) } else { (IntentState::Done, now) };
        let record = serde_json::to_string(&record).unwrap_or_default();
        self.store.settle(intent.id, state, Some(record.clone()), act_at, changes).await?;
        tracing::info!(kind = intent.kind.name(), outcome = %record, "worker: done");
        Ok(())
    }

    async fn settle_failed(&mut self, intent: &Intent, error: GithubError) -> WorkResult<()> {
        let reason = Some(error.to_string());
        match &error {
            GithubError::Limited { .. } | GithubError::Unreachable { .. } => {
                let until = self.wait_out(&error, false).await?;
                self.store.settle(intent.id, IntentState::Held, reason, until, vec![]).await?;
            }
            GithubError::Lost { .. } if intent.kind == IntentKind::StartTask => {
                // A task cannot be found again, and a second one would be a second agent at work.
                self.settle_unknown(intent, reason).await?;
                self.wait_out(&error, false).await?;
            }
            GithubError::Lost { .. } => {
                // The state stays `Sent`, so that the write is searched for before it is sent again.
                let until = self.wait_out(&error, !intent.kind.is_decided_again()).await?;
                self.store.settle(intent.id, IntentState::Sent, reason, until, vec![]).await?;
            }
            GithubError::Refused { status, .. }
                if *status == 401 || (intent.kind == IntentKind::OpenIssue && error.concerns_everything()) =>
            {
                let until = self.wait_out(&error, *status != 401).await?;
                self.store.settle(intent.id, IntentState::Held, reason, until, vec![]).await?;
            }
            GithubError::Refused { .. } => self.settle_refused(intent, reason).await?,
        }
        Ok(())
    }

    /// Settles an agent task whose response was lost: it is never sent again.
    pub(super) async fn settle_unknown(&mut self, intent: &Intent, reason: Option<String>) -> WorkResult<()> {
        let note = "the response to the agent task was lost; look at the pull request before asking again".to_owned();
        let changes = vec![Change::Status(Status::HandOverUnknown), Change::Note(Some(note))];
        Ok(self.store.settle(intent.id, IntentState::Unknown, reason, self.clock.now(), changes).await?)
    }

    /// Settles a write that is not sent again.
    pub(super) async fn settle_refused(&mut self, intent: &Intent, reason: Option<String>) -> WorkResult<()> {
        tracing::warn!(kind = intent.kind.name(), reason = reason.as_deref(), "worker: refused");
        let now = self.clock.now();
        // Decide again, because other routes may be left.
        let mut changes = vec![Change::Note(reason.clone()), Change::ActAt(now)];
        if matches!(intent.kind, IntentKind::OpenIssue | IntentKind::AssignAgent | IntentKind::CommentAgent) {
            changes.push(Change::Status(Status::Refused));
        }
        Ok(self.store.settle(intent.id, IntentState::Refused, reason, now, changes).await?)
    }
}

impl Outcome {
    pub(super) fn nothing() -> Self {
        Self { record: Record::default(), changes: vec![] }
    }

    pub(super) fn issue(link: &Link, count: u64, at: Timestamp) -> Self {
        Self {
            record: Record { number: Some(link.number), ..Record::default() },
            changes: vec![
                Change::Issue(link.clone()),
                Change::Status(Status::IssueOpen),
                Change::CountsWritten(count, at),
                Change::Note(None),
            ],
        }
    }

    /// The same outcome, with the text that the issue holds. An intent of version 0.1.0 names no sample.
    pub(super) fn with_text(mut self, sample: SampleId, form: TextForm, changed_at: Option<Timestamp>) -> Self {
        if sample != SampleId::default() {
            self.changes.push(Change::Text(IssueText { sample, form, changed_at }));
        }
        self
    }

    pub(super) fn pull(link: &Link) -> Self {
        Self {
            record: Record { number: Some(link.number), ..Record::default() },
            changes: vec![Change::Pull(link.clone()), Change::Status(Status::PullRequestOpen), Change::Note(None)],
        }
    }

    pub(super) fn handed_over(description: String) -> Self {
        Self {
            record: Record { hand_over: Some(description.clone()), ..Record::default() },
            changes: vec![Change::HandOver(description), Change::Status(Status::HandedOver), Change::Note(None)],
        }
    }
}

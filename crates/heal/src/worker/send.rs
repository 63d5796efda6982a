//! Sending one intent, and settling it by what GitHub answers.

use serde_json::{Value, json};

use super::{WorkResult, Worker};
use crate::github::{GithubError, GithubResult};
use autoheal_prepare::Timestamp;
use autoheal_store::{Change, Intent, IntentKind, IntentState, Link, Status};

/// What a write that happened leaves behind.
pub(super) struct Outcome {
    /// JSON, for people and for later steps.
    pub(super) record: Value,
    /// What changes in the group.
    pub(super) changes: Vec<Change>,
}

impl Worker {
    /// Sends a stored intent.
    pub(crate) async fn send(&mut self, intent: Intent) -> WorkResult<()> {
        tracing::info!(kind = intent.kind.name(), attempt = intent.attempt, "worker: sending");
        match self.write(&intent).await {
            Ok(outcome) => {
                self.went_well().await?;
                self.settle_happened(&intent, outcome).await
            }
            Err(error) => self.settle_failed(&intent, error).await,
        }
    }

    /// Sends an intent once more, after it is known or believed not to have happened.
    pub(super) async fn send_again(&mut self, mut intent: Intent) -> WorkResult<()> {
        self.store.begin_again(intent.id, self.clock.now()).await?;
        intent.attempt += 1;
        intent.sent_at = self.clock.now();
        self.send(intent).await
    }

    async fn write(&self, intent: &Intent) -> GithubResult<Outcome> {
        let payload: Value = serde_json::from_str(&intent.payload).unwrap_or(Value::Null);
        let target = || payload["number"].as_u64().unwrap_or(0);
        let body = &payload["body"];
        match intent.kind {
            IntentKind::CreateLabel => self.github.create_label(&payload).await.map(|()| Outcome::nothing()),
            IntentKind::OpenIssue => self
                .github
                .create_issue(&payload["send"])
                .await
                .map(|issue| Outcome::issue(&issue.link, payload["count"].as_u64().unwrap_or(1), intent.sent_at)),
            IntentKind::CreateCommit => {
                let sha = self.github.create_commit(body).await?;
                Ok(Outcome { record: json!({"sha": sha}), changes: vec![] })
            }
            IntentKind::CreateBranch => self.github.create_branch(body).await.map(|()| Outcome::nothing()),
            IntentKind::OpenPull => self.github.create_pull(body).await.map(|pull| Outcome::pull(&pull.link)),
            IntentKind::StartTask => {
                let page = self.agent().start_task(body).await?;
                Ok(Outcome::handed_over(format!("agent task {page}")))
            }
            IntentKind::CommentAgent => {
                let page = self.agent().comment(target(), body).await?;
                Ok(Outcome::handed_over(format!("comment {page}")))
            }
            IntentKind::AssignAgent => {
                self.agent().assign(target(), &self.settings.agent, body).await?;
                Ok(Outcome::handed_over(format!("{} was assigned", self.settings.agent)))
            }
            IntentKind::UpdateCounts => {
                self.github.update_issue(target(), body).await?;
                let count = payload["count"].as_u64().unwrap_or(0);
                Ok(Outcome { record: json!({}), changes: vec![Change::CountsWritten(count, intent.sent_at)] })
            }
            IntentKind::RemoveApproval => {
                let label = crate::compose::APPROVED_LABEL;
                self.github.remove_label(target(), label).await.map(|()| Outcome::nothing())
            }
            IntentKind::CloseDuplicate => self.github.close_as_duplicate(target()).await.map(|_| Outcome::nothing()),
        }
    }

    /// The write happened. After a second try, an issue is looked for once more when lists have caught up.
    pub(super) async fn settle_happened(&mut self, intent: &Intent, outcome: Outcome) -> WorkResult<()> {
        let now = self.clock.now();
        let Outcome { record, mut changes } = outcome;
        changes.push(Change::ActAt(now));
        let again = intent.attempt > 1 && intent.kind == IntentKind::OpenIssue;
        let (state, act_at) =
            if again { (IntentState::Recheck, now.plus(self.settings.lag_bound)) } else { (IntentState::Done, now) };
        self.store.settle(intent.id, state, Some(record.to_string()), act_at, changes).await?;
        tracing::info!(kind = intent.kind.name(), outcome = %record, "worker: done");
        Ok(())
    }

    async fn settle_failed(&mut self, intent: &Intent, error: GithubError) -> WorkResult<()> {
        let now = self.clock.now();
        let words = Some(error.to_string());
        match &error {
            GithubError::Limited { .. } | GithubError::Unreachable(_) => {
                let until = self.wait_out(&error).await?;
                self.store.settle(intent.id, IntentState::Held, words, until, vec![]).await?;
            }
            GithubError::Lost(_) if intent.kind == IntentKind::StartTask => {
                // A task cannot be found again, and a second one would be a second agent at work.
                self.settle_unknown(intent, words).await?;
                self.wait_out(&error).await?;
            }
            GithubError::Lost(_) => {
                // Stays "sent": looked for before it is sent again.
                let until = self.wait_out(&error).await?;
                self.store.settle(intent.id, IntentState::Sent, words, until, vec![]).await?;
            }
            GithubError::Refused { status, .. }
                if *status == 401 || (intent.kind == IntentKind::OpenIssue && error.concerns_everything()) =>
            {
                let until = self.wait_out(&error).await?;
                self.store.settle(intent.id, IntentState::Held, words, until, vec![]).await?;
            }
            GithubError::Refused { .. } => self.settle_refused(intent, words, now).await?,
        }
        Ok(())
    }

    pub(super) async fn settle_unknown(&mut self, intent: &Intent, words: Option<String>) -> WorkResult<()> {
        let note = "the answer to the agent task was lost; look at the pull request before asking again".to_owned();
        let changes = vec![Change::Status(Status::HandOverUnknown), Change::Note(Some(note))];
        self.store.settle(intent.id, IntentState::Unknown, words, self.clock.now(), changes).await?;
        Ok(())
    }

    async fn settle_refused(&mut self, intent: &Intent, words: Option<String>, now: Timestamp) -> WorkResult<()> {
        tracing::warn!(kind = intent.kind.name(), reason = words.as_deref(), "worker: refused");
        // Other routes may be left: deciding again finds them.
        let mut changes = vec![Change::Note(words.clone()), Change::ActAt(now)];
        if matches!(intent.kind, IntentKind::OpenIssue | IntentKind::AssignAgent | IntentKind::CommentAgent) {
            changes.push(Change::Status(Status::Refused));
        }
        self.store.settle(intent.id, IntentState::Refused, words, now, changes).await?;
        Ok(())
    }
}

impl Outcome {
    pub(super) fn nothing() -> Self {
        Self { record: json!({}), changes: vec![] }
    }

    pub(super) fn issue(link: &Link, count: u64, at: Timestamp) -> Self {
        Self {
            record: json!({"number": link.number}),
            changes: vec![
                Change::Issue(link.clone()),
                Change::Status(Status::IssueOpen),
                Change::CountsWritten(count, at),
                Change::Note(None),
            ],
        }
    }

    pub(super) fn pull(link: &Link) -> Self {
        Self {
            record: json!({"number": link.number}),
            changes: vec![Change::Pull(link.clone()), Change::Status(Status::PullRequestOpen), Change::Note(None)],
        }
    }

    pub(super) fn handed_over(words: String) -> Self {
        Self {
            record: json!({"hand_over": words}),
            changes: vec![Change::HandOver(words), Change::Status(Status::HandedOver), Change::Note(None)],
        }
    }
}

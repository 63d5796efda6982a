//! What became of a write whose answer is missing: looked for by its own means, and only then sent again.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::send::Outcome;
use super::{WorkResult, Worker};
use crate::compose::{HAND_OVER_MARKER, OUR_LABEL, read_marker};
use crate::github::Issue;
use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_store::{Change, GroupId, Intent, IntentKind, IntentState};

/// How soon a list is looked at again while it may lag.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Clocks differ: `since` reaches back a little further than the write.
const CLOCKS: Duration = Duration::from_secs(300);

/// What looking for a write found.
enum Found {
    /// It happened.
    Yes(Outcome),
    /// It did not happen, or doing it twice changes nothing.
    No,
    /// It cannot be told yet: lists lag.
    NotYet,
}

impl Worker {
    /// Settles one intent that is due.
    pub(super) async fn reconcile(&mut self, intent: Intent) -> WorkResult<()> {
        match intent.state {
            IntentState::Held => self.try_again(intent).await,
            IntentState::Recheck => self.recheck(&intent).await,
            _ if intent.kind == IntentKind::StartTask => {
                self.settle_unknown(&intent, Some("the answer was lost".to_owned())).await
            }
            _ => match self.look_for(&intent).await? {
                Found::Yes(outcome) => {
                    self.went_well().await?;
                    self.settle_happened(&intent, outcome).await
                }
                Found::No => self.try_again(intent).await,
                Found::NotYet => {
                    self.went_well().await?;
                    let act_at = self.clock.now().plus(LOOK_AGAIN.min(self.settings.lag_bound));
                    Ok(self.store.settle(intent.id, IntentState::Sent, None, act_at, vec![]).await?)
                }
            },
        }
    }

    /// Sends a write once more, unless it has to be decided anew: whether the agent may still be asked is the gate's to
    /// say, and counts go into the body as it stands then.
    async fn try_again(&mut self, intent: Intent) -> WorkResult<()> {
        if !IntentKind::HAND_OVERS.contains(&intent.kind) && intent.kind != IntentKind::UpdateCounts {
            return self.send_again(intent).await;
        }
        let now = self.clock.now();
        Ok(self.store.settle(intent.id, IntentState::Withdrawn, None, now, vec![Change::ActAt(now)]).await?)
    }

    async fn look_for(&mut self, intent: &Intent) -> WorkResult<Found> {
        let payload: Value = serde_json::from_str(&intent.payload).unwrap_or(Value::Null);
        let body = &payload["body"];
        let number = payload["number"].as_u64().unwrap_or(0);
        // A list that does not show it means something only once the lag bound has passed.
        let absent =
            if intent.sent_at.plus(self.settings.lag_bound) <= self.clock.now() { Found::No } else { Found::NotYet };
        Ok(match intent.kind {
            IntentKind::OpenIssue => {
                let mut issues = self.issues_of(intent).await?.into_iter();
                match issues.next() {
                    Some(oldest) => {
                        self.close_duplicates(intent.group, issues.map(|issue| issue.link.number)).await?;
                        let count = payload["count"].as_u64().unwrap_or(1);
                        Found::Yes(Outcome::issue(&oldest.link, count, intent.sent_at))
                    }
                    None => absent,
                }
            }
            IntentKind::CreateBranch => {
                let branch = body["ref"].as_str().and_then(|name| name.strip_prefix("refs/heads/")).unwrap_or_default();
                if self.github.has_branch(branch).await? { Found::Yes(Outcome::nothing()) } else { Found::No }
            }
            IntentKind::OpenPull => match self.github.pull_of(body["head"].as_str().unwrap_or_default()).await? {
                Some(pull) => Found::Yes(Outcome::pull(&pull.link)),
                // GitHub itself refuses a second open pull request of one branch, so sending again is safe.
                None => Found::No,
            },
            IntentKind::AssignAgent => {
                if self.github.issue(number).await?.assigned_to(&self.settings.agent) {
                    Found::Yes(Outcome::handed_over(format!("{} was assigned", self.settings.agent)))
                } else {
                    Found::No
                }
            }
            IntentKind::CommentAgent => {
                let login = self.agent().login().await?;
                let comments = self.github.comments(number, intent.planned_at.minus(CLOCKS)).await?;
                let ours = |(author, text): &(String, String)| *author == login && text.starts_with(HAND_OVER_MARKER);
                if comments.iter().any(ours) {
                    Found::Yes(Outcome::handed_over("comment on the pull request".to_owned()))
                } else {
                    absent
                }
            }
            // A commit nobody refers to is nothing; the others change nothing when done twice.
            IntentKind::CreateCommit
            | IntentKind::CreateLabel
            | IntentKind::UpdateCounts
            | IntentKind::RemoveApproval
            | IntentKind::CloseDuplicate
            | IntentKind::StartTask => Found::No,
        })
    }

    /// Our issues with the marker of this intent's group, oldest first.
    async fn issues_of(&self, intent: &Intent) -> WorkResult<Vec<Issue>> {
        let payload: Value = serde_json::from_str(&intent.payload).unwrap_or(Value::Null);
        let fingerprint = payload["fingerprint"].as_str().and_then(Fingerprint::parse);
        let since = intent.planned_at.minus(CLOCKS);
        let mut issues = self.github.list_issues("all", OUR_LABEL, self.login(), Some(since)).await?;
        issues.retain(|issue| fingerprint.is_some() && read_marker(&issue.body) == fingerprint);
        issues.sort_by_key(|issue| issue.link.number);
        Ok(issues)
    }

    /// The first try of an issue may have shown up after the second was sent: the lowest number stays.
    async fn recheck(&mut self, intent: &Intent) -> WorkResult<()> {
        let issues = self.issues_of(intent).await?;
        self.went_well().await?;
        let record = intent.outcome.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        // The one whose answer we have exists, whether the list shows it yet or not.
        let known = record.and_then(|record| record["number"].as_u64());
        let mut changes = vec![];
        if let Some(oldest) = issues.first()
            && known.is_none_or(|known| oldest.link.number <= known)
        {
            let mut duplicates: BTreeSet<u64> = issues.iter().map(|issue| issue.link.number).chain(known).collect();
            duplicates.remove(&oldest.link.number);
            self.close_duplicates(intent.group, duplicates).await?;
            if known != Some(oldest.link.number) {
                let payload: Value = serde_json::from_str(&intent.payload).unwrap_or(Value::Null);
                changes = Outcome::issue(&oldest.link, payload["count"].as_u64().unwrap_or(1), intent.sent_at).changes;
            }
        }
        Ok(self.store.settle(intent.id, IntentState::Done, None, self.clock.now(), changes).await?)
    }

    /// Stores an intent for each; they are sent one a tick like every other write.
    async fn close_duplicates(&self, group: Option<GroupId>, numbers: impl IntoIterator<Item = u64>) -> WorkResult<()> {
        for number in numbers {
            tracing::warn!(number, "worker: closing a duplicate of ours");
            let payload = json!({"number": number}).to_string();
            let now = self.clock.now();
            let intent = self.store.begin(group, IntentKind::CloseDuplicate, payload, now).await?;
            self.store.settle(intent.id, IntentState::Held, None, now, vec![]).await?;
        }
        Ok(())
    }
}

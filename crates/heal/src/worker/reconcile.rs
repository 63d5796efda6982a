//! Reconciling of a write whose response was lost: the worker searches for it on GitHub before it is sent again.

use std::collections::BTreeSet;
use std::time::Duration;

use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_store::{Change, GroupId, Intent, IntentKind, IntentState};

use super::send::Outcome;
use super::{WorkResult, Worker};
use crate::compose::{HAND_OVER_MARKER, OUR_LABEL, read_marker};
use crate::github::Issue;
use crate::write::{Record, Write};

/// Wait before a list is read again while it may lag.
const SEARCH_INTERVAL: Duration = Duration::from_secs(10);

/// Result of the search for a write.
enum Search {
    /// It happened.
    Found(Outcome),
    /// It did not happen, or it can be sent twice without effect.
    Absent,
    /// Unknown as yet, because lists lag.
    TooEarly,
}

impl Worker {
    /// Settles one intent that is due.
    pub(super) async fn reconcile(&mut self, intent: Intent) -> WorkResult<()> {
        if intent.state == IntentState::Sent && intent.kind == IntentKind::StartTask {
            return self.settle_unknown(&intent, Some("the response was lost".to_owned())).await;
        }
        if self.settle_elsewhere(&intent).await? {
            return Ok(());
        }
        let write = match Write::read(&intent) {
            Ok(write) => write,
            // It happened, and only its recheck is left out.
            Err(_) if intent.state == IntentState::Recheck => {
                return Ok(self.store.settle(intent.id, IntentState::Done, None, self.clock.now(), vec![]).await?);
            }
            // A write that cannot be read must not stop those behind it.
            Err(error) => return self.settle_refused(&intent, Some(error.to_string())).await,
        };
        match intent.state {
            IntentState::Held => self.try_again(intent, &write).await,
            IntentState::Recheck => self.recheck(&intent, &write).await,
            _ => match self.search(&intent, &write).await? {
                Search::Found(outcome) => {
                    self.reset_wait_after_write().await?;
                    self.settle_happened(&intent, outcome).await
                }
                Search::Absent => self.try_again(intent, &write).await,
                Search::TooEarly => {
                    let act_at = self.clock.now().plus(SEARCH_INTERVAL.min(self.settings.lag_bound));
                    Ok(self.store.settle(intent.id, IntentState::Sent, None, act_at, vec![]).await?)
                }
            },
        }
    }

    /// Sends a write once more. Withdraws a hand-over instead, because its approval may have been revoked, and an
    /// update of the issue's text, because a person may have edited it. Both are then decided anew.
    async fn try_again(&mut self, intent: Intent, write: &Write) -> WorkResult<()> {
        if !intent.kind.is_decided_again() {
            return self.send_again(intent, write).await;
        }
        let now = self.clock.now();
        Ok(self.store.settle(intent.id, IntentState::Withdrawn, None, now, vec![Change::ActAt(now)]).await?)
    }

    async fn search(&mut self, intent: &Intent, write: &Write) -> WorkResult<Search> {
        // A list without the write proves something only after the lag bound.
        let lag_is_over = intent.sent_at.plus(self.settings.lag_bound) <= self.clock.now();
        let unlisted = if lag_is_over { Search::Absent } else { Search::TooEarly };
        Ok(match write {
            Write::OpenIssue { fingerprint, count, sample, form, .. } => {
                let mut issues = self.issues_of(*fingerprint).await?.into_iter();
                match issues.next() {
                    Some(oldest) => {
                        self.close_duplicates(intent.group, issues.map(|issue| issue.number())).await?;
                        let found = Outcome::issue(&oldest.link(), *count, intent.sent_at);
                        Search::Found(found.with_text(*sample, *form, None))
                    }
                    None => unlisted,
                }
            }
            Write::CreateBranch { branch } => {
                if self.github.has_branch(branch.name()).await? {
                    Search::Found(Outcome::nothing())
                } else {
                    Search::Absent
                }
            }
            Write::OpenPull { pull } => match self.github.pull_of(&pull.head).await? {
                Some(pull) => Search::Found(Outcome::pull(&pull.link())),
                // Sending again is safe, because GitHub refuses a second open pull request of one branch.
                None => Search::Absent,
            },
            Write::AssignAgent { number, .. } => {
                if self.github.issue(*number).await?.is_assigned_to(&self.settings.agent) {
                    Search::Found(Outcome::handed_over(format!("{} was assigned", self.settings.agent)))
                } else {
                    Search::Absent
                }
            }
            Write::CommentAgent { number, .. } => {
                let login = self.agent().login().await?;
                // All comments, because this machine's clock may have been wrong when the comment was written.
                let comments = self.github.comments(*number, Timestamp(0)).await?;
                if comments.entries.iter().any(|it| it.author() == login && it.body.starts_with(HAND_OVER_MARKER)) {
                    Search::Found(Outcome::handed_over("comment on the pull request".to_owned()))
                } else {
                    unlisted
                }
            }
            // A commit that no branch refers to has no effect, and the other writes have no effect the second time. A
            // task is never searched for.
            Write::CreateCommit { .. }
            | Write::CreateLabel(_)
            | Write::UpdateCounts { .. }
            | Write::UpdateText { .. }
            | Write::RemoveApproval { .. }
            | Write::CloseDuplicate { .. }
            | Write::StartTask { .. } => Search::Absent,
        })
    }

    /// Our newest issues with the marker of this fingerprint, oldest first. Searched by their creator, and by our label only
    /// where the creator has too many others, because GitHub drops the label if the credential may not set it.
    async fn issues_of(&self, fingerprint: Fingerprint) -> WorkResult<Vec<Issue>> {
        let Some(login) = self.login() else { return Ok(Vec::new()) };
        let is_marked = |issue: &Issue| read_marker(&issue.body) == Some(fingerprint);
        let newest = self.github.newest_issues(login, None).await?;
        let mut issues: Vec<Issue> = newest.entries.into_iter().filter(is_marked).collect();
        if issues.is_empty() && newest.is_incomplete {
            let labelled = self.github.newest_issues(login, Some(OUR_LABEL)).await?;
            issues = labelled.entries.into_iter().filter(is_marked).collect();
        }
        issues.sort_by_key(Issue::number);
        Ok(issues)
    }

    /// Closes duplicates: the first attempt at an issue may be listed only after the second was sent. The lowest number
    /// stays.
    async fn recheck(&mut self, intent: &Intent, write: &Write) -> WorkResult<()> {
        let mut changes = vec![];
        if let Write::OpenIssue { fingerprint, count, .. } = write {
            let issues = self.issues_of(*fingerprint).await?;
            self.reset_wait().await?;
            // The issue whose response arrived exists, whether the list shows it yet or not.
            let known = Record::read(intent).number;
            if let Some(oldest) = issues.first()
                && known.is_none_or(|known| oldest.number() <= known)
            {
                let mut duplicates: BTreeSet<u64> = issues.iter().map(Issue::number).chain(known).collect();
                duplicates.remove(&oldest.number());
                self.close_duplicates(intent.group, duplicates).await?;
                if known != Some(oldest.number()) {
                    changes = Outcome::issue(&oldest.link(), *count, intent.sent_at).changes;
                }
            }
        }
        Ok(self.store.settle(intent.id, IntentState::Done, None, self.clock.now(), changes).await?)
    }

    /// Stores an intent for each duplicate; like every other write, they are sent one per tick.
    async fn close_duplicates(&self, group: Option<GroupId>, numbers: impl IntoIterator<Item = u64>) -> WorkResult<()> {
        for number in numbers {
            tracing::warn!(number, "worker: closing a duplicate issue");
            self.hold(group, &Write::CloseDuplicate { number }).await?;
        }
        Ok(())
    }
}

//! The gate: a person with write access approves by a label. The approval is bound to the text that the agent would
//! read.
//!
//! Before every hand-over, approved or from a trusted source, the worker reads the state on GitHub again. An agent is
//! asked only if that state allows the hand-over.

use autoheal_prepare::Timestamp;
use autoheal_store::{Approval, Change, Revocation, Status, TextForm, Work};

use super::live::{Live, written_hash};
use super::{WorkError, WorkResult, Worker};
use crate::compose::{APPROVED_LABEL, issue};
use crate::write::Write;

/// Note on a group whose text was replaced after the label was set.
const REPLACED: &str = "a report of a known sender replaced the text after the label was set; approve it again";
/// Note on a group whose text changed.
const CHANGED: &str = "the text the agent would read was changed after it was shown; approve it again";

impl Worker {
    /// Checks the waiting groups. One list shows which of their issues carry the label; only these cost further
    /// requests.
    pub(super) async fn check_gate(&mut self) -> WorkResult<()> {
        let waiting = self.store.awaiting(&self.settings.project).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let labelled = self.github.labelled_issues(APPROVED_LABEL).await?;
        self.reset_wait().await?;
        for (group, number) in waiting {
            if labelled.iter().any(|issue| issue.number() == number) {
                let Some(work) = self.store.work(group).await? else { continue };
                match self.check_approval(&work, number).await {
                    Err(WorkError::Github(error)) => self.abandon(&work.group, error).await?,
                    result => result?,
                }
            }
        }
        Ok(())
    }

    async fn check_approval(&mut self, work: &Work, number: u64) -> WorkResult<()> {
        let group = work.group.id;
        if work.approval.is_some() || work.intents.iter().any(|intent| intent.state.unsettled()) {
            return Ok(());
        }
        if self.leave_alone(work).await? {
            return Ok(());
        }
        let Some(labelled) = self.github.labelled_by(number, APPROVED_LABEL).await? else { return Ok(()) };
        if work.group.revoked_label.is_some_and(|revoked| labelled.at <= revoked) {
            // The list still shows a label that was removed.
            return Ok(());
        }
        if labelled.by_bot {
            return self.note(work, "the approval label was set by a bot or an app; a person has to set it").await;
        }
        if !self.github.may_write(&labelled.login).await? {
            return self.note(work, "the approval label was set by a person without write access").await;
        }
        let live = self.live(work, number).await?;
        if let Some(refusal) = live.refusal() {
            return self.note(work, &format!("{refusal}; no agent is asked")).await;
        }
        // The person read the text that the issue holds, not the one that will replace it.
        let is_shown = work.group.text.is_none_or(|text| text.sample == work.sample.id);
        let changed_at = work.group.text.and_then(|text| text.changed_at);
        if !is_shown || changed_at.is_some_and(|changed| labelled.at <= changed) {
            return self.revoke(work, number, &live, labelled.at, REPLACED).await;
        }
        let changed = work.group.shown_hash.as_ref() != Some(&live.text_hash())
            || live.was_reviewed(Some(labelled.at))
            || self.others_commented(work, labelled.at, Some(&labelled.login)).await?;
        if changed {
            return self.revoke(work, number, &live, labelled.at, CHANGED).await;
        }
        tracing::info!(issue = number, login = labelled.login, "gate: approved");
        // The approval is for the full text, which may be added only after it.
        let hash = match work.group.text {
            Some(text) if text.form == TextForm::Facts => {
                live.with_text(&issue(work, &self.settings.repository)).full_hash()
            }
            _ => live.full_hash(),
        };
        let approval = Approval { hash, login: labelled.login, labelled_at: labelled.at, revoked_at: None };
        Ok(self.store.approve(group, approval, self.clock.now()).await?)
    }

    /// True if the state on GitHub allows the hand-over now. Otherwise revokes the approval, or makes a group from a
    /// trusted source wait for an approval.
    pub(super) async fn may_hand_over(&mut self, work: &Work, number: u64) -> WorkResult<bool> {
        let live = self.live(work, number).await?;
        let Some(approval) = &work.approval else {
            let Some(reason) = self.trusted_refusal(work, number, &live).await? else { return Ok(true) };
            self.wait_for_approval(work, number, &live, &reason).await?;
            return Ok(false);
        };
        let Some(reason) = self.approved_refusal(work, number, approval, &live).await? else { return Ok(true) };
        self.revoke(work, number, &live, approval.labelled_at, &reason).await?;
        Ok(false)
    }

    /// Reason against the hand-over of an approved group; none if it is allowed.
    async fn approved_refusal(
        &self,
        work: &Work,
        number: u64,
        approval: &Approval,
        live: &Live,
    ) -> WorkResult<Option<String>> {
        if let Some(refusal) = live.refusal() {
            return Ok(Some(format!("{refusal}; approve again if an agent should work on it")));
        }
        let labelled = self.github.labelled_by(number, APPROVED_LABEL).await?;
        let is_set = live.has_label(APPROVED_LABEL)
            && labelled.is_some_and(|label| label.login == approval.login && label.at == approval.labelled_at);
        if !is_set {
            return Ok(Some("the approval label was removed or set again; approve it again".to_owned()));
        }
        if !self.github.may_write(&approval.login).await? {
            return Ok(Some("the approver has no write access any more; another approval is needed".to_owned()));
        }
        let changed = live.full_hash() != approval.hash
            || live.was_reviewed(Some(approval.labelled_at))
            || self.others_commented(work, approval.labelled_at, Some(&approval.login)).await?;
        Ok(changed.then(|| CHANGED.to_owned()))
    }

    /// Reason against the hand-over of a group from a trusted source, without approval; none if it is allowed.
    async fn trusted_refusal(&self, work: &Work, number: u64, live: &Live) -> WorkResult<Option<String>> {
        if let Some(refusal) = live.refusal() {
            return Ok(Some(format!("{refusal}; approve it if an agent should work on it")));
        }
        let changed = live.text_hash() != written_hash(work, number, &self.settings.repository)
            || live.was_reviewed(None)
            // All of them: autoheal opened the issue, and its own clock may have been wrong then.
            || self.others_commented(work, Timestamp(0), None).await?;
        Ok(changed
            .then(|| "another person changed the issue, the draft or their comments; approve it first".to_owned()))
    }

    /// Makes a group wait for an approval of the present text. A label that is set already approves nothing, because its
    /// setter may have read another text.
    async fn wait_for_approval(&mut self, work: &Work, number: u64, live: &Live, reason: &str) -> WorkResult<()> {
        let labelled = self.github.labelled_by(number, APPROVED_LABEL).await?;
        if live.has_label(APPROVED_LABEL) || labelled.is_some() {
            // Without a time, no label of this group was revoked before.
            let labelled_at = labelled.map(|label| label.at).or(work.group.revoked_label).unwrap_or(Timestamp(0));
            self.revoke(work, number, live, labelled_at, reason).await?;
            return Ok(self.store.change(work.group.id, vec![Change::Status(Status::AwaitingApproval)]).await?);
        }
        tracing::warn!(fingerprint = %work.group.fingerprint, reason, "gate: approval is needed");
        let changes = vec![
            Change::Status(Status::AwaitingApproval),
            Change::ShownHash(live.text_hash()),
            Change::Note(Some(reason.to_owned())),
            Change::ActAt(self.clock.now()),
        ];
        Ok(self.store.change(work.group.id, changes).await?)
    }

    /// Stores the reason why the group still waits.
    async fn note(&self, work: &Work, note: &str) -> WorkResult<()> {
        Ok(self.store.change(work.group.id, vec![Change::Note(Some(note.to_owned()))]).await?)
    }

    /// Revokes the approval: removes the label, and binds the next approval to the present text. The newest label counts
    /// as revoked too, because it may have been set before the change was noticed.
    async fn revoke(
        &mut self,
        work: &Work,
        number: u64,
        live: &Live,
        labelled_at: Timestamp,
        reason: &str,
    ) -> WorkResult<()> {
        tracing::warn!(issue = number, reason, "gate: approval is needed again");
        let newest = self.github.labelled_by(number, APPROVED_LABEL).await?;
        let labelled_at = newest.map_or(labelled_at, |newest| newest.at.max(labelled_at));
        let (now, group) = (self.clock.now(), work.group.id);
        let revocation = Revocation { shown_hash: live.text_hash(), labelled_at, note: reason.to_owned() };
        self.store.revoke(group, revocation, now).await?;
        // Sent by the next tick, because a tick sends at most one write.
        self.hold(Some(group), &Write::RemoveApproval { number }).await
    }
}

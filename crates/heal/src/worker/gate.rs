//! The gate: a person with write access approves by a label. The approval is bound to the text that the agent would
//! read.

use super::{WorkError, WorkResult, Worker};

use crate::compose::{APPROVED_LABEL, OUR_LABEL, shown_hash};
use crate::write::Write;
use autoheal_store::{Approval, Change, Revocation, Work};

impl Worker {
    /// Checks the waiting groups. One list shows which of their issues carry the label; only these cost further
    /// requests.
    pub(super) async fn check_gate(&mut self) -> WorkResult<()> {
        let waiting = self.store.awaiting().await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let labels = format!("{OUR_LABEL},{APPROVED_LABEL}");
        let labelled = self.github.list_issues("open", &labels, None, None).await?;
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
        let Some((login, labelled_at)) = self.github.labelled_by(number, APPROVED_LABEL).await? else { return Ok(()) };
        if work.group.revoked_label.is_some_and(|revoked| labelled_at <= revoked) {
            // The list still shows a label that was removed.
            return Ok(());
        }
        if !self.github.may_write(&login).await? {
            let note = "the approval label was set by a person without write access".to_owned();
            return Ok(self.store.change(group, vec![Change::Note(Some(note))]).await?);
        }
        let approval = Approval { hash: self.live_hash(work, number).await?, login, labelled_at, revoked_at: None };
        if work.group.shown_hash.as_ref() != Some(&approval.hash) || self.others_commented(work, &approval).await? {
            return self.revoke(work, number, approval).await;
        }
        tracing::info!(issue = number, login = approval.login, "gate: approved");
        Ok(self.store.approve(group, approval, self.clock.now()).await?)
    }

    /// True if the label is still set and the text that the agent would read is still the approved text; also true if
    /// the group has no approval, because it needs none. Otherwise revokes the approval.
    pub(crate) async fn still_approved(&mut self, work: &Work, number: u64) -> WorkResult<bool> {
        let Some(approval) = &work.approval else { return Ok(true) };
        let label = self.github.labelled_by(number, APPROVED_LABEL).await?;
        let labelled = label.is_some_and(|(login, at)| login == approval.login && at == approval.labelled_at);
        let hash = self.live_hash(work, number).await?;
        if labelled && hash == approval.hash && !self.others_commented(work, approval).await? {
            return Ok(true);
        }
        self.revoke(work, number, Approval { hash, ..approval.clone() }).await?;
        Ok(false)
    }

    /// Hash of the issue and its draft as they are on GitHub now.
    async fn live_hash(&self, work: &Work, number: u64) -> WorkResult<String> {
        let issue = self.github.issue(number).await?;
        let pull = match &work.group.pull {
            Some(link) => Some(self.github.pull(link.number).await?),
            None => None,
        };
        let mut texts = vec![(issue.title.as_str(), issue.body.as_str())];
        texts.extend(pull.as_ref().map(|pull| (pull.title.as_str(), pull.body.as_deref().unwrap_or_default())));
        Ok(shown_hash(&texts))
    }

    /// True if another person wrote or changed a comment since the label was set. The agent reads comments too.
    async fn others_commented(&self, work: &Work, approval: &Approval) -> WorkResult<bool> {
        let agent_login = self.agent().login().await?;
        let links = [work.group.issue.as_ref(), work.group.pull.as_ref()];
        for link in links.into_iter().flatten() {
            let comments = self.github.comments(link.number, approval.labelled_at).await?;
            let known =
                |author: &str| author == approval.login || Some(author) == self.login() || author == agent_login;
            if comments.iter().any(|comment| !known(comment.author())) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Revokes the approval: removes the label, and binds the next approval to the present text.
    async fn revoke(&mut self, work: &Work, number: u64, approval: Approval) -> WorkResult<()> {
        tracing::warn!(issue = number, "gate: the text the agent would read has changed; approval is needed again");
        let (now, group) = (self.clock.now(), work.group.id);
        let revocation = Revocation {
            shown_hash: approval.hash,
            labelled_at: approval.labelled_at,
            note: "the text the agent would read was changed after it was shown; approve it again".to_owned(),
        };
        self.store.revoke(group, revocation, now).await?;
        // Sent by the next tick, because a tick sends at most one write.
        self.hold(Some(group), &Write::RemoveApproval { number }).await
    }
}

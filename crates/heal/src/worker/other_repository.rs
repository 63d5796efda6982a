//! Groups whose issue or draft is in another repository than the configured one: nothing is written for them, because
//! their numbers name other issues here.

use autoheal_store::{Change, Group, Intent, IntentKind, IntentState, Link, Work};

use super::{WorkResult, Worker};
use crate::settings::Repository;

/// Beginning of the note on such a group.
const NOTE: &str = "its issue or draft is in ";

impl Worker {
    /// True if the group has an issue or a draft in another repository. Then stores a note, and lets the group rest until
    /// it is seen again.
    pub(super) async fn leave_alone(&mut self, work: &Work) -> WorkResult<bool> {
        let noted = work.group.note.as_deref().filter(|note| note.starts_with(NOTE));
        let Some(other) = self.other_repository(&work.group).await? else {
            if noted.is_some() {
                // The operator set the repository back.
                self.store.change(work.group.id, vec![Change::Note(None)]).await?;
            }
            return Ok(false);
        };
        let note = format!("{NOTE}{other}, and AUTOHEAL_REPO is {}; autoheal leaves it alone", self.repository_name());
        let changes = vec![Change::Note(Some(note)), Change::Quiet(work.group.count)];
        self.store.change(work.group.id, changes).await?;
        Ok(true)
    }

    /// Settles an intent whose group is left alone; true if it did. None of them is sent again.
    pub(super) async fn settle_elsewhere(&mut self, intent: &Intent) -> WorkResult<bool> {
        let Some(group) = intent.group else { return Ok(false) };
        let Some(work) = self.store.work(group).await? else { return Ok(false) };
        if !self.leave_alone(&work).await? {
            return Ok(false);
        }
        let state = match intent.state {
            IntentState::Recheck => IntentState::Done,
            // An agent may have been asked.
            IntentState::Sent if IntentKind::HAND_OVERS.contains(&intent.kind) => IntentState::Unknown,
            _ => IntentState::Withdrawn,
        };
        let outcome = intent.outcome.clone();
        self.store.settle(intent.id, state, outcome, self.clock.now(), vec![]).await?;
        if !self.write_waits().await? {
            // The failure of this write says nothing about the present repository.
            self.reset_wait_after_write().await?;
        }
        Ok(true)
    }

    /// The other repository that the group's issue or draft is in; none if there is no other.
    pub(super) async fn other_repository(&mut self, group: &Group) -> WorkResult<Option<String>> {
        for link in [&group.issue, &group.pull].into_iter().flatten() {
            let Some(repository) = repository_of(link) else { return Ok(Some("an unknown repository".to_owned())) };
            let name = repository.full_name().to_ascii_lowercase();
            if !self.is_own(&repository, &name).await? {
                return Ok(Some(repository.full_name()));
            }
        }
        Ok(None)
    }

    /// True if this is the configured repository, under its present or a former name. GitHub is asked once for each other
    /// name.
    async fn is_own(&mut self, repository: &Repository, name: &str) -> WorkResult<bool> {
        let own = [self.settings.repository.full_name(), self.github.repository().full_name()];
        if own.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return Ok(true);
        }
        if let Some(is_own) = self.other_names.get(name) {
            return Ok(*is_own);
        }
        let id = self.github.repository_id(repository).await?;
        let is_own = id.is_some() && id == self.github.repository_id(&self.github.repository()).await?;
        if !is_own {
            let (other, repository) = (repository.full_name(), self.repository_name());
            tracing::warn!(other, repository, "worker: failures whose issue is in another repository are left alone");
        }
        self.other_names.insert(name.to_owned(), is_own);
        Ok(is_own)
    }

    fn repository_name(&self) -> String {
        self.github.repository().full_name()
    }
}

/// The repository in the address of an issue or a pull request, `…/OWNER/NAME/issues/NUMBER`.
fn repository_of(link: &Link) -> Option<Repository> {
    let mut parts = link.url.trim_end_matches('/').rsplit('/').skip(2);
    let name = parts.next()?;
    Repository::parse(&format!("{}/{name}", parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_an_issue_names_its_repository() {
        let read = |url: &str| repository_of(&Link { number: 1, url: url.to_owned() }).map(|it| it.full_name());
        for url in ["https://github.com/acme/shop/issues/1", "http://127.0.0.1:8080/acme/shop/pull/1"] {
            assert_eq!(read(url).as_deref(), Some("acme/shop"), "{url}");
        }
        for url in ["", "acme/shop", "https://github.com/"] {
            assert_eq!(read(url), None, "{url}");
        }
    }
}

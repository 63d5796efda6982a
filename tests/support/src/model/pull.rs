//! Pull requests: the part that issues do not have.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{EventKind, NewIssue, Repository};

/// The data of a pull request that its issue does not have.
#[derive(Clone, Debug, Serialize)]
pub struct PullRequest {
    /// The pull request's `id`, which differs from its issue's.
    pub id: u64,
    /// The branch with the change.
    pub head: String,
    /// The branch it merges into.
    pub base: String,
    /// True if it is a draft.
    pub draft: bool,
    /// True if maintainers may push to its branch.
    pub maintainer_can_modify: bool,
    /// Time of merging, if it is merged.
    pub merged_at: Option<DateTime<Utc>>,
}

/// A pull request with the data of its issue.
#[derive(Clone, Debug, Serialize)]
pub struct Pull {
    /// Its number, unique among issues and pull requests.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// `open` or `closed`.
    pub state: String,
    /// The author's login.
    pub author: String,
    /// Its labels' names.
    pub labels: Vec<String>,
    /// Logins of its assignees.
    pub assignees: Vec<String>,
    /// The branch with the change.
    pub head: String,
    /// SHA of the head branch.
    pub head_sha: String,
    /// The branch it merges into.
    pub base: String,
    /// True if it is a draft.
    pub draft: bool,
    /// True if it was merged.
    pub merged: bool,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
}

/// Data of a new pull request.
pub(crate) struct NewPull<'text> {
    pub(crate) title: &'text str,
    pub(crate) body: &'text str,
    pub(crate) head: &'text str,
    pub(crate) base: &'text str,
    pub(crate) draft: bool,
}

/// The reason why a pull request cannot be opened.
pub(crate) enum OpenPullError {
    /// The branch in this field does not exist.
    NoSuchBranch(&'static str),
    /// Another reason, as GitHub's message.
    Custom(String),
}

impl Repository {
    /// Opens a pull request between two branches of this repository.
    pub(crate) fn open_pull(
        &mut self,
        new: &NewPull<'_>,
        author: &str,
        now: DateTime<Utc>,
    ) -> Result<u64, OpenPullError> {
        let base = self.branch(new.base).ok_or(OpenPullError::NoSuchBranch("base"))?;
        let head = self.branch(new.head).ok_or(OpenPullError::NoSuchBranch("head"))?;
        let (behind, ahead) = (self.history(&base.sha), self.history(&head.sha));
        if ahead.is_subset(&behind) {
            return Err(OpenPullError::Custom(format!("No commits between {} and {}", new.base, new.head)));
        }
        if ahead.is_disjoint(&behind) {
            let text = format!("The {} branch has no history in common with {}", new.head, new.base);
            return Err(OpenPullError::Custom(text));
        }
        if new.draft && !self.settings.drafts_supported {
            return Err(OpenPullError::Custom("Draft pull requests are not supported in this repository.".into()));
        }
        if self.open_pull_of(new.head, new.base).is_some() {
            let text = format!("A pull request already exists for {}:{}.", self.owner, new.head);
            return Err(OpenPullError::Custom(text));
        }
        let issue = NewIssue { title: new.title, body: new.body, labels: Vec::new() };
        let number = self.open_issue(issue, author, now);
        let pull = PullRequest {
            id: self.new_id(),
            head: new.head.to_owned(),
            base: new.base.to_owned(),
            draft: new.draft,
            maintainer_can_modify: true,
            merged_at: None,
        };
        self.pulls.insert(number, pull);
        for mentioned in self.mentioned_in(new.body) {
            self.record_event(mentioned, author, now, EventKind::CrossReferenced(number));
        }
        Ok(number)
    }

    /// Marks a draft as ready for review, or makes a pull request a draft.
    pub(crate) fn set_draft(&mut self, number: u64, draft: bool, actor: &str, now: DateTime<Utc>) {
        let Some(pull) = self.pulls.get_mut(&number).filter(|pull| pull.draft != draft) else { return };
        pull.draft = draft;
        let kind = if draft { EventKind::ConvertToDraft } else { EventKind::ReadyForReview };
        self.record_event(number, actor, now, kind);
    }

    /// Pushes an empty commit to the branch of a pull request.
    pub(crate) fn push_to(&mut self, number: u64, author: &str, now: DateTime<Utc>) {
        let Some(branch) = self.pulls.get(&number).map(|pull| pull.head.clone()) else { return };
        self.push_empty_commit(&branch, "Another change", author, now);
    }

    /// Renames the branch of a pull request.
    pub(crate) fn rename_branch_of(&mut self, number: u64, branch: &str) {
        let Some(pull) = self.pulls.get_mut(&number) else { return };
        let old = std::mem::replace(&mut pull.head, branch.to_owned());
        if let Some(sha) = self.refs.remove(&format!("refs/heads/{old}")) {
            self.refs.insert(format!("refs/heads/{branch}"), sha);
        }
    }

    /// Changes the base of a pull request. A branch that does not exist is created at the old base.
    pub(crate) fn change_base(&mut self, number: u64, base: &str, now: DateTime<Utc>) {
        let Some(pull) = self.pulls.get_mut(&number) else { return };
        let old = std::mem::replace(&mut pull.base, base.to_owned());
        if let Some(sha) = self.branch(&old).map(|commit| commit.sha.clone()) {
            self.refs.entry(format!("refs/heads/{base}")).or_insert(sha);
        }
        if let Some(issue) = self.issues.get_mut(&number) {
            issue.updated_at = now;
        }
    }

    /// Merges a pull request: the base branch gets the head's commit. If the base is the default branch, this also
    /// closes the issues that the text says it fixes, as GitHub does.
    pub(crate) fn merge(&mut self, number: u64, actor: &str, now: DateTime<Utc>) {
        let Some(pull) = self.pulls.get_mut(&number) else { return };
        pull.merged_at = Some(now);
        pull.draft = false;
        let (head, base) = (pull.head.clone(), pull.base.clone());
        if let Some(sha) = self.branch(&head).map(|commit| commit.sha.clone()) {
            self.refs.insert(format!("refs/heads/{base}"), sha);
        }
        self.set_state(number, "closed", None, actor, now);
        if base == self.default_branch {
            let body = self.issues[&number].body.to_lowercase();
            for fixed in self.mentioned_in(&body) {
                let has_keyword = |keyword: &&str| body.contains(&format!("{keyword} #{fixed}"));
                if ["fix", "fixes", "fixed", "close", "closes", "closed", "resolve", "resolves", "resolved"]
                    .iter()
                    .any(has_keyword)
                {
                    self.set_state(fixed, "closed", Some("completed"), actor, now);
                }
            }
        }
    }

    /// Number of the open pull request from one branch to another.
    pub(crate) fn open_pull_of(&self, head: &str, base: &str) -> Option<u64> {
        let matching = self.pulls.iter().filter(|(_, pull)| pull.head == head && pull.base == base);
        matching.map(|(number, _)| *number).find(|number| self.issues[number].is_open())
    }

    /// Numbers of this repository's issues that a text mentions, such as `#7`.
    pub(crate) fn mentioned_in(&self, text: &str) -> Vec<u64> {
        let after = text.split('#').skip(1);
        let digits = after.map(|rest| rest.split(|char: char| !char.is_ascii_digit()).next().unwrap_or_default());
        digits.filter_map(|digits| digits.parse().ok()).filter(|number| self.issues.contains_key(number)).collect()
    }

    /// The pull request with this number.
    pub fn pull(&self, number: u64) -> Option<Pull> {
        let (issue, pull) = (self.issues.get(&number)?, self.pulls.get(&number)?);
        Some(Pull {
            number,
            title: issue.title.clone(),
            body: issue.body.clone(),
            state: issue.state.clone(),
            author: issue.author.clone(),
            labels: issue.labels.clone(),
            assignees: issue.assignees.clone(),
            head: pull.head.clone(),
            head_sha: self.branch(&pull.head).map(|commit| commit.sha.clone()).unwrap_or_default(),
            base: pull.base.clone(),
            draft: pull.draft,
            merged: pull.merged_at.is_some(),
            created_at: issue.created_at,
        })
    }
}

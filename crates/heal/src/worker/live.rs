//! `Live`: the issue and the draft of a group as they are on GitHub now, with the text that an agent would read.

use autoheal_prepare::Timestamp;
use autoheal_store::{Intent, IntentKind, TextForm, Work};

use super::{WorkResult, Worker};
use crate::compose::{ComposedIssue, issue, pull, shown_hash};
use crate::github::{Issue, List, Pull, Review};
use crate::request_bodies::NewPull;
use crate::settings::Repository;
use crate::write::{Record, Write};

/// The issue and the draft of a group, as they are on GitHub now.
#[derive(Clone)]
pub(super) struct Live {
    issue: Issue,
    draft: Option<Pull>,
    /// Reviews of the draft by others than this worker's credentials.
    reviews: Vec<Review>,
    /// True if the draft has more reviews than were read.
    has_more_reviews: bool,
    /// The newest commit and the base of the draft, if they are not the ones that were written.
    other_commits: Option<(String, String)>,
    /// True if the draft's branch has another name than the one that was written.
    is_branch_renamed: bool,
}

impl Live {
    /// Reason why no agent may work on this issue, with or without an approval; none if an agent may.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        if !self.issue.is_open() {
            return Some("the issue was closed");
        }
        if self.issue.is_locked() {
            return Some("the issue was locked");
        }
        let draft = self.draft.as_ref()?;
        if !draft.is_open() {
            return Some("the draft pull request was closed");
        }
        if draft.is_locked() {
            return Some("the draft pull request was locked");
        }
        if self.is_branch_renamed {
            // The agent would be asked to work on a branch of the old name, which may hold anything.
            return Some("the branch of the draft pull request was renamed");
        }
        (!draft.draft).then_some("the pull request is no draft any more")
    }

    /// The same state with another title and body of the issue.
    pub(super) fn with_text(&self, composed: &ComposedIssue) -> Self {
        let mut live = self.clone();
        live.issue.title.clone_from(&composed.title);
        live.issue.body.clone_from(&composed.body);
        live
    }

    /// True if a person changed title or body of the issue.
    pub(super) fn was_edited(&self, work: &Work) -> bool {
        was_edited(&self.issue, work)
    }

    /// True if the issue was closed or locked.
    pub(super) fn is_closed(&self) -> bool {
        !self.issue.is_open() || self.issue.is_locked()
    }

    /// True if the issue has this label.
    pub(super) fn has_label(&self, name: &str) -> bool {
        self.issue.has_label(name)
    }

    /// Hash of titles and bodies, without the counts block. It covers the draft's newest commit and its base as soon as
    /// they are others than were written, because the agent works on that commit and reads its files.
    pub(super) fn text_hash(&self) -> String {
        shown_hash(&self.texts())
    }

    /// Hash of titles, bodies and reviews, without the counts block. It covers reviews, because GitHub does not return
    /// the time of their edits.
    pub(super) fn full_hash(&self) -> String {
        let mut texts = self.texts();
        texts.extend(self.reviews.iter().map(|review| (review.state.as_str(), review.body.as_str())));
        shown_hash(&texts)
    }

    /// True if another person has reviewed the draft since this time; without a time, if it was reviewed at all. If the
    /// draft has more reviews than were read, one of them counts as new.
    pub(super) fn was_reviewed(&self, since: Option<Timestamp>) -> bool {
        self.has_more_reviews || self.reviews.iter().any(|review| since.is_none_or(|since| review.is_since(since)))
    }

    fn texts(&self) -> Vec<(&str, &str)> {
        let mut texts = vec![(self.issue.title.as_str(), self.issue.body.as_str())];
        texts.extend(self.draft.iter().map(|draft| (draft.title.as_str(), draft.body.as_deref().unwrap_or_default())));
        texts.extend(self.other_commits.iter().map(|(commit, base)| (commit.as_str(), base.as_str())));
        texts
    }
}

/// True if a person changed title or body of the issue: they equal no text that was written for this group. False
/// after the operator erased the group, because its texts are gone with it, until a new one is written.
pub(super) fn was_edited(issue: &Issue, work: &Work) -> bool {
    let live = shown_hash(&[(&issue.title, &issue.body)]);
    let written: Vec<_> = work.intents.iter().filter_map(written_issue).collect();
    let is_erased = |intent: &Intent| intent.kind == IntentKind::OpenIssue && intent.payload == "{}";
    if written.is_empty() && work.intents.iter().any(is_erased) {
        return false;
    }
    !written.iter().any(|(title, body)| shown_hash(&[(title, body)]) == live)
}

/// Hash of the text we wrote; equals [`Live::text_hash`] while no person has edited it.
///
/// Takes the text from the stored writes, because an earlier version may have composed it differently.
pub(super) fn written_hash(work: &Work, number: u64, repository: &Repository) -> String {
    // An update of the text that is not known to have happened may have been lost.
    let is_certain = |intent: &&Intent| intent.kind == IntentKind::OpenIssue || intent.state.happened();
    let written = work.intents.iter().rev().filter(is_certain).find_map(written_issue);
    let mut texts = vec![written.unwrap_or_else(|| {
        let issue = issue(work, repository);
        (issue.title, issue.body)
    })];
    if work.group.pull.is_some() {
        let written_pull = written_pulls(work).next().map(|pull| (pull.title, pull.body));
        texts.push(written_pull.unwrap_or_else(|| {
            let pull = pull(work, number, TextForm::Full);
            (pull.title, pull.body)
        }));
    }
    let texts: Vec<(&str, &str)> = texts.iter().map(|(title, body)| (title.as_str(), body.as_str())).collect();
    shown_hash(&texts)
}

/// The draft's newest commit and its base, if they are not the ones that were written for this group: another person has
/// pushed to the branch, or has chosen another base.
fn other_commits(work: &Work, draft: &Pull) -> Option<(String, String)> {
    // A second commit is created only if the first one is on no branch.
    let is_written = |intent: &Intent| {
        intent.kind == IntentKind::CreateCommit && Record::read(intent).sha.as_deref() == Some(draft.head_commit())
    };
    let has_base = |written: NewPull| written.base == draft.base_branch();
    let is_own = work.intents.iter().any(is_written) && written_pulls(work).any(has_base);
    (!is_own).then(|| (draft.head_commit().to_owned(), draft.base_branch().to_owned()))
}

/// The pull requests in stored writes, newest first.
fn written_pulls(work: &Work) -> impl Iterator<Item = NewPull> {
    work.intents.iter().rev().filter_map(|intent| match Write::read(intent) {
        Ok(Write::OpenPull { pull }) => Some(pull),
        _ => None,
    })
}

/// Title and body of the issue in a stored write; none for a write of another kind.
fn written_issue(intent: &Intent) -> Option<(String, String)> {
    match Write::read(intent) {
        Ok(Write::OpenIssue { issue, .. }) => Some((issue.title, issue.body)),
        Ok(Write::UpdateText { edit, .. }) => Some((edit.title, edit.body)),
        _ => None,
    }
}

impl Worker {
    /// Reads the issue and the draft of a group, with the draft's reviews.
    pub(super) async fn live(&self, work: &Work, number: u64) -> WorkResult<Live> {
        let issue = self.github.issue(number).await?;
        let Some(link) = &work.group.pull else {
            return Ok(Live {
                issue,
                draft: None,
                reviews: vec![],
                has_more_reviews: false,
                other_commits: None,
                is_branch_renamed: false,
            });
        };
        let draft = self.github.pull(link.number).await?;
        let agent = self.agent().login().await?;
        let List { entries: mut reviews, is_incomplete } = self.github.reviews(link.number).await?;
        reviews.retain(|review| !self.is_ours(review.author(), &agent));
        let other_commits = other_commits(work, &draft);
        let is_branch_renamed = !written_pulls(work).any(|written| written.head == draft.branch());
        let has_more_reviews = is_incomplete;
        Ok(Live { issue, draft: Some(draft), reviews, has_more_reviews, other_commits, is_branch_renamed })
    }

    /// True if a person other than the approver wrote or changed a comment, also on a line, since this time. The agent
    /// reads comments too. A list that is too long to be read counts as a change.
    pub(super) async fn others_commented(
        &self,
        work: &Work,
        since: Timestamp,
        approver: Option<&str>,
    ) -> WorkResult<bool> {
        let agent = self.agent().login().await?;
        let is_foreign = |author: &str| !self.is_ours(author, &agent) && Some(author) != approver;
        for link in [work.group.issue.as_ref(), work.group.pull.as_ref()].into_iter().flatten() {
            let comments = self.github.comments(link.number, since).await?;
            if comments.is_incomplete || comments.entries.iter().any(|comment| is_foreign(comment.author())) {
                return Ok(true);
            }
        }
        let Some(draft) = &work.group.pull else { return Ok(false) };
        let comments = self.github.review_comments(draft.number, since).await?;
        Ok(comments.is_incomplete || comments.entries.iter().any(|comment| is_foreign(comment.author())))
    }

    /// True if this login belongs to one of the worker's credentials; `agent` is the login of the agent's credential.
    fn is_ours(&self, login: &str, agent: &str) -> bool {
        Some(login) == self.login() || login == agent
    }
}

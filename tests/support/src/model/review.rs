//! Reviews of pull requests, and their comments on lines.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Repository;

/// A review of a pull request.
#[derive(Clone, Debug, Serialize)]
pub struct Review {
    /// The review's `id`.
    pub id: u64,
    /// The pull request.
    pub pull: u64,
    /// The author's login.
    pub author: String,
    /// Its text; empty for a review that has only comments on lines.
    pub body: String,
    /// Its state.
    pub state: ReviewState,
    /// SHA of the pull request's head at the time of the review.
    pub commit: String,
    /// Time of submission. An edit of the text does not change it.
    pub submitted_at: DateTime<Utc>,
}

/// State of a review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    /// Only comments.
    #[default]
    Commented,
    /// Approves the change.
    Approved,
    /// Asks for changes.
    ChangesRequested,
    /// Approved or asked for changes, and was dismissed later.
    Dismissed,
    /// Not submitted yet. Only its author can read it.
    Pending,
}

impl ReviewState {
    /// The name in the field `state`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ReviewState::Commented => "COMMENTED",
            ReviewState::Approved => "APPROVED",
            ReviewState::ChangesRequested => "CHANGES_REQUESTED",
            ReviewState::Dismissed => "DISMISSED",
            ReviewState::Pending => "PENDING",
        }
    }
}

/// A review's comment on a line of a pull request.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewComment {
    /// The comment's `id`.
    pub id: u64,
    /// The pull request.
    pub pull: u64,
    /// `id` of the review that it belongs to.
    pub review: u64,
    /// The author's login.
    pub author: String,
    /// Its text.
    pub body: String,
    /// SHA of the pull request's head at the time of the comment.
    pub commit: String,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// Time of the last change.
    pub updated_at: DateTime<Utc>,
}

impl Repository {
    /// Adds a review to a pull request, and returns its `id`.
    pub(crate) fn add_review(
        &mut self,
        pull: u64,
        body: &str,
        state: ReviewState,
        author: &str,
        now: DateTime<Utc>,
    ) -> Option<u64> {
        let commit = self.pull(pull)?.head_sha;
        let id = self.new_id();
        let (author, body) = (author.to_owned(), body.to_owned());
        self.reviews.push(Review { id, pull, author, body, state, commit, submitted_at: now });
        if let Some(issue) = self.issues.get_mut(&pull).filter(|_| state != ReviewState::Pending) {
            issue.updated_at = now;
        }
        Some(id)
    }

    /// Adds a comment on a line. As on GitHub it belongs to a review of its own, which has no text.
    pub(crate) fn add_review_comment(&mut self, pull: u64, body: &str, author: &str, now: DateTime<Utc>) {
        let Some(review) = self.add_review(pull, "", ReviewState::Commented, author, now) else { return };
        let commit = self.pull(pull).map(|pull| pull.head_sha).unwrap_or_default();
        let id = self.new_id();
        let (author, body) = (author.to_owned(), body.to_owned());
        let comment = ReviewComment { id, pull, review, author, body, commit, created_at: now, updated_at: now };
        self.review_comments.push(comment);
    }

    /// Replaces the text of a pull request's review. `index` counts its reviews from 0, oldest first.
    pub(crate) fn edit_review(&mut self, pull: u64, index: usize, body: &str) {
        if let Some(review) = self.reviews.iter_mut().filter(|review| review.pull == pull).nth(index) {
            review.body = body.to_owned();
        }
    }

    /// Replaces the text of a comment on an issue, a pull request or a line.
    pub(crate) fn edit_comment(&mut self, id: u64, body: &str, now: DateTime<Utc>) {
        if let Some(comment) = self.comments.iter_mut().find(|comment| comment.id == id) {
            (comment.body, comment.updated_at) = (body.to_owned(), now);
        }
        if let Some(comment) = self.review_comments.iter_mut().find(|comment| comment.id == id) {
            (comment.body, comment.updated_at) = (body.to_owned(), now);
        }
    }
}

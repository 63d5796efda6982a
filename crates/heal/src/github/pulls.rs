//! Draft pull requests by the Git Data API: a commit, a branch, a pull request, without a checkout.

use autoheal_prepare::Timestamp;
use autoheal_store::Link;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::issues::{Comment, or_default};
use super::{Github, GithubError, GithubResult, List, User};
use crate::request_bodies::{NewBranch, NewCommit, NewPull};

/// The starting point of a draft.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    /// The newest commit of the default branch.
    pub(crate) commit: String,
    /// That commit's tree.
    pub(crate) tree: String,
}

/// The fields of a pull request that are read.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Pull {
    number: u64,
    html_url: String,
    /// Its title.
    pub(crate) title: String,
    /// Its description; none if it is empty.
    pub(crate) body: Option<String>,
    /// `open` or `closed`.
    state: String,
    #[serde(default)]
    locked: bool,
    /// True if it is a draft.
    #[serde(default)]
    pub(crate) draft: bool,
    head: Side,
    base: Side,
}

/// The fields of a side of a pull request that are read.
#[derive(Debug, Clone, Deserialize)]
struct Side {
    /// The branch; `ref` in JSON.
    #[serde(rename = "ref")]
    branch: String,
    /// The id of its newest commit.
    sha: String,
}

impl Pull {
    /// Its number and page.
    pub(crate) fn link(&self) -> Link {
        Link { number: self.number, url: self.html_url.clone() }
    }

    /// True if it is open.
    pub(crate) fn is_open(&self) -> bool {
        self.state == "open"
    }

    /// True if its conversation is locked.
    pub(crate) fn is_locked(&self) -> bool {
        self.locked
    }

    /// Its branch.
    pub(crate) fn branch(&self) -> &str {
        &self.head.branch
    }

    /// The newest commit of its branch.
    pub(crate) fn head_commit(&self) -> &str {
        &self.head.sha
    }

    /// The branch that it is to be merged into.
    pub(crate) fn base_branch(&self) -> &str {
        &self.base.branch
    }
}

/// The fields of a review that are read.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Review {
    /// Its author; GitHub sends null for a deleted account.
    #[serde(default)]
    user: Option<User>,
    /// Its text.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) body: String,
    /// Its state, such as `COMMENTED` or `CHANGES_REQUESTED`.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) state: String,
    #[serde(default)]
    submitted_at: Option<String>,
}

impl Review {
    /// Login of its author; empty for a deleted account.
    pub(crate) fn author(&self) -> &str {
        self.user.as_ref().map_or("", |user| &user.login)
    }

    /// True if it was submitted at this time or later. A review without a time counts as later.
    pub(crate) fn is_since(&self, since: Timestamp) -> bool {
        self.submitted_at.as_deref().and_then(Timestamp::parse).is_none_or(|at| at >= since)
    }
}

/// The fields of a repository that are read.
#[derive(Debug, Deserialize)]
struct RepositoryResponse {
    default_branch: String,
}

/// A git object's id.
#[derive(Debug, Deserialize)]
struct Object {
    sha: String,
}

/// The fields of a git reference that are read.
#[derive(Debug, Deserialize)]
struct Reference {
    object: Object,
}

/// The fields of a commit that are read.
#[derive(Debug, Deserialize)]
struct Commit {
    tree: Object,
}

impl Github {
    /// The repository's default branch.
    pub(crate) async fn default_branch(&self) -> GithubResult<String> {
        Ok(self.get::<RepositoryResponse>(&self.path("")).await?.default_branch)
    }

    /// The newest commit of the default branch, and its tree.
    pub(crate) async fn base(&self) -> GithubResult<Base> {
        let branch = self.default_branch().await?;
        let reference: Reference = self.get(&self.path(&format!("git/ref/heads/{branch}"))).await?;
        let commit = reference.object.sha;
        let tree = self.get::<Commit>(&self.path(&format!("git/commits/{commit}"))).await?.tree.sha;
        Ok(Base { commit, tree })
    }

    /// Creates a commit; returns its id.
    pub(crate) async fn create_commit(&self, commit: &NewCommit) -> GithubResult<String> {
        Ok(self.post::<Object>(&self.path("git/commits"), commit).await?.sha)
    }

    /// True if the branch exists.
    pub(crate) async fn has_branch(&self, branch: &str) -> GithubResult<bool> {
        match self.get::<IgnoredAny>(&self.path(&format!("git/ref/heads/{branch}"))).await {
            Ok(_) => Ok(true),
            Err(GithubError::Refused { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Creates a branch. An existing branch is a success, because its name contains the issue's number.
    pub(crate) async fn create_branch(&self, branch: &NewBranch) -> GithubResult<()> {
        match self.post::<IgnoredAny>(&self.path("git/refs"), branch).await {
            Err(GithubError::Refused { status: 422, message }) if message.contains("already exists") => Ok(()),
            result => result.map(drop),
        }
    }

    /// The pull request of a branch, open or closed; of several, the oldest.
    pub(crate) async fn pull_of(&self, branch: &str) -> GithubResult<Option<Pull>> {
        let head = format!("{}:{branch}", self.repository().owner);
        let mut pulls: Vec<Pull> = self.get(&self.path(&format!("pulls?state=all&head={head}&per_page=10"))).await?;
        Ok(pulls.pop())
    }

    /// One pull request.
    pub(crate) async fn pull(&self, number: u64) -> GithubResult<Pull> {
        self.get(&self.path(&format!("pulls/{number}"))).await
    }

    /// The reviews of a pull request, oldest first.
    pub(crate) async fn reviews(&self, number: u64) -> GithubResult<List<Review>> {
        self.list(&self.path(&format!("pulls/{number}/reviews"))).await
    }

    /// The comments on lines of a pull request that were written or changed since then.
    pub(crate) async fn review_comments(&self, number: u64, since: Timestamp) -> GithubResult<List<Comment>> {
        self.list(&self.path(&format!("pulls/{number}/comments?since={since}"))).await
    }

    /// Opens a pull request, or returns the existing pull request of its branch.
    pub(crate) async fn create_pull(&self, pull: &NewPull) -> GithubResult<Pull> {
        match self.post(&self.path("pulls"), pull).await {
            Err(GithubError::Refused { status: 422, message }) if message.contains("already exists") => {
                let existing = self.pull_of(&pull.head).await?;
                existing.ok_or_else(|| GithubError::lost("the pull request is not listed yet"))
            }
            result => result,
        }
    }
}

//! Draft pull requests by the Git Data API: a commit, a branch, a pull request, without a checkout.

use serde_json::Value;

use super::{Github, GithubError, GithubResult, number, text};
use autoheal_store::Link;

/// Where a draft starts from.
#[derive(Debug, Clone)]
pub struct Base {
    /// The repository's default branch.
    pub branch: String,
    /// Its newest commit.
    pub commit: String,
    /// That commit's tree.
    pub tree: String,
}

/// What we read of a pull request.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Its number and page.
    pub link: Link,
    /// Its title.
    pub title: String,
    /// Its description.
    pub body: String,
}

impl Pull {
    fn read(json: &Value) -> GithubResult<Self> {
        Ok(Self {
            link: Link { number: number(json, "number")?, url: text(json, "html_url")? },
            title: text(json, "title")?,
            body: json["body"].as_str().unwrap_or_default().to_owned(),
        })
    }
}

impl Github {
    /// The repository's default branch.
    pub(crate) async fn default_branch(&self) -> GithubResult<String> {
        text(&self.get(&self.path("")).await?, "default_branch")
    }

    /// The newest commit of the default branch, and its tree.
    pub(crate) async fn base(&self) -> GithubResult<Base> {
        let branch = self.default_branch().await?;
        let commit = text(&self.get(&self.path(&format!("git/ref/heads/{branch}"))).await?["object"], "sha")?;
        let tree = text(&self.get(&self.path(&format!("git/commits/{commit}"))).await?["tree"], "sha")?;
        Ok(Base { branch, commit, tree })
    }

    /// `payload` is `{message, tree, parents}`; answers the commit's id.
    pub(crate) async fn create_commit(&self, payload: &Value) -> GithubResult<String> {
        text(&self.post(&self.path("git/commits"), payload).await?, "sha")
    }

    /// Whether the branch exists.
    pub(crate) async fn has_branch(&self, branch: &str) -> GithubResult<bool> {
        match self.get(&self.path(&format!("git/ref/heads/{branch}"))).await {
            Ok(_) => Ok(true),
            Err(GithubError::Refused { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// `payload` is `{ref, sha}`. A branch that exists is a success: its name holds the number.
    pub(crate) async fn create_branch(&self, payload: &Value) -> GithubResult<()> {
        match self.post(&self.path("git/refs"), payload).await {
            Err(GithubError::Refused { status: 422, message }) if message.contains("already exists") => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// The pull request of a branch, open or closed.
    pub(crate) async fn pull_of(&self, branch: &str) -> GithubResult<Option<Pull>> {
        let head = format!("{}:{branch}", self.repository.owner);
        let answer = self.get(&self.path(&format!("pulls?state=all&head={head}&per_page=10"))).await?;
        // The oldest one, should there be several.
        answer.as_array().and_then(|pulls| pulls.last()).map(Pull::read).transpose()
    }

    pub(crate) async fn pull(&self, number: u64) -> GithubResult<Pull> {
        Pull::read(&self.get(&self.path(&format!("pulls/{number}"))).await?)
    }

    /// `payload` is `{title, head, base, body, draft, maintainer_can_modify}`. One that exists is adopted.
    pub(crate) async fn create_pull(&self, payload: &Value) -> GithubResult<Pull> {
        match self.post(&self.path("pulls"), payload).await {
            Err(GithubError::Refused { status: 422, message }) if message.contains("already exists") => {
                let branch = payload["head"].as_str().unwrap_or_default();
                self.pull_of(branch)
                    .await?
                    .ok_or_else(|| GithubError::Lost("the pull request is not listed yet".to_owned()))
            }
            answer => Pull::read(&answer?),
        }
    }
}

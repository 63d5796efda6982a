//! Issues, their labels, comments and events, and the permission to approve.

use autoheal_prepare::Timestamp;
use autoheal_store::Link;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Github, GithubError, GithubResult, User};
use crate::compose::ComposedIssue;
use crate::request_bodies::{BodyText, NewLabel};

/// The fields of an issue that are read.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Issue {
    number: u64,
    html_url: String,
    /// Its title.
    pub(crate) title: String,
    /// Its body; GitHub sends null for an empty one.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) body: String,
    #[serde(default, deserialize_with = "or_default")]
    assignees: Vec<User>,
    /// Present if the issue is a pull request.
    #[serde(default)]
    pull_request: Option<IgnoredAny>,
}

impl Issue {
    /// Its number and page.
    pub(crate) fn link(&self) -> Link {
        Link { number: self.number, url: self.html_url.clone() }
    }

    /// Its number.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// True if an agent is among the assignees. GitHub lists `copilot-swe-agent[bot]` as `Copilot`.
    pub(crate) fn is_assigned_to(&self, agent: &str) -> bool {
        let stem = agent.trim_end_matches("[bot]");
        self.assignees.iter().any(|User { login }| {
            login.trim_end_matches("[bot]") == stem
                || (stem.starts_with("copilot") && login.eq_ignore_ascii_case("copilot"))
        })
    }
}

/// The fields of a comment that are read.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Comment {
    /// Its author; GitHub sends null for a deleted account.
    #[serde(default)]
    user: Option<User>,
    /// Its text.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) body: String,
}

impl Comment {
    /// Login of its author; empty for a deleted account.
    pub(crate) fn author(&self) -> &str {
        self.user.as_ref().map_or("", |user| &user.login)
    }
}

/// The fields of an issue's event that are read.
#[derive(Debug, Deserialize)]
struct Event {
    event: Option<String>,
    actor: Option<User>,
    created_at: Option<String>,
    label: Option<Label>,
}

/// The fields of a label that are read.
#[derive(Debug, Deserialize)]
struct Label {
    name: String,
}

/// The fields of a collaborator's permission that are read.
#[derive(Debug, Deserialize)]
struct Permission {
    permission: Option<String>,
}

/// Body of a request that closes an issue.
#[derive(Debug, Serialize)]
struct Closing {
    state: &'static str,
    state_reason: &'static str,
}

/// The value, or the default for null.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

impl Github {
    /// Issues in this state with all these labels, newest first. `creator` and `since` restrict the list to issues of
    /// this login and to issues changed since this time. GitHub's lists lag behind its writes.
    pub(crate) async fn list_issues(
        &self,
        state: &str,
        labels: &str,
        creator: Option<&str>,
        since: Option<Timestamp>,
    ) -> GithubResult<Vec<Issue>> {
        let mut query = format!("issues?state={state}&labels={labels}&sort=created&direction=desc");
        if let Some(creator) = creator {
            // The list takes a bot's login with its brackets escaped.
            query.push_str(&format!("&creator={}", creator.replace('[', "%5B").replace(']', "%5D")));
        }
        if let Some(since) = since {
            query.push_str(&format!("&since={since}"));
        }
        let mut issues: Vec<Issue> = self.list(&self.path(&query)).await?;
        issues.retain(|issue| issue.pull_request.is_none());
        Ok(issues)
    }

    /// One issue.
    pub(crate) async fn issue(&self, number: u64) -> GithubResult<Issue> {
        self.get(&self.path(&format!("issues/{number}"))).await
    }

    /// Opens an issue.
    pub(crate) async fn create_issue(&self, issue: &ComposedIssue) -> GithubResult<Issue> {
        self.post(&self.path("issues"), issue).await
    }

    /// Replaces the body of an issue.
    pub(crate) async fn update_issue(&self, number: u64, edit: &BodyText) -> GithubResult<()> {
        self.patch::<IgnoredAny>(&self.path(&format!("issues/{number}")), edit).await.map(drop)
    }

    /// Closes an issue in favour of an older one.
    pub(crate) async fn close_as_duplicate(&self, number: u64) -> GithubResult<()> {
        let closing = Closing { state: "closed", state_reason: "duplicate" };
        self.patch::<IgnoredAny>(&self.path(&format!("issues/{number}")), &closing).await.map(drop)
    }

    /// The names of the repository's labels.
    pub(crate) async fn labels(&self) -> GithubResult<Vec<String>> {
        let labels: Vec<Label> = self.list(&self.path("labels")).await?;
        Ok(labels.into_iter().map(|label| label.name).collect())
    }

    /// Creates a label; an existing label is a success.
    pub(crate) async fn create_label(&self, label: &NewLabel) -> GithubResult<()> {
        match self.post::<IgnoredAny>(&self.path("labels"), label).await {
            Err(GithubError::Refused { status: 422, message }) if message.contains("already_exists") => Ok(()),
            result => result.map(drop),
        }
    }

    /// Removes a label from an issue; a missing one is a success.
    pub(crate) async fn remove_label(&self, issue: u64, label: &str) -> GithubResult<()> {
        match self.delete(&self.path(&format!("issues/{issue}/labels/{label}"))).await {
            Err(GithubError::Refused { status: 404, .. }) => Ok(()),
            result => result,
        }
    }

    /// Login and time of the last event that set the label; none if the label was removed after it.
    pub(crate) async fn labelled_by(&self, issue: u64, label: &str) -> GithubResult<Option<(String, Timestamp)>> {
        let events: Vec<Event> = self.list(&self.path(&format!("issues/{issue}/events"))).await?;
        let mut last = None;
        for event in events {
            if !event.label.is_some_and(|set| set.name.eq_ignore_ascii_case(label)) {
                continue;
            }
            match event.event.as_deref() {
                Some("labeled") => {
                    let at = event.created_at.as_deref().and_then(Timestamp::parse);
                    last = event.actor.map(|user| user.login).zip(at);
                }
                Some("unlabeled") => last = None,
                _ => {}
            }
        }
        Ok(last)
    }

    /// True if this person may write to the repository. Setting a label is no proof, because triage permission allows
    /// it.
    pub(crate) async fn may_write(&self, login: &str) -> GithubResult<bool> {
        match self.get::<Permission>(&self.path(&format!("collaborators/{login}/permission"))).await {
            Ok(Permission { permission }) => Ok(matches!(permission.as_deref(), Some("admin" | "write"))),
            Err(GithubError::Refused { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The comments on an issue or pull request that were written or changed since then.
    pub(crate) async fn comments(&self, number: u64, since: Timestamp) -> GithubResult<Vec<Comment>> {
        self.list(&self.path(&format!("issues/{number}/comments?since={since}"))).await
    }
}

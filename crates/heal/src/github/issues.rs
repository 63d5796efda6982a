//! Issues, their labels, comments and events, and the permission to approve.

use autoheal_prepare::Timestamp;
use autoheal_store::Link;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Entry, Github, GithubError, GithubResult, List, User};
use crate::compose::ComposedIssue;
use crate::request_bodies::{BodyText, IssueEdit, NewLabel};

/// Number of pages that are searched for an issue that was just opened.
const NEWEST_PAGES: usize = 3;
/// Maximum number of pages of events that are read before the last page. A label set in an earlier event counts as not
/// set.
const MAX_EVENT_PAGES: usize = 50;

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
    #[serde(default, deserialize_with = "or_default")]
    labels: Vec<Label>,
    /// `open` or `closed`.
    state: String,
    #[serde(default)]
    locked: bool,
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

    /// True if it is open.
    pub(crate) fn is_open(&self) -> bool {
        self.state == "open"
    }

    /// True if its conversation is locked.
    pub(crate) fn is_locked(&self) -> bool {
        self.locked
    }

    /// True if it has this label.
    pub(crate) fn has_label(&self, name: &str) -> bool {
        self.labels.iter().any(|label| label.name.eq_ignore_ascii_case(name))
    }

    /// True if an agent is among the assignees. GitHub lists `copilot-swe-agent[bot]` as `Copilot`.
    pub(crate) fn is_assigned_to(&self, agent: &str) -> bool {
        let stem = agent.trim_end_matches("[bot]");
        self.assignees.iter().any(|User { login, .. }| {
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
    /// Present if an app acted for the actor.
    #[serde(default)]
    performed_via_github_app: Option<IgnoredAny>,
}

impl Event {
    /// The setting of a label that this event records; none if the event has no actor or no time.
    fn labelled(self) -> Option<Labelled> {
        let at = self.created_at.as_deref().and_then(Timestamp::parse)?;
        let User { login, kind } = self.actor?;
        // An app that acts for a person may have read the report, and followed it.
        let by_bot = kind.as_deref() == Some("Bot") || self.performed_via_github_app.is_some();
        Some(Labelled { login, at, by_bot })
    }
}

/// The setting of a label that is still in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Labelled {
    /// Login of the user who set it.
    pub(crate) login: String,
    /// Time of the setting, by GitHub's clock.
    pub(crate) at: Timestamp,
    /// True if that user is a bot, or an app that acted for the user.
    pub(crate) by_bot: bool,
}

/// The fields of a label that are read.
#[derive(Debug, Clone, Deserialize)]
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

/// The fields of the response to an edit that are read.
#[derive(Debug, Deserialize)]
struct Edited {
    updated_at: Option<String>,
}

/// The value, or the default for null.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A login as a parameter of a list, which takes a bot's login with its brackets escaped.
fn in_query(login: &str) -> String {
    login.replace('[', "%5B").replace(']', "%5D")
}

/// The issues of a list, which has pull requests too.
fn without_pulls(mut list: List<Issue>) -> List<Issue> {
    list.entries.retain(|issue| issue.pull_request.is_none());
    list
}

impl Github {
    /// Open issues with this label, newest first. GitHub's lists lag behind its writes.
    pub(crate) async fn labelled_issues(&self, label: &str) -> GithubResult<Vec<Issue>> {
        let query = format!("issues?state=open&labels={label}&sort=created&direction=desc");
        Ok(without_pulls(self.list(&self.path(&query)).await?).entries)
    }

    /// Open issues of this creator, newest first. Not restricted to a label, because GitHub drops the labels of an issue
    /// without a word if the credential may not set them.
    pub(crate) async fn open_issues_of(&self, creator: &str) -> GithubResult<Vec<Issue>> {
        let query = format!("issues?state=open&creator={}&sort=created&direction=desc", in_query(creator));
        Ok(without_pulls(self.list(&self.path(&query)).await?).entries)
    }

    /// The newest issues of this creator, open or closed, newest first; only those with the label, if one is given. Not
    /// restricted to a time, because this machine's clock may be wrong.
    pub(crate) async fn newest_issues(&self, creator: &str, label: Option<&str>) -> GithubResult<List<Issue>> {
        let label = label.map(|label| format!("&labels={label}")).unwrap_or_default();
        let query = format!("issues?state=all&creator={}{label}&sort=created&direction=desc", in_query(creator));
        Ok(without_pulls(self.list_pages(&self.path(&query), NEWEST_PAGES).await?))
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

    /// Replaces title and body of an issue. Returns the time of the change, by GitHub's clock.
    pub(crate) async fn edit_issue(&self, number: u64, edit: &IssueEdit) -> GithubResult<Option<Timestamp>> {
        let edited: Edited = self.patch(&self.path(&format!("issues/{number}")), edit).await?;
        Ok(edited.updated_at.as_deref().and_then(Timestamp::parse))
    }

    /// Closes an issue in favour of an older one.
    pub(crate) async fn close_as_duplicate(&self, number: u64) -> GithubResult<()> {
        let closing = Closing { state: "closed", state_reason: "duplicate" };
        self.patch::<IgnoredAny>(&self.path(&format!("issues/{number}")), &closing).await.map(drop)
    }

    /// The names of the repository's labels.
    pub(crate) async fn labels(&self) -> GithubResult<Vec<String>> {
        let labels: List<Label> = self.list(&self.path("labels")).await?;
        Ok(labels.entries.into_iter().map(|label| label.name).collect())
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

    /// The last event that set the label; none if the label was removed after it. Reads the newest events first,
    /// because old events may fill many pages.
    pub(crate) async fn labelled_by(&self, issue: u64, label: &str) -> GithubResult<Option<Labelled>> {
        let path = self.path(&format!("issues/{issue}/events"));
        let (first_page, last) = self.page::<Event>(&path, 1).await?;
        let mut events = if last > 1 { self.page(&path, last).await?.0 } else { first_page };
        for number in (1..last).rev().take(MAX_EVENT_PAGES).map(Some).chain([None]) {
            let is_about = |event: &Event| event.label.as_ref().is_some_and(|set| set.name.eq_ignore_ascii_case(label));
            for event in events.into_iter().rev().filter_map(Entry::readable).filter(is_about) {
                match event.event.as_deref() {
                    Some("labeled") => return Ok(event.labelled()),
                    Some("unlabeled") => return Ok(None),
                    _ => {}
                }
            }
            let Some(number) = number else { break };
            events = self.page(&path, number).await?.0;
        }
        Ok(None)
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
    pub(crate) async fn comments(&self, number: u64, since: Timestamp) -> GithubResult<List<Comment>> {
        self.list(&self.path(&format!("issues/{number}/comments?since={since}"))).await
    }
}

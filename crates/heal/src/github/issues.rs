//! Issues, their labels, comments and events, and who may approve.

use serde_json::{Value, json};

use super::{Github, GithubError, GithubResult, number, text};
use autoheal_prepare::Timestamp;
use autoheal_store::Link;

/// What we read of an issue.
#[derive(Debug, Clone)]
pub struct Issue {
    /// Its number and page.
    pub link: Link,
    /// Its title.
    pub title: String,
    /// Its body.
    pub body: String,
    /// Who is assigned.
    pub assignees: Vec<String>,
}

impl Issue {
    pub(super) fn read(json: &Value) -> GithubResult<Self> {
        let logins = |name: &str, member: &str| {
            let all = json[name].as_array().into_iter().flatten();
            all.filter_map(|entry| entry[member].as_str().map(str::to_owned)).collect()
        };
        Ok(Self {
            link: Link { number: number(json, "number")?, url: text(json, "html_url")? },
            title: text(json, "title")?,
            // An emptied body is null.
            body: json["body"].as_str().unwrap_or_default().to_owned(),
            assignees: logins("assignees", "login"),
        })
    }

    /// Whether an agent is among the assignees: a bot that was asked for by its login answers as `Copilot`.
    #[must_use]
    pub fn assigned_to(&self, agent: &str) -> bool {
        let stem = agent.trim_end_matches("[bot]");
        self.assignees.iter().any(|login| {
            login.trim_end_matches("[bot]") == stem
                || (stem.starts_with("copilot") && login.eq_ignore_ascii_case("copilot"))
        })
    }
}

/// Pages of a list are followed up to this many; beyond it our own intents are the better memory.
const PAGES: usize = 10;

impl Github {
    /// Our issues with all these labels, changed since then, newest first. GitHub's lists lag behind its writes.
    pub(crate) async fn list_issues(
        &self,
        state: &str,
        labels: &str,
        creator: Option<&str>,
        since: Option<Timestamp>,
    ) -> GithubResult<Vec<Issue>> {
        let mut query = format!("issues?state={state}&labels={labels}&sort=created&direction=desc&per_page=100");
        if let Some(creator) = creator {
            // The list takes a bot's login with its brackets escaped.
            query.push_str(&format!("&creator={}", creator.replace('[', "%5B").replace(']', "%5D")));
        }
        if let Some(since) = since {
            query.push_str(&format!("&since={since}"));
        }
        let mut issues = Vec::new();
        for page in 1..=PAGES {
            let answer = self.get(&self.path(&format!("{query}&page={page}"))).await?;
            let page =
                answer.as_array().ok_or_else(|| GithubError::Lost("the list of issues is no list".to_owned()))?;
            for json in page.iter().filter(|json| json["pull_request"].is_null()) {
                issues.push(Issue::read(json)?);
            }
            if page.len() < 100 {
                break;
            }
        }
        Ok(issues)
    }

    pub(crate) async fn issue(&self, number: u64) -> GithubResult<Issue> {
        Issue::read(&self.get(&self.path(&format!("issues/{number}"))).await?)
    }

    /// `payload` is `{title, body, labels}`.
    pub(crate) async fn create_issue(&self, payload: &Value) -> GithubResult<Issue> {
        Issue::read(&self.post(&self.path("issues"), payload).await?)
    }

    pub(crate) async fn update_issue(&self, number: u64, payload: &Value) -> GithubResult<Issue> {
        Issue::read(&self.patch(&self.path(&format!("issues/{number}")), payload).await?)
    }

    /// Closes an issue in favour of an older one.
    pub(crate) async fn close_as_duplicate(&self, number: u64) -> GithubResult<Issue> {
        self.update_issue(number, &json!({"state": "closed", "state_reason": "duplicate"})).await
    }

    /// The names of the labels there are.
    pub(crate) async fn labels(&self) -> GithubResult<Vec<String>> {
        let mut names = Vec::new();
        for page in 1..=PAGES {
            let answer = self.get(&self.path(&format!("labels?per_page=100&page={page}"))).await?;
            let page = answer.as_array().map(Vec::as_slice).unwrap_or_default();
            names.extend(page.iter().filter_map(|label| label["name"].as_str().map(str::to_owned)));
            if page.len() < 100 {
                break;
            }
        }
        Ok(names)
    }

    /// `payload` is `{name, color, description}`. A label that exists is a success.
    pub(crate) async fn create_label(&self, payload: &Value) -> GithubResult<()> {
        match self.post(&self.path("labels"), payload).await {
            Err(GithubError::Refused { status: 422, message }) if message.contains("already_exists") => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Takes a label off an issue; one that is not there is a success.
    pub(crate) async fn remove_label(&self, issue: u64, label: &str) -> GithubResult<()> {
        match self.delete(&self.path(&format!("issues/{issue}/labels/{label}"))).await {
            Err(GithubError::Refused { status: 404, .. }) => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Who put this label on the issue, and when; nothing when it was taken off since.
    pub(crate) async fn labelled_by(&self, issue: u64, label: &str) -> GithubResult<Option<(String, Timestamp)>> {
        let mut last = None;
        for page in 1..=PAGES {
            let answer = self.get(&self.path(&format!("issues/{issue}/events?per_page=100&page={page}"))).await?;
            let events = answer.as_array().map(Vec::as_slice).unwrap_or_default();
            let named =
                |event: &&Value| event["label"]["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(label));
            for event in events.iter().filter(named) {
                let by = event["actor"]["login"].as_str().map(str::to_owned);
                let at = event["created_at"].as_str().and_then(Timestamp::parse);
                match event["event"].as_str() {
                    Some("labeled") => last = by.zip(at),
                    Some("unlabeled") => last = None,
                    _ => {}
                }
            }
            if events.len() < 100 {
                break;
            }
        }
        Ok(last)
    }

    /// Whether this person may write to the repository. People who may only triage can label too.
    pub(crate) async fn may_write(&self, login: &str) -> GithubResult<bool> {
        let answer = self.get(&self.path(&format!("collaborators/{login}/permission"))).await;
        match answer {
            Ok(json) => Ok(matches!(json["permission"].as_str(), Some("admin" | "write"))),
            Err(GithubError::Refused { status: 404, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The comments on an issue or pull request that were written or changed since then: author and text.
    pub(crate) async fn comments(&self, number: u64, since: Timestamp) -> GithubResult<Vec<(String, String)>> {
        let mut comments = Vec::new();
        for page in 1..=PAGES {
            let path = format!("issues/{number}/comments?since={since}&per_page=100&page={page}");
            let answer = self.get(&self.path(&path)).await?;
            let page = answer.as_array().map(Vec::as_slice).unwrap_or_default();
            comments.extend(page.iter().map(|comment| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                (text(&comment["user"]["login"]), text(&comment["body"]))
            }));
            if page.len() < 100 {
                break;
            }
        }
        Ok(comments)
    }
}

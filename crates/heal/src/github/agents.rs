//! Requests to a coding agent: a task, a comment, or an assignment of the issue.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Github, GithubError, GithubResult, Issue, Page};
use crate::request_bodies::{Assignment, BodyText, NewTask};
use crate::settings::Repository;

/// The fields of an agent task that are read.
#[derive(Debug, Deserialize)]
struct Task {
    html_url: Option<String>,
    id: Option<TaskId>,
}

/// A task's id: text, or a number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum TaskId {
    Text(String),
    Number(u64),
    Other(IgnoredAny),
}

impl TaskId {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) => Some(number.to_string()),
            Self::Other(_) => None,
        }
    }
}

impl Github {
    /// Starts a task; returns its page, or its id.
    pub(crate) async fn start_task(&self, task: &NewTask) -> GithubResult<String> {
        let Repository { owner, name, .. } = self.repository();
        let started: Task = self.post(&format!("/agents/repos/{owner}/{name}/tasks"), task).await?;
        let page = started.html_url.or_else(|| started.id.and_then(TaskId::into_text));
        page.ok_or_else(|| GithubError::lost("the started task has no page and no id"))
    }

    /// Comments on an issue or pull request; returns the comment's page.
    pub(crate) async fn comment(&self, number: u64, comment: &BodyText) -> GithubResult<String> {
        Ok(self.post::<Page>(&self.path(&format!("issues/{number}/comments")), comment).await?.html_url)
    }

    /// Assigns an issue to the agent. Reads the success from the response, because GitHub drops assignees it refuses
    /// without an error.
    pub(crate) async fn assign(&self, issue: u64, agent: &str, assignment: &Assignment) -> GithubResult<()> {
        let issue: Issue = self.post(&self.path(&format!("issues/{issue}/assignees")), assignment).await?;
        issue.is_assigned_to(agent).then_some(()).ok_or_else(|| GithubError::Refused {
            status: 201,
            message: format!(
                "{agent} was dropped from the assignees; the agent is not enabled for this token or repository"
            ),
        })
    }
}

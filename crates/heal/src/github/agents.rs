//! Asking a coding agent: as a task, by a comment, or by assigning the issue.

use serde_json::Value;

use super::{Github, GithubError, GithubResult, text};
use crate::settings::Repository;

impl Github {
    /// `payload` is `{prompt, base_ref, head_ref, create_pull_request}`; answers the task's page, or its id.
    pub(crate) async fn start_task(&self, payload: &Value) -> GithubResult<String> {
        let Repository { owner, name } = &self.repository;
        let answer = self.post(&format!("/agents/repos/{owner}/{name}/tasks"), payload).await?;
        text(&answer, "html_url").or_else(|_| text(&answer, "id"))
    }

    /// `payload` is `{body}`; answers the comment's page.
    pub(crate) async fn comment(&self, number: u64, payload: &Value) -> GithubResult<String> {
        text(&self.post(&self.path(&format!("issues/{number}/comments")), payload).await?, "html_url")
    }

    /// `payload` is `{assignees, agent_assignment}`. GitHub drops assignees it does not like without a word, so success
    /// is read from the answer.
    pub(crate) async fn assign(&self, issue: u64, agent: &str, payload: &Value) -> GithubResult<()> {
        let answer = self.post(&self.path(&format!("issues/{issue}/assignees")), payload).await?;
        let assigned = super::Issue::read(&answer)?.assigned_to(agent);
        assigned.then_some(()).ok_or_else(|| GithubError::Refused {
            status: 201,
            message: format!(
                "{agent} was dropped from the assignees; the agent is not enabled for this token or repository"
            ),
        })
    }
}

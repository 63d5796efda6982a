//! Bodies of the requests that write to GitHub.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A label, as GitHub's API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewLabel {
    /// Its name.
    pub(crate) name: Cow<'static, str>,
    /// Six hexadecimal digits.
    pub(crate) color: Cow<'static, str>,
    /// One line.
    pub(crate) description: Cow<'static, str>,
}

/// A commit, as the Git Data API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewCommit {
    /// Its message.
    pub(crate) message: String,
    /// Id of its tree.
    pub(crate) tree: String,
    /// Ids of its parents.
    pub(crate) parents: Vec<String>,
}

/// A git reference, as the Git Data API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewBranch {
    /// `refs/heads/…`.
    #[serde(rename = "ref")]
    pub(crate) reference: String,
    /// The commit it points to.
    pub(crate) sha: String,
}

impl NewBranch {
    /// The branch's name, without `refs/heads/`.
    pub(crate) fn name(&self) -> &str {
        self.reference.strip_prefix("refs/heads/").unwrap_or(&self.reference)
    }
}

/// A pull request, as GitHub's API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewPull {
    /// Its title.
    pub(crate) title: String,
    /// Its branch.
    pub(crate) head: String,
    /// The branch it is to be merged into.
    pub(crate) base: String,
    /// Its description.
    pub(crate) body: String,
    /// Whether it is a draft.
    pub(crate) draft: bool,
    /// Whether maintainers may push to its branch.
    pub(crate) maintainer_can_modify: bool,
}

/// The text of an issue or comment, as GitHub's API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BodyText {
    /// Markdown.
    pub(crate) body: String,
}

/// A change of an issue's title and body, as GitHub's API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IssueEdit {
    /// The new title.
    pub(crate) title: String,
    /// The new body.
    pub(crate) body: String,
}

/// An agent task, as GitHub's API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewTask {
    /// The instructions.
    pub(crate) prompt: String,
    /// The repository's default branch.
    pub(crate) base_ref: String,
    /// The branch of our draft pull request.
    pub(crate) head_ref: String,
    /// Whether the agent opens a pull request of its own.
    pub(crate) create_pull_request: bool,
}

/// An assignment of an issue to an agent, as GitHub's API takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// The agent's login.
    pub(crate) assignees: Vec<String>,
    /// Instructions for the agent.
    pub(crate) agent_assignment: AgentAssignment,
}

/// Instructions for an assigned agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AgentAssignment {
    /// The instructions.
    pub(crate) custom_instructions: String,
}

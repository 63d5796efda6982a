//! `Write`: one write to GitHub with everything it sends, in the form that the store holds.

use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_store::{GroupId, Intent, IntentKind, SampleId, TextForm};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::compose::ComposedIssue;
use crate::request_bodies::{Assignment, BodyText, IssueEdit, NewBranch, NewCommit, NewLabel, NewPull, NewTask};

/// One write to GitHub. The store holds it as the JSON of its intent, so that it can be sent after a crash.
///
/// `kind` is the tag. Intents of version 0.1.0 hold the same JSON without the tag, under the names given as aliases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Write {
    /// Creates a label in the repository.
    CreateLabel(NewLabel),
    /// Opens the issue of a group.
    OpenIssue {
        /// The group's fingerprint. The marker in the issue's body contains it, so that the issue can be found again.
        fingerprint: Fingerprint,
        /// The count in the issue's text.
        count: u64,
        /// The issue.
        #[serde(alias = "send")]
        issue: ComposedIssue,
        /// The sample that the text was composed from; zero in intents of version 0.1.0.
        #[serde(default)]
        sample: SampleId,
        /// The form of the text.
        #[serde(default = "full")]
        form: TextForm,
    },
    /// Creates the commit that the draft's branch points to.
    CreateCommit {
        /// The commit.
        #[serde(alias = "body")]
        commit: NewCommit,
    },
    /// Creates the draft's branch.
    CreateBranch {
        /// The branch.
        #[serde(alias = "body")]
        branch: NewBranch,
    },
    /// Opens the draft pull request.
    OpenPull {
        /// The pull request.
        #[serde(alias = "body")]
        pull: NewPull,
    },
    /// Replaces the counts in the body of an issue.
    UpdateCounts {
        /// The issue's number.
        number: u64,
        /// The count in the new body.
        count: u64,
        /// The new body.
        #[serde(alias = "body")]
        edit: BodyText,
    },
    /// Replaces title and body of an issue by the text of another sample, or of another form.
    UpdateText {
        /// The issue's number.
        number: u64,
        /// The count in the new body.
        count: u64,
        /// The sample that the text was composed from.
        sample: SampleId,
        /// The form of the text.
        form: TextForm,
        /// The new title and body.
        edit: IssueEdit,
        /// True if the issue has a draft pull request.
        has_draft: bool,
        /// The groups that the text names beside the issue's own.
        #[serde(default)]
        members: Vec<GroupId>,
        /// The related issues that the text names.
        #[serde(default)]
        links: Vec<u64>,
    },
    /// Starts an agent task on the draft pull request.
    StartTask {
        /// The task.
        #[serde(alias = "body")]
        task: NewTask,
    },
    /// Asks the agent by a comment on the draft pull request.
    CommentAgent {
        /// The pull request's number.
        number: u64,
        /// The comment.
        #[serde(alias = "body")]
        comment: BodyText,
    },
    /// Assigns the issue to the agent.
    AssignAgent {
        /// The issue's number.
        number: u64,
        /// The assignment.
        #[serde(alias = "body")]
        assignment: Assignment,
    },
    /// Removes the approval label from an issue.
    RemoveApproval {
        /// The issue's number.
        number: u64,
    },
    /// Closes an issue as a duplicate of an older one.
    CloseDuplicate {
        /// The issue's number.
        number: u64,
    },
}

fn full() -> TextForm {
    TextForm::Full
}

/// The stored JSON of an intent does not describe a write of the intent's kind.
#[derive(Debug, thiserror::Error)]
#[error("the stored write cannot be read: {0}")]
pub(crate) struct UnreadableWrite(#[from] serde_json::Error);

impl Write {
    /// The write that an intent stores.
    pub(crate) fn read(intent: &Intent) -> Result<Self, UnreadableWrite> {
        let mut members: Map<String, Value> = serde_json::from_str(&intent.payload)?;
        // intents of version 0.1.0 have no tag
        members.insert("kind".to_owned(), intent.kind.name().into());
        Ok(serde_json::from_value(Value::Object(members))?)
    }

    /// The JSON that an intent stores.
    pub(crate) fn payload(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The intent's kind.
    pub(crate) fn kind(&self) -> IntentKind {
        match self {
            Self::CreateLabel(_) => IntentKind::CreateLabel,
            Self::OpenIssue { .. } => IntentKind::OpenIssue,
            Self::CreateCommit { .. } => IntentKind::CreateCommit,
            Self::CreateBranch { .. } => IntentKind::CreateBranch,
            Self::OpenPull { .. } => IntentKind::OpenPull,
            Self::UpdateCounts { .. } => IntentKind::UpdateCounts,
            Self::UpdateText { .. } => IntentKind::UpdateText,
            Self::StartTask { .. } => IntentKind::StartTask,
            Self::CommentAgent { .. } => IntentKind::CommentAgent,
            Self::AssignAgent { .. } => IntentKind::AssignAgent,
            Self::RemoveApproval { .. } => IntentKind::RemoveApproval,
            Self::CloseDuplicate { .. } => IntentKind::CloseDuplicate,
        }
    }
}

/// Facts about a write that happened. The store holds them with its intent, for people and for later steps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Number of the issue or pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<u64>,
    /// Id of the commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sha: Option<String>,
    /// Description of the hand-over, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hand_over: Option<String>,
}

impl Record {
    /// The facts that an intent stores; empty where it stores none.
    pub(crate) fn read(intent: &Intent) -> Self {
        intent.outcome.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;

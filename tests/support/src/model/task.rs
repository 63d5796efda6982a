//! Agent tasks, and hand-overs to Copilot: tasks, assignments and mentions.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{COPILOT, NewPull, Repository};

/// An agent task.
#[derive(Clone, Debug, Serialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// Its number in the order of all created objects.
    pub sequence: u64,
    /// The prompt.
    pub prompt: String,
    /// The branch it works on, if given.
    pub head_ref: Option<String>,
    /// The branch it starts from, if given.
    pub base_ref: Option<String>,
    /// The model, if given.
    pub model: Option<String>,
    /// The custom agent, if given.
    pub custom_agent: Option<String>,
    /// True if the task opens a pull request.
    pub create_pull_request: bool,
    /// The pull request it belongs to: the open one of its branch, or the one it opened.
    pub pull: Option<u64>,
    /// `queued`, `in_progress`, `completed` and so on.
    pub state: String,
    /// Login of the user who started it.
    pub creator: String,
    /// Time of creation.
    pub created_at: DateTime<Utc>,
}

/// A hand-over of work to Copilot.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum HandOver {
    /// An issue was assigned to Copilot, which opened a pull request.
    Assignment {
        /// The issue.
        issue: u64,
        /// The `agent_assignment` of the request.
        agent_assignment: Option<Value>,
        /// The pull request that Copilot opened; `None` if the base branch does not exist.
        pull: Option<u64>,
        /// Time of the hand-over.
        at: DateTime<Utc>,
    },
    /// A task was started.
    Task {
        /// The task's id.
        id: String,
        /// Time of the hand-over.
        at: DateTime<Utc>,
    },
    /// Copilot was mentioned on an open pull request.
    Mention {
        /// The pull request.
        pull: u64,
        /// The comment's id.
        comment: u64,
        /// The comment's text.
        text: String,
        /// Time of the hand-over.
        at: DateTime<Utc>,
    },
}

/// Data of a new task.
pub(crate) struct NewTask {
    pub(crate) prompt: String,
    pub(crate) head_ref: Option<String>,
    pub(crate) base_ref: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) custom_agent: Option<String>,
    pub(crate) create_pull_request: bool,
}

impl Repository {
    /// Starts a task. With `head_ref` it belongs to the open pull request of that branch; otherwise it may open a pull
    /// request.
    pub(crate) fn start_task(&mut self, new: NewTask, creator: &str, now: DateTime<Utc>) -> Task {
        let sequence = self.new_id();
        let base = new.base_ref.clone().unwrap_or_else(|| self.default_branch.clone());
        let pull = match &new.head_ref {
            Some(head) => self.open_pull_of(head, &base),
            None if new.create_pull_request => self.task_opens_pull(sequence, &base, now),
            None => None,
        };
        let task = Task {
            id: format!("7a5c0000-0000-4000-8000-{sequence:012}"),
            sequence,
            prompt: new.prompt,
            head_ref: new.head_ref,
            base_ref: new.base_ref,
            model: new.model,
            custom_agent: new.custom_agent,
            create_pull_request: new.create_pull_request,
            pull,
            state: "queued".into(),
            creator: creator.to_owned(),
            created_at: now,
        };
        self.tasks.push(task.clone());
        self.hand_overs.push(HandOver::Task { id: task.id.clone(), at: now });
        task
    }

    fn task_opens_pull(&mut self, sequence: u64, base: &str, now: DateTime<Utc>) -> Option<u64> {
        let start = self.branch(base)?.sha.clone();
        let head = format!("copilot/task-{sequence}");
        self.refs.insert(format!("refs/heads/{head}"), start);
        self.push_empty_commit(&head, "Initial plan", COPILOT, now)?;
        let new = NewPull { title: "[WIP] Agent task", body: "", head: &head, base, draft: true };
        self.open_pull(&new, COPILOT, now).ok()
    }
}

//! Work handed to the agent: tasks, assignments and mentions.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{COPILOT, NewPull, Repository};

/// An agent task.
#[derive(Clone, Debug, Serialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// Its place in the order of things made.
    pub sequence: u64,
    /// What was asked.
    pub prompt: String,
    /// The branch it works on, if one was named.
    pub head_ref: Option<String>,
    /// The branch it starts from, if one was named.
    pub base_ref: Option<String>,
    /// The model, if one was named.
    pub model: Option<String>,
    /// The custom agent, if one was named.
    pub custom_agent: Option<String>,
    /// Whether a pull request was asked for.
    pub create_pull_request: bool,
    /// The pull request it belongs to: the open one of its branch, or its own.
    pub pull: Option<u64>,
    /// `queued`, `in_progress`, `completed` and so on.
    pub state: String,
    /// Who asked.
    pub creator: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// One way in which Copilot was asked to work.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum HandOver {
    /// An issue was assigned to it, and it opened a pull request of its own.
    Assignment {
        /// The issue.
        issue: u64,
        /// What was said with it.
        agent_assignment: Option<Value>,
        /// The pull request it opened, unless the base branch was missing.
        pull: Option<u64>,
        /// When.
        at: DateTime<Utc>,
    },
    /// A task was started.
    Task {
        /// The task's id.
        id: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// It was mentioned on an open pull request.
    Mention {
        /// The pull request.
        pull: u64,
        /// The comment's id.
        comment: u64,
        /// What was written.
        text: String,
        /// When.
        at: DateTime<Utc>,
    },
}

/// What a new task is made of.
pub(crate) struct NewTask {
    pub(crate) prompt: String,
    pub(crate) head_ref: Option<String>,
    pub(crate) base_ref: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) custom_agent: Option<String>,
    pub(crate) create_pull_request: bool,
}

impl Repository {
    /// Starts a task. With a branch named it belongs to that branch's pull request; otherwise it may open its own.
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
        self.push_to(&head, "Initial plan", COPILOT, now)?;
        let new = NewPull { title: "[WIP] Agent task", body: "", head: &head, base, draft: true };
        self.open_pull(&new, COPILOT, now).ok()
    }
}

//! `Tasks`: calls whose response only named a task (`tasks/get`, `tasks/result`). A task that fails is a failure of the call that
//! made it.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::call::Call;
use crate::lenient::read_string;
use crate::message::{ErrorObject, ToolResult};

/// Maximum number of unfinished tasks. Further ones are not watched.
const MAX_TASKS: usize = 1_000;
/// Maximum length of a task's id, in bytes.
const MAX_ID_BYTES: usize = 256;

/// The calls of unfinished tasks, by the task's id, which is unique at its server.
#[derive(Debug, Default)]
pub(crate) struct Tasks(HashMap<Box<str>, Call>);

/// What a message says about a task.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TaskState {
    /// It goes on.
    Working,
    /// It has ended. Its result is in the message, or its client asks for it.
    Completed {
        is_result_here: bool,
    },
    /// It has failed.
    Failed {
        code: Option<i64>,
        message: String,
    },
    Cancelled,
}

/// Members of a task in a result or notification.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Members<'a> {
    #[serde(borrow)]
    task: Option<&'a RawValue>,
    #[serde(borrow, rename = "taskId")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow, rename = "statusMessage")]
    status_message: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl<'a> Members<'a> {
    fn read(message: &'a RawValue) -> Option<Self> {
        // most results are of no task, and a scan is cheaper than parsing
        memchr::memmem::find(message.get().as_bytes(), b"\"taskId\"")?;
        let members: Self = serde_json::from_str(message.get()).ok()?;
        match members.task {
            Some(task) => serde_json::from_str(task.get()).ok(),
            None => Some(members),
        }
    }

    fn state(&self) -> Option<TaskState> {
        let text = |value: Option<&RawValue>| value.and_then(read_string).filter(|text| !text.is_empty());
        let failed = |code, message: Option<String>| {
            let message = message.or_else(|| text(self.status_message)).unwrap_or_else(|| "the task failed".to_owned());
            TaskState::Failed { code, message }
        };
        let result = self.result.and_then(|result| serde_json::from_str::<ToolResult<'_>>(result.get()).ok());
        let text_of_result = || result.as_ref().map(ToolResult::text).filter(|text| !text.is_empty());
        Some(match text(self.status)?.as_str() {
            "failed" => {
                let error = self.error.filter(|error| error.get() != "null").map(ErrorObject::read);
                let code = error.as_ref().and_then(|error| error.code);
                failed(code, error.map(|error| error.message).filter(|text| !text.is_empty()).or_else(text_of_result))
            }
            "completed" if result.as_ref().is_some_and(ToolResult::failed) => failed(None, text_of_result()),
            "completed" => TaskState::Completed { is_result_here: self.result.is_some() },
            "cancelled" => TaskState::Cancelled,
            _ => TaskState::Working,
        })
    }
}

/// The id and the state of the task that a result or a notification is about.
pub(crate) fn read_task(message: &RawValue) -> Option<(String, TaskState)> {
    let members = Members::read(message)?;
    let id = members.id.and_then(read_string).filter(|id| id.len() <= MAX_ID_BYTES)?;
    Some((id, members.state()?))
}

/// The id of the task that a request asks for.
pub(crate) fn requested_task(call: &Call) -> Option<String> {
    let params = call.params.as_deref().filter(|_| call.method.starts_with("tasks/"))?;
    Members::read(params)?.id.and_then(read_string)
}

impl Tasks {
    /// Adds the call that made a task.
    pub(crate) fn add(&mut self, id: String, call: Call) {
        if self.0.len() < MAX_TASKS || self.0.contains_key(id.as_str()) {
            self.0.insert(id.into_boxed_str(), call);
        }
    }

    /// Takes the call of a task that has ended.
    pub(crate) fn take(&mut self, id: &str) -> Option<Call> {
        self.0.remove(id)
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }
}

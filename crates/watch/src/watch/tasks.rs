//! Tasks: the end of a task is the end of the call that made it.

use serde_json::value::RawValue;

use super::Watch;
use crate::call::{Call, Kind};
use crate::classify::{classify, classify_text, failure_class};
use crate::message::Outcome;
use crate::moment::Moment;
use crate::tasks::{TaskState, read_task, requested_task};

impl Watch {
    /// Records what a response says about a task. Returns the call, unless the response is about its task.
    pub(super) fn task_response(&mut self, call: Call, outcome: Outcome<'_>, now: Moment) -> Option<Call> {
        if let Some(id) = requested_task(&call).filter(|id| self.tasks.contains(id)) {
            match (&*call.method, outcome) {
                ("tasks/result", _) => {
                    // the response is that of the call itself
                    if let Some(made) = self.tasks.take(&id) {
                        self.completed(made, outcome, now);
                    }
                    return None;
                }
                (_, Outcome::Result(result)) => self.task_changed(result, now),
                _ => {}
            }
            return Some(call);
        }
        let Outcome::Result(result) = outcome else { return Some(call) };
        match read_task(result).filter(|_| call.kind.runs_code()) {
            Some((id, TaskState::Working)) => {
                if call.kind == Kind::Tool {
                    self.server.add_tool(call.subject());
                }
                self.tasks.add(id, call);
                None
            }
            Some((id, _)) => {
                self.tasks.add(id, call);
                self.task_changed(result, now);
                None
            }
            None => Some(call),
        }
    }

    /// Records the state of a task, from a response or a notification.
    pub(super) fn task_changed(&mut self, message: &RawValue, now: Moment) {
        let Some((id, state)) = read_task(message) else { return };
        match state {
            TaskState::Working | TaskState::Completed { is_result_here: false } => {}
            TaskState::Completed { is_result_here: true } | TaskState::Cancelled => drop(self.tasks.take(&id)),
            TaskState::Failed { code, message: text } => {
                let Some(call) = self.tasks.take(&id) else { return };
                let found =
                    classify_text(call.kind, call.name.as_deref(), code, text, failure_class(call.kind), &self.server);
                self.add_classified(found, call, Some(message), now);
            }
        }
    }

    /// Adds the failure of a call, with the message that shows it.
    pub(super) fn failed_response(&mut self, call: Call, outcome: Outcome<'_>, now: Moment) {
        let Some(found) = classify(&call, outcome, &self.server).or_else(|| self.soft_error(&call, outcome)) else {
            return;
        };
        let response = match outcome {
            Outcome::Result(raw) | Outcome::Error(raw) => Some(raw),
            Outcome::Truncated { .. } => None,
        };
        self.add_classified(found, call, response, now);
    }
}

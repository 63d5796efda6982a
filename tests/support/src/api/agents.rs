//! Agent tasks.

use serde_json::json;

use crate::call::Call;
use crate::model::{NewTask, Repository, is_app};
use crate::render;
use crate::reply::Reply;

pub(crate) fn list(repository: &Repository, call: &Call) -> Reply {
    let shown = repository.tasks.iter().rev();
    let shown = shown.filter(|task| repository.lists_show(task.sequence, task.created_at, call.now));
    let size = call.asked("per_page").and_then(|text| text.parse().ok()).unwrap_or(30_usize);
    let page = call.asked("page").and_then(|text| text.parse().ok()).unwrap_or(1_usize).max(1);
    let tasks: Vec<_> = shown.skip((page - 1) * size).take(size).map(|task| render::task(repository, task)).collect();
    Reply::new(200, json!({ "tasks": tasks, "total_active_count": repository.tasks.len() }))
}

pub(crate) fn read(repository: &Repository, call: &Call) -> Reply {
    match repository.tasks.iter().find(|task| task.id == call.place("task_id")) {
        Some(task) => Reply::new(200, render::task_with_sessions(repository, task)),
        None => Reply::not_found(),
    }
}

pub(crate) fn start(repository: &mut Repository, call: &Call) -> Reply {
    if is_app(&call.login) {
        return Reply::error(403, "Resource not accessible by integration");
    }
    if !repository.settings.agent_available || !repository.permission(&call.login).may_write() {
        return Reply::error(403, "Copilot cloud agent is not available for this user or repository");
    }
    let prompt = call.text("prompt").unwrap_or_default();
    if prompt.trim().is_empty() {
        return Reply::invalid("AgentTask", "prompt", "missing_field");
    }
    let given = |name: &str| call.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    for name in ["head_ref", "base_ref"] {
        if given(name).is_some_and(|branch| repository.branch(&branch).is_none()) {
            return Reply::invalid("AgentTask", name, "invalid");
        }
    }
    let new = NewTask {
        prompt: prompt.to_owned(),
        head_ref: given("head_ref"),
        base_ref: given("base_ref"),
        model: given("model"),
        custom_agent: given("custom_agent"),
        create_pull_request: call.body["create_pull_request"] == true,
    };
    let task = repository.start_task(new, &call.login, call.now);
    Reply::new(201, render::task(repository, &task))
}

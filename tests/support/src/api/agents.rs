//! Agent tasks.

use serde_json::json;

use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::{NewTask, Repository, is_app};
use crate::render;

pub(crate) fn list(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    let newest_first = repository.tasks.iter().rev();
    let listed = newest_first.filter(|task| repository.is_listed(task.sequence, task.created_at, request.now));
    let size = request.query_parameter("per_page").and_then(|text| text.parse().ok()).unwrap_or(30_usize);
    let page = request.query_parameter("page").and_then(|text| text.parse().ok()).unwrap_or(1_usize).max(1);
    let tasks: Vec<_> = listed.skip((page - 1) * size).take(size).map(|task| render::task(repository, task)).collect();
    ApiResponse::new(200, json!({ "tasks": tasks, "total_active_count": repository.tasks.len() }))
}

pub(crate) fn read(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    match repository.tasks.iter().find(|task| task.id == request.path_parameter("task_id")) {
        Some(task) => ApiResponse::new(200, render::task_with_sessions(repository, task)),
        None => ApiResponse::not_found(),
    }
}

pub(crate) fn start(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    if is_app(&request.login) {
        return ApiResponse::error(403, "Resource not accessible by integration");
    }
    if !repository.settings.agent_available || !repository.permission(&request.login).may_write() {
        return ApiResponse::error(403, "Copilot cloud agent is not available for this user or repository");
    }
    let prompt = request.body_text("prompt").unwrap_or_default();
    if prompt.trim().is_empty() {
        return ApiResponse::invalid("AgentTask", "prompt", "missing_field");
    }
    let argument = |name: &str| request.body_text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    for name in ["head_ref", "base_ref"] {
        if argument(name).is_some_and(|branch| repository.branch(&branch).is_none()) {
            return ApiResponse::invalid("AgentTask", name, "invalid");
        }
    }
    let new = NewTask {
        prompt: prompt.to_owned(),
        head_ref: argument("head_ref"),
        base_ref: argument("base_ref"),
        model: argument("model"),
        custom_agent: argument("custom_agent"),
        create_pull_request: request.body["create_pull_request"] == true,
    };
    let task = repository.start_task(new, &request.login, request.now);
    ApiResponse::new(201, render::task(repository, &task))
}

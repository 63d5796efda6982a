//! The authenticated user, other users' permissions, and the rate limit.

use serde_json::json;

use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::{COPILOT_ASSIGNEE, Repository, is_app};
use crate::render;
use crate::state::State;

/// Requests per hour that a user may send.
pub(crate) const HOURLY_LIMIT: u64 = 5000;

pub(crate) fn current_user(state: &State, request: &ApiRequest) -> ApiResponse {
    if is_app(&request.login) {
        return ApiResponse::error(403, "Resource not accessible by integration");
    }
    ApiResponse::new(200, render::account(&state.url, &request.login))
}

pub(crate) fn rate_limit(state: &State) -> ApiResponse {
    let used = (state.requests.len() as u64).min(HOURLY_LIMIT);
    let reset = state.now().timestamp() + 3600;
    let bucket =
        |limit: u64, used: u64| json!({ "limit": limit, "used": used, "remaining": limit - used, "reset": reset });
    let core = bucket(HOURLY_LIMIT, used);
    let resources = json!({ "core": core, "search": bucket(30, 0), "graphql": bucket(HOURLY_LIMIT, 0) });
    ApiResponse::new(200, json!({ "resources": resources, "rate": core }))
}

pub(crate) fn permission(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    let login = request.path_parameter("username");
    ApiResponse::new(200, render::collaborator(&repository.url, login, repository.permission(login)))
}

pub(crate) fn assignable(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    let login = request.path_parameter("assignee");
    let copilot = login == COPILOT_ASSIGNEE && repository.settings.agent_available;
    if copilot || repository.permission(login).may_write() { ApiResponse::empty() } else { ApiResponse::not_found() }
}

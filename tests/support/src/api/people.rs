//! Who is asking, what others may do, and how much is left.

use serde_json::json;

use crate::call::Call;
use crate::model::{COPILOT_ASSIGNEE, Repository, is_app};
use crate::render;
use crate::reply::Reply;
use crate::state::State;

/// The hourly limit of a user.
pub(crate) const HOURLY: u64 = 5000;

pub(crate) fn myself(state: &State, call: &Call) -> Reply {
    if is_app(&call.login) {
        return Reply::error(403, "Resource not accessible by integration");
    }
    Reply::new(200, render::account(&state.url, &call.login))
}

pub(crate) fn rate_limit(state: &State) -> Reply {
    let used = (state.requests.len() as u64).min(HOURLY);
    let reset = state.now().timestamp() + 3600;
    let bucket =
        |limit: u64, used: u64| json!({ "limit": limit, "used": used, "remaining": limit - used, "reset": reset });
    let core = bucket(HOURLY, used);
    let resources = json!({ "core": core, "search": bucket(30, 0), "graphql": bucket(HOURLY, 0) });
    Reply::new(200, json!({ "resources": resources, "rate": core }))
}

pub(crate) fn permission(repository: &Repository, call: &Call) -> Reply {
    let login = call.place("username");
    Reply::new(200, render::collaborator(&repository.url, login, repository.permission(login)))
}

pub(crate) fn assignable(repository: &Repository, call: &Call) -> Reply {
    let login = call.place("assignee");
    let copilot = login == COPILOT_ASSIGNEE && repository.settings.agent_available;
    if copilot || repository.permission(login).may_write() { Reply::empty() } else { Reply::not_found() }
}

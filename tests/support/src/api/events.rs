//! What happened to an issue, and by whom.

use crate::call::Call;
use crate::model::Repository;
use crate::render;
use crate::reply::Reply;

pub(crate) fn list(repository: &Repository, call: &Call) -> Reply {
    if !repository.issues.contains_key(&call.number()) {
        return Reply::not_found();
    }
    let happened = repository.events.iter().filter(|event| event.number == call.number());
    call.page(happened.filter_map(|event| render::event(repository, event)).collect())
}

pub(crate) fn timeline(repository: &Repository, call: &Call) -> Reply {
    if !repository.issues.contains_key(&call.number()) {
        return Reply::not_found();
    }
    call.page(render::timeline(repository, call.number()))
}

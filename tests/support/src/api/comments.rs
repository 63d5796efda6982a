//! Comments on issues and pull requests.

use chrono::DateTime;

use super::check_texts;
use crate::call::Call;
use crate::model::Repository;
use crate::render;
use crate::reply::Reply;

pub(crate) fn list(repository: &Repository, call: &Call) -> Reply {
    if !repository.issues.contains_key(&call.number()) {
        return Reply::not_found();
    }
    let since = call.asked("since").and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let found = repository
        .comments
        .iter()
        .filter(|comment| comment.number == call.number())
        .filter(|comment| repository.lists_show(comment.id, comment.created_at, call.now))
        .filter(|comment| since.is_none_or(|since| comment.updated_at.timestamp() >= since.timestamp()));
    call.page(found.map(|comment| render::comment(repository, comment)).collect())
}

pub(crate) fn create(repository: &mut Repository, call: &Call) -> Reply {
    if !repository.issues.contains_key(&call.number()) {
        return Reply::not_found();
    }
    let body = call.text("body").unwrap_or_default();
    if body.trim().is_empty() {
        return Reply::invalid("IssueComment", "body", "missing_field");
    }
    if let Err(refused) = check_texts("IssueComment", None, Some(body)) {
        return refused;
    }
    let comment = repository.add_comment(call.number(), body, &call.login, call.now);
    Reply::new(201, render::comment(repository, &comment))
}

pub(crate) fn update(repository: &mut Repository, call: &Call) -> Reply {
    let body = call.text("body").unwrap_or_default();
    if let Err(refused) = check_texts("IssueComment", None, Some(body)) {
        return refused;
    }
    let id = call.place("comment_id").parse::<u64>().unwrap_or_default();
    let Some(at) = repository.comments.iter().position(|comment| comment.id == id) else { return Reply::not_found() };
    repository.comments[at].body = body.to_owned();
    repository.comments[at].updated_at = call.now;
    Reply::new(200, render::comment(repository, &repository.comments[at]))
}

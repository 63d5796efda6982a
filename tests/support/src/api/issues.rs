//! Issues: list, open, read, change, assign.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::check_texts;
use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::{COPILOT, COPILOT_ASSIGNEE, Issue, NewIssue, Repository};
use crate::render;

pub(crate) fn list(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    let state = request.query_parameter("state").unwrap_or("open");
    let labels = request.query_parameter("labels").unwrap_or_default();
    let labels: Vec<&str> = labels.split(',').map(str::trim).filter(|label| !label.is_empty()).collect();
    let since = request.query_parameter("since").and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let since = since.map(|since| since.with_timezone(&Utc));
    let creator = request.query_parameter("creator");
    let assignee = request.query_parameter("assignee");
    let mut listed: Vec<&Issue> = repository
        .issues
        .values()
        .filter(|issue| repository.is_listed(issue.id, issue.created_at, request.now))
        .filter(|issue| state == "all" || issue.state == state)
        .filter(|issue| labels.iter().all(|label| issue.has_label(label)))
        .filter(|issue| since.is_none_or(|since| issue.updated_at.timestamp() >= since.timestamp()))
        .filter(|issue| creator.is_none_or(|login| issue.author.eq_ignore_ascii_case(login)))
        .filter(|issue| match assignee {
            None => true,
            Some("none") => issue.assignees.is_empty(),
            Some("*") => !issue.assignees.is_empty(),
            Some(login) => issue.assignees.iter().any(|known| known.eq_ignore_ascii_case(login)),
        })
        .collect();
    let comments = |number: u64| repository.comments.iter().filter(|comment| comment.number == number).count();
    match request.query_parameter("sort").unwrap_or("created") {
        "updated" => listed.sort_by_key(|issue| (issue.updated_at, issue.number)),
        "comments" => listed.sort_by_key(|issue| (comments(issue.number), issue.number)),
        _ => listed.sort_by_key(|issue| (issue.created_at, issue.number)),
    }
    if request.query_parameter("direction") != Some("asc") {
        listed.reverse();
    }
    request.page(listed.into_iter().map(|issue| render::issue(repository, issue)).collect())
}

pub(crate) fn create(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    let title = title_of(request).unwrap_or_default();
    let body = request.body_text("body").unwrap_or_default();
    if let Err(error) = check_texts("Issue", Some(&title), Some(body)) {
        return error;
    }
    // GitHub silently drops labels and assignees from users who may not push
    let may_write = repository.permission(&request.login).may_write();
    let labels = request.body_names("labels", "name").filter(|_| may_write).unwrap_or_default();
    let number = repository.open_issue(NewIssue { title: &title, body, labels }, &request.login, request.now);
    if may_write {
        assign(repository, request, number);
    }
    issue_response(repository, number, 201)
}

pub(crate) fn read(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    issue_response(repository, request.number(), 200)
}

pub(crate) fn update(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    let number = request.number();
    let Some(issue) = repository.issues.get(&number) else { return ApiResponse::not_found() };
    let (title, body) = (title_of(request), request.body_text("body"));
    if let Err(error) = check_texts("Issue", title.as_deref(), body) {
        return error;
    }
    if !repository.permission(&request.login).may_write() && issue.author != request.login {
        return ApiResponse::error(403, "Must have admin rights to Repository.");
    }
    repository.edit(number, title.as_deref(), body, &request.login, request.now);
    if let Some(labels) = request.body_names("labels", "name") {
        let before = repository.issues[&number].labels.clone();
        for removed in
            before.iter().filter(|label| !labels.iter().any(|label_to_keep| label_to_keep.eq_ignore_ascii_case(label)))
        {
            repository.remove_label(number, removed, &request.login, request.now);
        }
        repository.add_labels(number, &labels, &request.login, request.now);
    }
    if let Some(assignees) = request.body_names("assignees", "login") {
        let before = repository.issues[&number].assignees.clone();
        // requests name Copilot by another login than responses do
        let stays = |assignee: &String| {
            assignees.contains(assignee)
                || assignee == COPILOT && assignees.iter().any(|login| login == COPILOT_ASSIGNEE)
        };
        let removed = before.into_iter().filter(|assignee| !stays(assignee));
        repository.unassign(number, &removed.collect::<Vec<_>>(), &request.login, request.now);
        assign(repository, request, number);
    }
    if let Some(issue) = repository.issues.get_mut(&number)
        && let Some(original) = request.body["duplicate_issue_id"].as_u64()
    {
        issue.duplicate_of = Some(original);
    }
    let reason = request.body_text("state_reason");
    let state = request.body_text("state").map(str::to_owned);
    if state.is_some() || reason.is_some() {
        let state = state.unwrap_or_else(|| repository.issues[&number].state.clone());
        repository.set_state(number, &state, reason, &request.login, request.now);
    }
    issue_response(repository, number, 200)
}

pub(crate) fn add_assignees(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    if repository.permission(&request.login).may_write() {
        assign(repository, request, request.number());
    }
    issue_response(repository, request.number(), 201)
}

pub(crate) fn remove_assignees(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    if repository.permission(&request.login).may_write() {
        let removed = request.body_names("assignees", "login").unwrap_or_default();
        repository.unassign(request.number(), &removed, &request.login, request.now);
    }
    issue_response(repository, request.number(), 200)
}

pub(crate) fn lock(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    change_lock(repository, request, |repository| {
        repository.lock(request.number(), request.body_text("lock_reason"), &request.login, request.now);
    })
}

pub(crate) fn unlock(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    change_lock(repository, request, |repository| {
        repository.unlock(request.number(), &request.login, request.now);
    })
}

fn change_lock(repository: &mut Repository, request: &ApiRequest, change: impl FnOnce(&mut Repository)) -> ApiResponse {
    if !repository.issues.contains_key(&request.number()) {
        return ApiResponse::not_found();
    }
    if !repository.permission(&request.login).may_write() {
        return ApiResponse::error(403, "Must have admin rights to Repository.");
    }
    change(repository);
    ApiResponse::empty()
}

fn assign(repository: &mut Repository, request: &ApiRequest, number: u64) {
    if request.drop_assignees {
        return;
    }
    let assignees = request.body_names("assignees", "login").unwrap_or_default();
    repository.assign(number, &assignees, request.body.get("agent_assignment"), &request.login, request.now);
}

/// The title in the body. GitHub also accepts a number.
fn title_of(request: &ApiRequest) -> Option<String> {
    match &request.body["title"] {
        Value::String(title) => Some(title.clone()),
        Value::Number(title) => Some(title.to_string()),
        _ => None,
    }
}

fn issue_response(repository: &Repository, number: u64, status: u16) -> ApiResponse {
    match repository.issues.get(&number) {
        Some(issue) => ApiResponse::new(status, render::issue(repository, issue)),
        None => ApiResponse::not_found(),
    }
}

//! Pull requests: list, open, read, change.

use serde_json::Value;

use super::check_texts;
use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::{NewPull, OpenPullError, Repository};
use crate::render;

pub(crate) fn list(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    let state = request.query_parameter("state").unwrap_or("open");
    // GitHub ignores the filter and lists everything when `owner:` is missing before the branch
    let head = request.query_parameter("head").and_then(|head| head.split_once(':'));
    let base = request.query_parameter("base");
    let mut listed: Vec<u64> = repository
        .pulls
        .iter()
        .filter(|(number, pull)| {
            let issue = &repository.issues[number];
            repository.is_listed(issue.id, issue.created_at, request.now)
                && (state == "all" || issue.state == state)
                && head
                    .is_none_or(|(owner, branch)| owner.eq_ignore_ascii_case(&repository.owner) && branch == pull.head)
                && base.is_none_or(|base| base == pull.base)
        })
        .map(|(number, _)| *number)
        .collect();
    if request.query_parameter("sort") == Some("updated") {
        listed.sort_by_key(|number| repository.issues[number].updated_at);
    }
    if request.query_parameter("direction") != Some("asc") {
        listed.reverse();
    }
    request.page(listed.into_iter().filter_map(|number| rendered(repository, number)).collect())
}

pub(crate) fn create(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.permission(&request.login).may_write() {
        return ApiResponse::error(403, "Resource not accessible by personal access token");
    }
    let Some(title) = request.body_text("title") else {
        return ApiResponse::invalid("PullRequest", "title", "missing_field");
    };
    let body = request.body_text("body").unwrap_or_default();
    if let Err(error) = check_texts("PullRequest", Some(title), Some(body)) {
        return error;
    }
    let head = request.body_text("head").unwrap_or_default();
    let head = match head.split_once(':') {
        Some((owner, branch)) if owner.eq_ignore_ascii_case(&repository.owner) => branch,
        Some(_) => return ApiResponse::invalid("PullRequest", "head", "invalid"),
        None => head,
    };
    let base = request.body_text("base").unwrap_or_default();
    let draft = request.body["draft"] == true;
    match repository.open_pull(&NewPull { title, body, head, base, draft }, &request.login, request.now) {
        Ok(number) => {
            if let (Some(pull), Some(allowed)) =
                (repository.pulls.get_mut(&number), request.body["maintainer_can_modify"].as_bool())
            {
                pull.maintainer_can_modify = allowed;
            }
            pull_response(repository, number, 201)
        }
        Err(OpenPullError::NoSuchBranch(field)) => ApiResponse::invalid("PullRequest", field, "invalid"),
        Err(OpenPullError::Custom(message)) => ApiResponse::custom("PullRequest", None, &message),
    }
}

pub(crate) fn read(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    pull_response(repository, request.number(), 200)
}

pub(crate) fn update(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    let number = request.number();
    if !repository.pulls.contains_key(&number) {
        return ApiResponse::not_found();
    }
    let (title, body) = (request.body_text("title"), request.body_text("body"));
    if let Err(error) = check_texts("PullRequest", title, body) {
        return error;
    }
    repository.edit(number, title, body, &request.login, request.now);
    if let Some(state) = request.body_text("state") {
        repository.set_state(number, state, None, &request.login, request.now);
    }
    if let (Some(pull), Some(base)) = (repository.pulls.get_mut(&number), request.body_text("base")) {
        pull.base = base.to_owned();
    }
    pull_response(repository, number, 200)
}

/// Always an empty list, because commits of the stand-in have no contents.
pub(crate) fn files(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    if repository.pulls.contains_key(&request.number()) { request.page(Vec::new()) } else { ApiResponse::not_found() }
}

fn rendered(repository: &Repository, number: u64) -> Option<Value> {
    let (issue, pull) = (repository.issues.get(&number)?, repository.pulls.get(&number)?);
    Some(render::pull(repository, issue, pull))
}

fn pull_response(repository: &Repository, number: u64, status: u16) -> ApiResponse {
    rendered(repository, number).map_or_else(ApiResponse::not_found, |pull| ApiResponse::new(status, pull))
}

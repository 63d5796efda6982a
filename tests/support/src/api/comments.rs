//! Comments on issues and pull requests.

use chrono::DateTime;

use super::check_texts;
use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::Repository;
use crate::render;

pub(crate) fn list(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.issues.contains_key(&request.number()) {
        return ApiResponse::not_found();
    }
    let since = request.query_parameter("since").and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let listed = repository
        .comments
        .iter()
        .filter(|comment| comment.number == request.number())
        .filter(|comment| repository.is_listed(comment.id, comment.created_at, request.now))
        .filter(|comment| since.is_none_or(|since| comment.updated_at.timestamp() >= since.timestamp()));
    request.page(listed.map(|comment| render::comment(repository, comment)).collect())
}

pub(crate) fn create(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.issues.contains_key(&request.number()) {
        return ApiResponse::not_found();
    }
    if !repository.may_comment(request.number(), &request.login) {
        return ApiResponse::error(403, "Unable to create comment because issue is locked.");
    }
    let body = request.body_text("body").unwrap_or_default();
    if body.trim().is_empty() {
        return ApiResponse::invalid("IssueComment", "body", "missing_field");
    }
    if let Err(error) = check_texts("IssueComment", None, Some(body)) {
        return error;
    }
    let comment = repository.add_comment(request.number(), body, &request.login, request.now);
    ApiResponse::new(201, render::comment(repository, &comment))
}

pub(crate) fn update(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    let body = request.body_text("body").unwrap_or_default();
    if let Err(error) = check_texts("IssueComment", None, Some(body)) {
        return error;
    }
    let id = request.path_parameter("comment_id").parse::<u64>().unwrap_or_default();
    let Some(at) = repository.comments.iter().position(|comment| comment.id == id) else {
        return ApiResponse::not_found();
    };
    repository.comments[at].body = body.to_owned();
    repository.comments[at].updated_at = request.now;
    ApiResponse::new(200, render::comment(repository, &repository.comments[at]))
}

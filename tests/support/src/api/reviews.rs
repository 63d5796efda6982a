//! Reviews of a pull request, and their comments on lines.

use chrono::DateTime;

use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::{Repository, ReviewComment, ReviewState};
use crate::render;

pub(crate) fn list(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.pulls.contains_key(&request.number()) {
        return ApiResponse::not_found();
    }
    let listed = repository
        .reviews
        .iter()
        .filter(|review| review.pull == request.number())
        .filter(|review| repository.is_listed(review.id, review.submitted_at, request.now))
        .filter(|review| review.state != ReviewState::Pending || review.author.eq_ignore_ascii_case(&request.login));
    request.page(listed.map(|review| render::review(repository, review)).collect())
}

pub(crate) fn comments(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.pulls.contains_key(&request.number()) {
        return ApiResponse::not_found();
    }
    let since = request.query_parameter("since").and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let mut listed: Vec<&ReviewComment> = repository
        .review_comments
        .iter()
        .filter(|comment| comment.pull == request.number())
        .filter(|comment| repository.is_listed(comment.id, comment.created_at, request.now))
        .filter(|comment| since.is_none_or(|since| comment.updated_at.timestamp() >= since.timestamp()))
        .collect();
    // GitHub ignores `direction` without `sort`
    if let Some(sort) = request.query_parameter("sort") {
        if sort == "updated" {
            listed.sort_by_key(|comment| (comment.updated_at, comment.id));
        }
        if request.query_parameter("direction") == Some("desc") {
            listed.reverse();
        }
    }
    request.page(listed.into_iter().map(|comment| render::review_comment(repository, comment)).collect())
}

//! Events and timeline of an issue.

use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::Repository;
use crate::render;

pub(crate) fn list(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.issues.contains_key(&request.number()) {
        return ApiResponse::not_found();
    }
    let events = repository.events.iter().filter(|event| event.number == request.number());
    request.page(events.filter_map(|event| render::event(repository, event)).collect())
}

pub(crate) fn timeline(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.issues.contains_key(&request.number()) {
        return ApiResponse::not_found();
    }
    request.page(render::timeline(repository, request.number()))
}

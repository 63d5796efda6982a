//! Labels of the repository and of issues.

use serde_json::Value;

use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::Repository;
use crate::render;

pub(crate) fn list(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    request.page(repository.labels.iter().map(|label| render::label(repository, label)).collect())
}

pub(crate) fn read(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    match repository.label(request.path_parameter("name")) {
        Some(label) => ApiResponse::new(200, render::label(repository, label)),
        None => ApiResponse::not_found(),
    }
}

pub(crate) fn create(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    let name = request.body_text("name").unwrap_or_default();
    let color = request.body_text("color").unwrap_or("ededed");
    let description = request.body_text("description");
    if repository.label(name).is_some() {
        return ApiResponse::invalid("Label", "name", "already_exists");
    }
    if name.trim().is_empty() || name.chars().count() > 50 {
        return ApiResponse::invalid("Label", "name", "invalid");
    }
    if color.len() != 6 || !color.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return ApiResponse::invalid("Label", "color", "invalid");
    }
    if description.is_some_and(|text| text.chars().count() > 100) {
        return ApiResponse::invalid("Label", "description", "invalid");
    }
    let label = repository.create_label(name, color, description.map(str::to_owned));
    ApiResponse::new(201, render::label(repository, &label))
}

pub(crate) fn of_issue(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    match labels_of(repository, request.number()) {
        Some(labels) => request.page(labels),
        None => ApiResponse::not_found(),
    }
}

pub(crate) fn add(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.issues.contains_key(&request.number()) {
        return ApiResponse::not_found();
    }
    let labels = request.body_names("labels", "name").unwrap_or_default();
    repository.add_labels(request.number(), &labels, &request.login, request.now);
    issue_labels_response(repository, request)
}

pub(crate) fn remove(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.remove_label(request.number(), request.path_parameter("name"), &request.login, request.now) {
        return ApiResponse::error(404, "Label does not exist");
    }
    issue_labels_response(repository, request)
}

fn issue_labels_response(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    ApiResponse::new(200, Value::Array(labels_of(repository, request.number()).unwrap_or_default()))
}

fn labels_of(repository: &Repository, number: u64) -> Option<Vec<Value>> {
    let issue = repository.issues.get(&number)?;
    let labels = issue.labels.iter().filter_map(|name| repository.label(name));
    Some(labels.map(|label| render::label(repository, label)).collect())
}

//! The Git Data API: refs and commits.

use serde_json::Value;

use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::Repository;
use crate::render;

pub(crate) fn read_ref(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    let name = format!("refs/{}", request.path_parameter("ref"));
    match repository.refs.get(&name) {
        Some(sha) => ApiResponse::new(200, render::reference(repository, &name, sha)),
        None => ApiResponse::not_found(),
    }
}

pub(crate) fn list_refs(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    let prefix = format!("refs/{}", request.path_parameter("ref"));
    let matching = repository.refs.iter().filter(|(name, _)| name.starts_with(&prefix));
    let references = matching.map(|(name, sha)| render::reference(repository, name, sha));
    ApiResponse::new(200, Value::Array(references.collect()))
}

pub(crate) fn create_ref(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.permission(&request.login).may_write() {
        return ApiResponse::error(403, "Resource not accessible by personal access token");
    }
    let (name, sha) = (request.body_text("ref").unwrap_or_default(), request.body_text("sha").unwrap_or_default());
    if !is_ref_name(name) {
        return ApiResponse::error(422, "Reference name must start with 'refs/' and be a valid name");
    }
    if !repository.commits.contains_key(sha) {
        return ApiResponse::error(422, "Object does not exist");
    }
    if repository.refs.contains_key(name) {
        return ApiResponse::error(422, "Reference already exists");
    }
    repository.refs.insert(name.to_owned(), sha.to_owned());
    ApiResponse::new(201, render::reference(repository, name, sha))
}

/// True if git accepts a full ref name.
fn is_ref_name(name: &str) -> bool {
    let forbidden = |char: char| char.is_control() || " ~^:?*[\\".contains(char);
    let valid_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    name.starts_with("refs/")
        && name.matches('/').count() >= 2
        && name.split('/').all(valid_part)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.contains(forbidden)
}

pub(crate) fn delete_ref(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    match repository.refs.remove(&format!("refs/{}", request.path_parameter("ref"))) {
        Some(_) => ApiResponse::empty(),
        None => ApiResponse::error(422, "Reference does not exist"),
    }
}

pub(crate) fn read_commit(repository: &Repository, request: &ApiRequest) -> ApiResponse {
    match repository.commits.get(request.path_parameter("commit_sha")) {
        Some(commit) => ApiResponse::new(200, render::commit(repository, commit)),
        None => ApiResponse::not_found(),
    }
}

pub(crate) fn create_commit(repository: &mut Repository, request: &ApiRequest) -> ApiResponse {
    if !repository.permission(&request.login).may_write() {
        return ApiResponse::error(403, "Resource not accessible by personal access token");
    }
    let tree = request.body_text("tree").unwrap_or_default();
    if !repository.commits.values().any(|commit| commit.tree == tree) {
        return ApiResponse::error(422, "Tree SHA does not exist");
    }
    let parents = request.body_names("parents", "sha").unwrap_or_default();
    if let Some(missing) = parents.iter().find(|sha| !repository.commits.contains_key(*sha)) {
        return ApiResponse::error(422, &format!("Parent SHA does not exist or is not a commit object: {missing}"));
    }
    let message = request.body_text("message").unwrap_or_default();
    let commit = repository.add_commit(tree, parents, message, &request.login, request.now);
    ApiResponse::new(201, render::commit(repository, &commit))
}

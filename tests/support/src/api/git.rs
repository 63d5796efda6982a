//! The Git Data API: refs and commits.

use serde_json::Value;

use crate::call::Call;
use crate::model::Repository;
use crate::render;
use crate::reply::Reply;

pub(crate) fn read_ref(repository: &Repository, call: &Call) -> Reply {
    let name = format!("refs/{}", call.place("ref"));
    match repository.refs.get(&name) {
        Some(sha) => Reply::new(200, render::reference(repository, &name, sha)),
        None => Reply::not_found(),
    }
}

pub(crate) fn list_refs(repository: &Repository, call: &Call) -> Reply {
    let prefix = format!("refs/{}", call.place("ref"));
    let fitting = repository.refs.iter().filter(|(name, _)| name.starts_with(&prefix));
    let shown = fitting.map(|(name, sha)| render::reference(repository, name, sha));
    Reply::new(200, Value::Array(shown.collect()))
}

pub(crate) fn create_ref(repository: &mut Repository, call: &Call) -> Reply {
    if !repository.permission(&call.login).may_write() {
        return Reply::error(403, "Resource not accessible by personal access token");
    }
    let (name, sha) = (call.text("ref").unwrap_or_default(), call.text("sha").unwrap_or_default());
    if !is_ref_name(name) {
        return Reply::error(422, "Reference name must start with 'refs/' and be a valid name");
    }
    if !repository.commits.contains_key(sha) {
        return Reply::error(422, "Object does not exist");
    }
    if repository.refs.contains_key(name) {
        return Reply::error(422, "Reference already exists");
    }
    repository.refs.insert(name.to_owned(), sha.to_owned());
    Reply::new(201, render::reference(repository, name, sha))
}

/// What git accepts as a full ref name.
fn is_ref_name(name: &str) -> bool {
    let forbidden = |char: char| char.is_control() || " ~^:?*[\\".contains(char);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    name.starts_with("refs/")
        && name.matches('/').count() >= 2
        && name.split('/').all(part)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.contains(forbidden)
}

pub(crate) fn delete_ref(repository: &mut Repository, call: &Call) -> Reply {
    match repository.refs.remove(&format!("refs/{}", call.place("ref"))) {
        Some(_) => Reply::empty(),
        None => Reply::error(422, "Reference does not exist"),
    }
}

pub(crate) fn read_commit(repository: &Repository, call: &Call) -> Reply {
    match repository.commits.get(call.place("commit_sha")) {
        Some(commit) => Reply::new(200, render::commit(repository, commit)),
        None => Reply::not_found(),
    }
}

pub(crate) fn create_commit(repository: &mut Repository, call: &Call) -> Reply {
    if !repository.permission(&call.login).may_write() {
        return Reply::error(403, "Resource not accessible by personal access token");
    }
    let tree = call.text("tree").unwrap_or_default();
    if !repository.commits.values().any(|commit| commit.tree == tree) {
        return Reply::error(422, "Tree SHA does not exist");
    }
    let parents = call.names("parents", "sha").unwrap_or_default();
    if let Some(unknown) = parents.iter().find(|sha| !repository.commits.contains_key(*sha)) {
        return Reply::error(422, &format!("Parent SHA does not exist or is not a commit object: {unknown}"));
    }
    let message = call.text("message").unwrap_or_default();
    let commit = repository.add_commit(tree, parents, message, &call.login, call.now);
    Reply::new(201, render::commit(repository, &commit))
}

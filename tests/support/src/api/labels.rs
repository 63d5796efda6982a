//! Labels of the repository and of issues.

use serde_json::Value;

use crate::call::Call;
use crate::model::Repository;
use crate::render;
use crate::reply::Reply;

pub(crate) fn list(repository: &Repository, call: &Call) -> Reply {
    call.page(repository.labels.iter().map(|label| render::label(repository, label)).collect())
}

pub(crate) fn read(repository: &Repository, call: &Call) -> Reply {
    match repository.label(call.place("name")) {
        Some(label) => Reply::new(200, render::label(repository, label)),
        None => Reply::not_found(),
    }
}

pub(crate) fn create(repository: &mut Repository, call: &Call) -> Reply {
    let name = call.text("name").unwrap_or_default();
    let color = call.text("color").unwrap_or("ededed");
    let description = call.text("description");
    if repository.label(name).is_some() {
        return Reply::invalid("Label", "name", "already_exists");
    }
    if name.trim().is_empty() || name.chars().count() > 50 {
        return Reply::invalid("Label", "name", "invalid");
    }
    if color.len() != 6 || !color.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Reply::invalid("Label", "color", "invalid");
    }
    if description.is_some_and(|text| text.chars().count() > 100) {
        return Reply::invalid("Label", "description", "invalid");
    }
    let label = repository.make_label(name, color, description.map(str::to_owned));
    Reply::new(201, render::label(repository, &label))
}

pub(crate) fn of_issue(repository: &Repository, call: &Call) -> Reply {
    match names_of(repository, call.number()) {
        Some(labels) => call.page(labels),
        None => Reply::not_found(),
    }
}

pub(crate) fn add(repository: &mut Repository, call: &Call) -> Reply {
    if !repository.issues.contains_key(&call.number()) {
        return Reply::not_found();
    }
    let labels = call.names("labels", "name").unwrap_or_default();
    repository.put_labels(call.number(), &labels, &call.login, call.now);
    shown(repository, call)
}

pub(crate) fn remove(repository: &mut Repository, call: &Call) -> Reply {
    if !repository.take_label(call.number(), call.place("name"), &call.login, call.now) {
        return Reply::error(404, "Label does not exist");
    }
    shown(repository, call)
}

fn shown(repository: &Repository, call: &Call) -> Reply {
    Reply::new(200, Value::Array(names_of(repository, call.number()).unwrap_or_default()))
}

fn names_of(repository: &Repository, number: u64) -> Option<Vec<Value>> {
    let issue = repository.issues.get(&number)?;
    let known = issue.labels.iter().filter_map(|name| repository.label(name));
    Some(known.map(|label| render::label(repository, label)).collect())
}

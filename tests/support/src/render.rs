//! From what is remembered to GitHub's wire format.

mod activity;
mod git;
mod issue;
mod people;
mod pull;
mod repository;
mod task;

pub(crate) use activity::{comment, event, timeline};
pub(crate) use git::{commit, reference};
pub(crate) use issue::{issue, label, search_result};
pub(crate) use people::{account, collaborator, user};
pub(crate) use pull::pull;
pub(crate) use repository::repository;
pub(crate) use task::{task, task_with_sessions};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::model::Repository;

/// Every character but the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text as one path segment or one query value.
pub(crate) fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The API address of something in a repository.
pub(crate) fn api(repository: &Repository, rest: &str) -> String {
    format!("{}/repos/{}{rest}", repository.url, repository.full_name())
}

/// The page of something in a repository.
pub(crate) fn page(repository: &Repository, rest: &str) -> String {
    format!("{}/{}{rest}", repository.url, repository.full_name())
}

/// The page of an issue or pull request.
pub(crate) fn page_of(repository: &Repository, number: u64) -> String {
    let kind = if repository.pulls.contains_key(&number) { "pull" } else { "issues" };
    page(repository, &format!("/{kind}/{number}"))
}

/// GitHub's opaque second name of an object.
pub(crate) fn node_id(kind: &str, id: u64) -> String {
    format!("{kind}_{id:x}")
}

/// The fields of both.
pub(crate) fn merged(mut first: Value, second: Value) -> Value {
    if let (Value::Object(first), Value::Object(second)) = (&mut first, second) {
        first.extend(second);
    }
    first
}

//! Renders the data model in GitHub's JSON format.

mod activity;
mod git;
mod issue;
mod pull;
mod repository;
mod review;
mod task;
mod user;

pub(crate) use activity::{comment, event, timeline};
pub(crate) use git::{commit, reference};
pub(crate) use issue::{issue, label, search_result};
pub(crate) use pull::pull;
pub(crate) use repository::repository;
pub(crate) use review::{review, review_comment};
pub(crate) use task::{task, task_with_sessions};
pub(crate) use user::{account, collaborator, user};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::model::Repository;

/// Every character but the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text as one path segment or one query value.
pub(crate) fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// API URL of an object in a repository.
pub(crate) fn api_url(repository: &Repository, rest: &str) -> String {
    format!("{}/repos/{}{rest}", repository.url, repository.full_name())
}

/// Page URL of an object in a repository.
pub(crate) fn page_url(repository: &Repository, rest: &str) -> String {
    format!("{}/{}{rest}", repository.url, repository.full_name())
}

/// Page URL of an issue or pull request.
pub(crate) fn thread_url(repository: &Repository, number: u64) -> String {
    let kind = if repository.pulls.contains_key(&number) { "pull" } else { "issues" };
    page_url(repository, &format!("/{kind}/{number}"))
}

/// The opaque `node_id` of an object.
pub(crate) fn node_id(kind: &str, id: u64) -> String {
    format!("{kind}_{id:x}")
}

/// One object with the fields of both.
pub(crate) fn merge(mut first: Value, second: Value) -> Value {
    if let (Value::Object(first), Value::Object(second)) = (&mut first, second) {
        first.extend(second);
    }
    first
}

//! JSON of issues and labels.

use serde_json::{Value, json};

use super::{api_url, node_id, page_url, percent_encode, thread_url, user};
use crate::clock::timestamp;
use crate::model::{Issue, Label, Repository};

/// A label.
pub(crate) fn label(repository: &Repository, label: &Label) -> Value {
    json!({
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": api_url(repository, &format!("/labels/{}", percent_encode(&label.name))),
        "name": label.name,
        "color": label.color,
        "default": false,
        "description": label.description,
    })
}

/// An issue's labels in full.
pub(crate) fn labels_of(repository: &Repository, issue: &Issue) -> Vec<Value> {
    issue.labels.iter().filter_map(|name| repository.label(name)).map(|found| label(repository, found)).collect()
}

/// An issue's assignees in full.
pub(crate) fn assignees_of(repository: &Repository, issue: &Issue) -> Vec<Value> {
    issue.assignees.iter().map(|login| user(&repository.url, login)).collect()
}

/// A user's `author_association`.
pub(crate) fn association(repository: &Repository, login: &str) -> &'static str {
    if login.eq_ignore_ascii_case(&repository.owner) {
        "OWNER"
    } else if repository.permissions.keys().any(|known| known.eq_ignore_ascii_case(login)) {
        "COLLABORATOR"
    } else {
        "NONE"
    }
}

/// An issue, or the issue part of a pull request.
pub(crate) fn issue(repository: &Repository, issue: &Issue) -> Value {
    let url = api_url(repository, &format!("/issues/{}", issue.number));
    let assignees = assignees_of(repository, issue);
    let comments = repository.comments.iter().filter(|comment| comment.number == issue.number).count();
    let mut fields = json!({
        "id": issue.id,
        "node_id": node_id("I", issue.id),
        "url": url,
        "repository_url": api_url(repository, ""),
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "timeline_url": format!("{url}/timeline"),
        "html_url": thread_url(repository, issue.number),
        "number": issue.number,
        "state": issue.state,
        "state_reason": issue.state_reason,
        "title": issue.title,
        "body": issue.body,
        "user": user(&repository.url, &issue.author),
        "labels": labels_of(repository, issue),
        "assignee": assignees.first(),
        "assignees": assignees,
        "milestone": null,
        "locked": issue.locked,
        "active_lock_reason": issue.lock_reason,
        "comments": comments,
        "author_association": association(repository, &issue.author),
        "created_at": timestamp(issue.created_at),
        "updated_at": timestamp(issue.updated_at),
        "closed_at": issue.closed_at.map(timestamp),
        "performed_via_github_app": null,
    });
    if let Some(pull) = repository.pulls.get(&issue.number) {
        let html_url = page_url(repository, &format!("/pull/{}", issue.number));
        fields["draft"] = json!(pull.draft);
        fields["pull_request"] = json!({
            "url": api_url(repository, &format!("/pulls/{}", issue.number)),
            "html_url": html_url,
            "diff_url": format!("{html_url}.diff"),
            "patch_url": format!("{html_url}.patch"),
            "merged_at": pull.merged_at.map(timestamp),
        });
    }
    fields
}

/// An issue as a search result.
pub(crate) fn search_result(repository: &Repository, found: &Issue) -> Value {
    let mut fields = issue(repository, found);
    fields["score"] = json!(1.0);
    fields
}

//! Issues and labels on the wire.

use serde_json::{Value, json};

use super::{api, node_id, page, page_of, percent_encode, user};
use crate::clock::stamp;
use crate::model::{Issue, Label, Repository};

/// A label.
pub(crate) fn label(repository: &Repository, label: &Label) -> Value {
    json!({
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": api(repository, &format!("/labels/{}", percent_encode(&label.name))),
        "name": label.name,
        "color": label.color,
        "default": false,
        "description": label.description,
    })
}

/// An issue's labels in full.
pub(crate) fn labels_of(repository: &Repository, issue: &Issue) -> Vec<Value> {
    issue.labels.iter().filter_map(|name| repository.label(name)).map(|known| label(repository, known)).collect()
}

/// The people assigned, in full.
pub(crate) fn assignees_of(repository: &Repository, issue: &Issue) -> Vec<Value> {
    issue.assignees.iter().map(|login| user(&repository.url, login)).collect()
}

/// How someone belongs to a repository.
pub(crate) fn association(repository: &Repository, login: &str) -> &'static str {
    if login.eq_ignore_ascii_case(&repository.owner) {
        "OWNER"
    } else if repository.permissions.keys().any(|known| known.eq_ignore_ascii_case(login)) {
        "COLLABORATOR"
    } else {
        "NONE"
    }
}

/// An issue, or the issue half of a pull request.
pub(crate) fn issue(repository: &Repository, issue: &Issue) -> Value {
    let here = api(repository, &format!("/issues/{}", issue.number));
    let assignees = assignees_of(repository, issue);
    let comments = repository.comments.iter().filter(|comment| comment.number == issue.number).count();
    let mut fields = json!({
        "id": issue.id,
        "node_id": node_id("I", issue.id),
        "url": here,
        "repository_url": api(repository, ""),
        "labels_url": format!("{here}/labels{{/name}}"),
        "comments_url": format!("{here}/comments"),
        "events_url": format!("{here}/events"),
        "timeline_url": format!("{here}/timeline"),
        "html_url": page_of(repository, issue.number),
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
        "locked": false,
        "active_lock_reason": null,
        "comments": comments,
        "author_association": association(repository, &issue.author),
        "created_at": stamp(issue.created_at),
        "updated_at": stamp(issue.updated_at),
        "closed_at": issue.closed_at.map(stamp),
        "performed_via_github_app": null,
    });
    if let Some(pull) = repository.pulls.get(&issue.number) {
        let home = page(repository, &format!("/pull/{}", issue.number));
        fields["draft"] = json!(pull.draft);
        fields["pull_request"] = json!({
            "url": api(repository, &format!("/pulls/{}", issue.number)),
            "html_url": home,
            "diff_url": format!("{home}.diff"),
            "patch_url": format!("{home}.patch"),
            "merged_at": pull.merged_at.map(stamp),
        });
    }
    fields
}

/// An issue among search results.
pub(crate) fn search_result(repository: &Repository, found: &Issue) -> Value {
    let mut fields = issue(repository, found);
    fields["score"] = json!(1.0);
    fields
}

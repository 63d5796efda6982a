//! JSON of comments and events.

use serde_json::{Value, json};

use super::issue::association;
use super::{api_url, issue, merge, node_id, review, thread_url, user};
use crate::clock::timestamp;
use crate::model::{Comment, Event, EventKind, Repository, ReviewState};

/// A comment.
pub(crate) fn comment(repository: &Repository, comment: &Comment) -> Value {
    json!({
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "url": api_url(repository, &format!("/issues/comments/{}", comment.id)),
        "html_url": format!("{}#issuecomment-{}", thread_url(repository, comment.number), comment.id),
        "issue_url": api_url(repository, &format!("/issues/{}", comment.number)),
        "body": comment.body,
        "user": user(&repository.url, &comment.author),
        "author_association": association(repository, &comment.author),
        "created_at": timestamp(comment.created_at),
        "updated_at": timestamp(comment.updated_at),
    })
}

/// An event in the list of events; `None` for a cross-reference, which only the timeline contains.
pub(crate) fn event(repository: &Repository, event: &Event) -> Option<Value> {
    let label = |name: &str| {
        let color = repository.label(name).map_or("ededed", |label| &label.color);
        json!({ "name": name, "color": color })
    };
    let user = |login: &str| user(&repository.url, login);
    let assignment = |login: &str| json!({ "assignee": user(login), "assigner": user(&event.actor) });
    let (name, details) = match &event.kind {
        EventKind::Labeled(name) => ("labeled", json!({ "label": label(name) })),
        EventKind::Unlabeled(name) => ("unlabeled", json!({ "label": label(name) })),
        EventKind::Assigned(login) => ("assigned", assignment(login)),
        EventKind::Unassigned(login) => ("unassigned", assignment(login)),
        EventKind::Closed(reason) => ("closed", json!({ "state_reason": reason })),
        EventKind::Reopened => ("reopened", json!({ "state_reason": "reopened" })),
        EventKind::Renamed { from, to } => ("renamed", json!({ "rename": { "from": from, "to": to } })),
        EventKind::Locked(reason) => ("locked", json!({ "lock_reason": reason })),
        EventKind::Unlocked => ("unlocked", json!({ "lock_reason": null })),
        EventKind::ReadyForReview => ("ready_for_review", json!({})),
        EventKind::ConvertToDraft => ("convert_to_draft", json!({})),
        EventKind::ConvertedToDiscussion => ("converted_to_discussion", json!({})),
        EventKind::Mentioned => ("mentioned", json!({})),
        EventKind::Subscribed => ("subscribed", json!({})),
        EventKind::CrossReferenced(_) => return None,
    };
    let fields = json!({
        "id": event.id,
        "node_id": node_id("E", event.id),
        "url": api_url(repository, &format!("/issues/events/{}", event.id)),
        "actor": user(&event.actor),
        "event": name,
        "commit_id": null,
        "commit_url": null,
        "created_at": timestamp(event.at),
        "performed_via_github_app": event.via_app.then(|| app(repository)),
    });
    Some(merge(fields, details))
}

/// The app that acted for a user.
fn app(repository: &Repository) -> Value {
    json!({
        "id": 1,
        "node_id": node_id("A", 1),
        "slug": "helper",
        "owner": user(&repository.url, &repository.owner),
        "name": "Helper",
        "description": "",
        "external_url": "https://helper.example",
        "html_url": "https://github.com/apps/helper",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "permissions": { "issues": "write" },
        "events": [],
    })
}

/// An issue's timeline: events, cross-references, comments and submitted reviews by time.
pub(crate) fn timeline(repository: &Repository, number: u64) -> Vec<Value> {
    let mut entries = Vec::new();
    for recorded in repository.events.iter().filter(|event| event.number == number) {
        let entry = match recorded.kind {
            EventKind::CrossReferenced(source) => repository.issues.get(&source).map(|source| {
                json!({
                    "event": "cross-referenced",
                    "actor": user(&repository.url, &recorded.actor),
                    "created_at": timestamp(recorded.at),
                    "updated_at": timestamp(recorded.at),
                    "source": { "type": "issue", "issue": issue(repository, source) },
                })
            }),
            _ => event(repository, recorded),
        };
        entries.extend(entry.map(|entry| (recorded.id, entry)));
    }
    for written in repository.comments.iter().filter(|comment| comment.number == number) {
        let mut entry = comment(repository, written);
        entry["event"] = json!("commented");
        entry["actor"] = entry["user"].clone();
        entries.push((written.id, entry));
    }
    let submitted = repository.reviews.iter().filter(|review| review.state != ReviewState::Pending);
    for written in submitted.filter(|review| review.pull == number) {
        let mut entry = review(repository, written);
        entry["event"] = json!("reviewed");
        // unlike the list of reviews, the timeline has the state in lower case
        entry["state"] = json!(written.state.name().to_lowercase());
        entries.push((written.id, entry));
    }
    entries.sort_by_key(|(id, _)| *id);
    entries.into_iter().map(|(_, entry)| entry).collect()
}

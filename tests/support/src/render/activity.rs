//! JSON of comments and events.

use serde_json::{Value, json};

use super::issue::association;
use super::{api_url, issue, node_id, review, thread_url, user};
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
    let (name, field, value) = match &event.kind {
        EventKind::Labeled(name) => ("labeled", "label", label(name)),
        EventKind::Unlabeled(name) => ("unlabeled", "label", label(name)),
        EventKind::Assigned(login) => ("assigned", "assignee", user(&repository.url, login)),
        EventKind::Unassigned(login) => ("unassigned", "assignee", user(&repository.url, login)),
        EventKind::Closed(reason) => ("closed", "state_reason", json!(reason)),
        EventKind::Reopened => ("reopened", "state_reason", json!("reopened")),
        EventKind::Renamed { from, to } => ("renamed", "rename", json!({ "from": from, "to": to })),
        EventKind::Locked(reason) => ("locked", "lock_reason", json!(reason)),
        EventKind::Unlocked => ("unlocked", "lock_reason", Value::Null),
        EventKind::CrossReferenced(_) => return None,
    };
    let mut fields = json!({
        "id": event.id,
        "node_id": node_id("E", event.id),
        "url": api_url(repository, &format!("/issues/events/{}", event.id)),
        "actor": user(&repository.url, &event.actor),
        "event": name,
        "commit_id": null,
        "commit_url": null,
        "created_at": timestamp(event.at),
        "performed_via_github_app": null,
    });
    fields[field] = value;
    if field == "assignee" {
        fields["assigner"] = user(&repository.url, &event.actor);
    }
    Some(fields)
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

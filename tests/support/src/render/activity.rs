//! Comments and events on the wire.

use serde_json::{Value, json};

use super::issue::association;
use super::{api, issue, node_id, page_of, user};
use crate::clock::stamp;
use crate::model::{Comment, Event, EventKind, Repository};

/// A comment.
pub(crate) fn comment(repository: &Repository, comment: &Comment) -> Value {
    json!({
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "url": api(repository, &format!("/issues/comments/{}", comment.id)),
        "html_url": format!("{}#issuecomment-{}", page_of(repository, comment.number), comment.id),
        "issue_url": api(repository, &format!("/issues/{}", comment.number)),
        "body": comment.body,
        "user": user(&repository.url, &comment.author),
        "author_association": association(repository, &comment.author),
        "created_at": stamp(comment.created_at),
        "updated_at": stamp(comment.updated_at),
    })
}

/// An event as `…/events` lists it; cross-references are only in the timeline.
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
        EventKind::CrossReferenced(_) => return None,
    };
    let mut fields = json!({
        "id": event.id,
        "node_id": node_id("E", event.id),
        "url": api(repository, &format!("/issues/events/{}", event.id)),
        "actor": user(&repository.url, &event.actor),
        "event": name,
        "commit_id": null,
        "commit_url": null,
        "created_at": stamp(event.at),
        "performed_via_github_app": null,
    });
    fields[field] = value;
    if field == "assignee" {
        fields["assigner"] = user(&repository.url, &event.actor);
    }
    Some(fields)
}

/// An issue's whole timeline: events, cross-references and comments by time.
pub(crate) fn timeline(repository: &Repository, number: u64) -> Vec<Value> {
    let mut entries = Vec::new();
    for happened in repository.events.iter().filter(|event| event.number == number) {
        let shown = match happened.kind {
            EventKind::CrossReferenced(source) => repository.issues.get(&source).map(|source| {
                json!({
                    "event": "cross-referenced",
                    "actor": user(&repository.url, &happened.actor),
                    "created_at": stamp(happened.at),
                    "updated_at": stamp(happened.at),
                    "source": { "type": "issue", "issue": issue(repository, source) },
                })
            }),
            _ => event(repository, happened),
        };
        entries.extend(shown.map(|shown| (happened.id, shown)));
    }
    for written in repository.comments.iter().filter(|comment| comment.number == number) {
        let mut shown = comment(repository, written);
        shown["event"] = json!("commented");
        shown["actor"] = shown["user"].clone();
        entries.push((written.id, shown));
    }
    entries.sort_by_key(|(id, _)| *id);
    entries.into_iter().map(|(_, shown)| shown).collect()
}

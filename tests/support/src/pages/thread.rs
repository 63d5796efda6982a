//! The page of an issue or pull request: text, hand-overs, history and buttons.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::APPROVED;
use super::overview::{ThreadView, readable};
use crate::clock::timestamp;
use crate::markdown;
use crate::model::{Event, EventKind, HandOver, Repository};

#[derive(Template)]
#[template(path = "thread.html")]
pub(super) struct ThreadPage {
    repository: String,
    thread: ThreadView,
    is_pull: bool,
    base: String,
    /// Safe HTML, rendered from Markdown.
    body: String,
    approved: bool,
    is_open: bool,
    merged: bool,
    hand_overs: Vec<HandOverView>,
    comments: Vec<CommentView>,
    history: Vec<EventView>,
    /// The approval is recent and the hand-over has not happened yet, so the page reloads itself.
    pub(super) waits_for_hand_over: bool,
}

/// A hand-over to Copilot.
struct HandOverView {
    how: &'static str,
    at: String,
    details: Vec<Detail>,
}

struct Detail {
    name: String,
    text: String,
}

struct CommentView {
    author: String,
    at: String,
    /// Safe HTML, rendered from Markdown.
    body: String,
}

struct EventView {
    at: String,
    actor: String,
    description: String,
}

impl ThreadPage {
    pub(super) fn of(repository: &Repository, number: u64, now: DateTime<Utc>) -> Option<ThreadPage> {
        let issue = repository.issues.get(&number)?;
        let pull = repository.pulls.get(&number);
        let thread = ThreadView::of(repository, issue);
        let hand_overs: Vec<HandOverView> = repository
            .hand_overs
            .iter()
            .filter(|hand_over| concerns(repository, hand_over, number, &thread))
            .map(|hand_over| HandOverView::of(repository, hand_over))
            .collect();
        let mut approvals = repository.events.iter().rev();
        let approval =
            approvals.find(|event| event.number == number && event.kind == EventKind::Labeled(APPROVED.to_owned()));
        let just_approved = approval.is_some_and(|event| now - event.at < TimeDelta::seconds(30));
        let approved = issue.has_label(APPROVED);
        Some(ThreadPage {
            repository: repository.full_name(),
            is_pull: pull.is_some(),
            base: pull.map(|pull| pull.base.clone()).unwrap_or_default(),
            body: markdown::to_html(&issue.body),
            approved,
            is_open: issue.is_open(),
            merged: pull.is_some_and(|pull| pull.merged_at.is_some()),
            comments: repository
                .comments
                .iter()
                .filter(|comment| comment.number == number)
                .map(|comment| CommentView {
                    author: comment.author.clone(),
                    at: readable(&timestamp(comment.created_at)),
                    body: markdown::to_html(&comment.body),
                })
                .collect(),
            history: repository.events.iter().filter(|event| event.number == number).map(EventView::of).collect(),
            waits_for_hand_over: approved && just_approved && hand_overs.is_empty(),
            hand_overs,
            thread,
        })
    }
}

/// True if a hand-over is about this issue or pull request, or about a related one.
fn concerns(repository: &Repository, hand_over: &HandOver, number: u64, thread: &ThreadView) -> bool {
    let numbers = match hand_over {
        HandOver::Assignment { issue, pull, .. } => [Some(*issue), *pull],
        HandOver::Mention { pull, .. } => [Some(*pull), None],
        HandOver::Task { id, .. } => {
            [repository.tasks.iter().find(|task| &task.id == id).and_then(|task| task.pull), None]
        }
    };
    numbers.contains(&Some(number)) || thread.related.iter().any(|related| numbers.contains(&Some(related.number)))
}

impl HandOverView {
    fn of(repository: &Repository, hand_over: &HandOver) -> Self {
        let mut details = Vec::new();
        let mut add = |name: &str, text: Option<&str>| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                details.push(Detail { name: name.to_owned(), text: text.to_owned() });
            }
        };
        let (how, at) = match hand_over {
            HandOver::Task { id, at } => {
                if let Some(task) = repository.tasks.iter().find(|task| &task.id == id) {
                    add("Branch (head_ref)", task.head_ref.as_deref());
                    add("Base (base_ref)", task.base_ref.as_deref());
                    add("Model", task.model.as_deref());
                    add("Custom agent", task.custom_agent.as_deref());
                    add("State", Some(&task.state));
                    add("Prompt", Some(&task.prompt));
                }
                ("by an agent task", at)
            }
            HandOver::Assignment { issue, agent_assignment, pull, at } => {
                add("Issue", Some(&format!("#{issue}")));
                add("Its own pull request", pull.map(|pull| format!("#{pull}")).as_deref());
                for (name, value) in agent_assignment.as_ref().and_then(Value::as_object).into_iter().flatten() {
                    add(name, Some(value.as_str().unwrap_or_default()));
                }
                ("by being assigned to the issue", at)
            }
            HandOver::Mention { text, at, .. } => {
                add("Comment", Some(text));
                ("by a comment on the pull request", at)
            }
        };
        HandOverView { how, at: readable(&timestamp(*at)), details }
    }
}

impl EventView {
    fn of(event: &Event) -> Self {
        let description = match &event.kind {
            EventKind::Labeled(label) => format!("added the label {label}"),
            EventKind::Unlabeled(label) => format!("removed the label {label}"),
            EventKind::Assigned(login) => format!("assigned {login}"),
            EventKind::Unassigned(login) => format!("unassigned {login}"),
            EventKind::Closed(Some(reason)) => format!("closed this as {}", reason.replace('_', " ")),
            EventKind::Closed(None) => "closed this".to_owned(),
            EventKind::Reopened => "reopened this".to_owned(),
            EventKind::Renamed { from, to } => format!("changed the title from \"{from}\" to \"{to}\""),
            EventKind::Locked(Some(reason)) => format!("locked this as {reason}"),
            EventKind::Locked(None) => "locked this".to_owned(),
            EventKind::Unlocked => "unlocked this".to_owned(),
            EventKind::ReadyForReview => "marked this as ready for review".to_owned(),
            EventKind::ConvertToDraft => "made this a draft".to_owned(),
            EventKind::ConvertedToDiscussion => "converted this to a discussion".to_owned(),
            EventKind::Mentioned => "was mentioned".to_owned(),
            EventKind::Subscribed => "subscribed".to_owned(),
            EventKind::CrossReferenced(number) => format!("mentioned this in #{number}"),
        };
        EventView { at: readable(&timestamp(event.at)), actor: event.actor.clone(), description }
    }
}

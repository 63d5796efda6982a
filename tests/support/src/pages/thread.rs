//! The page of one issue or pull request: text, hand-over, history and buttons.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::APPROVED;
use super::overview::{Entry, readable};
use crate::clock::stamp;
use crate::markdown;
use crate::model::{Event, EventKind, HandOver, Repository};

#[derive(Template)]
#[template(path = "thread.html")]
pub(super) struct Thread {
    repository: String,
    entry: Entry,
    is_pull: bool,
    base: String,
    /// Safe HTML, made of markdown.
    body: String,
    approved: bool,
    is_open: bool,
    merged: bool,
    asked: Vec<Asked>,
    comments: Vec<Remark>,
    history: Vec<Line>,
    /// Approved a moment ago, and Copilot not yet asked: the page comes again by itself.
    pub(super) waits_for_hand_over: bool,
}

/// One way in which Copilot was asked.
struct Asked {
    how: &'static str,
    at: String,
    details: Vec<Detail>,
}

struct Detail {
    name: String,
    text: String,
}

struct Remark {
    author: String,
    at: String,
    /// Safe HTML, made of markdown.
    body: String,
}

struct Line {
    at: String,
    actor: String,
    what: String,
}

impl Thread {
    pub(super) fn of(repository: &Repository, number: u64, now: DateTime<Utc>) -> Option<Thread> {
        let issue = repository.issues.get(&number)?;
        let pull = repository.pulls.get(&number);
        let entry = Entry::of(repository, issue);
        let asked: Vec<Asked> = repository
            .hand_overs
            .iter()
            .filter(|hand_over| concerns(repository, hand_over, number, &entry))
            .map(|hand_over| Asked::of(repository, hand_over))
            .collect();
        let mut approvals = repository.events.iter().rev();
        let approval =
            approvals.find(|event| event.number == number && event.kind == EventKind::Labeled(APPROVED.to_owned()));
        let just_approved = approval.is_some_and(|event| now - event.at < TimeDelta::seconds(30));
        let approved = issue.has_label(APPROVED);
        Some(Thread {
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
                .map(|comment| Remark {
                    author: comment.author.clone(),
                    at: readable(&stamp(comment.created_at)),
                    body: markdown::to_html(&comment.body),
                })
                .collect(),
            history: repository.events.iter().filter(|event| event.number == number).map(Line::of).collect(),
            waits_for_hand_over: approved && just_approved && asked.is_empty(),
            asked,
            entry,
        })
    }
}

/// Whether a hand-over is about this thread, or about a pull request of this issue.
fn concerns(repository: &Repository, hand_over: &HandOver, number: u64, entry: &Entry) -> bool {
    let about = match hand_over {
        HandOver::Assignment { issue, pull, .. } => [Some(*issue), *pull],
        HandOver::Mention { pull, .. } => [Some(*pull), None],
        HandOver::Task { id, .. } => {
            [repository.tasks.iter().find(|task| &task.id == id).and_then(|task| task.pull), None]
        }
    };
    let here = about.contains(&Some(number));
    here || entry.related.iter().any(|related| about.contains(&Some(related.number)))
}

impl Asked {
    fn of(repository: &Repository, hand_over: &HandOver) -> Self {
        let mut details = Vec::new();
        let mut tell = |name: &str, text: Option<&str>| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                details.push(Detail { name: name.to_owned(), text: text.to_owned() });
            }
        };
        let (how, at) = match hand_over {
            HandOver::Task { id, at } => {
                if let Some(task) = repository.tasks.iter().find(|task| &task.id == id) {
                    tell("Branch (head_ref)", task.head_ref.as_deref());
                    tell("Base (base_ref)", task.base_ref.as_deref());
                    tell("Model", task.model.as_deref());
                    tell("Custom agent", task.custom_agent.as_deref());
                    tell("State", Some(&task.state));
                    tell("Prompt", Some(&task.prompt));
                }
                ("by an agent task", at)
            }
            HandOver::Assignment { issue, agent_assignment, pull, at } => {
                tell("Issue", Some(&format!("#{issue}")));
                tell("Its own pull request", pull.map(|pull| format!("#{pull}")).as_deref());
                for (name, value) in agent_assignment.as_ref().and_then(Value::as_object).into_iter().flatten() {
                    tell(name, Some(value.as_str().unwrap_or_default()));
                }
                ("by being assigned to the issue", at)
            }
            HandOver::Mention { text, at, .. } => {
                tell("Comment", Some(text));
                ("by a comment on the pull request", at)
            }
        };
        Asked { how, at: readable(&stamp(*at)), details }
    }
}

impl Line {
    fn of(event: &Event) -> Self {
        let what = match &event.kind {
            EventKind::Labeled(label) => format!("added the label {label}"),
            EventKind::Unlabeled(label) => format!("removed the label {label}"),
            EventKind::Assigned(login) => format!("assigned {login}"),
            EventKind::Unassigned(login) => format!("unassigned {login}"),
            EventKind::Closed(Some(reason)) => format!("closed this as {}", reason.replace('_', " ")),
            EventKind::Closed(None) => "closed this".to_owned(),
            EventKind::Reopened => "reopened this".to_owned(),
            EventKind::Renamed { from, to } => format!("changed the title from \"{from}\" to \"{to}\""),
            EventKind::CrossReferenced(number) => format!("mentioned this in #{number}"),
        };
        Line { at: readable(&stamp(event.at)), actor: event.actor.clone(), what }
    }
}

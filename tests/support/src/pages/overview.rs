//! The first page: every repository with its issues, pull requests and agent tasks.

use askama::Template;

use crate::clock::stamp;
use crate::model::{Issue, Repository};
use crate::state::State;

use super::APPROVED;

#[derive(Template)]
#[template(path = "overview.html")]
pub(super) struct Overview {
    repositories: Vec<Shown>,
    requests: usize,
    violations: Vec<String>,
    outage: bool,
}

struct Shown {
    name: String,
    issues: Vec<Entry>,
    pulls: Vec<Entry>,
    tasks: Vec<TaskEntry>,
}

/// An issue or pull request in a list.
pub(super) struct Entry {
    pub(super) path: String,
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) state: &'static str,
    pub(super) author: String,
    pub(super) labels: Vec<LabelChip>,
    pub(super) assignees: String,
    pub(super) related: Vec<Related>,
    pub(super) opened: String,
    pub(super) branch: String,
}

pub(super) struct LabelChip {
    pub(super) name: String,
    pub(super) approval: bool,
}

/// A pull request of an issue, or an issue of a pull request.
pub(super) struct Related {
    pub(super) path: String,
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) state: &'static str,
}

struct TaskEntry {
    id: String,
    prompt: String,
    branch: String,
    state: String,
    asked: String,
}

impl Overview {
    pub(super) fn of(state: &State) -> Self {
        Overview {
            repositories: state.repositories.iter().map(Shown::of).collect(),
            requests: state.requests.len(),
            violations: state
                .violations
                .iter()
                .map(|violation| format!("{} {}: {}", violation.method, violation.path, violation.problem))
                .collect(),
            outage: state.outage.is_some(),
        }
    }
}

impl Shown {
    fn of(repository: &Repository) -> Self {
        let newest_first = || repository.issues.values().rev();
        let is_pull = |issue: &&Issue| repository.pulls.contains_key(&issue.number);
        let tasks = repository.tasks.iter().rev();
        Shown {
            name: repository.full_name(),
            issues: newest_first().filter(|issue| !is_pull(issue)).map(|issue| Entry::of(repository, issue)).collect(),
            pulls: newest_first().filter(is_pull).map(|issue| Entry::of(repository, issue)).collect(),
            tasks: tasks
                .map(|task| TaskEntry {
                    id: task.id.clone(),
                    prompt: task.prompt.clone(),
                    branch: task.head_ref.clone().unwrap_or_default(),
                    state: task.state.clone(),
                    asked: readable(&stamp(task.created_at)),
                })
                .collect(),
        }
    }
}

impl Entry {
    pub(super) fn of(repository: &Repository, issue: &Issue) -> Self {
        let pull = repository.pulls.get(&issue.number);
        Entry {
            path: path_of(repository, issue.number),
            number: issue.number,
            title: issue.title.clone(),
            state: state_of(repository, issue),
            author: issue.author.clone(),
            labels: issue
                .labels
                .iter()
                .map(|name| LabelChip { name: name.clone(), approval: name.eq_ignore_ascii_case(APPROVED) })
                .collect(),
            assignees: issue.assignees.join(", "),
            related: related(repository, issue),
            opened: readable(&stamp(issue.created_at)),
            branch: pull.map(|pull| pull.head.clone()).unwrap_or_default(),
        }
    }
}

/// The pull requests that mention an issue, or the issues a pull request mentions.
fn related(repository: &Repository, issue: &Issue) -> Vec<Related> {
    let numbers: Vec<u64> = if repository.pulls.contains_key(&issue.number) {
        repository.mentioned_in(&issue.body)
    } else {
        let mentions =
            |number: &&u64| repository.mentioned_in(&repository.issues[*number].body).contains(&issue.number);
        repository.pulls.keys().filter(mentions).copied().collect()
    };
    let shown = numbers.into_iter().filter(|number| *number != issue.number);
    shown
        .map(|number| {
            let other = &repository.issues[&number];
            let (path, state) = (path_of(repository, number), state_of(repository, other));
            Related { path, number, title: other.title.clone(), state }
        })
        .collect()
}

fn state_of(repository: &Repository, issue: &Issue) -> &'static str {
    match repository.pulls.get(&issue.number) {
        Some(pull) if pull.merged_at.is_some() => "merged",
        Some(pull) if issue.is_open() && pull.draft => "draft",
        _ if issue.is_open() => "open",
        _ => "closed",
    }
}

/// The address of a page, below this server.
pub(super) fn path_of(repository: &Repository, number: u64) -> String {
    let kind = if repository.pulls.contains_key(&number) { "pull" } else { "issues" };
    format!("/{}/{kind}/{number}", repository.full_name())
}

/// A moment for people.
pub(super) fn readable(stamp: &str) -> String {
    stamp.replace('T', " ").replace('Z', " UTC")
}

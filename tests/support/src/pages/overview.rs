//! The overview page: all repositories with their issues, pull requests and agent tasks.

use askama::Template;

use crate::clock::timestamp;
use crate::model::{Issue, Repository};
use crate::state::State;

use super::APPROVED;

#[derive(Template)]
#[template(path = "overview.html")]
pub(super) struct OverviewPage {
    repositories: Vec<RepositoryView>,
    requests: usize,
    violations: Vec<String>,
    outage: bool,
}

struct RepositoryView {
    name: String,
    issues: Vec<ThreadView>,
    pulls: Vec<ThreadView>,
    tasks: Vec<TaskView>,
}

/// An issue or pull request in a list.
pub(super) struct ThreadView {
    pub(super) path: String,
    pub(super) number: u64,
    pub(super) title: String,
    pub(super) state: &'static str,
    pub(super) author: String,
    pub(super) labels: Vec<LabelView>,
    pub(super) assignees: String,
    pub(super) related: Vec<Related>,
    pub(super) opened: String,
    pub(super) branch: String,
}

pub(super) struct LabelView {
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

struct TaskView {
    id: String,
    prompt: String,
    branch: String,
    state: String,
    created: String,
}

impl OverviewPage {
    pub(super) fn of(state: &State) -> Self {
        OverviewPage {
            repositories: state.repositories.iter().map(RepositoryView::of).collect(),
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

impl RepositoryView {
    fn of(repository: &Repository) -> Self {
        let newest_first = || repository.issues.values().rev();
        let is_pull = |issue: &&Issue| repository.pulls.contains_key(&issue.number);
        let tasks = repository.tasks.iter().rev();
        RepositoryView {
            name: repository.full_name(),
            issues: newest_first()
                .filter(|issue| !is_pull(issue))
                .map(|issue| ThreadView::of(repository, issue))
                .collect(),
            pulls: newest_first().filter(is_pull).map(|issue| ThreadView::of(repository, issue)).collect(),
            tasks: tasks
                .map(|task| TaskView {
                    id: task.id.clone(),
                    prompt: task.prompt.clone(),
                    branch: task.head_ref.clone().unwrap_or_default(),
                    state: task.state.clone(),
                    created: readable(&timestamp(task.created_at)),
                })
                .collect(),
        }
    }
}

impl ThreadView {
    pub(super) fn of(repository: &Repository, issue: &Issue) -> Self {
        let pull = repository.pulls.get(&issue.number);
        ThreadView {
            path: page_path(repository, issue.number),
            number: issue.number,
            title: issue.title.clone(),
            state: state_of(repository, issue),
            author: issue.author.clone(),
            labels: issue
                .labels
                .iter()
                .map(|name| LabelView { name: name.clone(), approval: name.eq_ignore_ascii_case(APPROVED) })
                .collect(),
            assignees: issue.assignees.join(", "),
            related: related(repository, issue),
            opened: readable(&timestamp(issue.created_at)),
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
    let others = numbers.into_iter().filter(|number| *number != issue.number);
    others
        .map(|number| {
            let other = &repository.issues[&number];
            let (path, state) = (page_path(repository, number), state_of(repository, other));
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

/// Path of the page of an issue or pull request.
pub(super) fn page_path(repository: &Repository, number: u64) -> String {
    let kind = if repository.pulls.contains_key(&number) { "pull" } else { "issues" };
    format!("/{}/{kind}/{number}", repository.full_name())
}

/// A timestamp for people.
pub(super) fn readable(timestamp: &str) -> String {
    timestamp.replace('T', " ").replace('Z', " UTC")
}

//! Issues: list, open, read, change, assign.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::check_texts;
use crate::call::Call;
use crate::model::{COPILOT, COPILOT_ASSIGNEE, Issue, NewIssue, Repository};
use crate::render;
use crate::reply::Reply;

pub(crate) fn list(repository: &Repository, call: &Call) -> Reply {
    let state = call.asked("state").unwrap_or("open");
    let labels = call.asked("labels").unwrap_or_default();
    let labels: Vec<&str> = labels.split(',').map(str::trim).filter(|label| !label.is_empty()).collect();
    let since = call.asked("since").and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let since = since.map(|since| since.with_timezone(&Utc));
    let creator = call.asked("creator");
    let assignee = call.asked("assignee");
    let mut found: Vec<&Issue> = repository
        .issues
        .values()
        .filter(|issue| repository.lists_show(issue.id, issue.created_at, call.now))
        .filter(|issue| state == "all" || issue.state == state)
        .filter(|issue| labels.iter().all(|label| issue.has_label(label)))
        .filter(|issue| since.is_none_or(|since| issue.updated_at.timestamp() >= since.timestamp()))
        .filter(|issue| creator.is_none_or(|login| issue.author.eq_ignore_ascii_case(login)))
        .filter(|issue| match assignee {
            None => true,
            Some("none") => issue.assignees.is_empty(),
            Some("*") => !issue.assignees.is_empty(),
            Some(login) => issue.assignees.iter().any(|known| known.eq_ignore_ascii_case(login)),
        })
        .collect();
    let comments = |number: u64| repository.comments.iter().filter(|comment| comment.number == number).count();
    match call.asked("sort").unwrap_or("created") {
        "updated" => found.sort_by_key(|issue| (issue.updated_at, issue.number)),
        "comments" => found.sort_by_key(|issue| (comments(issue.number), issue.number)),
        _ => found.sort_by_key(|issue| (issue.created_at, issue.number)),
    }
    if call.asked("direction") != Some("asc") {
        found.reverse();
    }
    call.page(found.into_iter().map(|issue| render::issue(repository, issue)).collect())
}

pub(crate) fn create(repository: &mut Repository, call: &Call) -> Reply {
    let title = title_of(call).unwrap_or_default();
    let body = call.text("body").unwrap_or_default();
    if let Err(refused) = check_texts("Issue", Some(&title), Some(body)) {
        return refused;
    }
    // labels and assignees of people who may not push are dropped without a word
    let may_write = repository.permission(&call.login).may_write();
    let labels = call.names("labels", "name").filter(|_| may_write).unwrap_or_default();
    let number = repository.open_issue(NewIssue { title: &title, body, labels }, &call.login, call.now);
    if may_write {
        assign(repository, call, number);
    }
    shown(repository, number, 201)
}

pub(crate) fn read(repository: &Repository, call: &Call) -> Reply {
    shown(repository, call.number(), 200)
}

pub(crate) fn update(repository: &mut Repository, call: &Call) -> Reply {
    let number = call.number();
    let Some(issue) = repository.issues.get(&number) else { return Reply::not_found() };
    let (title, body) = (title_of(call), call.text("body"));
    if let Err(refused) = check_texts("Issue", title.as_deref(), body) {
        return refused;
    }
    if !repository.permission(&call.login).may_write() && issue.author != call.login {
        return Reply::error(403, "Must have admin rights to Repository.");
    }
    repository.rewrite(number, title.as_deref(), body, &call.login, call.now);
    if let Some(labels) = call.names("labels", "name") {
        let before = repository.issues[&number].labels.clone();
        for gone in before.iter().filter(|label| !labels.iter().any(|kept| kept.eq_ignore_ascii_case(label))) {
            repository.take_label(number, gone, &call.login, call.now);
        }
        repository.put_labels(number, &labels, &call.login, call.now);
    }
    if let Some(assignees) = call.names("assignees", "login") {
        let before = repository.issues[&number].assignees.clone();
        // Copilot is sent under one login and shown under another
        let stays = |shown: &String| {
            assignees.contains(shown) || shown == COPILOT && assignees.iter().any(|login| login == COPILOT_ASSIGNEE)
        };
        let gone = before.into_iter().filter(|shown| !stays(shown));
        repository.unassign(number, &gone.collect::<Vec<_>>(), &call.login, call.now);
        assign(repository, call, number);
    }
    if let Some(issue) = repository.issues.get_mut(&number)
        && let Some(original) = call.body["duplicate_issue_id"].as_u64()
    {
        issue.duplicate_of = Some(original);
    }
    let reason = call.text("state_reason");
    let state = call.text("state").map(str::to_owned);
    if state.is_some() || reason.is_some() {
        let state = state.unwrap_or_else(|| repository.issues[&number].state.clone());
        repository.set_state(number, &state, reason, &call.login, call.now);
    }
    shown(repository, number, 200)
}

pub(crate) fn add_assignees(repository: &mut Repository, call: &Call) -> Reply {
    if repository.permission(&call.login).may_write() {
        assign(repository, call, call.number());
    }
    shown(repository, call.number(), 201)
}

pub(crate) fn remove_assignees(repository: &mut Repository, call: &Call) -> Reply {
    if repository.permission(&call.login).may_write() {
        let gone = call.names("assignees", "login").unwrap_or_default();
        repository.unassign(call.number(), &gone, &call.login, call.now);
    }
    shown(repository, call.number(), 200)
}

fn assign(repository: &mut Repository, call: &Call, number: u64) {
    if call.drop_assignees {
        return;
    }
    let assignees = call.names("assignees", "login").unwrap_or_default();
    repository.assign(number, &assignees, call.body.get("agent_assignment"), &call.login, call.now);
}

/// GitHub takes a title that is a number, too.
fn title_of(call: &Call) -> Option<String> {
    match &call.body["title"] {
        Value::String(title) => Some(title.clone()),
        Value::Number(title) => Some(title.to_string()),
        _ => None,
    }
}

fn shown(repository: &Repository, number: u64, status: u16) -> Reply {
    match repository.issues.get(&number) {
        Some(issue) => Reply::new(status, render::issue(repository, issue)),
        None => Reply::not_found(),
    }
}

//! Pull requests: list, open, read, change.

use serde_json::Value;

use super::check_texts;
use crate::call::Call;
use crate::model::{NewPull, PullRefused, Repository};
use crate::render;
use crate::reply::Reply;

pub(crate) fn list(repository: &Repository, call: &Call) -> Reply {
    let state = call.asked("state").unwrap_or("open");
    // without `owner:` before the branch GitHub ignores the filter and lists everything
    let head = call.asked("head").and_then(|head| head.split_once(':'));
    let base = call.asked("base");
    let mut found: Vec<u64> = repository
        .pulls
        .iter()
        .filter(|(number, pull)| {
            let issue = &repository.issues[number];
            repository.lists_show(issue.id, issue.created_at, call.now)
                && (state == "all" || issue.state == state)
                && head
                    .is_none_or(|(owner, branch)| owner.eq_ignore_ascii_case(&repository.owner) && branch == pull.head)
                && base.is_none_or(|base| base == pull.base)
        })
        .map(|(number, _)| *number)
        .collect();
    if call.asked("sort") == Some("updated") {
        found.sort_by_key(|number| repository.issues[number].updated_at);
    }
    if call.asked("direction") != Some("asc") {
        found.reverse();
    }
    call.page(found.into_iter().filter_map(|number| rendered(repository, number)).collect())
}

pub(crate) fn create(repository: &mut Repository, call: &Call) -> Reply {
    if !repository.permission(&call.login).may_write() {
        return Reply::error(403, "Resource not accessible by personal access token");
    }
    let Some(title) = call.text("title") else { return Reply::invalid("PullRequest", "title", "missing_field") };
    let body = call.text("body").unwrap_or_default();
    if let Err(refused) = check_texts("PullRequest", Some(title), Some(body)) {
        return refused;
    }
    let head = call.text("head").unwrap_or_default();
    let head = match head.split_once(':') {
        Some((owner, branch)) if owner.eq_ignore_ascii_case(&repository.owner) => branch,
        Some(_) => return Reply::invalid("PullRequest", "head", "invalid"),
        None => head,
    };
    let base = call.text("base").unwrap_or_default();
    let draft = call.body["draft"] == true;
    match repository.open_pull(&NewPull { title, body, head, base, draft }, &call.login, call.now) {
        Ok(number) => {
            if let (Some(pull), Some(allowed)) =
                (repository.pulls.get_mut(&number), call.body["maintainer_can_modify"].as_bool())
            {
                pull.maintainer_can_modify = allowed;
            }
            shown(repository, number, 201)
        }
        Err(PullRefused::NoSuchBranch(field)) => Reply::invalid("PullRequest", field, "invalid"),
        Err(PullRefused::Custom(message)) => Reply::custom("PullRequest", None, &message),
    }
}

pub(crate) fn read(repository: &Repository, call: &Call) -> Reply {
    shown(repository, call.number(), 200)
}

pub(crate) fn update(repository: &mut Repository, call: &Call) -> Reply {
    let number = call.number();
    if !repository.pulls.contains_key(&number) {
        return Reply::not_found();
    }
    let (title, body) = (call.text("title"), call.text("body"));
    if let Err(refused) = check_texts("PullRequest", title, body) {
        return refused;
    }
    repository.rewrite(number, title, body, &call.login, call.now);
    if let Some(state) = call.text("state") {
        repository.set_state(number, state, None, &call.login, call.now);
    }
    if let (Some(pull), Some(base)) = (repository.pulls.get_mut(&number), call.text("base")) {
        pull.base = base.to_owned();
    }
    shown(repository, number, 200)
}

/// Commits here have no contents, so no pull request changes a file.
pub(crate) fn files(repository: &Repository, call: &Call) -> Reply {
    if repository.pulls.contains_key(&call.number()) { call.page(Vec::new()) } else { Reply::not_found() }
}

fn rendered(repository: &Repository, number: u64) -> Option<Value> {
    let (issue, pull) = (repository.issues.get(&number)?, repository.pulls.get(&number)?);
    Some(render::pull(repository, issue, pull))
}

fn shown(repository: &Repository, number: u64, status: u16) -> Reply {
    rendered(repository, number).map_or_else(Reply::not_found, |pull| Reply::new(status, pull))
}

//! Search, as far as tests need it: a few qualifiers, and words in title or body.

use crate::call::Call;
use crate::model::{Issue, Repository};
use crate::render;
use crate::reply::Reply;
use crate::state::State;

pub(crate) fn issues(state: &State, call: &Call) -> Reply {
    let terms = terms(call.asked("q").unwrap_or_default());
    let mut found = Vec::new();
    for repository in &state.repositories {
        let shown = repository.issues.values().rev();
        let shown = shown.filter(|issue| repository.lists_show(issue.id, issue.created_at, call.now));
        let fitting = shown.filter(|issue| terms.iter().all(|term| fits(repository, issue, term)));
        found.extend(fitting.map(|issue| render::search_result(repository, issue)));
    }
    call.search_page(found)
}

/// The query's words; quotes keep words together.
fn terms(query: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut quoted = false;
    for char in query.chars() {
        match char {
            '"' => quoted = !quoted,
            ' ' if !quoted => terms.push(String::new()),
            _ => terms.last_mut().expect("there is always one").push(char),
        }
    }
    terms.retain(|term| !term.is_empty());
    terms
}

fn fits(repository: &Repository, issue: &Issue, term: &str) -> bool {
    let is_pull = repository.pulls.contains_key(&issue.number);
    match term.split_once(':') {
        Some(("repo", name)) => repository.full_name().eq_ignore_ascii_case(name),
        Some(("is" | "type", "issue")) => !is_pull,
        Some(("is" | "type", "pr" | "pull-request")) => is_pull,
        Some(("is" | "state", "open")) => issue.is_open(),
        Some(("is" | "state", "closed")) => !issue.is_open(),
        Some(("label", name)) => issue.has_label(name),
        Some(("author", login)) => issue.author.eq_ignore_ascii_case(login),
        Some(("in", _)) => true,
        _ => {
            let word = term.to_lowercase();
            issue.title.to_lowercase().contains(&word) || issue.body.to_lowercase().contains(&word)
        }
    }
}

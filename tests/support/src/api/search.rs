//! Search with the qualifiers that the tests need, and with words of the title or body.

use crate::api_request::ApiRequest;
use crate::api_response::ApiResponse;
use crate::model::{Issue, Repository};
use crate::render;
use crate::state::State;

pub(crate) fn issues(state: &State, request: &ApiRequest) -> ApiResponse {
    let terms = terms(request.query_parameter("q").unwrap_or_default());
    let mut found = Vec::new();
    for repository in &state.repositories {
        let newest_first = repository.issues.values().rev();
        let listed = newest_first.filter(|issue| repository.is_listed(issue.id, issue.created_at, request.now));
        let matching = listed.filter(|issue| terms.iter().all(|term| matches(repository, issue, term)));
        found.extend(matching.map(|issue| render::search_result(repository, issue)));
    }
    request.search_page(found)
}

/// The terms of a query, separated by spaces outside of quotes.
fn terms(query: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut quoted = false;
    for char in query.chars() {
        match char {
            '"' => quoted = !quoted,
            ' ' if !quoted => terms.push(String::new()),
            _ => terms.last_mut().expect("the list starts with one term").push(char),
        }
    }
    terms.retain(|term| !term.is_empty());
    terms
}

fn matches(repository: &Repository, issue: &Issue, term: &str) -> bool {
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

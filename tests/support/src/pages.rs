//! HTML pages: an overview, a page per issue or pull request, and buttons for the maintainer.

mod overview;
mod thread;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State as Extension};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::shared_state::SharedState;

/// The label that approves a hand-over to Copilot.
const APPROVED: &str = "autoheal-approved";
/// The user whose actions the buttons perform; has write permission.
const MAINTAINER: &str = "maintainer";

type Shared = Extension<Arc<SharedState>>;

pub(crate) async fn overview(shared: Shared) -> Response {
    page(StatusCode::OK, &shared.read(overview::OverviewPage::of))
}

pub(crate) async fn stylesheet() -> Response {
    ([("content-type", "text/css; charset=utf-8")], include_str!("../templates/style.css")).into_response()
}

/// The page of an issue or pull request.
pub(crate) async fn thread(shared: Shared, Path((owner, name, number)): Path<(String, String, u64)>) -> Response {
    let thread = shared.read(|state| {
        let repository = &state.repositories[state.find(&owner, &name)?];
        thread::ThreadPage::of(repository, number, state.now())
    });
    match thread {
        None => page(StatusCode::NOT_FOUND, &NotFound),
        Some(thread) => {
            let waiting = thread.waits_for_hand_over;
            let mut response = page(StatusCode::OK, &thread);
            if waiting {
                // the hand-over follows within seconds, so the page reloads by itself
                response.headers_mut().insert("refresh", HeaderValue::from_static("2"));
            }
            response
        }
    }
}

/// Performs the action of a button.
pub(crate) async fn act(
    shared: Shared,
    Path((owner, name, number, action)): Path<(String, String, u64, String)>,
    headers: HeaderMap,
) -> Response {
    if !is_own_form(&headers) {
        return (StatusCode::FORBIDDEN, "the form is from another origin").into_response();
    }
    let target = shared.update(|state| {
        let now = state.now();
        let at = state.find(&owner, &name)?;
        let repository = &mut state.repositories[at];
        repository.issues.get(&number)?;
        match action.as_str() {
            "approve" => repository.add_labels(number, &[APPROVED.to_owned()], MAINTAINER, now),
            "withdraw" => {
                repository.remove_label(number, APPROVED, MAINTAINER, now);
            }
            "close" => repository.set_state(number, "closed", None, MAINTAINER, now),
            "reopen" => repository.set_state(number, "open", None, MAINTAINER, now),
            "merge" if repository.pulls.contains_key(&number) => repository.merge(number, MAINTAINER, now),
            _ => return None,
        }
        Some(overview::page_path(repository, number))
    });
    match target {
        Some(target) => Redirect::to(&target).into_response(),
        None => page(StatusCode::NOT_FOUND, &NotFound),
    }
}

/// True if a form comes from one of the stand-in's pages. Pages of other sites can send forms, too, but with another
/// origin.
fn is_own_form(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, authority)| authority == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound;

fn page(status: StatusCode, template: &impl Template) -> Response {
    let Ok(html) = template.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        ("content-security-policy", policy),
        // with `no-referrer` browsers would send the forms with `Origin: null`
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ];
    (status, headers, Html(html)).into_response()
}

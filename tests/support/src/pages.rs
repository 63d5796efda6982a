//! The pages for people: what there is, one issue or pull request, and the maintainer's buttons.

mod overview;
mod thread;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State as Extension};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::shared::Shared;

/// The label that opens the gate.
const APPROVED: &str = "autoheal-approved";
/// Who presses the buttons; has write permission.
const MAINTAINER: &str = "maintainer";

type Shares = Extension<Arc<Shared>>;

pub(crate) async fn overview(shared: Shares) -> Response {
    page(StatusCode::OK, &shared.look(overview::Overview::of))
}

pub(crate) async fn stylesheet() -> Response {
    ([("content-type", "text/css; charset=utf-8")], include_str!("../templates/style.css")).into_response()
}

/// The page of an issue or pull request.
pub(crate) async fn thread(shared: Shares, Path((owner, name, number)): Path<(String, String, u64)>) -> Response {
    let shown = shared.look(|state| {
        let repository = &state.repositories[state.find(&owner, &name)?];
        thread::Thread::of(repository, number, state.now())
    });
    match shown {
        None => page(StatusCode::NOT_FOUND, &Missing),
        Some(shown) => {
            let waiting = shown.waits_for_hand_over;
            let mut response = page(StatusCode::OK, &shown);
            if waiting {
                // the hand-over comes within seconds of the approval; nobody should have to reload for it
                response.headers_mut().insert("refresh", HeaderValue::from_static("2"));
            }
            response
        }
    }
}

/// A button was pressed.
pub(crate) async fn act(
    shared: Shares,
    Path((owner, name, number, action)): Path<(String, String, u64, String)>,
    headers: HeaderMap,
) -> Response {
    if !is_own_form(&headers) {
        return (StatusCode::FORBIDDEN, "this form is not one of the stand-in's").into_response();
    }
    let target = shared.change(|state| {
        let now = state.now();
        let at = state.find(&owner, &name)?;
        let repository = &mut state.repositories[at];
        repository.issues.get(&number)?;
        match action.as_str() {
            "approve" => repository.put_labels(number, &[APPROVED.to_owned()], MAINTAINER, now),
            "withdraw" => {
                repository.take_label(number, APPROVED, MAINTAINER, now);
            }
            "close" => repository.set_state(number, "closed", None, MAINTAINER, now),
            "reopen" => repository.set_state(number, "open", None, MAINTAINER, now),
            "merge" if repository.pulls.contains_key(&number) => repository.merge(number, MAINTAINER, now),
            _ => return None,
        }
        Some(overview::path_of(repository, number))
    });
    match target {
        Some(target) => Redirect::to(&target).into_response(),
        None => page(StatusCode::NOT_FOUND, &Missing),
    }
}

/// Another site's page may send forms here, too; its origin gives it away.
fn is_own_form(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, named)| named == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

#[derive(Template)]
#[template(path = "missing.html")]
struct Missing;

fn page(status: StatusCode, template: &impl Template) -> Response {
    let Ok(html) = template.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        ("content-security-policy", policy),
        // `no-referrer` would make browsers send the forms with `Origin: null`
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ];
    (status, headers, Html(html)).into_response()
}

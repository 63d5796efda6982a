//! How a request ends: with an answer, with a broken one, or without any.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::api::HOURLY;
use crate::fault::Failure;
use crate::reply::Reply;
use crate::state::State;

/// Marks an answer that must not be sent: the connection ends instead.
#[derive(Clone)]
pub(crate) struct Cut;

/// What becomes of a request.
pub(super) enum Ending {
    Reply(Reply),
    Garbled(u16),
    Outage,
    Cut,
}

/// The ending of a request that is not carried out.
pub(super) fn prevented(state: &State, failure: &Failure) -> Ending {
    let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    Ending::Reply(match failure {
        Failure::RetryAfter { seconds } => Reply::error(403, secondary).with_header("retry-after", seconds),
        Failure::LimitExhausted { reset_in_seconds } => Reply::error(403, "API rate limit exceeded for user.")
            .with_header("x-ratelimit-remaining", 0)
            .with_header("x-ratelimit-reset", state.now().timestamp() + reset_in_seconds),
        Failure::TooManyRequests { retry_after_seconds: Some(seconds) } => {
            Reply::error(429, secondary).with_header("retry-after", seconds)
        }
        Failure::TooManyRequests { retry_after_seconds: None } => Reply::error(429, secondary),
        Failure::SecondaryLimit => Reply::error(403, secondary),
        Failure::Answer { status, body } => Reply::new(*status, body.clone()),
        Failure::CutBefore => return Ending::Cut,
        _ => Reply::error(502, "Server Error"),
    })
}

/// The ending as it goes out.
pub(super) fn sendable(state: &State, number: u64, ending: Ending) -> Response {
    let reply = match ending {
        Ending::Reply(reply) => reply,
        Ending::Garbled(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            return (status, [("content-type", "application/json; charset=utf-8")], "{\"number\": ").into_response();
        }
        // what GitHub's front door says when nothing is behind it, is a page
        Ending::Outage => {
            let page = "<!DOCTYPE html><title>Unicorn!</title><p>This page is taking too long to load.</p>";
            return (StatusCode::BAD_GATEWAY, [("content-type", "text/html; charset=utf-8")], page).into_response();
        }
        Ending::Cut => {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(Cut);
            return response;
        }
    };
    let used = number.min(HOURLY);
    let mut headers = vec![
        ("content-type", "application/json; charset=utf-8".to_owned()),
        ("x-github-request-id", format!("STAND-IN:{number}")),
        ("x-ratelimit-limit", HOURLY.to_string()),
        ("x-ratelimit-remaining", (HOURLY - used).to_string()),
        ("x-ratelimit-used", used.to_string()),
        ("x-ratelimit-reset", (state.now().timestamp() + 3600).to_string()),
        ("x-ratelimit-resource", "core".to_owned()),
    ];
    for (name, value) in reply.headers {
        headers.retain(|(known, _)| *known != name);
        headers.push((name, value));
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let body = reply.body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    response.body(body).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

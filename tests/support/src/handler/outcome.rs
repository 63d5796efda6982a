//! Outcome of a request: a response, a broken response, or a closed connection.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::api::HOURLY_LIMIT;
use crate::api_response::ApiResponse;
use crate::fault::Failure;
use crate::state::State;

/// Marker of a response that is not sent: the connection is closed instead.
#[derive(Clone)]
pub(crate) struct Cut;

/// Outcome of a request.
pub(super) enum Outcome {
    Respond(ApiResponse),
    /// A response with this status and an unreadable body.
    Garbled(u16),
    /// The HTML page that GitHub serves with a 502 when its API is down.
    BadGatewayPage,
    /// No response: the connection is closed.
    Cut,
}

/// The outcome of a request that is not carried out because of a failure.
pub(super) fn prevented(state: &State, failure: &Failure) -> Outcome {
    let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    Outcome::Respond(match failure {
        Failure::RetryAfter { seconds } => ApiResponse::error(403, secondary).with_header("retry-after", seconds),
        Failure::LimitExhausted { reset_in_seconds } => ApiResponse::error(403, "API rate limit exceeded for user.")
            .with_header("x-ratelimit-remaining", 0)
            .with_header("x-ratelimit-reset", state.now().timestamp() + reset_in_seconds),
        Failure::TooManyRequests { retry_after_seconds: Some(seconds) } => {
            ApiResponse::error(429, secondary).with_header("retry-after", seconds)
        }
        Failure::TooManyRequests { retry_after_seconds: None } => ApiResponse::error(429, secondary),
        Failure::SecondaryLimit => ApiResponse::error(403, secondary),
        Failure::Redirect { status, location } => {
            ApiResponse { status: *status, ..ApiResponse::moved_permanently(location) }
        }
        Failure::Oversized { bytes } => ApiResponse::new(200, " ".repeat(*bytes).into()),
        Failure::Response { status, body } => ApiResponse::new(*status, body.clone()),
        Failure::CutBefore => return Outcome::Cut,
        _ => ApiResponse::error(502, "Server Error"),
    })
}

/// The HTTP response of an outcome.
pub(super) fn into_response(state: &State, number: u64, outcome: Outcome) -> Response {
    let response = match outcome {
        Outcome::Respond(response) => response,
        Outcome::Garbled(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            return (status, [("content-type", "application/json; charset=utf-8")], "{\"number\": ").into_response();
        }
        Outcome::BadGatewayPage => {
            let page = "<!DOCTYPE html><title>Unicorn!</title><p>This page is taking too long to load.</p>";
            return (StatusCode::BAD_GATEWAY, [("content-type", "text/html; charset=utf-8")], page).into_response();
        }
        Outcome::Cut => {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(Cut);
            return response;
        }
    };
    let used = number.min(HOURLY_LIMIT);
    let mut headers = vec![
        ("content-type", "application/json; charset=utf-8".to_owned()),
        ("x-github-request-id", format!("STAND-IN:{number}")),
        ("x-ratelimit-limit", HOURLY_LIMIT.to_string()),
        ("x-ratelimit-remaining", (HOURLY_LIMIT - used).to_string()),
        ("x-ratelimit-used", used.to_string()),
        ("x-ratelimit-reset", (state.now().timestamp() + 3600).to_string()),
        ("x-ratelimit-resource", "core".to_owned()),
    ];
    for (name, value) in response.headers {
        headers.retain(|(existing, _)| *existing != name);
        headers.push((name, value));
    }
    let mut builder = Response::builder().status(response.status);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    let body = response.body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    builder.body(body).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

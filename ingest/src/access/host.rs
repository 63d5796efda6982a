//! Refuses requests whose host is ambiguous or malformed, before anything else looks at it.

use autoheal_contract::RefusalCode;
use autoheal_gateway::host_problem;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// Middleware of all routes. Refuses a request with two hosts, or with one that is none.
pub(crate) async fn require_one_host(request: Request, next: Next) -> Response {
    let problem = host_problem(request.method(), request.uri(), request.version(), request.headers());
    let Some(problem) = problem else { return next.run(request).await };
    let mut response = ApiError::new(RefusalCode::InvalidHost, problem).into_response();
    // a proxy in between may disagree about whose requests this connection carries
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

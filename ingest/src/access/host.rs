//! Refuses requests whose host is ambiguous or malformed, before anything else looks at it.

use autoheal_contract::RefusalCode;
use autoheal_gateway::host_problem;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// The refusal of a request with two hosts, or with one that is none.
pub(crate) fn refuse_ambiguous_host(request: &Request) -> Option<Response> {
    let problem = host_problem(request.method(), request.uri(), request.version(), request.headers())?;
    let mut response = ApiError::new(RefusalCode::InvalidHost, problem).into_response();
    // a proxy in between may disagree about whose requests this connection carries
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    Some(response)
}

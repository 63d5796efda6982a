//! Checks of a request: its headers, its token, and GitHub's description.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::HeaderMap;
use serde_json::Value;

use super::{ReceivedRequest, record_violation};
use crate::api_response::ApiResponse;
use crate::description::DescribedOperation;
use crate::recorded::Side;
use crate::shared_state::SharedState;
use crate::state::State;

/// API versions that GitHub accepts.
const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// The login that the request's token belongs to; `None` without a valid token.
pub(super) fn login_of(state: &State, headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get("authorization")?.to_str().ok()?;
    let (scheme, token) = authorization.split_once(' ')?;
    let is_token = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    state.tokens.get(token.trim()).filter(|_| is_token).cloned()
}

/// Validates a request, and returns its operation with the path parameters. The error is the response to an invalid
/// request. A request that does not match GitHub's description is recorded as a violation.
pub(super) fn validate<'described>(
    shared: &SharedState,
    received: &ReceivedRequest,
    described: Option<(&'described DescribedOperation, BTreeMap<String, String>)>,
    number: u64,
) -> Result<(&'described DescribedOperation, BTreeMap<String, String>), ApiResponse> {
    let reject = |status: u16, problem: String| {
        record_violation(shared, number, Side::Request, &problem);
        ApiResponse::error(status, &problem)
    };
    if received.headers.get("user-agent").is_none_or(|agent| agent.is_empty()) {
        return Err(reject(403, "Request forbidden by administrative rules: a User-Agent header is required".into()));
    }
    let version = received.headers.get("x-github-api-version").and_then(|version| version.to_str().ok());
    if !version.is_some_and(|version| VERSIONS.contains(&version)) {
        return Err(reject(400, format!("x-github-api-version must be one of {VERSIONS:?}, not {version:?}")));
    }
    if shared.read(|state| state.requests[number as usize - 1].login.is_none()) {
        let has_header = received.headers.contains_key("authorization");
        return Err(ApiResponse::error(401, if has_header { "Bad credentials" } else { "Requires authentication" }));
    }
    let Some((described, path_parameters)) = described else {
        let problem = format!("GitHub's description has no operation {} {}", received.method, received.uri.path());
        return Err(reject(400, problem));
    };
    let body = if received.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&received.body).map_err(|_| reject(400, "Problems parsing JSON".into()))?
    };
    let Ok(Query(query)) = Query::<Vec<(String, String)>>::try_from_uri(&received.uri) else {
        return Err(reject(400, "the query string is malformed".into()));
    };
    let unique: BTreeMap<String, String> = query.iter().cloned().collect();
    if unique.len() != query.len() {
        return Err(reject(400, "a query parameter is given twice".into()));
    }
    described.check_query(&unique).map_err(|problem| reject(422, format!("Invalid request: {problem}")))?;
    described.check_body(&body).map_err(|problem| reject(422, format!("Invalid request: {problem}")))?;
    Ok((described, path_parameters))
}

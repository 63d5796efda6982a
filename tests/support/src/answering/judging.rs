//! Whether GitHub would listen to a request, and whether it is one that GitHub describes.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::HeaderMap;
use serde_json::Value;

use super::{Arrived, violation};
use crate::description::Operation as Described;
use crate::recorded::Side;
use crate::reply::Reply;
use crate::shared::Shared;
use crate::state::State;

const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// Who is behind the token, if it is a good one.
pub(super) fn login_of(state: &State, headers: &HeaderMap) -> Option<String> {
    let given = headers.get("authorization")?.to_str().ok()?;
    let (scheme, token) = given.split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    state.tokens.get(token.trim()).filter(|_| known).cloned()
}

/// Whether GitHub would listen to this request at all, and whether it is one that GitHub describes.
pub(super) fn judge<'described>(
    shared: &Shared,
    arrived: &Arrived,
    described: Option<(&'described Described, BTreeMap<String, String>)>,
    number: u64,
) -> Result<(&'described Described, BTreeMap<String, String>), Reply> {
    let broken = |status: u16, problem: String| {
        violation(shared, number, Side::Request, &problem);
        Reply::error(status, &problem)
    };
    if arrived.headers.get("user-agent").is_none_or(|agent| agent.is_empty()) {
        return Err(broken(403, "Request forbidden by administrative rules: a User-Agent header is required".into()));
    }
    let version = arrived.headers.get("x-github-api-version").and_then(|version| version.to_str().ok());
    if !version.is_some_and(|version| VERSIONS.contains(&version)) {
        return Err(broken(400, format!("x-github-api-version must be one of {VERSIONS:?}, not {version:?}")));
    }
    if shared.look(|state| state.requests[number as usize - 1].login.is_none()) {
        let given = arrived.headers.contains_key("authorization");
        return Err(Reply::error(401, if given { "Bad credentials" } else { "Requires authentication" }));
    }
    let Some((described, places)) = described else {
        let problem = format!("GitHub's description has no operation {} {}", arrived.method, arrived.uri.path());
        return Err(broken(400, problem));
    };
    let body = if arrived.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&arrived.body).map_err(|_| broken(400, "Problems parsing JSON".into()))?
    };
    let Ok(Query(query)) = Query::<Vec<(String, String)>>::try_from_uri(&arrived.uri) else {
        return Err(broken(400, "the query cannot be read".into()));
    };
    let unique: BTreeMap<String, String> = query.iter().cloned().collect();
    if unique.len() != query.len() {
        return Err(broken(400, "a query parameter is given twice".into()));
    }
    described.check_query(&unique).map_err(|problem| broken(422, format!("Invalid request: {problem}")))?;
    described.check_body(&body).map_err(|problem| broken(422, format!("Invalid request: {problem}")))?;
    Ok((described, places))
}

//! What a page of another origin needs to speak MCP: the session's header to read, and MCP's own headers to send.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method};

const METHODS: &str = "GET, POST, DELETE, OPTIONS";
const HEADERS: &str = "content-type, accept, authorization, mcp-session-id, mcp-protocol-version, last-event-id, \
                       mcp-method, mcp-name";
const EXPOSED: &str = "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after";
/// How long browsers may remember a preflight, in seconds; Chromium takes two hours at most.
const REMEMBERED: &str = "7200";
/// Tools may ask for parameters as headers; the page names those it is about to send.
const PARAMETER: &str = "mcp-param-";

/// Whether a browser asks what its page may send.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// What the page may send.
pub fn permit(asked: &HeaderMap, answer: &mut HeaderMap) {
    let mut allowed = HEADERS.to_owned();
    for value in asked.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter().filter_map(|value| value.to_str().ok()) {
        for name in value.split(',').map(str::trim) {
            let is_parameter = name.get(..PARAMETER.len()).is_some_and(|start| start.eq_ignore_ascii_case(PARAMETER));
            if is_parameter {
                allowed.push_str(", ");
                allowed.push_str(name);
            }
        }
    }
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    if let Ok(allowed) = HeaderValue::try_from(allowed) {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBERED));
}

/// Lets a page read the answer, by our rules instead of the server's. Without a page, only caches are told.
pub fn let_read(answer: &mut HeaderMap, origin: Option<HeaderValue>) {
    let theirs: Vec<_> = answer.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in theirs {
        answer.remove(name);
    }
    answer.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}

//! CORS for pages of another origin: they may read the session header and send the headers of MCP.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method};

const METHODS: &str = "GET, POST, DELETE, OPTIONS";
const REQUEST_HEADERS: &str = "content-type, accept, authorization, mcp-session-id, mcp-protocol-version, \
                               last-event-id, mcp-method, mcp-name, traceparent";
const RESPONSE_HEADERS: &str = "mcp-session-id, mcp-protocol-version, www-authenticate, retry-after";
/// Lifetime of a preflight in the browser's cache, in seconds; Chromium caps it at two hours.
const MAX_AGE: &str = "7200";
/// Prefix of the header params of tools. A preflight names those that the page will send.
const HEADER_PARAM_PREFIX: &str = "mcp-param-";

/// True for a CORS preflight.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Sets the response headers of a preflight: the methods and headers that the page may send.
pub fn set_preflight_headers(request: &HeaderMap, response: &mut HeaderMap) {
    let mut allowed = REQUEST_HEADERS.to_owned();
    for value in request.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter().filter_map(|value| value.to_str().ok()) {
        for name in value.split(',').map(str::trim) {
            let prefix = name.get(..HEADER_PARAM_PREFIX.len());
            if prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(HEADER_PARAM_PREFIX)) {
                allowed.push_str(", ");
                allowed.push_str(name);
            }
        }
    }
    response.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    if let Ok(allowed) = HeaderValue::try_from(allowed) {
        response.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    response.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
}

/// Replaces the CORS headers of a response by the gateway's. Without an origin, sets only `Vary`.
pub fn set_response_headers(response: &mut HeaderMap, origin: Option<HeaderValue>) {
    let upstream: Vec<_> =
        response.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in upstream {
        response.remove(name);
    }
    response.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(RESPONSE_HEADERS));
    }
}

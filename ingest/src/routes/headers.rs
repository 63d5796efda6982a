//! Security headers of every response.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

/// Headers that a response gets unless its handler set them.
const DEFAULTS: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Adds the headers to a response.
pub(super) fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    // at once, because a map that grows is built anew
    headers.reserve(DEFAULTS.len() + 2);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // pages of allowed origins may read it
    if !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    }
    response
}

/// Forbids caches to store a response of the MCP server, in addition to what the server says.
pub(super) fn forbid_caching(headers: &mut HeaderMap) {
    let forbids = |value: &HeaderValue| value.to_str().is_ok_and(|value| value.contains("no-store"));
    if !headers.get_all(header::CACHE_CONTROL).iter().any(forbids) {
        headers.append(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Separates the windows of the operator's pages from those of other pages, also of those under `/app/`, which have the
/// same origin. Those do not have this header, because windows with the same header and origin are not separated.
pub(super) async fn isolate(mut response: Response) -> Response {
    response.headers_mut().insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    response
}

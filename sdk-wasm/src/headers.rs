//! The headers of every request to the server.

use gloo_net::http::Headers;

use crate::era::Era;

/// The headers for the era, with the session if there is one.
pub(crate) fn common(era: &Era) -> Headers {
    let headers = Headers::new();
    headers.set("content-type", "application/json");
    headers.set("accept", if era.is_mcp() { "application/json, text/event-stream" } else { "application/json" });
    if !era.version().is_empty() {
        headers.set("mcp-protocol-version", era.version());
    }
    if let Some(session) = era.session() {
        headers.set("mcp-session-id", &session);
    }
    headers
}

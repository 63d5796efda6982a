//! The headers of every request to the server.

use crate::era::Era;
use crate::json::write_text;

/// The headers for the era, with the session if there is one, as a JSON object.
pub(crate) fn common(era: &Era) -> String {
    let session = era.session();
    let accept = if era.is_mcp() { "application/json, text/event-stream" } else { "application/json" };
    let mut out = String::new();
    for (name, value) in [
        ("content-type", "application/json"),
        ("accept", accept),
        ("mcp-protocol-version", era.version()),
        ("mcp-session-id", session.as_deref().unwrap_or_default()),
    ] {
        if !value.is_empty() {
            out.push(if out.is_empty() { '{' } else { ',' });
            write_text(name, &mut out);
            out.push(':');
            write_text(value, &mut out);
        }
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::era::Mode;

    #[test]
    fn headers_of_each_era() {
        assert_eq!(
            common(&Era::new(Mode::Plain)),
            r#"{"content-type":"application/json","accept":"application/json"}"#
        );
        let era = Era::new(Mode::Legacy);
        assert!(era.initialized("2025-03-26", Some("a\"b".to_owned())));
        assert_eq!(
            common(&era),
            r#"{"content-type":"application/json","accept":"application/json, text/event-stream","mcp-protocol-version":"2025-03-26","mcp-session-id":"a\"b"}"#
        );
    }
}

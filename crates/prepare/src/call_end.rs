//! `CallEnd`: the end of a call that a report was made at, and the keys that the report of the other end has too.

use autoheal_contract::{Class, ErrorReport, Rpc, Source, Trace};
use sha2::{Digest, Sha256};

/// Hash of what identifies a call in the reports of both its ends.
pub type CallKey = [u8; 16];

/// The end of a call that a report was made at.
///
/// Others cannot guess the keys: a trace id is 128 random bits, and for ids see [`Rpc::unguessable_id`]. Each includes
/// method and tool, because a page may make several calls in one span of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallEnd {
    /// True for the server's end: the gateway, `autoheal mcp` or the server itself made the report.
    pub is_server: bool,
    /// Key by trace and span.
    pub by_trace: Option<CallKey>,
    /// Key by the id of the request, in its session.
    pub by_id: Option<CallKey>,
}

impl CallEnd {
    /// Returns the end of a report; `None` if it is about no call, or has no key.
    ///
    /// A failure that the caller caused, such as bad arguments, has two reports that stay apart: the page's stack shows
    /// the bug, which the server's report cannot.
    #[must_use]
    pub fn of(report: &ErrorReport) -> Option<Self> {
        let rpc = report.rpc.as_ref()?;
        Self::of_call(is_server_end(report)?, call(rpc)?, report.trace, rpc)
    }

    /// The end of a call of this method and tool, by the trace of a report and the ids in its `rpc`.
    pub(crate) fn of_call(is_server: bool, call: [&str; 2], trace: Option<Trace>, rpc: &Rpc) -> Option<Self> {
        let by_trace = trace.map(|trace| key(&["trace", &trace.to_string()], call));
        let by_id = id_key(call, rpc);
        (by_trace.is_some() || by_id.is_some()).then_some(Self { is_server, by_trace, by_id })
    }

    /// True if both are about one call, each from another end.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let is_same = |own: Option<CallKey>, other| own.is_some() && own == other;
        self.is_server != other.is_server
            && (is_same(self.by_trace, other.by_trace) || is_same(self.by_id, other.by_id))
    }
}

/// Key of the call that a report is about, by the id of the request in its session; none if others can guess the id.
#[must_use]
pub fn request_key(rpc: &Rpc) -> Option<CallKey> {
    id_key(call(rpc)?, rpc)
}

pub(crate) fn id_key(call: [&str; 2], rpc: &Rpc) -> Option<CallKey> {
    rpc.unguessable_id().map(|(session, id)| key(&["id", session.unwrap_or_default(), id], call))
}

/// True for a report of the server's end of a call, false for a page's; none for one that has no other end.
pub(crate) fn is_server_end(report: &ErrorReport) -> Option<bool> {
    let source = report.source.unwrap_or_default();
    let is_server = source.is_mcp();
    let is_callers = report.class.as_deref().and_then(Class::parse) == Some(Class::CallerError);
    let has_other_end = !is_callers && (is_server || source == Source::JavascriptSdk);
    has_other_end.then_some(is_server)
}

/// Method and tool. Prompts and resources are left out, because pages report only the method.
pub(crate) fn call(rpc: &Rpc) -> Option<[&str; 2]> {
    let method = rpc.method.as_deref()?;
    let tool = rpc.tool.as_deref().filter(|_| method == "tools/call");
    Some([method, tool.unwrap_or_default()])
}

fn key(identity: &[&str], call: [&str; 2]) -> CallKey {
    let mut hasher = Sha256::new();
    for text in identity.iter().chain(&call) {
        // the length keeps parts from running into each other
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    let mut key = CallKey::default();
    key.copy_from_slice(&hasher.finalize()[..16]);
    key
}

#[cfg(test)]
mod tests {
    use autoheal_contract::Trace;

    use super::*;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const OTHER_SPAN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b8-01";
    const ID: &str = "1764228366123456";

    struct End {
        source: Source,
        trace: Option<&'static str>,
        session: Option<&'static str>,
        id: &'static str,
        tool: &'static str,
    }

    const PAGE: End = End { source: Source::JavascriptSdk, trace: Some(TRACE), session: None, id: ID, tool: "price" };
    const SERVER: End = End { source: Source::McpTool, ..PAGE };

    fn end(end: &End, method: &str, class: &str) -> Option<CallEnd> {
        let text = |text: &str| Some(text.to_owned());
        let rpc = Rpc {
            method: text(method),
            tool: text(end.tool),
            id: text(end.id),
            session_hash: end.session.and_then(text),
            ..Rpc::default()
        };
        CallEnd::of(&ErrorReport {
            source: Some(end.source),
            class: text(class),
            trace: end.trace.and_then(Trace::parse),
            rpc: Some(rpc),
            ..ErrorReport::default()
        })
    }

    fn of(one: &End) -> CallEnd {
        end(one, "tools/call", "tool_failure").unwrap()
    }

    #[test]
    fn both_ends_of_a_call_have_its_keys() {
        let (page, server) = (of(&PAGE), of(&SERVER));
        assert_eq!((page.is_server, server.is_server), (false, true));
        assert!(page.by_trace.is_some() && page.by_id.is_some());
        assert_eq!((page.by_trace, page.by_id), (server.by_trace, server.by_id));
        let read = |source| end(&End { source, ..PAGE }, "resources/read", "resource_failure").unwrap().by_trace;
        assert_eq!(read(Source::JavascriptSdk), read(Source::McpResource));
    }

    #[test]
    fn another_call_has_other_keys() {
        let server = of(&SERVER);
        for other in [
            End { trace: Some(OTHER_SPAN), id: "1764228366123457", ..PAGE },
            End { tool: "stock", ..PAGE },
            End { trace: None, session: Some("77"), ..PAGE },
            End { trace: None, id: "1", ..PAGE },
        ] {
            let other = end(&other, "tools/call", "tool_failure");
            assert!(other.is_none_or(|other| other.by_trace != server.by_trace && other.by_id != server.by_id));
        }
        assert!(of(&End { id: "1", session: Some("77"), ..PAGE }).by_id.is_some());
    }

    #[test]
    fn other_reports_are_about_no_end() {
        assert_eq!(end(&End { source: Source::Cli, ..PAGE }, "tools/call", "tool_failure"), None);
        assert_eq!(end(&SERVER, "tools/call", "caller_error"), None, "the page's stack shows the bug");
        assert_eq!(end(&End { trace: None, id: "7", ..PAGE }, "tools/call", "timeout"), None, "its id can be guessed");
        assert_eq!(CallEnd::of(&ErrorReport { trace: Trace::parse(TRACE), ..ErrorReport::default() }), None);
    }
}

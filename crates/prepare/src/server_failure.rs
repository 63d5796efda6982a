//! `ServerFailure`: the failure of an MCP server that a page's report is about, in the words of the server's own report.
//!
//! A page and the gateway (or `autoheal mcp`, or `Healed`) report one failing call from its two ends. The bug is at the
//! server's end, so both reports have the server's title and fingerprint, and form one group.

use std::borrow::Cow;

use autoheal_contract::wording::{
    RESOURCE_NOT_FOUND, is_bad_arguments, is_caller_code, is_invalid_output, is_lost_process, is_no_failure,
    is_unknown_name, report_message,
};
use autoheal_contract::{Class, ErrorReport, Json, Rpc, Source};

use crate::arguments::{Within, without_own_arguments};

/// The failure of an MCP server, as its own report describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFailure<'a> {
    /// The source of the server's report.
    pub source: Source,
    /// The class of the server's report.
    pub class: Class,
    /// The tool, prompt or resource; else the method.
    pub call: &'a str,
    /// The message of the server's report.
    pub message: String,
}

impl<'a> ServerFailure<'a> {
    /// Returns the server's failure that a page's report is about.
    ///
    /// `None` for other reports, and for a failure that the page caused, such as bad arguments: its stack shows the bug.
    #[must_use]
    pub fn of_page(report: &'a ErrorReport) -> Option<Self> {
        let rpc = report.rpc.as_ref().filter(|_| report.source.unwrap_or_default() == Source::JavascriptSdk)?;
        let is_response = match Class::parse(report.class.as_deref()?)? {
            Class::ToolFailure => true,
            Class::Application | Class::Protocol => rpc.code.is_some(),
            _ => false,
        };
        let method = rpc.method.as_deref()?;
        if !is_response || matches!(method, "initialize" | "server/discover") {
            return None;
        }
        let class = Class::of_failed_call(method);
        let runs_code = class != Class::ProtocolError;
        let name = name(rpc).filter(|_| runs_code);
        let text = &report.error_message;
        let has_fault_of_page = runs_code && name.is_none()
            || is_no_failure(rpc.code, text)
            || is_lost_process(text)
            || !is_invalid_output(text)
                && (is_caller_code(rpc.code, text)
                    || is_bad_arguments(text, name)
                    || rpc.code == Some(RESOURCE_NOT_FOUND)
                    || name.is_some_and(|name| is_unknown_name(text, name)));
        if has_fault_of_page {
            return None;
        }
        let source = match class {
            Class::ToolFailure => Source::McpTool,
            Class::ResourceFailure => Source::McpResource,
            Class::PromptFailure => Source::McpPrompt,
            _ => Source::McpProtocol,
        };
        let call = name.unwrap_or(method);
        Some(Self { source, class, call, message: report_message(Some(call), text) })
    }
}

/// Type and message of a failure, as its issue's title has them: of a page's report the server's own, else the report's. A
/// call's own arguments are left out of the message.
#[must_use]
pub fn headline(report: &ErrorReport) -> (&str, Cow<'_, str>) {
    match ServerFailure::of_page(report) {
        Some(failure) => {
            let message = without_own_arguments(report, &failure.message, Within::Everything).into_owned();
            (failure.class.error_type(), Cow::Owned(message))
        }
        None if report.source.unwrap_or_default().is_mcp() => {
            (&report.error_type, without_own_arguments(report, &report.error_message, Within::Everything))
        }
        None => (&report.error_type, Cow::Borrowed(&report.error_message)),
    }
}

/// Name of the tool or prompt, or URI of the resource.
pub(crate) fn name(rpc: &Rpc) -> Option<&str> {
    let of_params = |member: &str| rpc.params.as_ref()?.get(member).and_then(Json::as_str);
    rpc.tool.as_deref().or_else(|| of_params("name")).or_else(|| of_params("uri"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fingerprint::tests::prepared;

    fn page(class: &str, method: &str, code: Option<i64>, message: &str) -> Value {
        json!({
            "error_type": "MCPError", "error_message": message, "class": class,
            "stack_trace": "MCPError: x\n    at checkout (https://shop.example/cart.js:3:7)",
            "rpc": {"method": method, "code": code, "params": {"name": "price", "uri": "demo://7"}},
        })
    }

    fn server(source: &str, class: &str, rpc: &Value, message: &str) -> Value {
        json!({
            "error_type": "ValueError", "error_message": message, "source": source, "class": class, "rpc": rpc,
            "stack_trace": "Traceback (most recent call last):\n  File \"/srv/shop.py\", line 7, in price\nValueError: x",
        })
    }

    #[test]
    fn the_reports_of_both_ends_of_a_call_are_one_group() {
        let tool = json!({"method": "tools/call", "tool": "price"});
        for (page, server) in [
            (
                page("tool_failure", "tools/call", None, "Error calling tool 'price': no such article 17"),
                server("mcp_tool", "tool_failure", &tool, "price: no such article 18"),
            ),
            (
                page("protocol", "tools/call", Some(-32603), "boom"),
                server(
                    "mcp_tool",
                    "tool_failure",
                    &json!({"method": "tools/call", "tool": "price", "code": -32603}),
                    "price: boom",
                ),
            ),
            (
                page("application", "prompts/get", Some(7), "boom"),
                server(
                    "mcp_prompt",
                    "prompt_failure",
                    &json!({"method": "prompts/get", "tool": "price", "code": 7}),
                    "price: boom",
                ),
            ),
            (
                page("protocol", "tools/list", Some(-32603), "boom"),
                server(
                    "mcp_protocol",
                    "protocol_error",
                    &json!({"method": "tools/list", "code": -32603}),
                    "tools/list: boom",
                ),
            ),
        ] {
            let (page, server) = (prepared(&page), prepared(&server));
            assert_eq!(page.parts(), server.parts());
            assert_eq!(page.fingerprint(), server.fingerprint());
            assert!(headline(page.report()).1.ends_with(": boom") || headline(page.report()).1.ends_with("article 17"));
        }
    }

    #[test]
    fn a_failure_that_the_page_caused_stays_the_pages() {
        for (class, code, message) in [
            ("protocol", Some(-32602), "Unknown tool: price"),
            ("tool_failure", None, "Input validation error: price must be a number"),
            ("protocol", None, "The response from /jsonrpc is not JSON"),
            ("http", Some(500), "/jsonrpc responded with HTTP 500"),
            ("application", Some(-32000), "Session not found"),
            ("network", None, "No connection"),
        ] {
            let prepared = prepared(&page(class, "tools/call", code, message));
            assert_eq!(ServerFailure::of_page(prepared.report()), None, "{class} {message}");
        }
        let handshake = prepared(&page("protocol", "initialize", Some(-32603), "boom"));
        assert_eq!(ServerFailure::of_page(handshake.report()), None);
    }

    #[test]
    fn reports_of_other_senders_are_unchanged() {
        let report =
            server("mcp_tool", "tool_failure", &json!({"method": "tools/call", "tool": "price"}), "price: boom");
        assert_eq!(ServerFailure::of_page(prepared(&report).report()), None);
    }
}

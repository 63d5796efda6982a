//! Error messages of the MCP SDKs. The messages, and not the error codes, show whether the caller caused a failure,
//! because each SDK uses different codes.
//!
//! The messages were collected on the wire from TypeScript SDK 1.x and 2.x, Python `mcp` 2.x, FastMCP 4.x and `rmcp`
//! 3.x.

/// The request was not JSON.
pub const PARSE_ERROR: i64 = -32700;
/// The request was no JSON-RPC request.
pub const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
/// The parameters were wrong.
pub const INVALID_PARAMS: i64 = -32602;
/// The server failed.
pub const INTERNAL_ERROR: i64 = -32603;
/// The resource does not exist. Used by protocol versions up to 2025-11-25.
pub const RESOURCE_NOT_FOUND: i64 = -32002;
/// The user must visit a page first. Used by protocol version 2025-11-25 only.
const URL_ELICITATION_REQUIRED: i64 = -32042;
/// Header mismatch, missing capability, unsupported version: client and server negotiate a protocol version.
const VERSION_NEGOTIATION: std::ops::RangeInclusive<i64> = -32022..=-32020;
/// Codes that SDKs use for a lost session, and for other errors too.
const SESSION_ERRORS: [i64; 3] = [INVALID_REQUEST, -32000, -32001];
/// Codes of cancelled requests, from the Language Server Protocol and some SDKs.
const CANCELLED_ERRORS: [i64; 2] = [-32800, -32801];

/// True if an error is part of a working conversation: a negotiation, a cancellation, a lost session.
#[must_use]
pub fn is_no_failure(code: Option<i64>, message: &str) -> bool {
    let code = code.unwrap_or_default();
    code == URL_ELICITATION_REQUIRED
        || VERSION_NEGOTIATION.contains(&code)
        || CANCELLED_ERRORS.contains(&code)
        || SESSION_ERRORS.contains(&code) && is_lost_session(message)
}

/// True if the code of an error says that the caller caused it.
#[must_use]
pub fn is_caller_code(code: Option<i64>, message: &str) -> bool {
    match code.unwrap_or_default() {
        PARSE_ERROR | INVALID_REQUEST | METHOD_NOT_FOUND | INVALID_PARAMS | RESOURCE_NOT_FOUND => true,
        INTERNAL_ERROR => is_malformed_request(message),
        _ => false,
    }
}

/// Message of a report: the subject, and the message of the handler without the wrapper of its SDK.
///
/// The message is part of the fingerprint, so another wording starts new groups.
#[must_use]
pub fn report_message(subject: Option<&str>, message: &str) -> String {
    let message = without_wrapper(message, subject);
    match subject {
        Some(subject) if message.is_empty() => format!("{subject}: no reason given"),
        Some(subject) => format!("{subject}: {message}"),
        None if message.is_empty() => "no reason given".to_owned(),
        None => message.to_owned(),
    }
}

/// Removes the prefix that an SDK adds to a handler's message. It names the call, which a report contains anyway.
#[must_use]
pub fn without_wrapper<'a>(text: &'a str, name: Option<&str>) -> &'a str {
    let mut text = text.trim();
    if let Some((code, rest)) = text.strip_prefix("MCP error ").and_then(|rest| rest.split_once(": "))
        && code.parse::<i64>().is_ok()
    {
        text = rest;
    }
    let Some(name) = name else { return text };
    let wrappers =
        ["Error calling tool ", "Error executing tool ", "Error reading resource ", "Error rendering prompt "];
    let Some(rest) = wrappers.iter().find_map(|wrapper| text.strip_prefix(wrapper)) else { return text };
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let rest = quote.map_or(rest, |quote| rest.trim_start_matches(quote));
    let Some(rest) = rest.strip_prefix(name) else { return text };
    let rest = quote.map_or(rest, |quote| rest.trim_start_matches(quote));
    rest.strip_prefix(": ").map(str::trim).filter(|rest| !rest.is_empty()).unwrap_or(text)
}

/// True if the message says that no tool, resource or prompt has this name.
#[must_use]
pub fn is_unknown_name(text: &str, name: &str) -> bool {
    let text = without_wrapper(text, None).to_lowercase();
    let name = name.to_lowercase();
    let kinds = ["tool", "resource", "prompt", "resource template"];
    if text.starts_with("unknown ") {
        // "Unknown tool: 'nope'", "Unknown prompt: nope"
        return kinds.iter().any(|kind| text["unknown ".len()..].starts_with(kind));
    }
    // "Tool nope not found", "tool not found", "Resource not found: demo://x", "Resource demo://x not found"
    let Some(kind) = kinds.iter().find(|kind| text.starts_with(**kind)) else { return false };
    let rest = text[kind.len()..].trim_start();
    let quoted = rest.trim_start_matches(['\'', '"']);
    rest.starts_with("not found")
        || !name.is_empty()
            && quoted.strip_prefix(name.as_str()).is_some_and(|rest| {
                let rest = rest.trim_start_matches(['\'', '"', ' ', ':']);
                rest.starts_with("not found") || rest.starts_with("does not exist") || rest.starts_with("disabled")
            })
}

/// True if the SDK of the server rejected the arguments before a handler ran. Then the caller caused the failure.
#[must_use]
pub fn is_bad_arguments(text: &str, name: Option<&str>) -> bool {
    let text = without_wrapper(text, name);
    let prefixes = [
        "Input validation error",
        "Invalid arguments for tool",
        "Invalid arguments for prompt",
        "Invalid arguments",
        "failed to deserialize parameters",
        "Invalid request parameters",
        "Invalid tools/call request",
        "Invalid params",
        "Missing required arguments",
        "Missing required argument",
    ];
    if prefixes.iter().any(|prefix| text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))) {
        return true;
    }
    // pydantic: "2 validation errors for call[divide]", "1 validation error for divideArguments"; models of a handler
    // have other names
    let Some((count, rest)) = text.split_once(" validation error") else { return false };
    let model = rest.strip_prefix('s').unwrap_or(rest).strip_prefix(" for ").unwrap_or_default();
    let model = model.lines().next().unwrap_or_default().trim();
    // pydantic names the model after the tool's function, whose name may differ from the tool's
    let is_word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    let is_arguments_model =
        model.strip_suffix("Arguments").is_some_and(|function| !function.is_empty() && is_word(function));
    count.parse::<u32>().is_ok() && (model.starts_with("call[") || is_arguments_model)
}

/// True if the result violates the output schema of its tool.
#[must_use]
pub fn is_invalid_output(text: &str) -> bool {
    let text = without_wrapper(text, None);
    text.starts_with("Output validation error") || text.contains("has an output schema but")
}

/// True if the message is a list of zod issues about the parameters of the request.
fn is_malformed_request(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('[') && text.contains("\"path\"") && text.contains("\"params\"")
}

/// True if the MCP session is lost or unknown, so that the client begins a new one. False for other sessions, such as
/// a browser session of a tool.
fn is_lost_session(text: &str) -> bool {
    let text = without_wrapper(text, None).to_lowercase();
    let without =
        |text: &str, prefixes: &[&str]| prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).map(str::to_owned);
    let text = without(&text, &["bad request: ", "not found: "]).unwrap_or(text);
    let is_session = |text: &str| text.starts_with("session") || text.starts_with("mcp-session-id");
    // "No valid session ID provided", "Invalid or expired session"
    let missing =
        ["no valid ", "no ", "missing ", "unknown ", "invalid or missing ", "invalid or expired ", "invalid "];
    if text.starts_with("server not initialized") || without(&text, &missing).is_some_and(|text| is_session(&text)) {
        return true;
    }
    // "Session not found", "Session has been terminated", "Mcp-Session-Id header is required"
    let endings = ["not found", "not initialized", "expired", "terminated", "closed", "unknown", "invalid", "required"];
    is_session(&text) && endings.iter().any(|ending| text.trim_end_matches('.').ends_with(ending))
}

/// True if a gateway says that its server's process has ended. Then every call fails alike.
#[must_use]
pub fn is_lost_process(message: &str) -> bool {
    let message = without_wrapper(message, None).trim_end_matches('.').to_lowercase();
    let (subject, rest) = match message.strip_prefix("the ").unwrap_or(&message) {
        text if text.starts_with("mcp server ") => text.split_at("mcp server ".len()),
        text if text.starts_with("child process ") => text.split_at("child ".len()),
        text if text.starts_with("stdio server ") => text.split_at("stdio server ".len()),
        _ => return false,
    };
    let rest = rest.strip_prefix("process ").unwrap_or(rest);
    let ends = [
        "failed",
        "exited",
        "crashed",
        "died",
        "has exited",
        "is not running",
        "not running",
        "terminated",
        "has terminated",
        "closed unexpectedly",
        "ended",
    ];
    !subject.is_empty()
        && rest.len() < 80
        && ends.iter().any(|end| {
            rest.strip_prefix(end).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ':', ',', '(']))
                && !rest.starts_with("failed to ")
        })
}

/// True if a text begins like the error that a tool reports as its result: `Error: …`, `Database error: …`, `TypeError: …`,
/// `Failed to …`, `{"error": …}`.
#[must_use]
pub fn is_error_text(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '{' | '<')).trim_end();
    if let Some(json) = text.strip_prefix('{') {
        return is_error_member(json);
    }
    let line = text.lines().next().unwrap_or_default();
    let lower = line.to_lowercase();
    let begins = [
        "traceback (most recent call last)",
        "an error occurred",
        "an unexpected error occurred",
        "error executing ",
        "error calling ",
        "error while ",
        "error during ",
        "failed to ",
        "unhandled exception",
        "uncaught exception",
        "internal server error",
    ];
    if begins.iter().any(|begin| lower.starts_with(begin)) {
        return true;
    }
    // a few words of which the last one is `error`, or the name of a class: `Database error: no such table`
    let Some((head, message)) = line.split_once(':') else { return false };
    let words: Vec<&str> = head.trim_matches(['*', '_', '`']).split_whitespace().take(MAX_ERROR_WORDS + 1).collect();
    let is_class = |word: &str| {
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, ')' | '(' | '[' | ']'));
        let name = word.rsplit('.').next().unwrap_or(word);
        ["error", "exception", "failure", "fatal"].iter().any(|end| name.eq_ignore_ascii_case(end))
            || ["Error", "Exception"].iter().any(|end| name.ends_with(end))
    };
    // a sentence about an error: `The last error: none was found`
    if words
        .first()
        .is_some_and(|word| ["the", "a", "an", "no", "last", "this"].contains(&word.to_lowercase().as_str()))
    {
        return false;
    }
    let starts = words.first().is_some_and(|word| word.eq_ignore_ascii_case("error"));
    words.len() <= MAX_ERROR_WORDS
        && (starts || words.last().is_some_and(|word| is_class(word)))
        && !message.trim().is_empty()
        && !matches!(message.trim().to_lowercase().as_str(), "none" | "null" | "0" | "no" | "false")
}

/// Maximum number of words before the colon of an error.
const MAX_ERROR_WORDS: usize = 5;

/// True if the first member of an object in JSON is an error.
fn is_error_member(json: &str) -> bool {
    let json = json.trim_start();
    let Some(value) = json.strip_prefix("\"error\"").map(str::trim_start).and_then(|rest| rest.strip_prefix(':'))
    else {
        let is_failed = |name: &str, value: &str| {
            let rest = json.strip_prefix(name).map(str::trim_start).and_then(|rest| rest.strip_prefix(':'));
            rest.is_some_and(|rest| rest.trim_start().starts_with(value))
        };
        return is_failed("\"success\"", "false") || is_failed("\"status\"", "\"error\"");
    };
    !["null", "false", "\"\"", "0", "[]", "{}"].iter().any(|none| value.trim_start().starts_with(none))
}

/// True if the reason of a cancellation is a timeout of the client.
#[must_use]
pub fn is_timeout(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["timed out", "timeout", "time-out", "time out"].iter().any(|word| reason.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_are_recognised_for_every_sdk() {
        for text in [
            "MCP error -32602: Tool nope not found",
            "Unknown tool: nope",
            "Unknown tool: 'nope'",
            "tool not found",
            "Tool nope not found",
            "Tool 'nope' not found",
            "Tool nope disabled",
        ] {
            assert!(is_unknown_name(text, "nope"), "{text}");
        }
        assert!(is_unknown_name("MCP error -32602: Resource demo://nope/1 not found", "demo://nope/1"));
        assert!(is_unknown_name("Resource not found: demo://x", "demo://x"));
        assert!(is_unknown_name("Unknown prompt: nope", "nope"));
        for text in ["User nope not found", "tool chain nope not found", "ENOENT: nope not found", "Toolbox not found"]
        {
            assert!(!is_unknown_name(text, "nope"), "{text}");
        }
    }

    #[test]
    fn bad_arguments_are_recognised_for_every_sdk() {
        let name = Some("get-sum");
        for text in [
            "MCP error -32602: Input validation error: Invalid arguments for tool get-sum: expected number",
            "failed to deserialize parameters: invalid type: string \"x\", expected i64",
            "2 validation errors for call[get-sum]\na\n  Missing",
            "Error executing tool get-sum: 1 validation error for sumArguments\na",
            "Invalid tools/call request: []",
        ] {
            assert!(is_bad_arguments(text, name), "{text}");
        }
        for text in [
            "Error executing tool get-sum: 1 validation error for Weather\ntemperature",
            "division by zero",
            "Output validation error: Tool get-sum has an output schema but no structured content was provided",
        ] {
            assert!(!is_bad_arguments(text, name), "{text}");
        }
    }

    #[test]
    fn only_the_wrapper_of_the_sdk_is_removed() {
        assert_eq!(
            without_wrapper("Error calling tool 'divide': division by zero", Some("divide")),
            "division by zero"
        );
        assert_eq!(
            without_wrapper("Error executing tool now: Invalid timezone: x", Some("now")),
            "Invalid timezone: x"
        );
        assert_eq!(without_wrapper("MCP error -32602: Tool nope not found", Some("nope")), "Tool nope not found");
        assert_eq!(without_wrapper("Error reading resource 'demo://x': boom", Some("demo://x")), "boom");
        assert_eq!(
            without_wrapper("Error calling tool 'other': boom", Some("divide")),
            "Error calling tool 'other': boom"
        );
        assert_eq!(without_wrapper("MCP error", None), "MCP error");
    }

    #[test]
    fn the_end_of_a_gateways_server_is_recognised() {
        for text in [
            "MCP server process failed",
            "MCP error -32603: MCP server process exited with code 1",
            "The MCP server is not running.",
            "Child process exited: 137",
            "stdio server terminated",
        ] {
            assert!(is_lost_process(text), "{text}");
        }
        for text in [
            "process failed",
            "MCP server process",
            "MCP server failing over",
            "the MCP server failed-over",
            "no such child",
        ] {
            assert!(!is_lost_process(text), "{text}");
        }
    }

    #[test]
    fn errors_as_text_are_recognised() {
        for text in [
            "Error: Operation failed",
            "❌ Error: no such table",
            "**Error**: boom",
            "TypeError: fetch failed",
            "Database error: no such table: customers",
            "Error fetching the page: HTTP 404",
            "requests.exceptions.ConnectionError: refused",
            "Failed to connect to Maya",
            "Traceback (most recent call last):\n  File",
            r#"{"error": "no such issue", "code": 4}"#,
            r#"{"success":false,"message":"x"}"#,
        ] {
            assert!(is_error_text(text), "{text}");
        }
        for text in [
            "",
            "42",
            "Error handling in Rust",
            "The last error: none was found in the log of this machine today: fine",
            "Errors: 0",
            "error: none",
            "Terror: a novel",
            r#"{"error": null, "rows": []}"#,
            r#"{"rows": [{"error": "x"}]}"#,
            "README: how to fix an error",
        ] {
            assert!(!is_error_text(text), "{text}");
        }
    }
}

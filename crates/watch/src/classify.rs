//! Decides whether a response is a failure, and whether the server or the caller caused it.

use autoheal_contract::Class;
use autoheal_contract::wording::{
    INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR, RESOURCE_NOT_FOUND, is_bad_arguments, is_caller_code,
    is_invalid_output, is_no_failure, is_unknown_name,
};
use serde_json::value::RawValue;

use crate::call::{Call, Kind};
use crate::message::{ErrorObject, Outcome, ToolResult};
use crate::server_state::ServerState;

/// Class of a failure that the server caused, by the kind of call.
#[must_use]
pub fn failure_class(kind: Kind) -> Class {
    match kind {
        Kind::Tool => Class::ToolFailure,
        Kind::Resource => Class::ResourceFailure,
        Kind::Prompt => Class::PromptFailure,
        _ => Class::ProtocolError,
    }
}

/// A failure found in a response.
#[derive(Debug, PartialEq, Eq)]
pub struct Classification {
    /// Kind of failure; [`Class::CallerError`] if the caller caused it.
    pub class: Class,
    /// Code of the JSON-RPC error.
    pub code: Option<i64>,
    /// Message of the server.
    pub message: String,
    /// Schema that the call or its result violates.
    pub(crate) violated_schema: Option<ViolatedSchema>,
}

impl Classification {
    /// Creates a failure that violates no schema.
    #[must_use]
    pub fn new(class: Class, code: Option<i64>, message: String) -> Self {
        Self { class, code, message, violated_schema: None }
    }
}

/// Schema of a tool that was violated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViolatedSchema {
    /// Schema of the arguments.
    Input,
    /// Schema of the structured result.
    Output,
}

/// Failure in a response; `None` if the response is a success.
pub(crate) fn classify(call: &Call, outcome: Outcome<'_>, server: &ServerState) -> Option<Classification> {
    match outcome {
        Outcome::Error(error) => {
            let ErrorObject { code, message } = ErrorObject::read(error);
            classify_error(call.kind, call.name.as_deref(), code, message, server)
        }
        Outcome::Result(result) if call.kind == Kind::Tool => classify_tool_result(call, result, server),
        Outcome::Truncated { is_error: true, prefix } => {
            Some(Classification::new(failure_class(call.kind), None, first_text(prefix)))
        }
        Outcome::Result(_) | Outcome::Truncated { .. } => None,
    }
}

fn classify_tool_result(call: &Call, result: &RawValue, server: &ServerState) -> Option<Classification> {
    // most results are large successes, and a scan for the member name, or for an escape that may hide it, is cheaper
    // than parsing
    let text = result.get().as_bytes();
    memchr::memmem::find(text, b"\"isError\"").or_else(|| memchr::memmem::find(text, b"\\u00"))?;
    let result: ToolResult<'_> = serde_json::from_str(result.get()).ok()?;
    let name = call.name.as_deref();
    result.failed().then(|| classify_text(call.kind, name, None, result.text(), Class::ToolFailure, server))
}

/// Failure of a JSON-RPC error; `None` if the error is part of a working conversation, such as version negotiation.
pub fn classify_error(
    kind: Kind,
    name: Option<&str>,
    code: Option<i64>,
    message: String,
    server: &ServerState,
) -> Option<Classification> {
    if kind == Kind::Discover || is_no_failure(code, &message) {
        return None;
    }
    if kind == Kind::Initialize && code != Some(INTERNAL_ERROR) {
        // unsupported version: the client tries another one
        return None;
    }
    let class = if is_caller_code(code, &message) { Class::CallerError } else { failure_class(kind) };
    if kind.runs_code() && name.is_none() {
        // the request names no tool, resource or prompt
        return Some(Classification::new(Class::CallerError, code, message));
    }
    Some(classify_text(kind, name, code, message, class, server))
}

/// Class of an error response without an id. A code for an invalid request means that the caller caused the error.
pub(crate) fn request_error_class(code: Option<i64>) -> Class {
    match code {
        Some(PARSE_ERROR | INVALID_PARAMS..=INVALID_REQUEST) => Class::CallerError,
        _ => Class::ProtocolError,
    }
}

/// Refines the class of a failure by the wording of its message.
pub fn classify_text(
    kind: Kind,
    name: Option<&str>,
    code: Option<i64>,
    message: String,
    default_class: Class,
    server: &ServerState,
) -> Classification {
    let failure = |class, violated_schema| Classification { class, code, message: message.clone(), violated_schema };
    if is_invalid_output(&message) {
        return failure(failure_class(kind), Some(ViolatedSchema::Output));
    }
    if is_bad_arguments(&message, name) {
        return failure(Class::CallerError, Some(ViolatedSchema::Input));
    }
    let is_unknown = code == Some(RESOURCE_NOT_FOUND) || name.is_some_and(|name| is_unknown_name(&message, name));
    if is_unknown {
        // a name that the server offered before and denies now is a failure of the server
        let existed = name.is_some_and(|name| match kind {
            Kind::Tool => server.has_tool(name),
            Kind::Resource => server.has_resource(name),
            Kind::Prompt => server.has_prompt(name),
            _ => false,
        });
        return failure(if existed { failure_class(kind) } else { Class::CallerError }, None);
    }
    failure(default_class, None)
}

/// First error text in the prefix of a truncated response.
fn first_text(prefix: &[u8]) -> String {
    let text = String::from_utf8_lossy(prefix);
    let value = ["\"message\":", "\"text\":"].iter().find_map(|name| text.split_once(name));
    let Some(quoted) = value.and_then(|(_, rest)| rest.trim_start().strip_prefix('"')) else {
        return "an answer too long to keep".to_owned();
    };
    let mut unescaped = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next().filter(|c| *c != '"') {
        match (c, c == '\\') {
            (_, true) => match characters.next() {
                Some('n' | 'r') => unescaped.push('\n'),
                Some('t') => unescaped.push('\t'),
                Some(escaped) => unescaped.push(escaped),
                None => break,
            },
            (c, false) => unescaped.push(c),
        }
    }
    unescaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::RequestParams;
    use crate::moment::Moment;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn call(method: &str, params: &str) -> Call {
        Call::read(method, RequestParams::Whole(&raw(params)), 1000, Moment::FIRST)
    }

    fn class(call: &Call, response: &str, server: &ServerState) -> Option<Class> {
        let response = raw(response);
        let outcome =
            if response.get().contains("\"code\"") { Outcome::Error(&response) } else { Outcome::Result(&response) };
        classify(call, outcome, server).map(|classification| classification.class)
    }

    #[test]
    fn tool_failures_are_recognised_for_every_sdk() {
        let server = ServerState::default();
        let divide = call("tools/call", r#"{"name":"divide","arguments":{"a":1,"b":0}}"#);
        let result =
            |text: &str| serde_json::json!({"content": [{"type": "text", "text": text}], "isError": true}).to_string();
        for (text, expected) in [
            ("Error calling tool 'divide': division by zero", Class::ToolFailure),
            ("division by zero", Class::ToolFailure),
            ("ENOENT: no such file or directory, open '/x'", Class::ToolFailure),
            ("Output validation error: Tool divide has an output schema but ...", Class::ToolFailure),
            ("2 validation errors for call[divide]\na", Class::CallerError),
            ("Unknown tool: 'divide'", Class::CallerError),
            ("MCP error -32602: Tool divide not found", Class::CallerError),
        ] {
            assert_eq!(class(&divide, &result(text), &server), Some(expected), "{text}");
        }
        assert_eq!(class(&divide, r#"{"content":[{"type":"text","text":"Error: no"}]}"#, &server), None);
        assert_eq!(class(&divide, r#"{"content":[],"isError":false}"#, &server), None);
        assert_eq!(class(&divide, r#"{"resultType":"input_required","inputRequests":{}}"#, &server), None);
        assert_eq!(class(&divide, r#"{"code":-32603,"message":"backend down"}"#, &server), Some(Class::ToolFailure));
        assert_eq!(class(&divide, r#"{"code":-32602,"message":"tool not found"}"#, &server), Some(Class::CallerError));
        assert_eq!(class(&divide, r#"{"code":-32042,"message":"visit"}"#, &server), None);
        let nameless = call("tools/call", r#"{"name":7}"#);
        let zod = r#"{"code":-32603,"message":"[{\"path\":[\"params\",\"name\"]}]"}"#;
        assert_eq!(class(&nameless, zod, &server), Some(Class::CallerError));
        assert_eq!(class(&nameless, r#"{"code":-32601,"message":"tools/call"}"#, &server), Some(Class::CallerError));
    }

    #[test]
    fn a_name_that_was_listed_is_a_failure_of_the_server() {
        let mut server = ServerState::default();
        let listed = raw(r#"{"tools":[{"name":"divide","inputSchema":{"type":"object"}}]}"#);
        server.record_result("tools/list", &listed);
        server.record_result("resources/list", &raw(r#"{"resources":[{"uri":"demo://a"}]}"#));
        let divide = call("tools/call", r#"{"name":"divide"}"#);
        let unknown = r#"{"code":-32602,"message":"Unknown tool: divide"}"#;
        assert_eq!(class(&divide, unknown, &server), Some(Class::ToolFailure));
        let read = |uri: &str| call("resources/read", &format!(r#"{{"uri":"{uri}"}}"#));
        let missing = r#"{"code":-32602,"message":"Resource not found: demo"}"#;
        assert_eq!(class(&read("demo://a"), missing, &server), Some(Class::ResourceFailure));
        assert_eq!(class(&read("demo://b"), missing, &server), Some(Class::CallerError));
        let boom = r#"{"code":-32603,"message":"Error reading resource 'demo://b': boom"}"#;
        assert_eq!(class(&read("demo://b"), boom, &server), Some(Class::ResourceFailure));
    }

    #[test]
    fn probes_and_lost_sessions_are_not_failures() {
        let server = ServerState::default();
        let (probe, initialize) = (call("server/discover", "{}"), call("initialize", "{}"));
        for code in [-32000, -32600, -32601, -32602, -32022] {
            let error = format!(r#"{{"code":{code},"message":"unsupported"}}"#);
            assert_eq!(class(&probe, &error, &server), None);
            assert_eq!(class(&initialize, &error, &server), None);
        }
        let list = call("tools/list", "{}");
        let lost = r#"{"code":-32000,"message":"Bad Request: No valid session ID provided"}"#;
        assert_eq!(class(&list, lost, &server), None);
        let broken = r#"{"code":-32603,"message":"boom"}"#;
        assert_eq!(class(&list, broken, &server), Some(Class::ProtocolError));
        assert_eq!(class(&initialize, broken, &server), Some(Class::ProtocolError));
    }

    #[test]
    fn a_truncated_response_keeps_its_first_text() {
        assert_eq!(
            first_text(br#"{"result":{"content":[{"type":"text","text":"too \"big\"\nxxxx"#),
            "too \"big\"\nxxxx"
        );
    }
}

//! Judging an answer: is it a failure, and whose?

use autoheal_contract::Class;
use serde_json::value::RawValue;

use super::call::{Call, Kind};
use super::message::{ErrorObject, Outcome, ToolResult};
use super::server_state::ServerState;
use super::wording::{
    self, is_bad_arguments, is_invalid_output, is_lost_session, is_malformed_request, is_unknown_name,
};

/// Stands for the error's type where the server named none.
#[must_use]
pub fn error_type(class: Class) -> &'static str {
    match class {
        Class::ToolFailure => "ToolError",
        Class::ResourceFailure => "ResourceError",
        Class::PromptFailure => "PromptError",
        Class::NoAnswer => "NoAnswer",
        Class::ServerExit => "ServerExit",
        Class::CallerError => "CallerError",
        _ => "ProtocolError",
    }
}

/// The class of a failure that the server caused, by the kind of call.
#[must_use]
pub fn failure_class(kind: Kind) -> Class {
    match kind {
        Kind::Tool => Class::ToolFailure,
        Kind::Resource => Class::ResourceFailure,
        Kind::Prompt => Class::PromptFailure,
        _ => Class::ProtocolError,
    }
}

/// A failure as an answer tells it.
#[derive(Debug, PartialEq, Eq)]
pub struct Classification {
    /// Whose failure it is.
    pub class: Class,
    /// The JSON-RPC error's code.
    pub code: Option<i64>,
    /// In the server's words.
    pub message: String,
    /// Which schema the call or its result did not fit.
    pub(crate) violated_schema: Option<ViolatedSchema>,
}

impl Classification {
    /// A failure that violates none of a tool's schemas.
    #[must_use]
    pub fn new(class: Class, code: Option<i64>, message: String) -> Self {
        Self { class, code, message, violated_schema: None }
    }
}

/// Which of a tool's schemas was violated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViolatedSchema {
    /// The arguments of the call.
    Input,
    /// The structured result.
    Output,
}

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const INTERNAL_ERROR: i64 = -32603;
/// Up to 2025-11-25.
const RESOURCE_NOT_FOUND: i64 = -32002;
/// The server asks the user to visit a page first (2025-11-25 only).
const URL_ELICITATION_REQUIRED: i64 = -32042;
/// Header mismatch, missing capability, unsupported version: how the eras find each other.
const VERSION_NEGOTIATION: std::ops::RangeInclusive<i64> = -32022..=-32020;
/// With which SDKs tell of a session that is gone.
const SESSION_ERRORS: [i64; 3] = [INVALID_REQUEST, -32000, -32001];
/// Language servers' and some SDKs' word for a request that was cancelled.
const CANCELLED_ERRORS: [i64; 2] = [-32800, -32801];

/// The failure that an answer tells of, if it does.
pub(super) fn classify(call: &Call, outcome: Outcome<'_>, known: &ServerState) -> Option<Classification> {
    match outcome {
        Outcome::Error(error) => {
            let ErrorObject { code, message } = ErrorObject::read(error);
            classify_error(call.kind, call.name.as_deref(), code, message, known)
        }
        Outcome::Result(result) if call.kind == Kind::Tool => classify_tool_result(call, result, known),
        Outcome::Truncated { failed: true, beginning } => {
            let message = first_text(beginning);
            Some(Classification { class: failure_class(call.kind), code: None, message, violated_schema: None })
        }
        Outcome::Result(_) | Outcome::Truncated { .. } => None,
    }
}

fn classify_tool_result(call: &Call, result: &RawValue, known: &ServerState) -> Option<Classification> {
    // most results are large and fine; looking for the name, which may be written with escapes, costs less than reading
    let text = result.get().as_bytes();
    memchr::memmem::find(text, b"\"isError\"").or_else(|| memchr::memmem::find(text, b"\\u00"))?;
    let result: ToolResult<'_> = serde_json::from_str(result.get()).ok()?;
    let name = call.name.as_deref();
    result.failed().then(|| classify_text(call.kind, name, None, result.text(), Class::ToolFailure, known))
}

/// The failure that an error tells of, if it does.
pub fn classify_error(
    kind: Kind,
    name: Option<&str>,
    code: Option<i64>,
    message: String,
    known: &ServerState,
) -> Option<Classification> {
    let number = code.unwrap_or_default();
    if number == URL_ELICITATION_REQUIRED || VERSION_NEGOTIATION.contains(&number) || CANCELLED_ERRORS.contains(&number)
    {
        return None;
    }
    if kind == Kind::Discover || SESSION_ERRORS.contains(&number) && is_lost_session(&message) {
        return None;
    }
    if kind == Kind::Initialize && number != INTERNAL_ERROR {
        // "I do not speak this version": the client tries another
        return None;
    }
    let fault = match number {
        PARSE_ERROR | INVALID_REQUEST | METHOD_NOT_FOUND | INVALID_PARAMS | RESOURCE_NOT_FOUND => Class::CallerError,
        INTERNAL_ERROR if is_malformed_request(&message) => Class::CallerError,
        _ => failure_class(kind),
    };
    if kind.runs_code() && name.is_none() {
        // nobody could have known what is meant
        return Some(Classification { class: Class::CallerError, code, message, violated_schema: None });
    }
    Some(classify_text(kind, name, code, message, fault, known))
}

/// Whose failure it is that a request was not understood: the server's only where it says so.
pub(super) fn request_error_class(code: Option<i64>) -> Class {
    match code {
        Some(-32700 | -32602..=-32600) => Class::CallerError,
        _ => Class::ProtocolError,
    }
}

/// Class from wording after class from code.
pub fn classify_text(
    kind: Kind,
    name: Option<&str>,
    code: Option<i64>,
    message: String,
    otherwise: Class,
    known: &ServerState,
) -> Classification {
    let classification =
        |class, violated_schema| Classification { class, code, message: message.clone(), violated_schema };
    if is_invalid_output(&message) {
        return classification(failure_class(kind), Some(ViolatedSchema::Output));
    }
    if is_bad_arguments(&message, name) {
        return classification(Class::CallerError, Some(ViolatedSchema::Input));
    }
    let unknown = code == Some(RESOURCE_NOT_FOUND) || name.is_some_and(|name| is_unknown_name(&message, name));
    if unknown {
        // what the server itself offered, and denies now, is no mistake of the caller's
        let existed = name.is_some_and(|name| match kind {
            Kind::Tool => known.has_tool(name),
            Kind::Resource => known.has_resource(name),
            Kind::Prompt => known.has_prompt(name),
            _ => false,
        });
        return classification(if existed { failure_class(kind) } else { Class::CallerError }, None);
    }
    classification(otherwise, None)
}

/// The first text that stands in the beginning of an answer too long to keep.
fn first_text(beginning: &[u8]) -> String {
    let text = String::from_utf8_lossy(beginning);
    let after = ["\"message\":", "\"text\":"].iter().find_map(|name| text.split_once(name));
    let Some(quoted) = after.and_then(|(_, rest)| rest.trim_start().strip_prefix('"')) else {
        return "an answer too long to keep".to_owned();
    };
    let mut found = String::new();
    let mut characters = quoted.chars();
    while let Some(c) = characters.next().filter(|c| *c != '"') {
        match (c, c == '\\') {
            (_, true) => match characters.next() {
                Some('n' | 'r') => found.push('\n'),
                Some('t') => found.push('\t'),
                Some(escaped) => found.push(escaped),
                None => break,
            },
            (c, false) => found.push(c),
        }
    }
    found
}

/// The message that reports carry: what it is about, and the handler's own words.
pub(super) fn report_message(subject: Option<&str>, message: &str) -> String {
    let bare = wording::without_wrapper(message, subject);
    match subject {
        Some(subject) if bare.is_empty() => format!("{subject}: no reason given"),
        Some(subject) => format!("{subject}: {bare}"),
        None if bare.is_empty() => "no reason given".to_owned(),
        None => bare.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::RequestParams;
    use autoheal_prepare::Timestamp;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn call(method: &str, params: &str) -> Call {
        Call::read(method, RequestParams::Whole(&raw(params)), 1000, Timestamp(0))
    }

    fn class(call: &Call, answer: &str, known: &ServerState) -> Option<Class> {
        let answer = raw(answer);
        let outcome =
            if answer.get().contains("\"code\"") { Outcome::Error(&answer) } else { Outcome::Result(&answer) };
        classify(call, outcome, known).map(|classification| classification.class)
    }

    #[test]
    fn tools_in_every_sdks_words() {
        let known = ServerState::default();
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
            assert_eq!(class(&divide, &result(text), &known), Some(expected), "{text}");
        }
        assert_eq!(class(&divide, r#"{"content":[{"type":"text","text":"Error: no"}]}"#, &known), None);
        assert_eq!(class(&divide, r#"{"content":[],"isError":false}"#, &known), None);
        assert_eq!(class(&divide, r#"{"resultType":"input_required","inputRequests":{}}"#, &known), None);
        assert_eq!(class(&divide, r#"{"code":-32603,"message":"backend down"}"#, &known), Some(Class::ToolFailure));
        assert_eq!(class(&divide, r#"{"code":-32602,"message":"tool not found"}"#, &known), Some(Class::CallerError));
        assert_eq!(class(&divide, r#"{"code":-32042,"message":"visit"}"#, &known), None);
        let nameless = call("tools/call", r#"{"name":7}"#);
        let zod = r#"{"code":-32603,"message":"[{\"path\":[\"params\",\"name\"]}]"}"#;
        assert_eq!(class(&nameless, zod, &known), Some(Class::CallerError));
        assert_eq!(class(&nameless, r#"{"code":-32601,"message":"tools/call"}"#, &known), Some(Class::CallerError));
    }

    #[test]
    fn what_existed_is_no_mistake_of_the_callers() {
        let mut known = ServerState::default();
        let listed = raw(r#"{"tools":[{"name":"divide","inputSchema":{"type":"object"}}]}"#);
        known.record_result("tools/list", &listed);
        known.record_result("resources/list", &raw(r#"{"resources":[{"uri":"demo://a"}]}"#));
        let divide = call("tools/call", r#"{"name":"divide"}"#);
        let unknown = r#"{"code":-32602,"message":"Unknown tool: divide"}"#;
        assert_eq!(class(&divide, unknown, &known), Some(Class::ToolFailure));
        let read = |uri: &str| call("resources/read", &format!(r#"{{"uri":"{uri}"}}"#));
        let missing = r#"{"code":-32602,"message":"Resource not found: demo"}"#;
        assert_eq!(class(&read("demo://a"), missing, &known), Some(Class::ResourceFailure));
        assert_eq!(class(&read("demo://b"), missing, &known), Some(Class::CallerError));
        let boom = r#"{"code":-32603,"message":"Error reading resource 'demo://b': boom"}"#;
        assert_eq!(class(&read("demo://b"), boom, &known), Some(Class::ResourceFailure));
    }

    #[test]
    fn probes_and_lost_sessions_are_no_failures() {
        let known = ServerState::default();
        let (probe, greeting) = (call("server/discover", "{}"), call("initialize", "{}"));
        for code in [-32000, -32600, -32601, -32602, -32022] {
            let error = format!(r#"{{"code":{code},"message":"unsupported"}}"#);
            assert_eq!(class(&probe, &error, &known), None);
            assert_eq!(class(&greeting, &error, &known), None);
        }
        let list = call("tools/list", "{}");
        let lost = r#"{"code":-32000,"message":"Bad Request: No valid session ID provided"}"#;
        assert_eq!(class(&list, lost, &known), None);
        let broken = r#"{"code":-32603,"message":"boom"}"#;
        assert_eq!(class(&list, broken, &known), Some(Class::ProtocolError));
        assert_eq!(class(&greeting, broken, &known), Some(Class::ProtocolError));
    }

    #[test]
    fn a_long_answer_tells_what_it_begins_with() {
        assert_eq!(
            first_text(br#"{"result":{"content":[{"type":"text","text":"too \"big\"\nxxxx"#),
            "too \"big\"\nxxxx"
        );
    }
}

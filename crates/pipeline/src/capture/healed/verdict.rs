//! Judging what a handler returned: is it a failure, and whose?

use autoheal_contract::Source;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ClientRequest, ContentBlock, ErrorCode, ServerResult};

/// The server asks the user to visit a page first (2025-11-25 only).
const URL_ELICITATION_REQUIRED: i32 = -32042;
/// Header mismatch, missing capability, unsupported version: how the eras of the protocol find each other.
const ERA: std::ops::RangeInclusive<i32> = -32022..=-32020;
/// How rmcp begins when arguments do not fit a tool, which it finds before the tool's own code runs.
const BAD_ARGUMENTS: &str = "failed to deserialize parameters";

/// What a request asks for, as far as it matters for judging its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// How a client gets to know the server; it tries until it finds the version that both speak.
    Greeting,
    Tool,
    Resource,
    Prompt,
    Other,
}

impl Kind {
    pub(super) fn of(request: &ClientRequest) -> Self {
        match request {
            ClientRequest::InitializeRequest(_) | ClientRequest::DiscoverRequest(_) => Self::Greeting,
            ClientRequest::CallToolRequest(_) => Self::Tool,
            ClientRequest::ReadResourceRequest(_) => Self::Resource,
            ClientRequest::GetPromptRequest(_) => Self::Prompt,
            _ => Self::Other,
        }
    }

    pub(super) fn source(self) -> Source {
        match self {
            Self::Tool => Source::McpTool,
            Self::Resource => Source::McpResource,
            Self::Prompt => Source::McpPrompt,
            Self::Greeting | Self::Other => Source::McpProtocol,
        }
    }

    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Tool => "the tool",
            Self::Resource => "the resource",
            Self::Prompt => "the prompt",
            Self::Greeting | Self::Other => "the server",
        }
    }

    /// Class and type of a failure that is the server's own.
    fn failure(self) -> (&'static str, &'static str) {
        match self {
            Self::Tool => ("tool_failure", "ToolError"),
            Self::Resource => ("resource_failure", "ResourceError"),
            Self::Prompt => ("prompt_failure", "PromptError"),
            Self::Greeting | Self::Other => ("protocol_error", "ProtocolError"),
        }
    }
}

/// A failure, as the answer tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) class: &'static str,
    pub(super) error_type: &'static str,
    pub(super) code: Option<i64>,
    pub(super) message: String,
}

impl Verdict {
    pub(super) fn panicked(kind: Kind, message: String) -> Self {
        let (class, _) = kind.failure();
        Self { class, error_type: "panic", code: Some(ErrorCode::INTERNAL_ERROR.0.into()), message }
    }

    fn new((class, error_type): (&'static str, &'static str), code: Option<i64>, message: String) -> Self {
        Self { class, error_type, code, message }
    }
}

/// The failure that an answer tells of, if it does.
pub(super) fn judge(kind: Kind, answer: &Result<ServerResult, ErrorData>) -> Option<Verdict> {
    match answer {
        Ok(ServerResult::CallToolResult(result)) if result.is_error == Some(true) => {
            let message = text(result);
            let is_callers = message.starts_with(BAD_ARGUMENTS);
            Some(Verdict::new(if is_callers { CALLER } else { kind.failure() }, None, message))
        }
        Ok(_) => None,
        Err(error) => {
            let code = error.code.0;
            let is_talk = code == URL_ELICITATION_REQUIRED || ERA.contains(&code);
            let is_probe = kind == Kind::Greeting && error.code != ErrorCode::INTERNAL_ERROR;
            let of = if is_callers(error.code) { CALLER } else { kind.failure() };
            (!is_talk && !is_probe).then(|| Verdict::new(of, Some(code.into()), error.message.to_string()))
        }
    }
}

/// Class and type of a caller's mistake: nothing to heal in the server.
const CALLER: (&str, &str) = ("caller_error", "CallerError");

fn is_callers(code: ErrorCode) -> bool {
    [
        ErrorCode::PARSE_ERROR,
        ErrorCode::INVALID_REQUEST,
        ErrorCode::METHOD_NOT_FOUND,
        ErrorCode::INVALID_PARAMS,
        ErrorCode::RESOURCE_NOT_FOUND,
    ]
    .contains(&code)
}

/// What the result says to people.
fn text(result: &CallToolResult) -> String {
    let text = |block: &ContentBlock| match block {
        ContentBlock::Text(text) => Some(text.text.clone()),
        _ => None,
    };
    let texts: Vec<String> = result.content.iter().filter_map(text).collect();
    texts.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(kind: Kind, code: ErrorCode, message: &'static str) -> Option<&'static str> {
        judge(kind, &Err(ErrorData::new(code, message, None))).map(|verdict| verdict.class)
    }

    #[test]
    fn a_handlers_error_is_its_own_and_a_bad_request_the_callers() {
        let internal = ErrorCode::INTERNAL_ERROR;
        assert_eq!(class(Kind::Tool, internal, "backend down"), Some("tool_failure"));
        assert_eq!(class(Kind::Resource, internal, "backend down"), Some("resource_failure"));
        assert_eq!(class(Kind::Prompt, internal, "backend down"), Some("prompt_failure"));
        assert_eq!(class(Kind::Other, internal, "backend down"), Some("protocol_error"));
        assert_eq!(class(Kind::Tool, ErrorCode(17), "of the tool's own"), Some("tool_failure"));
        assert_eq!(class(Kind::Tool, ErrorCode::INVALID_PARAMS, "tool not found"), Some("caller_error"));
        assert_eq!(class(Kind::Other, ErrorCode::METHOD_NOT_FOUND, "no/such"), Some("caller_error"));
        assert_eq!(class(Kind::Resource, ErrorCode::RESOURCE_NOT_FOUND, "no such"), Some("caller_error"));
    }

    #[test]
    fn getting_to_know_each_other_is_no_failure() {
        assert_eq!(class(Kind::Greeting, ErrorCode::INVALID_PARAMS, "unsupported version"), None);
        assert_eq!(class(Kind::Tool, ErrorCode(-32022), "unsupported version"), None);
        assert_eq!(class(Kind::Tool, ErrorCode(-32042), "visit this page"), None);
        assert_eq!(class(Kind::Greeting, ErrorCode::INTERNAL_ERROR, "boom"), Some("protocol_error"));
    }

    #[test]
    fn a_result_that_is_an_error_is_one() {
        let judged = |result| judge(Kind::Tool, &Ok(ServerResult::CallToolResult(result)));
        let failed = judged(CallToolResult::error(vec![ContentBlock::text("division by zero")])).unwrap();
        assert_eq!((failed.class, failed.code, failed.message.as_str()), ("tool_failure", None, "division by zero"));
        let bad = "failed to deserialize parameters: invalid type: string \"x\", expected i64";
        assert_eq!(judged(CallToolResult::error(vec![ContentBlock::text(bad)])).unwrap().class, "caller_error");
        assert_eq!(judged(CallToolResult::success(vec![ContentBlock::text("Error: just words")])), None);
    }
}

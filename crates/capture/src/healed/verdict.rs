//! Classifies the result of a handler, by the same rules as a response on the wire.

use rmcp::ErrorData;
use rmcp::model::{
    CallToolResponse, CallToolResult, CompleteResult, ContentBlock, CustomResult, ErrorCode, GetPromptResponse,
    InitializeResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    ReadResourceResponse, ServerResult,
};

use autoheal_contract::Class;
use autoheal_watch::Kind;
use autoheal_watch::ServerState;
use autoheal_watch::{Classification, classify_error, classify_text, failure_class};

/// Name of the failed part, for error messages.
pub(super) fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Tool => "the tool",
        Kind::Resource => "the resource",
        Kind::Prompt => "the prompt",
        _ => "the server",
    }
}

/// The failure of a handler that panicked.
pub(super) fn panicked(kind: Kind, message: String) -> Classification {
    Classification::new(failure_class(kind), Some(ErrorCode::INTERNAL_ERROR.0.into()), message)
}

/// The failure in a handler's result, if there is one. `name` is the name of the tool or prompt, or the resource's URI.
/// `result` is `Ok(None)` for a success of another method than `tools/call`, because only a tool's result can be a
/// failure.
pub(super) fn classify(
    kind: Kind,
    name: Option<&str>,
    result: Result<Option<&CallToolResult>, &ErrorData>,
) -> Option<Classification> {
    // without an inventory, because the server itself knows what it lists
    let state = ServerState::default();
    match result {
        Ok(Some(result)) if result.is_error == Some(true) => {
            Some(classify_text(kind, name, None, text(result), Class::ToolFailure, &state))
        }
        Ok(_) => None,
        Err(error) => classify_error(kind, name, Some(error.code.0.into()), error.message.to_string(), &state),
    }
}

/// A response that may be a tool's result.
pub(super) trait MaybeToolResult {
    /// The tool's result; none for other methods.
    fn tool_result(&self) -> Option<&CallToolResult> {
        None
    }
}

impl MaybeToolResult for ServerResult {
    fn tool_result(&self) -> Option<&CallToolResult> {
        match self {
            Self::CallToolResult(result) => Some(result),
            _ => None,
        }
    }
}

impl MaybeToolResult for CallToolResponse {
    fn tool_result(&self) -> Option<&CallToolResult> {
        match self {
            Self::Complete(result) => Some(result),
            _ => None,
        }
    }
}

impl MaybeToolResult for () {}
impl MaybeToolResult for CompleteResult {}
impl MaybeToolResult for CustomResult {}
impl MaybeToolResult for GetPromptResponse {}
impl MaybeToolResult for InitializeResult {}
impl MaybeToolResult for ListPromptsResult {}
impl MaybeToolResult for ListResourceTemplatesResult {}
impl MaybeToolResult for ListResourcesResult {}
impl MaybeToolResult for ListToolsResult {}
impl MaybeToolResult for ReadResourceResponse {}

/// The result's text.
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
        classify(kind, Some("price"), Err(&ErrorData::new(code, message, None)))
            .map(|classification| classification.class.name())
    }

    #[test]
    fn a_handlers_error_is_its_failure_and_a_bad_request_is_the_callers() {
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
    fn negotiation_is_no_failure() {
        assert_eq!(class(Kind::Initialize, ErrorCode::INVALID_PARAMS, "unsupported version"), None);
        assert_eq!(class(Kind::Discover, ErrorCode::METHOD_NOT_FOUND, "server/discover"), None);
        assert_eq!(class(Kind::Tool, ErrorCode(-32022), "unsupported version"), None);
        assert_eq!(class(Kind::Tool, ErrorCode(-32042), "visit this page"), None);
        assert_eq!(class(Kind::Initialize, ErrorCode::INTERNAL_ERROR, "boom"), Some("protocol_error"));
    }

    #[test]
    fn an_error_result_is_a_failure() {
        let classification = |result: CallToolResult| classify(Kind::Tool, Some("divide"), Ok(Some(&result)));
        let failed = classification(CallToolResult::error(vec![ContentBlock::text("division by zero")])).unwrap();
        assert_eq!((failed.class.name(), failed.code), ("tool_failure", None));
        assert_eq!(failed.message, "division by zero");
        let bad = "failed to deserialize parameters: invalid type: string \"x\", expected i64";
        assert_eq!(
            classification(CallToolResult::error(vec![ContentBlock::text(bad)])).unwrap().class.name(),
            "caller_error"
        );
        assert_eq!(classification(CallToolResult::success(vec![ContentBlock::text("Error: just words")])), None);
    }
}

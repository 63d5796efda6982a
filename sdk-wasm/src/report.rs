//! The report about one failure: everything a fixer needs, nothing secret, bounded.

use autoheal_contract::limits::{CONTEXT_DEPTH, ERROR_MESSAGE_CHARS, STACK_TRACE_CHARS, TEXT_CHARS};
use autoheal_contract::{Cause, ErrorReport, Json, Rpc, Source};

use crate::failure::Failure;
use crate::scrubbed::{scrubbed_json, scrubbed_text};

/// Largest parameters, in bytes of JSON. They stand in the report twice, and a body that is to outlive its page must
/// stay below the browser's 64 KiB.
const PARAMS_BYTES: usize = 8 * 1024;
/// Largest `data` of a server's error, in bytes of JSON.
const DATA_BYTES: usize = 4 * 1024;
/// Longest piece of an answer that was not JSON-RPC, in characters.
const ANSWER_CHARS: usize = 500;

/// A failed call as it was when it failed. Nothing in here is scrubbed yet.
#[derive(Debug)]
pub(crate) struct FailedCall {
    pub(crate) failure: Failure,
    pub(crate) message: String,
    pub(crate) frames: String,
    pub(crate) endpoint: String,
    pub(crate) method: String,
    pub(crate) tool: Option<String>,
    pub(crate) params: Option<Json>,
    /// `data` of the server's error.
    pub(crate) data: Option<Json>,
    /// The answer's text, when it could not be used.
    pub(crate) answer: Option<String>,
    /// Name and message of the engine's own error behind this one.
    pub(crate) cause: Option<(String, String)>,
    pub(crate) duration_ms: f64,
}

/// Where and when, as the page tells it.
#[derive(Debug)]
pub(crate) struct Circumstances {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) user_agent: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) client: String,
}

/// Builds the report; everything in it has been scrubbed and cut to its limit.
pub(crate) fn build(call: FailedCall, page: Circumstances) -> ErrorReport {
    let error_type = call.failure.error_type();
    let error_message = scrubbed_text(&call.message, ERROR_MESSAGE_CHARS);
    let params = call.params.map(|params| scrubbed_json(params, PARAMS_BYTES));
    let tool = call.tool.map(|tool| scrubbed_text(&tool, TEXT_CHARS));
    let method = scrubbed_text(&call.method, TEXT_CHARS);

    let stack = if call.frames.is_empty() {
        format!("{error_type}: {error_message}")
    } else {
        format!("{error_type}: {error_message}\n{}", call.frames)
    };
    let text = |value: Option<String>| value.map(|value| Json::Text(scrubbed_text(&value, TEXT_CHARS)));
    let context = [
        ("timestamp", Some(Json::Text(page.timestamp))),
        ("userAgent", text(page.user_agent)),
        ("url", text(page.url)),
        ("method", Some(Json::Text(method.clone()))),
        // The original SDK has the parameters here; one level is spent on the context itself.
        ("params", params.clone().map(|params| without_deepest(params, CONTEXT_DEPTH - 1))),
        ("endpoint", text(Some(call.endpoint))),
        ("data", call.data.map(|data| without_deepest(scrubbed_json(data, DATA_BYTES), CONTEXT_DEPTH - 1))),
        ("answer", call.answer.map(|answer| Json::Text(scrubbed_text(&answer, ANSWER_CHARS)))),
    ];

    ErrorReport {
        error_type: error_type.to_owned(),
        stack_trace: Some(scrubbed_text(&stack, STACK_TRACE_CHARS)),
        error_message,
        context: Some(Json::Object(
            context.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect(),
        )),
        schema: Some(1),
        id: Some(page.id),
        source: Some(Source::JavascriptSdk),
        class: Some(call.failure.class().to_owned()),
        causes: call
            .cause
            .into_iter()
            .map(|(name, message)| Cause {
                error_type: scrubbed_text(&name, TEXT_CHARS),
                error_message: scrubbed_text(&message, TEXT_CHARS),
                stack_trace: None,
            })
            .collect(),
        rpc: Some(Rpc {
            method: Some(method),
            tool,
            code: call.failure.number(),
            params,
            transport: Some("http".to_owned()),
            protocol_version: None,
            duration_ms: Some(call.duration_ms),
        }),
        client: Some(page.client),
        ..ErrorReport::default()
    }
}

/// Says that the report stands for several failures, and between which moments they happened.
pub(crate) fn tell_repeats(report: &mut ErrorReport, count: u64, first: String, last: String) {
    report.count = Some(count);
    report.first_seen = Some(first);
    report.last_seen = Some(last);
}

/// The value with everything that is nested deeper than `depth` marked as cut, as the receiver would do.
fn without_deepest(value: Json, depth: usize) -> Json {
    match value {
        Json::Array(_) | Json::Object(_) if depth == 0 => Json::Text(autoheal_contract::limits::CUT_MARK.to_owned()),
        Json::Array(items) => Json::Array(items.into_iter().map(|item| without_deepest(item, depth - 1)).collect()),
        Json::Object(members) => {
            Json::Object(members.into_iter().map(|(key, member)| (key, without_deepest(member, depth - 1))).collect())
        }
        scalar => scalar,
    }
}

#[cfg(test)]
mod tests;

//! One request, what is remembered of it until it is answered, and the report if it fails.

use std::time::{Duration, SystemTime};

use autoheal_contract::limits::{CONTEXT_DEPTH, CUT_MARK};
use autoheal_contract::{ErrorReport, Json, Rpc, Server};
use rmcp::model::{ClientRequest, Implementation, JsonObject, RequestMetaObject};
use rmcp::service::{Peer, RequestContext, RoleServer};
use serde_json::Value;

use super::stacks;
use super::verdict::{Kind, Verdict};
use crate::capture::facts;
use crate::capture::panic::Panic;

/// Most that is remembered of a call's parameters, in bytes.
const PARAMS: usize = 16 * 1024;

pub(super) struct Call {
    pub(super) kind: Kind,
    method: String,
    /// The tool, resource or prompt.
    name: Option<String>,
    params: Option<Json>,
    meta: RequestMetaObject,
    peer: Peer<RoleServer>,
    took: Duration,
}

impl Call {
    pub(super) fn of(request: &ClientRequest, context: &RequestContext<RoleServer>) -> Self {
        let (name, arguments) = match request {
            ClientRequest::CallToolRequest(request) => {
                (Some(request.params.name.to_string()), request.params.arguments.as_ref())
            }
            ClientRequest::GetPromptRequest(request) => {
                (Some(request.params.name.clone()), request.params.arguments.as_ref())
            }
            ClientRequest::ReadResourceRequest(request) => (Some(request.params.uri.clone()), None),
            _ => (None, None),
        };
        Self {
            kind: Kind::of(request),
            method: request.method().to_owned(),
            params: arguments.map(params),
            name,
            meta: context.meta.clone(),
            peer: context.peer.clone(),
            took: Duration::ZERO,
        }
    }

    pub(super) fn after(self, took: Duration) -> Self {
        Self { took, ..self }
    }

    pub(super) fn report(
        self,
        verdict: Verdict,
        panic: Option<&Panic>,
        transport: &str,
        server: Implementation,
    ) -> ErrorReport {
        let message = match verdict.message.as_str() {
            "" => "no reason given",
            message => message,
        };
        let greeted = self.peer.peer_info();
        let version = self.meta.protocol_version().or_else(|| Some(greeted.as_ref()?.protocol_version.clone()));
        let client = self.meta.client_info().or_else(|| Some(greeted.as_ref()?.client_info.clone()));
        let facts = facts::report(SystemTime::now());
        let mut report = ErrorReport {
            error_type: verdict.error_type.to_owned(),
            error_message: self.name.as_ref().map_or_else(|| message.to_owned(), |name| format!("{name}: {message}")),
            stack_trace: panic.map(stacks::of),
            source: Some(self.kind.source()),
            class: Some(verdict.class.to_owned()),
            release: facts.release.clone().or_else(|| Some(server.version.clone())),
            server: Some(Server { name: server.name, version: Some(server.version) }),
            rpc: Some(Rpc {
                method: Some(self.method),
                tool: self.name,
                code: verdict.code,
                params: self.params,
                transport: Some(transport.to_owned()),
                protocol_version: version.map(|version| version.as_str().to_owned()),
                duration_ms: Some(self.took.as_secs_f64() * 1_000.0),
            }),
            ..facts
        };
        if let Some(client) = client {
            facts::add(&mut report, "client", &client.name);
        }
        if let Some(panic) = panic {
            facts::add(&mut report, "thread", &panic.thread);
        }
        report
    }
}

/// The arguments, as far as they fit: a call that goes well should not pay for a large one.
fn params(arguments: &JsonObject) -> Json {
    let mut room = PARAMS;
    object(arguments, &mut room, 1)
}

fn object(members: &JsonObject, room: &mut usize, depth: usize) -> Json {
    let mut copy = Vec::new();
    for (name, value) in members {
        if *room == 0 {
            break;
        }
        *room = room.saturating_sub(name.len() + 4);
        copy.push((name.clone(), bounded(value, room, depth + 1)));
    }
    Json::Object(copy)
}

fn bounded(value: &Value, room: &mut usize, depth: usize) -> Json {
    let cut = || Json::Text(CUT_MARK.to_owned());
    let size = match value {
        Value::String(text) => text.len() + 2,
        _ => 8,
    };
    if size > *room {
        *room = 0;
        return cut();
    }
    *room -= size;
    match value {
        Value::Null => Json::Null,
        Value::Bool(is) => Json::Bool(*is),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(whole), ..) => Json::Whole(whole),
            (_, Some(negative), _) => Json::Negative(negative),
            (_, _, Some(float)) => Json::Float(float),
            _ => cut(),
        },
        Value::String(text) => Json::Text(text.clone()),
        Value::Array(_) | Value::Object(_) if depth > CONTEXT_DEPTH => cut(),
        Value::Array(items) => {
            let mut copy = Vec::new();
            for item in items {
                if *room == 0 {
                    break;
                }
                copy.push(bounded(item, room, depth + 1));
            }
            Json::Array(copy)
        }
        Value::Object(members) => object(members, room, depth),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arguments: Value, expected: &str) {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        assert_eq!(serde_json::to_string(&params(&arguments)).unwrap(), expected);
    }

    #[test]
    fn small_arguments_are_kept_as_they_are() {
        let arguments = serde_json::json!({"a": [1, -2, 0.5, null, true], "b": {"c": "text"}});
        check(arguments.clone(), &arguments.to_string());
    }

    #[test]
    fn large_and_deep_ones_are_cut() {
        check(serde_json::json!({"a": "x".repeat(PARAMS), "b": 1}), r#"{"a":"<cut>"}"#);
        let deep = serde_json::json!({"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}});
        check(deep, r#"{"a":{"a":{"a":{"a":{"a":{"a":"<cut>"}}}}}}"#);
        let many: Vec<u32> = (0..100_000).collect();
        let Value::Object(arguments) = serde_json::json!({ "a": many }) else { panic!("an object") };
        assert!(serde_json::to_string(&params(&arguments)).unwrap().len() < PARAMS);
    }
}

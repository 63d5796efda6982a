//! `Call`: the facts about a request that its report needs.

use std::time::{Duration, SystemTime};

use autoheal_contract::limits::{CONTEXT_DEPTH, CUT_MARK, ERROR_MESSAGE_CHARS, RPC_ID_CHARS};
use autoheal_contract::{ErrorReport, Json, Rpc, Server, Trace};
use rmcp::model::{ClientRequest, Implementation, JsonObject, RequestMetaObject};
use rmcp::service::{Peer, RequestContext, RoleServer};
use serde_json::Value;

use super::stacks;
use crate::facts;
use crate::panic::Panic;
use autoheal_prepare::excerpt::excerpt;
use autoheal_watch::Classification;
use autoheal_watch::Kind;
use autoheal_watch::Reproduction;
use autoheal_watch::Target;
use autoheal_watch::{client_hash, scrub_params};

/// Maximum size of the copied parameters of a call, in bytes.
const MAX_PARAMS_BYTES: usize = 16 * 1024;

/// A request to an MCP server.
pub(super) struct Call {
    pub(super) kind: Kind,
    method: String,
    /// The tool, resource or prompt.
    pub(super) name: Option<String>,
    params: Option<Json>,
    /// True if no parameter was cut.
    is_whole: bool,
    id: String,
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
        Self::new(request.method(), name, arguments, context)
    }

    pub(super) fn new(
        method: &str,
        name: Option<String>,
        arguments: Option<&JsonObject>,
        context: &RequestContext<RoleServer>,
    ) -> Self {
        let (params, is_whole) = arguments.map(params).unzip();
        Self {
            kind: Kind::of(method),
            method: method.to_owned(),
            params,
            is_whole: is_whole.unwrap_or(true),
            name,
            id: context.id.to_string(),
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
        error_type: &str,
        classification: &Classification,
        panic: Option<&Panic>,
        target: Option<&Target>,
        server: Implementation,
    ) -> ErrorReport {
        let message = match classification.message.as_str() {
            "" => "no reason given",
            message => message,
        };
        let message = self.name.as_ref().map_or_else(|| message.to_owned(), |name| format!("{name}: {message}"));
        let transport = if matches!(target, Some(Target::Stdio { .. })) { "stdio" } else { "http" };
        let handshake = self.peer.peer_info();
        let version = self.meta.protocol_version().or_else(|| Some(handshake.as_ref()?.protocol_version.clone()));
        let client = self.meta.client_info().or_else(|| Some(handshake.as_ref()?.client_info.clone()));
        let reproduction = self.is_whole.then(|| self.client_params()).flatten().and_then(|params| {
            let version = version.as_ref().map(|version| version.as_str());
            let (method, params) = (self.method.as_str(), Some(&params));
            Reproduction { target, method, params, protocol_version: version, handshake: handshake.is_some() }
                .shell_line()
        });
        let facts = facts::report(SystemTime::now());
        let mut report = ErrorReport {
            error_type: error_type.to_owned(),
            error_message: excerpt(&message, ERROR_MESSAGE_CHARS),
            stack_trace: panic.map(stacks::of),
            source: Some(self.kind.source()),
            class: Some(classification.class.name().to_owned()),
            client: client.as_ref().map(|client| client_hash(&client.name, 0)),
            reproduction,
            release: facts.release.clone().or_else(|| Some(server.version.clone())),
            server: Some(Server { name: server.name, version: Some(server.version) }),
            rpc: Some(Rpc {
                method: Some(self.method),
                tool: self.name,
                code: classification.code,
                params: self.params,
                transport: Some(transport.to_owned()),
                protocol_version: version.map(|version| version.as_str().to_owned()),
                duration_ms: Some(self.took.as_secs_f64() * 1_000.0),
                id: Some(self.id).filter(|id| id.chars().nth(RPC_ID_CHARS).is_none()),
                ..Rpc::default()
            }),
            trace: self.meta.get_traceparent().and_then(Trace::parse),
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

impl Call {
    /// The parameters as a client sends them, without secrets; none for a request without a tool, resource or prompt.
    fn client_params(&self) -> Option<Json> {
        let name = Json::Text(self.name.clone()?);
        let member = if self.kind == Kind::Resource { "uri" } else { "name" };
        let mut members = vec![(member.to_owned(), name)];
        members.extend(self.params.clone().map(|arguments| ("arguments".to_owned(), arguments)));
        Some(scrub_params(Json::Object(members)))
    }
}

/// Copies the arguments up to the maximum size, because a successful call should not pay for a large copy. The second
/// value is true if nothing was cut.
fn params(arguments: &JsonObject) -> (Json, bool) {
    let mut limit = CopyLimit { remaining_bytes: MAX_PARAMS_BYTES, is_cut: false };
    (copy_object(arguments, &mut limit, 1), !limit.is_cut)
}

/// The limit of one copy.
struct CopyLimit {
    remaining_bytes: usize,
    /// True once a part was cut.
    is_cut: bool,
}

fn copy_object(members: &JsonObject, limit: &mut CopyLimit, depth: usize) -> Json {
    let mut copy = Vec::new();
    for (name, value) in members {
        if limit.remaining_bytes == 0 {
            limit.is_cut = true;
            break;
        }
        limit.remaining_bytes = limit.remaining_bytes.saturating_sub(name.len() + 4);
        copy.push((name.clone(), copy_value(value, limit, depth + 1)));
    }
    Json::Object(copy)
}

fn copy_value(value: &Value, limit: &mut CopyLimit, depth: usize) -> Json {
    let size = match value {
        Value::String(text) => text.len() + 2,
        _ => 8,
    };
    if size > limit.remaining_bytes {
        limit.remaining_bytes = 0;
        return limit.cut();
    }
    limit.remaining_bytes -= size;
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(whole), ..) => Json::Whole(whole),
            (_, Some(negative), _) => Json::Negative(negative),
            (_, _, Some(float)) => Json::Float(float),
            _ => limit.cut(),
        },
        Value::String(text) => Json::Text(text.clone()),
        Value::Array(_) | Value::Object(_) if depth > CONTEXT_DEPTH => limit.cut(),
        Value::Array(items) => {
            let mut copy = Vec::new();
            for item in items {
                if limit.remaining_bytes == 0 {
                    limit.is_cut = true;
                    break;
                }
                copy.push(copy_value(item, limit, depth + 1));
            }
            Json::Array(copy)
        }
        Value::Object(members) => copy_object(members, limit, depth),
    }
}

impl CopyLimit {
    /// Records a cut; returns the value that replaces the cut one.
    fn cut(&mut self) -> Json {
        self.is_cut = true;
        Json::Text(CUT_MARK.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arguments: Value, expected: &str) {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        assert_eq!(serde_json::to_string(&params(&arguments).0).unwrap(), expected);
    }

    #[test]
    fn small_arguments_are_kept_as_they_are() {
        let arguments = serde_json::json!({"a": [1, -2, 0.5, null, true], "b": {"c": "text"}});
        check(arguments.clone(), &arguments.to_string());
    }

    #[test]
    fn large_and_deep_arguments_are_cut() {
        check(serde_json::json!({"a": "x".repeat(MAX_PARAMS_BYTES), "b": 1}), r#"{"a":"<cut>"}"#);
        let deep = serde_json::json!({"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}});
        check(deep, r#"{"a":{"a":{"a":{"a":{"a":{"a":"<cut>"}}}}}}"#);
        let many: Vec<u32> = (0..100_000).collect();
        let Value::Object(arguments) = serde_json::json!({ "a": many }) else { panic!("an object") };
        assert!(serde_json::to_string(&params(&arguments).0).unwrap().len() < MAX_PARAMS_BYTES);
    }
}

//! One JSON-RPC message: request, notification or response, with the members that a watch needs.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::collect::Message;
use crate::lenient::{canonical, read_string};

/// Maximum number of messages of a batch that are parsed, because each call that a batch opens costs memory until it ends.
const MAX_BATCH_MESSAGES: usize = 1_000;

/// A parsed message.
#[derive(Debug)]
pub(crate) enum RpcMessage<'a> {
    Request {
        id: &'a str,
        method: Cow<'a, str>,
        params: RequestParams<'a>,
    },
    Notification {
        method: Cow<'a, str>,
        params: Option<&'a RawValue>,
    },
    Response {
        id: Option<&'a str>,
        outcome: Outcome<'a>,
    },
    /// Not a JSON-RPC message, or not JSON.
    Invalid,
}

/// Parameters of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RequestParams<'a> {
    None,
    Whole(&'a RawValue),
    /// The `name` or `uri` member of parameters that are too long to store.
    Truncated {
        name: Option<&'a RawValue>,
    },
}

/// Outcome of a request, as its response contains it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome<'a> {
    Result(&'a RawValue),
    Error(&'a RawValue),
    /// First bytes of a response that is too long to store.
    Truncated {
        /// True if it is an error, or a tool result with `isError`.
        is_error: bool,
        prefix: &'a [u8],
    },
}

/// Members of a message. A null `id` or `result` is present; a null `error` is absent.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Parses a message or a batch, and passes on each message.
pub(crate) fn each(message: &Message<'_>, mut receive: impl FnMut(RpcMessage<'_>)) {
    match message {
        // most JSON-RPC implementations replace invalid UTF-8 and continue, so a watch does it too
        Message::Whole(bytes) => match String::from_utf8_lossy(bytes) {
            batch if batch.trim_ascii_start().starts_with('[') => {
                match serde_json::from_str::<Vec<&RawValue>>(&batch) {
                    Ok(members) => {
                        members.into_iter().take(MAX_BATCH_MESSAGES).for_each(|member| receive(parse(member.get())))
                    }
                    Err(_) => receive(RpcMessage::Invalid),
                }
            }
            text => receive(parse(&text)),
        },
        Message::Truncated(collector) => {
            receive(collector.truncated().map_or(RpcMessage::Invalid, |(prefix, skim)| {
                let id = skim.id.as_deref().and_then(|id| std::str::from_utf8(id).ok()).filter(|id| *id != "null");
                let method =
                    skim.method.as_deref().and_then(|method| serde_json::from_slice::<Cow<'_, str>>(method).ok());
                match (id, method) {
                    (Some(id), Some(method)) => {
                        let name = skim.name.as_deref().and_then(|name| serde_json::from_slice(name).ok());
                        RpcMessage::Request { id, method, params: RequestParams::Truncated { name } }
                    }
                    (None, Some(method)) => RpcMessage::Notification { method, params: None },
                    (id, None) if skim.has_error || skim.has_result => RpcMessage::Response {
                        id,
                        outcome: Outcome::Truncated { is_error: skim.has_error || skim.is_error, prefix },
                    },
                    _ => RpcMessage::Invalid,
                }
            }))
        }
    }
}

fn parse(text: &str) -> RpcMessage<'_> {
    let Ok(members) = serde_json::from_str::<Members<'_>>(text) else { return RpcMessage::Invalid };
    let id = members.id.map(RawValue::get);
    match members {
        Members { method: Some(method), params, .. } => match id {
            Some(id) => {
                RpcMessage::Request { id, method, params: params.map_or(RequestParams::None, RequestParams::Whole) }
            }
            None => RpcMessage::Notification { method, params },
        },
        Members { error: Some(error), .. } => {
            RpcMessage::Response { id: id.filter(|id| *id != "null"), outcome: Outcome::Error(error) }
        }
        Members { result: Some(result), .. } => {
            RpcMessage::Response { id: id.filter(|id| *id != "null"), outcome: Outcome::Result(result) }
        }
        _ => RpcMessage::Invalid,
    }
}

/// Parameters of `notifications/cancelled`.
#[derive(Deserialize)]
pub(crate) struct Cancelled<'a> {
    #[serde(borrow, rename = "requestId")]
    pub(crate) id: &'a RawValue,
    #[serde(borrow, default)]
    pub(crate) reason: Option<&'a RawValue>,
}

impl<'a> Cancelled<'a> {
    pub(crate) fn read(params: Option<&'a RawValue>) -> Option<Self> {
        serde_json::from_str(params?.get()).ok()
    }
}

/// Parameters of `notifications/progress`.
#[derive(Deserialize)]
pub(crate) struct Progress<'a> {
    #[serde(borrow, rename = "progressToken")]
    pub(crate) token: &'a RawValue,
}

impl<'a> Progress<'a> {
    pub(crate) fn read(params: Option<&'a RawValue>) -> Option<Self> {
        serde_json::from_str(params?.get()).ok()
    }
}

/// The `error` member of a response. Members of unexpected types are accepted, because servers send them.
pub(crate) struct ErrorObject {
    pub(crate) code: Option<i64>,
    pub(crate) message: String,
}

impl ErrorObject {
    pub(crate) fn read(error: &RawValue) -> Self {
        #[derive(Deserialize)]
        struct ErrorMembers<'a> {
            #[serde(borrow, default)]
            code: Option<&'a RawValue>,
            #[serde(borrow, default)]
            message: Option<&'a RawValue>,
        }
        let text = |value: &RawValue| read_string(value).unwrap_or_else(|| value.get().to_owned());
        match serde_json::from_str::<ErrorMembers<'_>>(error.get()) {
            Ok(ErrorMembers { code, message }) => Self {
                code: code.and_then(|code| canonical(code.get()).parse().ok()),
                message: message.map(text).unwrap_or_default(),
            },
            Err(_) => Self { code: None, message: text(error) },
        }
    }
}

/// Members of a tool result that describe a failure. Unexpected types are accepted, because servers send them.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ToolResult<'a> {
    #[serde(borrow, rename = "isError")]
    is_error: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

impl ToolResult<'_> {
    /// True if the result contains exactly `"isError": true`.
    pub(crate) fn failed(&self) -> bool {
        self.is_error.is_some_and(|value| value.get() == "true")
    }

    /// Text parts of the content, or the content as JSON if it is not an array of parts.
    pub(crate) fn text(&self) -> String {
        #[derive(Deserialize)]
        struct Part<'a> {
            #[serde(borrow, default)]
            text: Option<&'a RawValue>,
        }
        let Some(content) = self.content else { return String::new() };
        match serde_json::from_str::<Vec<Part<'_>>>(content.get()) {
            Ok(parts) => parts.into_iter().filter_map(|part| read_string(part.text?)).collect::<Vec<_>>().join("\n"),
            Err(_) => content.get().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> &'static str {
        let mut kinds = Vec::new();
        each(&Message::Whole(text.as_bytes()), |rpc| {
            kinds.push(match rpc {
                RpcMessage::Request { .. } => "request",
                RpcMessage::Notification { .. } => "notification",
                RpcMessage::Response { outcome: Outcome::Result(_), .. } => "result",
                RpcMessage::Response { .. } => "error",
                RpcMessage::Invalid => "invalid",
            });
        });
        assert_eq!(kinds.len(), 1, "{text}");
        kinds[0]
    }

    #[test]
    fn the_members_decide_the_kind_of_a_message() {
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#), "request");
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#), "request");
        assert_eq!(kind(r#"{"jsonrpc":"2.0","method":"x","params":{}}"#), "notification");
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":1,"result":null}"#), "result");
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":1,"result":{},"error":null}"#), "result");
        assert_eq!(kind(r#"{"jsonrpc":"2.0","error":{"code":1}}"#), "error");
        assert_eq!(kind(r#"{"method":"t\u006fols/call","id":1}"#), "request");
        for invalid in ["Server started", "{}", "{\"a\":", "null", "\u{feff}", "\"text\""] {
            assert_eq!(kind(invalid), "invalid");
        }
    }

    #[test]
    fn a_batch_is_parsed_as_its_members() {
        let mut ids = Vec::new();
        each(&Message::Whole(br#" [{"id":1,"result":1},{"id":"1","error":{}}, 7]"#), |rpc| match rpc {
            RpcMessage::Response { id, .. } => ids.push(id.unwrap_or("none").to_owned()),
            _ => ids.push("invalid".to_owned()),
        });
        assert_eq!(ids, ["1", "\"1\"", "invalid"]);
    }
}

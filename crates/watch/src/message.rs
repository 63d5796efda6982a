//! One JSON-RPC message: request, notification or answer, as much of it as watching needs.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::collect::Message;
use super::lenient::{canonical, read_string};

/// A message, or why it is none.
#[derive(Debug)]
pub(super) enum RpcMessage<'a> {
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
    /// JSON, or nearly, but no message; or no JSON at all.
    Invalid,
}

/// What a request was made with.
#[derive(Debug, Clone, Copy)]
pub(super) enum RequestParams<'a> {
    None,
    Whole(&'a RawValue),
    /// Parameters too long to keep: the name or URI in them.
    Truncated {
        name: Option<&'a RawValue>,
    },
}

/// What an answer says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome<'a> {
    Result(&'a RawValue),
    Error(&'a RawValue),
    /// An answer too long to keep: whether it tells of an error, and how it begins.
    Truncated {
        failed: bool,
        beginning: &'a [u8],
    },
}

/// The members of a message; present and null are told apart where it matters.
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

/// Hands out each message: one, or the members of a batch.
pub(super) fn each(message: &Message<'_>, mut found: impl FnMut(RpcMessage<'_>)) {
    match message {
        // where bytes are no UTF-8, most readers put a mark in their place, and go on
        Message::Whole(bytes) => match String::from_utf8_lossy(bytes) {
            batch if batch.trim_ascii_start().starts_with('[') => {
                match serde_json::from_str::<Vec<&RawValue>>(&batch) {
                    Ok(members) => members.into_iter().for_each(|member| found(one(member.get()))),
                    Err(_) => found(RpcMessage::Invalid),
                }
            }
            text => found(one(&text)),
        },
        Message::Truncated(collector) => {
            found(collector.truncated().map_or(RpcMessage::Invalid, |(beginning, skim)| {
                let id = skim.id.as_deref().and_then(|id| std::str::from_utf8(id).ok()).filter(|id| *id != "null");
                let method =
                    skim.method.as_deref().and_then(|method| serde_json::from_slice::<Cow<'_, str>>(method).ok());
                match (id, method) {
                    (Some(id), Some(method)) => {
                        let name = skim.name.as_deref().and_then(|name| serde_json::from_slice(name).ok());
                        RpcMessage::Request { id, method, params: RequestParams::Truncated { name } }
                    }
                    (None, Some(method)) => RpcMessage::Notification { method, params: None },
                    (id, None) if skim.error || skim.result => RpcMessage::Response {
                        id,
                        outcome: Outcome::Truncated { failed: skim.error || skim.is_error, beginning },
                    },
                    _ => RpcMessage::Invalid,
                }
            }))
        }
    }
}

fn one(text: &str) -> RpcMessage<'_> {
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

/// What `notifications/cancelled` says.
#[derive(Deserialize)]
pub(super) struct Cancelled<'a> {
    #[serde(borrow, rename = "requestId")]
    pub(super) id: &'a RawValue,
    #[serde(borrow, default)]
    pub(super) reason: Option<&'a RawValue>,
}

impl<'a> Cancelled<'a> {
    pub(super) fn read(params: Option<&'a RawValue>) -> Option<Self> {
        serde_json::from_str(params?.get()).ok()
    }
}

/// What an `error` says; read leniently, since servers write what they like.
pub(super) struct ErrorObject {
    pub(super) code: Option<i64>,
    pub(super) message: String,
}

impl ErrorObject {
    pub(super) fn read(error: &RawValue) -> Self {
        #[derive(Deserialize)]
        struct Members<'a> {
            #[serde(borrow, default)]
            code: Option<&'a RawValue>,
            #[serde(borrow, default)]
            message: Option<&'a RawValue>,
        }
        let words = |value: &RawValue| read_string(value).unwrap_or_else(|| value.get().to_owned());
        match serde_json::from_str::<Members<'_>>(error.get()) {
            Ok(Members { code, message }) => Self {
                code: code.and_then(|code| canonical(code.get()).parse().ok()),
                message: message.map(words).unwrap_or_default(),
            },
            Err(_) => Self { code: None, message: words(error) },
        }
    }
}

/// What of a tool's result tells of failure; read leniently, since servers write what they like.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ToolResult<'a> {
    #[serde(borrow, rename = "isError")]
    is_error: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

impl ToolResult<'_> {
    /// Exactly `"isError": true`.
    pub(super) fn failed(&self) -> bool {
        self.is_error.is_some_and(|value| value.get() == "true")
    }

    /// The text of its content, or the content as it stands.
    pub(super) fn text(&self) -> String {
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
        each(&Message::Whole(text.as_bytes()), |spoken| {
            kinds.push(match spoken {
                RpcMessage::Request { .. } => "request",
                RpcMessage::Notification { .. } => "notification",
                RpcMessage::Response { outcome: Outcome::Result(_), .. } => "result",
                RpcMessage::Response { .. } => "error",
                RpcMessage::Invalid => "broken",
            });
        });
        assert_eq!(kinds.len(), 1, "{text}");
        kinds[0]
    }

    #[test]
    fn messages_are_told_apart_by_their_members() {
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#), "request");
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#), "request");
        assert_eq!(kind(r#"{"jsonrpc":"2.0","method":"x","params":{}}"#), "notification");
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":1,"result":null}"#), "result");
        assert_eq!(kind(r#"{"jsonrpc":"2.0","id":1,"result":{},"error":null}"#), "result");
        assert_eq!(kind(r#"{"jsonrpc":"2.0","error":{"code":1}}"#), "error");
        assert_eq!(kind(r#"{"method":"t\u006fols/call","id":1}"#), "request");
        for broken in ["Server started", "{}", "{\"a\":", "null", "\u{feff}", "\"text\""] {
            assert_eq!(kind(broken), "broken");
        }
    }

    #[test]
    fn a_batch_is_its_members() {
        let mut ids = Vec::new();
        each(&Message::Whole(br#" [{"id":1,"result":1},{"id":"1","error":{}}, 7]"#), |spoken| match spoken {
            RpcMessage::Response { id, .. } => ids.push(id.unwrap_or("none").to_owned()),
            _ => ids.push("broken".to_owned()),
        });
        assert_eq!(ids, ["1", "\"1\"", "broken"]);
    }
}

//! Failures of calls, with the code, message and class of each.

use autoheal_contract::Class;
use serde::Serialize;

use crate::text::{concat, decimal};

/// A failure of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// No response: the connection failed or was cut, or the browser blocked the request.
    Network,
    /// No response within the call's timeout, in milliseconds.
    Timeout(u32),
    /// An HTTP status that is not a success, without a JSON-RPC error in the body.
    Http {
        /// The status.
        status: u16,
        /// The server's message: the `message` of a JSON body, else the status text.
        detail: String,
    },
    /// A response that is not a JSON-RPC response to this call. The text ends the sentence "The response from ENDPOINT
    /// …".
    Invalid(String),
    /// A JSON-RPC error of the server.
    Rpc {
        /// The error's code.
        code: f64,
        /// The error's message.
        message: String,
    },
    /// Client and server support no common revision of MCP. The text is the message.
    Negotiation(String),
}

/// `MCPError.code`. Codes of this client are text, so that they cannot be mistaken for JSON-RPC codes of the server.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Code {
    /// A JSON-RPC error code of the server.
    Rpc(f64),
    /// A code of this client.
    Local(String),
}

impl Failure {
    /// `MCPError.code`.
    pub(crate) fn code(&self) -> Code {
        Code::Local(match self {
            Self::Network => "NETWORK".to_owned(),
            Self::Timeout(_) => "TIMEOUT".to_owned(),
            Self::Http { status, .. } => concat(&["HTTP_", &decimal(u64::from(*status))]),
            Self::Invalid(_) => "INVALID_RESPONSE".to_owned(),
            Self::Negotiation(_) => "NEGOTIATION_FAILED".to_owned(),
            Self::Rpc { code, .. } => return Code::Rpc(*code),
        })
    }

    /// `MCPError.message`. It has no text of the browser's engine, so that it is the same in every browser.
    pub(crate) fn message(&self, endpoint: &str) -> String {
        match self {
            Self::Network => concat(&["No connection to ", endpoint, ", or it was lost before the response"]),
            Self::Timeout(limit) => {
                concat(&["No response from ", endpoint, " within ", &decimal(u64::from(*limit)), " ms"])
            }
            Self::Http { status, detail } => {
                let colon = if detail.is_empty() { "" } else { ": " };
                concat(&[endpoint, " responded with HTTP ", &decimal(u64::from(*status)), colon, detail])
            }
            Self::Invalid(why) => concat(&["The response from ", endpoint, " ", why]),
            Self::Rpc { message, .. } if message.is_empty() => {
                concat(&[endpoint, " responded with an error without a message"])
            }
            Self::Rpc { message, .. } | Self::Negotiation(message) => message.clone(),
        }
    }

    /// The report's `class`.
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::Network => Class::Network,
            Self::Timeout(_) => Class::Timeout,
            Self::Http { .. } => Class::Http,
            Self::Rpc { code, .. } if !(-32700.0..=-32600.0).contains(code) => Class::Application,
            Self::Invalid(_) | Self::Rpc { .. } => Class::Protocol,
            Self::Negotiation(_) => Class::Negotiation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpc(code: f64) -> Failure {
        Failure::Rpc { code, message: "boom".to_owned() }
    }

    #[test]
    fn reserved_json_rpc_codes_are_protocol_errors() {
        for code in [-32700.0, -32603.0, -32602.0, -32601.0, -32600.0] {
            assert_eq!(rpc(code).class(), Class::Protocol, "{code}");
        }
        for code in [-32701.0, -32599.0, -32000.0, 0.0, 7.0] {
            assert_eq!(rpc(code).class(), Class::Application, "{code}");
        }
    }

    #[test]
    fn local_codes_are_text_and_server_codes_are_numbers() {
        assert_eq!(Failure::Timeout(30).code(), Code::Local("TIMEOUT".to_owned()));
        assert_eq!(Failure::Http { status: 503, detail: String::new() }.code(), Code::Local("HTTP_503".to_owned()));
        assert_eq!(rpc(-32000.0).code(), Code::Rpc(-32000.0));
    }

    #[test]
    fn messages_are_sentences() {
        assert_eq!(Failure::Timeout(30_000).message("/jsonrpc"), "No response from /jsonrpc within 30000 ms");
        assert_eq!(rpc(1.0).message("/jsonrpc"), "boom");
        let http = Failure::Http { status: 500, detail: "Broken".to_owned() };
        assert_eq!(http.message("/jsonrpc"), "/jsonrpc responded with HTTP 500: Broken");
    }
}

//! Failures of calls, with the code, message and class of each.

use autoheal_contract::Class;

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

impl Failure {
    /// `MCPError.code`, which is text, so that it cannot be mistaken for a JSON-RPC code of the server; empty if the
    /// server's code is the error's.
    pub(crate) fn code(&self) -> String {
        match self {
            Self::Network => "NETWORK".to_owned(),
            Self::Timeout(_) => "TIMEOUT".to_owned(),
            Self::Http { status, .. } => concat(&["HTTP_", &decimal(u64::from(*status))]),
            Self::Invalid(_) => "INVALID_RESPONSE".to_owned(),
            Self::Negotiation(_) => "NEGOTIATION_FAILED".to_owned(),
            Self::Rpc { .. } => String::new(),
        }
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

    /// The report's `class`. Each name is a constant here, because the names of all classes would be in the module.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Network => Class::Network.name(),
            Self::Timeout(_) => Class::Timeout.name(),
            Self::Http { .. } => Class::Http.name(),
            Self::Rpc { code, .. } if !(-32700.0..=-32600.0).contains(code) => Class::Application.name(),
            Self::Invalid(_) | Self::Rpc { .. } => Class::Protocol.name(),
            Self::Negotiation(_) => Class::Negotiation.name(),
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
            assert_eq!(rpc(code).class(), "protocol", "{code}");
        }
        for code in [-32701.0, -32599.0, -32000.0, 0.0, 7.0] {
            assert_eq!(rpc(code).class(), "application", "{code}");
        }
    }

    #[test]
    fn local_codes_are_text_and_server_codes_are_left_to_the_shell() {
        assert_eq!(Failure::Timeout(30).code(), "TIMEOUT");
        assert_eq!(Failure::Http { status: 503, detail: String::new() }.code(), "HTTP_503");
        assert_eq!(rpc(-32000.0).code(), "");
    }

    #[test]
    fn messages_are_sentences() {
        assert_eq!(Failure::Timeout(30_000).message("/jsonrpc"), "No response from /jsonrpc within 30000 ms");
        assert_eq!(rpc(1.0).message("/jsonrpc"), "boom");
        let http = Failure::Http { status: 500, detail: "Broken".to_owned() };
        assert_eq!(http.message("/jsonrpc"), "/jsonrpc responded with HTTP 500: Broken");
    }
}

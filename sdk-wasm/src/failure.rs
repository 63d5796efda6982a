//! What can go wrong with a call, and how it is named: stable codes for programs, a class and a sentence for people.

/// One failure of one call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// No answer: the connection failed, was cut, or the browser forbade it.
    Network,
    /// No answer within the call's timeout, in milliseconds.
    Timeout(u32),
    /// An HTTP status that is not a success, without a JSON-RPC error in the body.
    Http {
        /// The status.
        status: u16,
        /// What the server said about it: a JSON body's `message`, else the status text.
        detail: String,
    },
    /// An answer that is not a JSON-RPC answer to this call; the text completes "The answer from … ".
    Invalid(String),
    /// The server answered with a JSON-RPC error.
    Rpc {
        /// Its code.
        code: i64,
        /// Its message.
        message: String,
    },
    /// A tool answered `isError`; the call itself succeeds.
    Tool(String),
}

/// `MCPError.code`: a number is the server's own JSON-RPC code, text is ours, so that neither looks like the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Code {
    /// The server's JSON-RPC error code.
    Rpc(i64),
    /// A local failure.
    Local(String),
}

impl Failure {
    /// `MCPError.code`.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Network => Code::Local("NETWORK".to_owned()),
            Self::Timeout(_) => Code::Local("TIMEOUT".to_owned()),
            Self::Http { status, .. } => Code::Local(format!("HTTP_{status}")),
            Self::Invalid(_) => Code::Local("INVALID_RESPONSE".to_owned()),
            Self::Rpc { code, .. } => Code::Rpc(*code),
            Self::Tool(_) => Code::Local("TOOL_ERROR".to_owned()),
        }
    }

    /// `MCPError.message`. It names no engine's wording, so that one failure reads the same in every browser.
    pub(crate) fn message(&self, endpoint: &str) -> String {
        match self {
            Self::Network => format!("No connection to {endpoint}, or it was lost before the answer"),
            Self::Timeout(limit) => format!("No answer from {endpoint} within {limit} ms"),
            Self::Http { status, detail } if detail.is_empty() => format!("{endpoint} answered HTTP {status}"),
            Self::Http { status, detail } => format!("{endpoint} answered HTTP {status}: {detail}"),
            Self::Invalid(why) => format!("The answer from {endpoint} {why}"),
            Self::Rpc { message, .. } if message.is_empty() => {
                format!("{endpoint} answered with an error and no message")
            }
            Self::Rpc { message, .. } => message.clone(),
            Self::Tool(text) if text.is_empty() => "The tool failed without saying why".to_owned(),
            Self::Tool(text) => text.clone(),
        }
    }

    /// The report's `class`.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Timeout(_) => "timeout",
            Self::Http { .. } => "http",
            Self::Invalid(_) | Self::Rpc { code: -32700..=-32600, .. } => "protocol",
            Self::Rpc { .. } => "application",
            Self::Tool(_) => "tool_error",
        }
    }

    /// The report's `error_type`: what was thrown, or what would have been.
    pub(crate) fn error_type(&self) -> &'static str {
        match self {
            Self::Tool(_) => "MCPToolError",
            _ => "MCPError",
        }
    }

    /// The report's `rpc.code`: the JSON-RPC code, or the HTTP status.
    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Rpc { code, .. } => Some(*code),
            Self::Http { status, .. } => Some(i64::from(*status)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpc(code: i64) -> Failure {
        Failure::Rpc { code, message: "boom".to_owned() }
    }

    #[test]
    fn reserved_json_rpc_codes_are_protocol_errors() {
        for code in [-32700, -32603, -32602, -32601, -32600] {
            assert_eq!(rpc(code).class(), "protocol", "{code}");
        }
        for code in [-32701, -32599, -32000, 0, 7] {
            assert_eq!(rpc(code).class(), "application", "{code}");
        }
    }

    #[test]
    fn local_codes_are_text_and_server_codes_are_numbers() {
        assert_eq!(Failure::Timeout(30).code(), Code::Local("TIMEOUT".to_owned()));
        assert_eq!(Failure::Http { status: 503, detail: String::new() }.code(), Code::Local("HTTP_503".to_owned()));
        assert_eq!(rpc(-32000).code(), Code::Rpc(-32000));
    }

    #[test]
    fn messages_are_sentences() {
        assert_eq!(Failure::Timeout(30_000).message("/jsonrpc"), "No answer from /jsonrpc within 30000 ms");
        assert_eq!(rpc(1).message("/jsonrpc"), "boom");
    }
}

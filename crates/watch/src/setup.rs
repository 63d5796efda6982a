//! Settings of a watch, and the terms in which its caller names sessions, exchanges and calls.

use std::time::Duration;

use crate::open_calls::CallKey;

/// Settings of a watch.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Destination of the client's messages.
    pub target: Target,
    /// Maximum time of a call without a response or progress.
    pub timeout: Duration,
    /// Maximum time of a handshake.
    pub handshake_timeout: Duration,
}

/// Destination of the client's messages.
#[derive(Debug, Clone)]
pub enum Target {
    /// Standard input of a command.
    Stdio {
        /// The command line, quoted for a shell.
        command: String,
    },
    /// An HTTP address.
    Http {
        /// The URL that a client uses.
        url: String,
    },
}

/// Session and sender of a message. Request ids are unique within a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scope {
    /// The session: 0 on stdio, a hash of `Mcp-Session-Id` over HTTP, a unique number for an exchange without one.
    pub session: u64,
    /// Hash of the sender, such as the address of the peer; 0 for the user of this machine.
    pub peer: u64,
    /// The [hash](autoheal_contract::session_hash) of `Mcp-Session-Id` in reports; `None` without a session.
    pub session_hash: Option<u64>,
}

/// Calls opened by one message of the client; empty for notifications and responses.
#[derive(Debug, Default)]
pub struct OpenedCalls {
    pub(crate) session: u64,
    pub(crate) keys: Vec<CallKey>,
}

/// The end of an HTTP exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeEnd {
    /// Status of the response.
    pub status: u16,
    /// The response ended before it was complete.
    pub broken: bool,
    /// The stream carried event ids in a session, so the client may fetch the missing rest on another stream.
    pub resumable: bool,
}

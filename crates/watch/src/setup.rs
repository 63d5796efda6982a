//! Settings of a watch, and the terms in which its caller names sessions, exchanges and calls.

use std::net::IpAddr;
use std::time::Duration;

use autoheal_contract::{ErrorReport, Trace};
use autoheal_scrub::KnownSecrets;

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
    /// Secrets of the server's command and variables, which are masked wherever a report has them.
    pub known_secrets: KnownSecrets,
    /// True if text that begins like an error is a failure of its tool, although the result is none by the protocol.
    pub soft_errors: bool,
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
    /// The sender over HTTP; `None` for the user of this machine.
    pub peer: Option<Peer>,
    /// The [hash](autoheal_contract::session_hash) of `Mcp-Session-Id` in reports; `None` without a session.
    pub session_hash: Option<u64>,
    /// The trace that the header `traceparent` of the message names.
    pub trace: Option<Trace>,
}

/// The sender of a message over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer {
    /// Hash of its network, by which reports name it.
    pub network: u64,
    /// Its address, which no report contains.
    pub address: IpAddr,
}

/// A report, and the address of the client whose call failed.
#[derive(Debug)]
pub struct WatchedReport {
    /// The report.
    pub report: ErrorReport,
    /// The address over HTTP; `None` on pipes, and for a failure of no single call. Of repeats, the first one's.
    pub address: Option<IpAddr>,
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

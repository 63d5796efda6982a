//! How a watch is set up, and how those who do the I/O speak of conversations and exchanges.

use std::time::Duration;

use super::open_calls::CallKey;

/// How a watch is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where the messages go.
    pub target: Target,
    /// A request without an answer, or a word of progress, for this long has failed.
    pub timeout: Duration,
    /// A handshake that takes longer has failed.
    pub handshake_timeout: Duration,
}

/// Where the messages go.
#[derive(Debug, Clone)]
pub enum Target {
    /// To a command's standard input.
    Stdio {
        /// The command line, as a shell needs it.
        command: String,
    },
    /// To an HTTP address.
    Http {
        /// Its URL, as a client of ours would use it.
        url: String,
    },
}

/// Whose message it is: ids are unique among the calls of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scope {
    /// The session: 0 on stdio, a hash of `Mcp-Session-Id` over HTTP, a number of its own for an exchange without one.
    pub session: u64,
    /// A hash of who asks, such as the peer's address; 0 for this machine's own user.
    pub peer: u64,
}

/// The calls that one message of the client opened; none for notifications and answers.
#[derive(Debug, Default)]
pub struct OpenedCalls {
    pub(super) session: u64,
    pub(super) keys: Vec<CallKey>,
}

/// How an HTTP exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeEnd {
    /// The status of the answer.
    pub status: u16,
    /// The answer broke off before its end.
    pub broken: bool,
    /// The stream carried event ids in a session, so the client may fetch what is missing elsewhere.
    pub resumable: bool,
}

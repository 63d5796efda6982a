//! What fails in the conversation with an MCP server, told from the wire alone: messages in, reports out; pure, no I/O.
//!
//! `autoheal mcp` feeds it the lines of a server's pipes, the gateway the bodies and event streams of HTTP. Both forward
//! bytes untouched first and show them here afterwards.

mod collect;

use std::time::Duration;

use autoheal_contract::{ErrorReport, Exit};

use crate::clock::Timestamp;

pub use collect::{Collector, Lines, Message};

/// How a watch is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where the messages go.
    pub target: Target,
    /// A request without an answer, or a word of progress, for this long has failed.
    pub patience: Duration,
    /// A handshake that takes longer has failed.
    pub handshake: Duration,
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

/// The calls that one message of the client opened; empty for notifications and answers.
#[derive(Debug, Default)]
pub struct Opened {}

/// How an HTTP exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExchangeEnd {
    /// The status of the answer.
    pub status: u16,
    /// The answer broke off before its end.
    pub broken: bool,
    /// The stream carried event ids in a session, so the client may fetch the rest elsewhere.
    pub resumable: bool,
}

/// Watches the conversations with one server.
#[derive(Debug)]
pub struct Watch {
    setup: Setup,
}

impl Watch {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self { setup }
    }

    /// The client sent a message (or a batch of them).
    pub fn from_client(&mut self, scope: Scope, message: &Message<'_>, now: Timestamp) -> Opened {
        let _ = (&self.setup, scope, message, now);
        Opened {}
    }

    /// The server sent a message (or a batch of them).
    pub fn from_server(&mut self, scope: Scope, message: &Message<'_>, now: Timestamp) {
        let _ = (scope, message, now);
    }

    /// The server printed this on its standard error; pieces need not end where lines do.
    pub fn printed(&mut self, bytes: &[u8], now: Timestamp) {
        let _ = (bytes, now);
    }

    /// An HTTP exchange is over: whatever it opened and nobody answered has failed, unless it can be fetched elsewhere.
    pub fn exchange_ended(&mut self, opened: Opened, end: ExchangeEnd, now: Timestamp) {
        let _ = (opened, end, now);
    }

    /// The upstream could not be reached; `why` is the innermost cause, such as "Connection refused".
    pub fn unreachable(&mut self, opened: Opened, why: &str, now: Timestamp) {
        let _ = (opened, why, now);
    }

    /// The client of an HTTP exchange went away: its calls are cancelled, which is no failure.
    pub fn client_left(&mut self, opened: Opened) {
        let _ = opened;
    }

    /// On stdio, the client closed its side: whatever is open now nobody waits for.
    pub fn client_closed(&mut self) {}

    /// The server's process ended, after everything it printed was shown here; `asked` when somebody told it to.
    pub fn server_ended(&mut self, exit: Exit, asked: bool, now: Timestamp) {
        let _ = (exit, asked, now);
    }

    /// When [`Self::reports`] will have something new without anything being shown; none while nothing is under way.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        None
    }

    /// What failed since the last look: repeats of one failure are one report with a count. Everything a report says is
    /// from the wire and from standard error; the caller adds the place (directory, commit, system).
    pub fn reports(&mut self, now: Timestamp) -> Vec<ErrorReport> {
        let _ = now;
        Vec::new()
    }

    /// Like [`Self::reports`], and waits for nothing more: the process is about to end.
    pub fn last_reports(&mut self, now: Timestamp) -> Vec<ErrorReport> {
        self.reports(now)
    }

    /// The tools the server ever listed, for the next process to remember; `None` when nothing changed since the last call.
    pub fn learnt(&mut self) -> Option<Learnt> {
        None
    }

    /// What an earlier process learnt of the server by this name.
    pub fn remember(&mut self, learnt: Learnt) {
        let _ = learnt;
    }
}

/// What is worth remembering of a server: a tool that existed once and is unknown now is the server's failure.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Learnt {
    /// The server's name.
    pub server: String,
    /// Names of its tools.
    pub tools: Vec<String>,
}

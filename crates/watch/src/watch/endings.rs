//! Endings: an HTTP exchange is over, the upstream is down, the client disconnects, the server process exits.

use std::time::Duration;

use crate::moment::Moment;
use autoheal_contract::{Class, Exit};
use autoheal_prepare::parse::Failure;
use autoheal_prepare::server_name;

use super::{ClientEnd, MAX_SESSIONS, Watch};
use crate::call::{Call, Kind};
use crate::classify::request_error_class;
use crate::setup::{ExchangeEnd, OpenedCalls, Target};
use crate::stderr::last_words_of;

/// Signals that end a process because of its own fault.
const CRASH_SIGNALS: [&str; 8] = ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSYS", "SIGTRAP", "SIGXCPU"];
/// Words of the errors that runtimes raise where a stream was closed.
const END_OF_STREAM: [&str; 13] = [
    "brokenpipe",
    "broken pipe",
    "epipe",
    "closedresource",
    "brokenresource",
    "endofstream",
    "eoferror",
    "unexpected eof",
    "cancellederror",
    "keyboardinterrupt",
    "connection closed",
    "err_stream",
    "stream closed",
];

/// Status that the gateway sends to its client while the upstream is unreachable.
const BAD_GATEWAY: i64 = 502;

impl Watch {
    /// Ends an HTTP exchange. Its calls without a response have failed, unless the client may fetch the rest elsewhere.
    pub fn exchange_ended(&mut self, opened: OpenedCalls, end: ExchangeEnd, now: Moment) {
        let error_without_id = self.errors_without_id.remove(&opened.session);
        for key in opened.keys {
            if end.status < 300 && end.resumable {
                continue;
            }
            let Some(call) = self.open_calls.remove(&key, now).filter(|call| call.kind != Kind::Listen) else {
                continue;
            };
            let (class, code, message) = match (end.status, &error_without_id) {
                // accepted: the response comes on another stream
                (202 | 204, _) => continue,
                (200..300, Some((code, message))) => (request_error_class(*code), *code, message.clone()),
                (200..300, None) if end.broken => (Class::NoAnswer, None, "the answer broke off".to_owned()),
                (200..300, None) => (Class::NoAnswer, None, "the stream ended without the answer".to_owned()),
                (500.., error) => {
                    let status = i64::from(end.status);
                    let why = error.as_ref().map(|(_, message)| format!(": {message}")).unwrap_or_default();
                    (Class::ProtocolError, Some(status), format!("the server answered HTTP {status}{why}"))
                }
                // redirects, authentication, lost sessions, version negotiation: the client handles them
                _ => continue,
            };
            let message = if class == Class::NoAnswer { call.unanswered(&message) } else { message };
            let failure = self.new_failure(class, code, message, Some(call), now);
            self.add_failure(failure);
        }
    }

    /// Ends an exchange whose upstream is unreachable; `why` is the innermost cause, such as "Connection refused".
    pub fn upstream_unreachable(&mut self, opened: OpenedCalls, why: &str, now: Moment) {
        for key in opened.keys {
            let Some(call) = self.open_calls.remove(&key, now) else { continue };
            let message = format!("the MCP server cannot be reached: {why}");
            let failure = self.new_failure(Class::NoAnswer, Some(BAD_GATEWAY), message, Some(call), now);
            self.add_failure(failure);
        }
    }

    /// Ends an exchange whose upstream received the request and disconnected before its response.
    pub fn upstream_disconnected(&mut self, opened: OpenedCalls, why: &str, now: Moment) {
        for key in opened.keys {
            let Some(call) = self.open_calls.remove(&key, now) else { continue };
            let message = call.unanswered(&format!("the server broke off ({why})"));
            let failure = self.new_failure(Class::NoAnswer, None, message, Some(call), now);
            self.add_failure(failure);
        }
    }

    /// Records a session whose messages the client posts, and whose responses come on one event stream (HTTP+SSE of 2024-11-05).
    pub fn stream_began(&mut self, session: u64) {
        if self.stream_sessions.len() >= MAX_SESSIONS {
            self.stream_sessions.clear();
        }
        self.stream_sessions.insert(session);
    }

    /// Ends the event stream of such a session; `left` is true if the client disconnected.
    pub fn stream_ended(&mut self, session: u64, left: bool, now: Moment) {
        for key in self.open_calls.of_session(session) {
            let Some(call) = self.open_calls.remove(&key, now) else { continue };
            if left || call.is_reported || call.kind == Kind::Listen {
                self.ended_unanswered(call, now);
                continue;
            }
            let message = call.unanswered("the stream ended without the answer");
            let failure = self.new_failure(Class::NoAnswer, None, message, Some(call), now);
            self.add_failure(failure);
        }
    }

    /// Ends an exchange whose client disconnected. Its calls are cancelled, which is not a failure.
    pub fn client_disconnected(&mut self, opened: OpenedCalls, now: Moment) {
        for key in opened.keys {
            if let Some(call) = self.open_calls.remove(&key, now) {
                self.ended_unanswered(call, now);
            }
        }
    }

    /// Records that the client closed the server's input. It may still read responses. From then on, an exit of the server
    /// is a failure only if a call was open and the server crashed.
    pub fn client_closed(&mut self) {
        self.client_end.get_or_insert(ClientEnd::InputClosed);
    }

    /// Records that the client no longer reads. From then on, an exit of the server is no failure.
    pub fn client_left(&mut self) {
        self.client_end = Some(ClientEnd::Left);
    }

    /// Ends the conversation, because the server process exited and all of its output was passed in. `requested` is
    /// true if a person or a supervisor ended the process.
    pub fn server_ended(&mut self, exit: Exit, requested: bool, now: Moment) {
        self.stderr.ended(now);
        let mut open = self.open_calls.take_all();
        open.retain(|call| !call.is_reported && !matches!(call.kind, Kind::Ping | Kind::Discover));
        let is_success = exit.code == Some(0) && exit.signal.is_none();
        let is_failure = match self.client_end {
            _ if requested => false,
            None => !is_success || !open.is_empty(),
            Some(ClientEnd::InputClosed) => !is_success && !open.is_empty() && self.has_crashed(&exit, &open),
            Some(ClientEnd::Left) => false,
        };
        if !is_failure {
            // calls that had timed out before failed by themselves
            return open.into_iter().for_each(|call| self.ended_unanswered(call, now));
        }
        if self.is_start(&open) {
            return self.start_failed(exit, now);
        }
        let how = how_it_ended(&exit);
        let when = match open.as_slice() {
            [] if self.server.is_ready => String::new(),
            [] => " before the handshake was complete".to_owned(),
            [call] => {
                let name = call.name.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
                format!(" while {}{name} was not answered", call.method)
            }
            several => format!(" while {} calls were not answered", several.len()),
        };
        let others = u32::try_from(open.len()).unwrap_or(u32::MAX).saturating_sub(1);
        // if several calls were open, any of them may have caused the exit, so the report names none
        let call = if open.len() == 1 { open.pop() } else { None };
        let message = format!("the server ended {how}{when}");
        let mut failure = self.new_failure(Class::ServerExit, None, message, call, now);
        failure.exit = Some(exit);
        failure.overlapping = others;
        self.pending_failures.add(failure, Duration::ZERO);
    }

    /// True if the exit, or standard error, shows that the server crashed, and did not end because its input did.
    fn has_crashed(&self, exit: &Exit, open: &[Call]) -> bool {
        if exit.signal.is_some() {
            return exit.signal.as_deref().is_some_and(|signal| CRASH_SIGNALS.contains(&signal));
        }
        let is_first = self.is_start(open);
        let found = match open.iter().map(|call| call.started).min() {
            Some(from) if !is_first => self.stderr.last_stack(from),
            _ => self.stderr.last_words().failure,
        };
        found.is_some_and(|(failure, _)| !is_end_of_stream(&failure))
    }

    /// True if the server ended before its first response, with no other call than the handshake open.
    fn is_start(&self, open: &[Call]) -> bool {
        matches!(self.setup.target, Target::Stdio { .. })
            && !self.has_responded
            && open.iter().all(|call| call.kind == Kind::Initialize)
    }

    /// Adds the failure of a server that did not start. It names the command and, from its last words, the reason, and no
    /// call, because the server may end before its first request is seen.
    fn start_failed(&mut self, exit: Exit, now: Moment) {
        let Target::Stdio { command } = &self.setup.target else { return };
        let server = server_name(command).unwrap_or_else(|| "the server".to_owned());
        // what it printed in place of messages is its last words
        let printed = std::mem::take(&mut self.early_lines);
        self.pending_failures.forget_invalid_lines();
        let mut words = self.stderr.last_words();
        if words.failure.is_none() {
            words = last_words_of(&printed.join("\n"));
        }
        let reason = match &words.failure {
            Some((failure, _)) => failure.error_message.clone(),
            None => format!("it ended {}", how_it_ended(&exit)),
        };
        let message = format!("{server} did not start: {reason}");
        let mut failure = self.new_failure(Class::ServerExit, None, message, None, now);
        (failure.exit, failure.last_words) = (Some(exit), Some(words));
        self.pending_failures.add(failure, Duration::ZERO);
    }
}

fn how_it_ended(exit: &Exit) -> String {
    match (&exit.signal, exit.code) {
        (Some(signal), _) => format!("by {signal}"),
        (None, code) => format!("with exit code {}", code.unwrap_or_default()),
    }
}

/// True for an error that a server may end with because its client closed a stream.
fn is_end_of_stream(failure: &Failure) -> bool {
    let text = format!("{}: {}", failure.error_type, failure.error_message).to_lowercase();
    END_OF_STREAM.iter().any(|words| text.contains(words))
}

//! Endings: an HTTP exchange is over, the upstream is down, the client disconnects, the server process exits.

use std::time::Duration;

use autoheal_contract::{Class, Exit};
use autoheal_prepare::Timestamp;

use super::Watch;
use crate::call::Kind;
use crate::classify::request_error_class;
use crate::setup::{ExchangeEnd, OpenedCalls};

/// Status that the gateway sends to its client while the upstream is unreachable.
const BAD_GATEWAY: i64 = 502;

impl Watch {
    /// Ends an HTTP exchange. Its calls without a response have failed, unless the client may fetch the rest elsewhere.
    pub fn exchange_ended(&mut self, opened: OpenedCalls, end: ExchangeEnd, now: Timestamp) {
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
    pub fn upstream_unreachable(&mut self, opened: OpenedCalls, why: &str, now: Timestamp) {
        for key in opened.keys {
            let Some(call) = self.open_calls.remove(&key, now) else { continue };
            let message = format!("the MCP server cannot be reached: {why}");
            let failure = self.new_failure(Class::NoAnswer, Some(BAD_GATEWAY), message, Some(call), now);
            self.add_failure(failure);
        }
    }

    /// Ends an exchange whose upstream received the request and disconnected before its response.
    pub fn upstream_disconnected(&mut self, opened: OpenedCalls, why: &str, now: Timestamp) {
        for key in opened.keys {
            let Some(call) = self.open_calls.remove(&key, now) else { continue };
            let message = call.unanswered(&format!("the server broke off ({why})"));
            let failure = self.new_failure(Class::NoAnswer, None, message, Some(call), now);
            self.add_failure(failure);
        }
    }

    /// Ends an exchange whose client disconnected. Its calls are cancelled, which is not a failure.
    pub fn client_disconnected(&mut self, opened: OpenedCalls, now: Timestamp) {
        for key in opened.keys {
            drop(self.open_calls.remove(&key, now));
        }
    }

    /// Records that the client closed its side of stdio. From then on, a timeout or an exit of the server is not a
    /// failure.
    pub fn client_closed(&mut self) {
        self.client_closed = true;
    }

    /// Ends the conversation, because the server process exited and all of its output was passed in. `requested` is
    /// true if a person or a supervisor ended the process.
    pub fn server_ended(&mut self, exit: Exit, requested: bool, now: Timestamp) {
        self.stderr.ended(now);
        let mut open = self.open_calls.take_all();
        open.retain(|call| !call.is_reported && !matches!(call.kind, Kind::Ping | Kind::Discover));
        let is_success = exit.code == Some(0) && exit.signal.is_none();
        if requested || self.client_closed || is_success && open.is_empty() {
            return;
        }
        let how = match (&exit.signal, exit.code) {
            (Some(signal), _) => format!("by {signal}"),
            (None, code) => format!("with exit code {}", code.unwrap_or_default()),
        };
        let when = match open.as_slice() {
            [] if self.server.is_ready => String::new(),
            [] => " before the handshake was complete".to_owned(),
            [call] => format!(" while {} {} was not answered", call.method, call.name.as_deref().unwrap_or_default()),
            several => format!(" while {} calls were not answered", several.len()),
        };
        let others = u32::try_from(open.len()).unwrap_or(u32::MAX).saturating_sub(1);
        // if several calls were open, any of them may have caused the exit, so the report names none
        let call = if open.len() == 1 { open.pop() } else { None };
        let message = format!("the server ended {how}{}", when.trim_end());
        let mut failure = self.new_failure(Class::ServerExit, None, message, call, now);
        failure.exit = Some(exit);
        failure.overlapping = others;
        self.pending_failures.add(failure, Duration::ZERO);
    }
}

//! How conversations end: an HTTP exchange that is over, a server that is down, a client that leaves, a process that exits.

use std::time::Duration;

use autoheal_contract::{Class, Exit};

use super::{Watch, unanswered};
use crate::call::Kind;
use crate::classify::request_error_class;
use crate::setup::{ExchangeEnd, OpenedCalls};
use autoheal_prepare::Timestamp;

/// What clients are told while the upstream cannot be reached.
const BAD_GATEWAY: i64 = 502;

impl Watch {
    /// An HTTP exchange is over: whatever it opened and nobody answered has failed, unless it can be fetched elsewhere.
    pub fn exchange_ended(&mut self, opened: OpenedCalls, end: ExchangeEnd, now: Timestamp) {
        let nameless = self.errors_without_id.remove(&opened.session);
        for key in opened.keys {
            if end.status < 300 && end.resumable {
                continue;
            }
            let Some(call) = self.calls.remove(&key, now).filter(|call| call.kind != Kind::Listen) else { continue };
            let (class, code, message) = match (end.status, &nameless) {
                // accepted: the answer comes some other way
                (202 | 204, _) => continue,
                (200..300, Some((code, message))) => (request_error_class(*code), *code, message.clone()),
                (200..300, None) if end.broken => (Class::NoAnswer, None, "the answer broke off".to_owned()),
                (200..300, None) => (Class::NoAnswer, None, "the stream ended without the answer".to_owned()),
                (500.., nameless) => {
                    let status = i64::from(end.status);
                    let why = nameless.as_ref().map(|(_, message)| format!(": {message}")).unwrap_or_default();
                    (Class::ProtocolError, Some(status), format!("the server answered HTTP {status}{why}"))
                }
                // walls, lost sessions, the search for the era, redirects: for the client to deal with
                _ => continue,
            };
            let message = if class == Class::NoAnswer { unanswered(&call, &message) } else { message };
            self.add_failure(class, code, message, Some(call), now);
        }
    }

    /// The upstream could not be reached; `why` is the innermost cause, such as "Connection refused".
    pub fn upstream_unreachable(&mut self, opened: OpenedCalls, why: &str, now: Timestamp) {
        for key in opened.keys {
            let Some(call) = self.calls.remove(&key, now) else { continue };
            let told = format!("the MCP server cannot be reached: {why}");
            self.add_failure(Class::NoAnswer, Some(BAD_GATEWAY), told, Some(call), now);
        }
    }

    /// The upstream took the request and broke off before it answered.
    pub fn upstream_disconnected(&mut self, opened: OpenedCalls, why: &str, now: Timestamp) {
        for key in opened.keys {
            let Some(call) = self.calls.remove(&key, now) else { continue };
            let told = unanswered(&call, &format!("the server broke off ({why})"));
            self.add_failure(Class::NoAnswer, None, told, Some(call), now);
        }
    }

    /// The client of an HTTP exchange went away: its calls are cancelled, which is no failure.
    pub fn client_disconnected(&mut self, opened: OpenedCalls, now: Timestamp) {
        for key in opened.keys {
            drop(self.calls.remove(&key, now));
        }
    }

    /// On stdio, the client closed its side: answers that still come count, a server that only ends does not fail.
    pub fn client_closed(&mut self) {
        self.client_closed = true;
    }

    /// The server's process ended, after everything it printed was shown here; `asked` when somebody told it to.
    pub fn server_ended(&mut self, exit: Exit, asked: bool, now: Timestamp) {
        self.stderr.ended(now);
        let mut open = self.calls.take_all();
        open.retain(|call| !call.is_reported && !matches!(call.kind, Kind::Ping | Kind::Discover));
        let clean = exit.code == Some(0) && exit.signal.is_none();
        if asked || self.client_closed || clean && open.is_empty() {
            return;
        }
        let how = match (&exit.signal, exit.code) {
            (Some(signal), _) => format!("by {signal}"),
            (None, code) => format!("with exit code {}", code.unwrap_or_default()),
        };
        let when = match open.as_slice() {
            [] if self.server.ready => String::new(),
            [] => " before the handshake was complete".to_owned(),
            [call] => format!(" while {} {} was not answered", call.method, call.name.as_deref().unwrap_or_default()),
            several => format!(" while {} calls were not answered", several.len()),
        };
        let others = u32::try_from(open.len()).unwrap_or(u32::MAX).saturating_sub(1);
        // which of several it was, nobody can tell; then the report holds none of them
        let call = if open.len() == 1 { open.pop() } else { None };
        let mut failed = self.observe_failure(
            Class::ServerExit,
            None,
            format!("the server ended {how}{}", when.trim_end()),
            call,
            now,
        );
        failed.exit = Some(exit);
        failed.overlapping = others;
        self.pending.add(failed, Duration::ZERO);
    }
}

//! `Watch`: the walk of one message, from the client's request to the server's answer.

mod endings;
mod reporting;
#[cfg(test)]
mod tests;
mod timeouts;

use std::collections::HashMap;

use autoheal_contract::limits::ERROR_MESSAGE_CHARS;
use autoheal_contract::{Class, ErrorReport};
use autoheal_prepare::Timestamp;
use autoheal_prepare::excerpt::excerpt;
use serde_json::value::RawValue;

use crate::call::{self, Call, Client, Kind};
use crate::classify::{Classification, classify, request_error_class};
use crate::collect::Message;
use crate::early_responses::EarlyResponses;
use crate::inventory_file::Inventory;
use crate::lenient::read_string;
use crate::message::{self, Cancelled, ErrorObject, Outcome, RequestParams, RpcMessage};
use crate::open_calls::{CallKey, OpenCalls};
use crate::pending_failures::PendingFailures;
use crate::server_state::ServerState;
use crate::setup::{OpenedCalls, Scope, Setup, Target};
use crate::stderr::Stderr;
use crate::wording;

/// Longest line that is shown of what is no message, in characters.
const MAX_LINE_CHARS: usize = 500;
/// Most sessions of which something is remembered; when there are more, all of it is forgotten.
const MAX_SESSIONS: usize = 4_096;

/// Watches the conversations with one server.
#[derive(Debug)]
pub struct Watch {
    setup: Setup,
    calls: OpenCalls,
    early: EarlyResponses,
    server: ServerState,
    stderr: Stderr,
    pending: PendingFailures,
    /// Reports on their way out; a fault amidst leaves them here.
    ready: Vec<ErrorReport>,
    /// The programs that introduced themselves, by session.
    clients: HashMap<u64, Client>,
    /// Errors that name no request, by session.
    errors_without_id: HashMap<u64, (Option<i64>, String)>,
    /// What the server asked its client and was not told yet, and when: what runs meanwhile cannot be late.
    server_requests: HashMap<CallKey, Timestamp>,
    /// No call is overdue before this.
    next_check: Option<Timestamp>,
    client_closed: bool,
}

impl Watch {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            calls: OpenCalls::default(),
            early: EarlyResponses::default(),
            server: ServerState::default(),
            stderr: Stderr::default(),
            pending: PendingFailures::default(),
            ready: Vec::new(),
            clients: HashMap::new(),
            errors_without_id: HashMap::new(),
            server_requests: HashMap::new(),
            next_check: None,
            client_closed: false,
        }
    }

    /// The client sent a message (or a batch of them).
    pub fn from_client(&mut self, scope: Scope, message: &Message<'_>, now: Timestamp) -> OpenedCalls {
        let mut opened = OpenedCalls { session: scope.session, keys: Vec::new() };
        message::each(message, |rpc| match rpc {
            // nobody could tell its answer from others; and it is forbidden
            RpcMessage::Request { id: "null", .. } => {}
            RpcMessage::Request { id, method, params } => {
                opened.keys.push(self.request(scope, id, &method, params, now));
            }
            RpcMessage::Notification { method, params } if method == "notifications/cancelled" => {
                self.cancelled(scope, params, now);
            }
            RpcMessage::Response { id: Some(id), .. } => {
                self.server_request_done(scope, id, now);
            }
            // what is broken the server will complain about itself
            RpcMessage::Notification { .. } | RpcMessage::Response { .. } | RpcMessage::Invalid => {}
        });
        opened
    }

    fn request(&mut self, scope: Scope, id: &str, method: &str, params: RequestParams<'_>, now: Timestamp) -> CallKey {
        let key = CallKey::new(scope.session, id);
        let mut call = Call::read(method, params, self.calls.remaining_param_bytes(), now);
        (call.session, call.peer) = (scope.session, scope.peer);
        if let Some(client) = call.client.clone().filter(|_| call.kind == Kind::Initialize) {
            evict_if_full(&mut self.clients).insert(scope.session, client);
        }
        let due = self.timeout(&call).map(|patience| now.plus(patience));
        self.next_check = [self.next_check, due].into_iter().flatten().min();
        // on two pipes a panic may be seen before its call
        if let Some(at) = self.stderr.last_panic {
            self.schedule_panic_check(at);
        }
        self.calls.insert(&key, call);
        if let Some(early) = self.early.take(&key, now) {
            early.with_outcome(|outcome| self.response(&key, outcome, now));
        }
        key
    }

    /// Over HTTP, an answer said which session its client is in from now on.
    pub fn session_began(&mut self, exchange: Scope, session: Scope) {
        if let Some(client) = self.clients.remove(&exchange.session) {
            evict_if_full(&mut self.clients).insert(session.session, client);
        }
    }

    /// The server sent a message (or a batch of them).
    pub fn from_server(&mut self, scope: Scope, message: &Message<'_>, now: Timestamp) {
        message::each(message, |rpc| match rpc {
            RpcMessage::Response { id: Some(id), outcome } => {
                self.response(&CallKey::new(scope.session, id), outcome, now);
            }
            RpcMessage::Response { id: None, outcome: Outcome::Error(error) } => self.nameless(scope, error, now),
            RpcMessage::Notification { method, params } if method == "notifications/progress" => {
                #[derive(serde::Deserialize)]
                struct Progress<'a> {
                    #[serde(borrow, rename = "progressToken")]
                    token: &'a RawValue,
                }
                let progress = params.and_then(|params| serde_json::from_str::<Progress<'_>>(params.get()).ok());
                if let Some(progress) = progress {
                    self.calls.record_progress(scope.session, progress.token.get(), now);
                }
            }
            RpcMessage::Request { id, .. } => {
                if self.server_requests.len() >= MAX_SESSIONS {
                    self.server_requests.clear();
                }
                self.server_requests.insert(CallKey::new(scope.session, id), now);
            }
            RpcMessage::Notification { method, params } if method == "notifications/cancelled" => {
                if let Some(Cancelled { id, .. }) = Cancelled::read(params) {
                    self.server_request_done(scope, id.get(), now);
                }
            }
            RpcMessage::Notification { .. } | RpcMessage::Response { .. } => {}
            RpcMessage::Invalid => self.invalid_message(message, now),
        });
    }

    /// The server printed this on its standard error; pieces need not end where lines do.
    pub fn printed(&mut self, bytes: &[u8], now: Timestamp) {
        let before = self.stderr.last_panic;
        self.stderr.printed(bytes, now);
        if self.stderr.last_panic != before && !self.calls.is_empty() {
            self.schedule_panic_check(now);
        }
    }

    /// The tools the server ever listed, for the next process to remember; `None` when nothing changed since the last call.
    pub fn changed_inventory(&mut self) -> Option<Inventory> {
        self.server.changed_inventory()
    }

    /// What an earlier process learnt of this server.
    pub fn restore_inventory(&mut self, inventory: Inventory) {
        self.server.restore_inventory(inventory);
    }

    /// The server's question was answered, or taken back.
    fn server_request_done(&mut self, scope: Scope, id: &str, now: Timestamp) {
        if self.server_requests.remove(&CallKey::new(scope.session, id)).is_some() {
            self.calls.record_session_activity(scope.session, now);
        }
    }

    fn response(&mut self, key: &CallKey, outcome: Outcome<'_>, now: Timestamp) {
        match self.calls.remove(key, now) {
            Some(call) => self.completed(call, outcome, now),
            // on two pipes an answer may be seen before its request
            None => self.early.add(key.clone(), outcome, now),
        }
    }

    fn completed(&mut self, call: Call, outcome: Outcome<'_>, now: Timestamp) {
        let classification = classify(&call, outcome, &self.server);
        if let Outcome::Result(result) = outcome {
            self.server.record_result(&call.method, result);
            self.server.record_result_meta(result);
            if classification.is_none() && call.kind == Kind::Tool {
                self.server.add_tool(call.subject());
            }
        }
        let Some(Classification { class, code, message, violated_schema }) = classification else { return };
        if call.is_reported {
            // it was told of as never answered
            return;
        }
        let mut failed = self.observe_failure(class, code, message, Some(call), now);
        failed.violated_schema = violated_schema;
        failed.answer = match outcome {
            Outcome::Result(raw) | Outcome::Error(raw) => {
                Some(raw.to_owned()).filter(|raw| raw.get().len() <= call::MAX_PARAM_BYTES)
            }
            Outcome::Truncated { .. } => None,
        };
        self.enqueue(failed);
    }

    /// An error that names no request: the server could not read one.
    fn nameless(&mut self, scope: Scope, error: &RawValue, now: Timestamp) {
        let ErrorObject { code, message } = ErrorObject::read(error);
        if matches!(self.setup.target, Target::Http { .. }) {
            // its exchange's end says which call that was
            evict_if_full(&mut self.errors_without_id)
                .insert(scope.session, (code, excerpt(&message, ERROR_MESSAGE_CHARS)));
            return;
        }
        self.add_failure(request_error_class(code), code, message, None, now);
    }

    /// Standard output is for messages only. Whatever else is printed there, it is one failure: that it is printed.
    fn invalid_message(&mut self, message: &Message<'_>, now: Timestamp) {
        if matches!(self.setup.target, Target::Http { .. }) {
            // the status and the end of the exchange tell of it
            return;
        }
        let told = "the server printed what is no JSON-RPC message to standard output";
        let mut failed = self.observe_failure(Class::ProtocolError, None, told.to_owned(), None, now);
        if !self.pending.contains(&failed) {
            let line: String = match message {
                Message::Whole(line) => String::from_utf8_lossy(line).trim().chars().take(MAX_LINE_CHARS).collect(),
                Message::Truncated(_) => "(a line too long to keep)".to_owned(),
            };
            failed.answer = serde_json::value::to_raw_value(&line).ok();
        }
        self.enqueue(failed);
    }

    fn cancelled(&mut self, scope: Scope, params: Option<&RawValue>, now: Timestamp) {
        let Some(Cancelled { id, reason }) = Cancelled::read(params) else { return };
        let Some(call) = self.calls.remove(&CallKey::new(scope.session, id.get()), now) else { return };
        // a client that gave up waiting is not one that changed its mind
        let gave_up = reason.and_then(read_string).is_some_and(|reason| wording::is_timeout(&reason));
        if gave_up && !call.is_reported && call.last_activity == call.started {
            let seconds = (now.0 - call.started.0) / 1000;
            let message = unanswered(&call, &format!("the client gave up after {seconds} s"));
            self.add_failure(Class::NoAnswer, None, message, Some(call), now);
        }
    }
}

fn unanswered(call: &Call, why: &str) -> String {
    format!("{} was never answered: {why}", call.subject())
}

/// Room for one more session.
fn evict_if_full<T>(sessions: &mut HashMap<u64, T>) -> &mut HashMap<u64, T> {
    if sessions.len() >= MAX_SESSIONS {
        sessions.clear();
    }
    sessions
}

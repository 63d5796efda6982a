//! `Watch`: the path of each message, from the client's request to the server's response.

mod endings;
mod reporting;
mod tasks;
#[cfg(test)]
mod tests;
mod timeouts;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::moment::Moment;
use autoheal_contract::Class;
use autoheal_contract::limits::ERROR_MESSAGE_CHARS;
use autoheal_prepare::excerpt::excerpt;
use serde_json::value::RawValue;

use crate::call::{self, Call, Client, Kind};
use crate::classify::{Classification, classify, request_error_class};
use crate::collect::Message;
use crate::early_responses::EarlyResponses;
use crate::inventory_file::Inventory;
use crate::lenient::read_string;
use crate::message::{self, Cancelled, ErrorObject, Outcome, Progress, RequestParams, RpcMessage};
use crate::open_calls::{CallKey, OpenCalls};
use crate::pending_failures::PendingFailures;
use crate::server_state::ServerState;
use crate::setup::{OpenedCalls, Scope, Setup, Target, WatchedReport};
use crate::stderr::Stderr;
use crate::tasks::Tasks;
use autoheal_contract::wording;

/// Maximum length of an invalid stdout line in a report, in characters.
const MAX_LINE_CHARS: usize = 500;
/// Maximum number of such lines that are kept until the first response.
const MAX_EARLY_LINES: usize = 50;
/// Maximum number of sessions in a map. A full map is cleared.
const MAX_SESSIONS: usize = 4_096;
/// Maximum number of tracked server-to-client requests. At the limit, all of them are dropped.
const MAX_SERVER_REQUESTS: usize = 4_096;

/// Watches the conversations with one server.
#[derive(Debug)]
pub struct Watch {
    setup: Setup,
    open_calls: OpenCalls,
    early_responses: EarlyResponses,
    server: ServerState,
    stderr: Stderr,
    pending_failures: PendingFailures,
    /// Finished reports, not yet taken by the caller. They survive a panic.
    ready_reports: Vec<WatchedReport>,
    /// Client programs, by session, from their `initialize` requests.
    clients: HashMap<u64, Client>,
    /// Code and message of the last error response without an id, by session. HTTP only.
    errors_without_id: HashMap<u64, (Option<i64>, String)>,
    /// Open server-to-client requests, by time sent. Calls that began before one of these do not time out.
    server_requests: HashMap<CallKey, Moment>,
    /// Time of the next timeout check; no call times out earlier.
    next_check: Option<Moment>,
    tasks: Tasks,
    /// Sessions whose responses come on an event stream of their own.
    stream_sessions: HashSet<u64>,
    client_end: Option<ClientEnd>,
    /// True after the server's first response.
    has_responded: bool,
    /// Lines on standard output that are no messages, before the first response.
    early_lines: Vec<String>,
}

/// The end of a client on pipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClientEnd {
    /// It closed the server's input.
    InputClosed,
    /// It no longer reads.
    Left,
}

impl Watch {
    /// Creates a watch with no open calls.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            open_calls: OpenCalls::default(),
            early_responses: EarlyResponses::default(),
            server: ServerState::default(),
            stderr: Stderr::default(),
            pending_failures: PendingFailures::default(),
            ready_reports: Vec::new(),
            clients: HashMap::new(),
            errors_without_id: HashMap::new(),
            server_requests: HashMap::new(),
            next_check: None,
            tasks: Tasks::default(),
            stream_sessions: HashSet::new(),
            client_end: None,
            has_responded: false,
            early_lines: Vec::new(),
        }
    }

    /// Processes a message, or a batch, from the client. Returns the calls that it opened.
    pub fn from_client(&mut self, scope: Scope, message: &Message<'_>, now: Moment) -> OpenedCalls {
        let mut opened = OpenedCalls { session: scope.session, keys: Vec::new() };
        message::each(message, |rpc| match rpc {
            // MCP forbids a null id, and its response could not be matched
            RpcMessage::Request { id: "null", .. } => {}
            RpcMessage::Request { id, method, params } => {
                opened.keys.push(self.request(scope, id, &method, params, now));
            }
            RpcMessage::Notification { method, params } if method == "notifications/cancelled" => {
                self.client_cancelled(scope, params, now);
            }
            RpcMessage::Response { id: Some(id), .. } => self.server_request_done(scope, id, now),
            // the server responds to an invalid message with an error of its own
            RpcMessage::Notification { .. } | RpcMessage::Response { .. } | RpcMessage::Invalid => {}
        });
        opened
    }

    /// Processes a message, or a batch, from the server.
    pub fn from_server(&mut self, scope: Scope, message: &Message<'_>, now: Moment) {
        message::each(message, |rpc| match rpc {
            RpcMessage::Response { id: Some(id), outcome } => {
                self.record_response(now);
                self.response(&CallKey::new(scope.session, id), outcome, now);
            }
            RpcMessage::Response { id: None, outcome: Outcome::Error(error) } => {
                self.error_without_id(scope, error, now);
            }
            RpcMessage::Request { id, .. } => self.server_request(scope, id, now),
            RpcMessage::Notification { method, params } if method == "notifications/progress" => {
                if let Some(Progress { token }) = Progress::read(params) {
                    self.open_calls.record_progress(scope.session, token.get(), now);
                }
            }
            RpcMessage::Notification { method, params } if method == "notifications/cancelled" => {
                if let Some(Cancelled { id, .. }) = Cancelled::read(params) {
                    self.server_request_done(scope, id.get(), now);
                }
            }
            RpcMessage::Notification { method, params: Some(params) } if method.starts_with("notifications/tasks") => {
                self.task_changed(params, now);
            }
            RpcMessage::Notification { .. } | RpcMessage::Response { .. } => {}
            RpcMessage::Invalid => self.invalid_message(message, now),
        });
    }

    /// Opens a call for a request of the client.
    fn request(&mut self, scope: Scope, id: &str, method: &str, params: RequestParams<'_>, now: Moment) -> CallKey {
        let key = CallKey::new(scope.session, id);
        let mut call = Call::read(method, params, self.open_calls.remaining_param_bytes(), now);
        (call.session, call.session_hash, call.peer) = (scope.session, scope.session_hash, scope.peer);
        call.trace = call.trace.or(scope.trace);
        if let Some(client) = call.client.clone().filter(|_| call.kind == Kind::Initialize) {
            clear_if_full(&mut self.clients).insert(scope.session, client);
        }
        let deadline = self.open_limit(&call).map(|timeout| now.plus(timeout));
        self.next_check = [self.next_check, deadline].into_iter().flatten().min();
        // two threads read the pipes, so a panic may be seen before the request that caused it
        if let Some(panicked_at) = self.stderr.last_panic {
            self.schedule_panic_check(panicked_at);
        }
        self.open_calls.insert(&key, call);
        if let Some(early) = self.early_responses.take(&key, now) {
            early.with_outcome(|outcome| self.response(&key, outcome, early.seen_at));
        }
        key
    }

    /// Closes the call of a response.
    fn response(&mut self, key: &CallKey, outcome: Outcome<'_>, now: Moment) {
        match self.open_calls.remove(key, now) {
            Some(call) => self.completed(call, outcome, now),
            // two threads read the pipes, so a response may be seen before its request
            None => self.early_responses.add(key.clone(), outcome, now),
        }
    }

    /// Records facts about the server from a response, and adds a failure if the response is one.
    fn completed(&mut self, call: Call, outcome: Outcome<'_>, now: Moment) {
        let Some(call) = self.task_response(call, outcome, now) else { return };
        let is_success = classify(&call, outcome, &self.server).is_none();
        if let Outcome::Result(result) = outcome {
            self.server.record_result(&call.method, result);
            self.server.record_result_meta(result);
            if is_success && call.kind == Kind::Tool {
                self.server.add_tool(call.subject());
            }
        }
        self.failed_response(call, outcome, now);
    }

    /// The failure of a tool that reports its errors as text, if they are looked for.
    fn soft_error(&self, call: &Call, outcome: Outcome<'_>) -> Option<Classification> {
        let Outcome::Result(result) = outcome else { return None };
        if !self.setup.soft_errors || call.kind != Kind::Tool || result.get().len() > call::MAX_STORED_BYTES {
            return None;
        }
        let text = serde_json::from_str::<message::ToolResult<'_>>(result.get()).ok()?.text();
        wording::is_error_text(&text).then(|| Classification::new(Class::CallerError, None, text))
    }

    /// Adds the failure of a call.
    fn add_classified(&mut self, found: Classification, call: Call, response: Option<&RawValue>, now: Moment) {
        let Classification { class, code, message, violated_schema } = found;
        // a gateway's server is down: one failure, whichever call was made
        let class = if wording::is_lost_process(&message) { Class::ProtocolError } else { class };
        let mut failure = self.new_failure(class, code, message, Some(call), now);
        failure.violated_schema = violated_schema;
        failure.response = response.filter(|raw| raw.get().len() <= call::MAX_STORED_BYTES).map(ToOwned::to_owned);
        self.add_failure(failure);
    }

    /// Closes a call that the client cancelled. That is a failure only if the client ran into its own timeout.
    fn client_cancelled(&mut self, scope: Scope, params: Option<&RawValue>, now: Moment) {
        let Some(Cancelled { id, reason }) = Cancelled::read(params) else { return };
        let Some(call) = self.open_calls.remove(&CallKey::new(scope.session, id.get()), now) else { return };
        let is_timeout = reason.and_then(read_string).is_some_and(|reason| wording::is_timeout(&reason));
        if is_timeout && !call.is_reported && call.last_activity == call.started {
            let seconds = now.since(call.started).as_secs();
            let message = call.unanswered(&format!("the client gave up after {seconds} s"));
            let failure = self.new_failure(Class::NoAnswer, None, message, Some(call), now);
            self.add_failure(failure);
        } else {
            self.ended_unanswered(call, now);
        }
    }

    /// Records an error without an id, which a server sends if it cannot parse a request.
    fn error_without_id(&mut self, scope: Scope, error: &RawValue, now: Moment) {
        let ErrorObject { code, message } = ErrorObject::read(error);
        if matches!(self.setup.target, Target::Http { .. }) {
            // `exchange_ended` assigns the error to the calls of its exchange
            let error = (code, excerpt(&message, ERROR_MESSAGE_CHARS));
            clear_if_full(&mut self.errors_without_id).insert(scope.session, error);
            return;
        }
        let failure = self.new_failure(request_error_class(code), code, message, None, now);
        self.add_failure(failure);
    }

    /// Opens a request of the server to its client.
    fn server_request(&mut self, scope: Scope, id: &str, now: Moment) {
        if self.server_requests.len() >= MAX_SERVER_REQUESTS {
            self.server_requests.clear();
        }
        self.server_requests.insert(CallKey::new(scope.session, id), now);
    }

    /// Closes a request of the server, because the client responded or the server cancelled it.
    fn server_request_done(&mut self, scope: Scope, id: &str, now: Moment) {
        if self.server_requests.remove(&CallKey::new(scope.session, id)).is_some() {
            self.open_calls.record_session_activity(scope.session, now);
        }
    }

    /// Records a line on standard output that is not a message. All such lines are one failure.
    fn invalid_message(&mut self, message: &Message<'_>, now: Moment) {
        if matches!(self.setup.target, Target::Http { .. }) {
            // `exchange_ended` reports the missing response
            return;
        }
        if !self.has_responded && self.early_lines.len() < MAX_EARLY_LINES {
            self.early_lines.push(excerpt(&shown_line(message), MAX_LINE_CHARS));
        }
        let problem = "the server printed what is no JSON-RPC message to standard output";
        let mut failure = self.new_failure(Class::ProtocolError, None, problem.to_owned(), None, now);
        if !self.pending_failures.contains(&failure) {
            let line: String = shown_line(message).trim().chars().take(MAX_LINE_CHARS).collect();
            failure.response = serde_json::value::to_raw_value(&line).ok();
        }
        self.add_failure(failure);
    }

    /// Adds output from the server's standard error. A piece may end in the middle of a line.
    pub fn printed(&mut self, bytes: &[u8], now: Moment) {
        let last_panic = self.stderr.last_panic;
        self.stderr.printed(bytes, now);
        if self.stderr.last_panic != last_panic && !self.open_calls.is_empty() {
            self.schedule_panic_check(now);
        }
    }

    /// Moves the client program of an HTTP exchange to the session that the response named.
    pub fn session_began(&mut self, exchange: Scope, session: Scope) {
        if let Some(client) = self.clients.remove(&exchange.session) {
            clear_if_full(&mut self.clients).insert(session.session, client);
        }
    }

    /// Inventory of the server, if it changed since the last call.
    pub fn changed_inventory(&mut self) -> Option<Inventory> {
        self.server.changed_inventory()
    }

    /// Restores the inventory that an earlier process wrote.
    pub fn restore_inventory(&mut self, inventory: Inventory) {
        self.server.restore_inventory(inventory);
    }
}

/// A line that is no message, as it was printed.
fn shown_line<'a>(message: &'a Message<'_>) -> Cow<'a, str> {
    match message {
        Message::Whole(line) => String::from_utf8_lossy(line),
        Message::Truncated(_) => Cow::Borrowed("(a line too long to keep)"),
    }
}

/// Clears a full map, so that one more session fits.
fn clear_if_full<T>(sessions: &mut HashMap<u64, T>) -> &mut HashMap<u64, T> {
    if sessions.len() >= MAX_SESSIONS {
        sessions.clear();
    }
    sessions
}

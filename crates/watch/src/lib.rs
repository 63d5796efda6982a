//! What fails in the conversation with an MCP server, told from the wire alone: messages in, reports out; pure, no I/O.
//!
//! `autoheal mcp` feeds it the lines of a server's pipes, the gateway the bodies and event streams of HTTP. Both forward
//! bytes untouched first and show them here afterwards.

mod boundary;
mod call;
mod calls;
mod collect;
mod early;
mod endings;
mod failed;
mod inventory_file;
mod judge;
mod lenient;
mod message;
mod overdue;
mod report;
mod reproduction;
mod server;
mod setup;
mod skim;
mod stderr;
#[cfg(test)]
mod tests;
mod wording;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use autoheal_contract::limits::ERROR_MESSAGE_CHARS;
use autoheal_contract::{Class, ErrorReport};
use serde_json::value::RawValue;

use autoheal_prepare::Timestamp;
use autoheal_prepare::excerpt::excerpt;

use self::call::{Call, Client};
use self::calls::{Calls, Key};
use self::early::Early;
use self::failed::{AT_ONCE, Failed, Folded, SETTLE, Waiting};
use self::judge::judge;
use self::lenient::read_string;
use self::message::{Cancelled, ErrorObject, Outcome, Spoken};
use self::stderr::{Joined, Stderr, Wanted};

pub use self::boundary::Boundary;
pub use self::call::Kind;
pub use self::collect::{Collector, Lines, Message};
pub use self::inventory_file::{Inventory, InventoryFile};
pub use self::judge::{Judged, by_code, by_words, class_of, error_type};
pub use self::report::{clean, client_hash};
pub use self::reproduction::Reproduced;
pub use self::server::Known;
pub use self::setup::{ExchangeEnd, Opened, Scope, Setup, Target};

/// Longest line that is shown of what is no message, in characters.
const LINE: usize = 500;
/// Most sessions of which something is remembered; when there are more, all of it is forgotten.
const SESSIONS: usize = 4_096;

/// Watches the conversations with one server.
#[derive(Debug)]
pub struct Watch {
    setup: Setup,
    calls: Calls,
    early: Early,
    known: Known,
    stderr: Stderr,
    waiting: Waiting,
    /// Reports on their way out; a fault amidst leaves them here.
    told: Vec<ErrorReport>,
    /// The programs that introduced themselves, by session.
    clients: HashMap<u64, Client>,
    /// Errors that name no request, by session.
    nameless: HashMap<u64, (Option<i64>, String)>,
    /// What the server asked its client and was not told yet, and when: what runs meanwhile cannot be late.
    asked: HashMap<Key, Timestamp>,
    /// No call is overdue before this.
    look_again: Option<Timestamp>,
    client_closed: bool,
}

impl Watch {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            calls: Calls::default(),
            early: Early::default(),
            known: Known::default(),
            stderr: Stderr::default(),
            waiting: Waiting::default(),
            told: Vec::new(),
            clients: HashMap::new(),
            nameless: HashMap::new(),
            asked: HashMap::new(),
            look_again: None,
            client_closed: false,
        }
    }

    /// The client sent a message (or a batch of them).
    pub fn from_client(&mut self, scope: Scope, message: &Message<'_>, now: Timestamp) -> Opened {
        let mut opened = Opened { session: scope.session, keys: Vec::new() };
        message::each(message, |spoken| match spoken {
            // nobody could tell its answer from others; and it is forbidden
            Spoken::Request { id: "null", .. } => {}
            Spoken::Request { id, method, params } => {
                let key = Key::new(scope.session, id);
                let mut call = Call::read(&method, params, self.calls.room(), now);
                (call.session, call.peer) = (scope.session, scope.peer);
                if let Some(client) = call.client.clone().filter(|_| call.kind == Kind::Initialize) {
                    bounded(&mut self.clients).insert(scope.session, client);
                }
                let due = self.patience(&call).map(|patience| now.plus(patience));
                self.look_again = [self.look_again, due].into_iter().flatten().min();
                // on two pipes a panic may be seen before its call
                if let Some(at) = self.stderr.gave_up {
                    self.look_after_panic(at);
                }
                self.calls.begin(&key, call);
                if let Some(answer) = self.early.take(&key, now) {
                    answer.read(|outcome| self.settle(&key, outcome, now));
                }
                opened.keys.push(key);
            }
            Spoken::Notification { method, params } if method == "notifications/cancelled" => {
                self.cancelled(scope, params, now);
            }
            Spoken::Answer { id: Some(id), .. } => {
                self.is_told(scope, id, now);
            }
            // what is broken the server will complain about itself
            Spoken::Notification { .. } | Spoken::Answer { .. } | Spoken::Broken => {}
        });
        opened
    }

    /// Over HTTP, an answer said which session its client is in from now on.
    pub fn session_began(&mut self, exchange: Scope, session: Scope) {
        if let Some(client) = self.clients.remove(&exchange.session) {
            bounded(&mut self.clients).insert(session.session, client);
        }
    }

    /// The server sent a message (or a batch of them).
    pub fn from_server(&mut self, scope: Scope, message: &Message<'_>, now: Timestamp) {
        message::each(message, |spoken| match spoken {
            Spoken::Answer { id: Some(id), outcome } => {
                self.settle(&Key::new(scope.session, id), outcome, now);
            }
            Spoken::Answer { id: None, outcome: Outcome::Error(error) } => self.nameless(scope, error, now),
            Spoken::Notification { method, params } if method == "notifications/progress" => {
                #[derive(serde::Deserialize)]
                struct Progress<'a> {
                    #[serde(borrow, rename = "progressToken")]
                    token: &'a RawValue,
                }
                let progress = params.and_then(|params| serde_json::from_str::<Progress<'_>>(params.get()).ok());
                if let Some(progress) = progress {
                    self.calls.heard(scope.session, progress.token.get(), now);
                }
            }
            Spoken::Request { id, .. } => {
                if self.asked.len() >= SESSIONS {
                    self.asked.clear();
                }
                self.asked.insert(Key::new(scope.session, id), now);
            }
            Spoken::Notification { method, params } if method == "notifications/cancelled" => {
                if let Some(Cancelled { id, .. }) = Cancelled::read(params) {
                    self.is_told(scope, id.get(), now);
                }
            }
            Spoken::Notification { .. } | Spoken::Answer { .. } => {}
            Spoken::Broken => self.no_message(message, now),
        });
    }

    /// The server printed this on its standard error; pieces need not end where lines do.
    pub fn printed(&mut self, bytes: &[u8], now: Timestamp) {
        let before = self.stderr.gave_up;
        self.stderr.printed(bytes, now);
        if self.stderr.gave_up != before && !self.calls.is_empty() {
            self.look_after_panic(now);
        }
    }

    /// When [`Self::reports`] will have something new without anything being shown; none while nothing is under way.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        [self.waiting.due(), self.look_again].into_iter().flatten().min()
    }

    /// What failed since the last look, some of it where it is much; then more is due at once. Repeats of one failure are one
    /// report with a count. Everything a report says is from the wire and from standard error; the caller adds the place
    /// (directory, commit, system).
    pub fn reports(&mut self, now: Timestamp) -> Vec<ErrorReport> {
        if self.look_again.is_some_and(|look| look <= now) {
            self.look(now);
        }
        for _ in 0..AT_ONCE {
            let Some(folded) = self.waiting.take(now) else { break };
            self.tell(folded);
        }
        std::mem::take(&mut self.told)
    }

    /// All that is left, and waits for nothing more: the process is about to end.
    pub fn last_reports(&mut self, now: Timestamp) -> Vec<ErrorReport> {
        let mut reports = Vec::new();
        loop {
            let more = self.reports(now.plus(SETTLE));
            if more.is_empty() {
                return reports;
            }
            reports.extend(more);
        }
    }

    /// After a fault in here: whatever can still be told of what was gathered before.
    #[must_use]
    pub fn rescued(mut self) -> Vec<ErrorReport> {
        while let Some(folded) = self.waiting.take(Timestamp(i64::MAX)) {
            // what cannot be told is left out
            let _fault = catch_unwind(AssertUnwindSafe(|| self.tell(folded)));
        }
        self.told
    }

    fn tell(&mut self, folded: Folded) {
        let joined = self.join(&folded.failed);
        self.told.push(report::report(folded, joined, &self.known, &self.setup));
    }

    /// The tools the server ever listed, for the next process to remember; `None` when nothing changed since the last call.
    pub fn changed_inventory(&mut self) -> Option<Inventory> {
        self.known.changed_inventory()
    }

    /// What an earlier process learnt of this server.
    pub fn restore_inventory(&mut self, inventory: Inventory) {
        self.known.restore_inventory(inventory);
    }

    /// The server's question was answered, or taken back.
    fn is_told(&mut self, scope: Scope, id: &str, now: Timestamp) {
        if self.asked.remove(&Key::new(scope.session, id)).is_some() {
            self.calls.heard_all(scope.session, now);
        }
    }

    fn settle(&mut self, key: &Key, outcome: Outcome<'_>, now: Timestamp) {
        match self.calls.end(key, now) {
            Some(call) => self.answered(call, outcome, now),
            // on two pipes an answer may be seen before its request
            None => self.early.keep(key.clone(), outcome, now),
        }
    }

    fn answered(&mut self, call: Call, outcome: Outcome<'_>, now: Timestamp) {
        let judged = judge(&call, outcome, &self.known);
        if let Outcome::Result(result) = outcome {
            self.known.learn(&call.method, result);
            self.known.learn_from_meta(result);
            if judged.is_none() && call.kind == Kind::Tool {
                self.known.exists(call.subject());
            }
        }
        let Some(Judged { class, code, message, violated }) = judged else { return };
        if call.told {
            // it was told of as never answered
            return;
        }
        let mut failed = self.failed(class, code, message, Some(call), now);
        failed.violated = violated;
        failed.answer = match outcome {
            Outcome::Result(raw) | Outcome::Error(raw) => {
                Some(raw.to_owned()).filter(|raw| raw.get().len() <= call::PARAMS)
            }
            Outcome::Long { .. } => None,
        };
        self.wait(failed);
    }

    /// An error that names no request: the server could not read one.
    fn nameless(&mut self, scope: Scope, error: &RawValue, now: Timestamp) {
        let ErrorObject { code, message } = ErrorObject::read(error);
        if matches!(self.setup.target, Target::Http { .. }) {
            // its exchange's end says which call that was
            bounded(&mut self.nameless).insert(scope.session, (code, excerpt(&message, ERROR_MESSAGE_CHARS)));
            return;
        }
        self.fail(endings::unread(code), code, message, None, now);
    }

    /// Standard output is for messages only. Whatever else is printed there, it is one failure: that it is printed.
    fn no_message(&mut self, message: &Message<'_>, now: Timestamp) {
        if matches!(self.setup.target, Target::Http { .. }) {
            // the status and the end of the exchange tell of it
            return;
        }
        let told = "the server printed what is no JSON-RPC message to standard output";
        let mut failed = self.failed(Class::ProtocolError, None, told.to_owned(), None, now);
        if !self.waiting.counts(&failed) {
            let line: String = match message {
                Message::Whole(line) => String::from_utf8_lossy(line).trim().chars().take(LINE).collect(),
                Message::Cut(_) => "(a line too long to keep)".to_owned(),
            };
            failed.answer = serde_json::value::to_raw_value(&line).ok();
        }
        self.wait(failed);
    }

    fn cancelled(&mut self, scope: Scope, params: Option<&RawValue>, now: Timestamp) {
        let Some(Cancelled { id, reason }) = Cancelled::read(params) else { return };
        let Some(call) = self.calls.end(&Key::new(scope.session, id.get()), now) else { return };
        // a client that gave up waiting is not one that changed its mind
        let gave_up = reason.and_then(read_string).is_some_and(|reason| wording::is_time_out(&reason));
        if gave_up && !call.told && call.heard == call.began {
            let seconds = (now.0 - call.began.0) / 1000;
            let message = never_answered(&call, &format!("the client gave up after {seconds} s"));
            self.fail(Class::NoAnswer, None, message, Some(call), now);
        }
    }

    fn fail(&mut self, class: Class, code: Option<i64>, message: String, call: Option<Call>, now: Timestamp) {
        let failed = self.failed(class, code, message, call, now);
        self.wait(failed);
    }

    fn failed(
        &mut self,
        class: Class,
        code: Option<i64>,
        message: String,
        mut call: Option<Call>,
        now: Timestamp,
    ) -> Failed {
        let message =
            if message.len() > ERROR_MESSAGE_CHARS { excerpt(&message, ERROR_MESSAGE_CHARS) } else { message };
        let overlapping = call.as_ref().map_or(0, |call| self.calls.overlapping(call));
        let (session, peer) = call.as_ref().map_or((0, 0), |call| (call.session, call.peer));
        let client = call.as_mut().and_then(|call| call.client.take()).or_else(|| self.clients.get(&session).cloned());
        Failed {
            class,
            code,
            message,
            violated: None,
            call,
            client,
            peer,
            answer: None,
            exit: None,
            overlapping,
            begun: self.calls.begun(),
            at: now,
        }
    }

    /// Standard error may come a little later than the answer.
    fn wait(&mut self, failed: Failed) {
        let settle = match (&self.setup.target, failed.class) {
            (Target::Http { .. }, _) | (_, Class::CallerError) => Duration::ZERO,
            _ => SETTLE,
        };
        self.waiting.add(failed, settle);
    }

    fn join(&self, failed: &Failed) -> Joined {
        if failed.class == Class::CallerError || matches!(self.setup.target, Target::Http { .. }) {
            return Joined::default();
        }
        let exited = failed.exit.is_some();
        match &failed.call {
            Some(call) => self.stderr.join(&Wanted {
                from: call.since,
                to: failed.at.plus(SETTLE),
                message: &failed.message,
                name: call.name.as_deref(),
                overlapped: failed.overlapping > 0 && !exited,
                next: self.calls.next_begun(failed.begun),
            }),
            // the last words of a process are about its end
            None if exited => {
                let from = failed.at.minus(Duration::from_secs(10));
                let all = Wanted { from, to: failed.at, message: "", name: None, overlapped: false, next: None };
                let mut joined = self.stderr.join(&all);
                if failed.overlapping > 0 {
                    joined.logs.clear();
                }
                joined
            }
            None => Joined::default(),
        }
    }
}

fn never_answered(call: &Call, why: &str) -> String {
    format!("{} was never answered: {why}", call.subject())
}

/// Room for one more session.
fn bounded<T>(sessions: &mut HashMap<u64, T>) -> &mut HashMap<u64, T> {
    if sessions.len() >= SESSIONS {
        sessions.clear();
    }
    sessions
}

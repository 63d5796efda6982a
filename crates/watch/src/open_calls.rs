//! The requests that wait for their answers, by session and id.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::call::Call;
use super::lenient::canonical;
use autoheal_prepare::Timestamp;

/// Most parameters that are remembered at once, in bytes: what is over is still watched, without them.
const MAX_PARAM_BYTES: usize = 8 * 1024 * 1024;
/// Most requests that are remembered at once.
const MAX_CALLS: usize = 50_000;

/// Of how many it is remembered when they were begun.
const MAX_RECENT_STARTS: usize = 1_024;

/// Two threads see what passes: a server's words may be seen so much earlier than the request they are about.
const MAX_STDERR_LEAD: Duration = Duration::from_millis(50);
/// The smallest step of time.
const TICK: Duration = Duration::from_millis(1);

/// A request's name: its session, and its id as JSON, since `"1"` is not `1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct CallKey {
    pub(super) session: u64,
    pub(super) id: Box<str>,
}

impl CallKey {
    /// By the id as it stands in the text.
    pub(super) fn new(session: u64, id: &str) -> Self {
        Self { session, id: canonical(id).into() }
    }
}

/// All that wait.
#[derive(Debug, Default)]
pub(super) struct OpenCalls {
    open: HashMap<CallKey, Call>,
    /// Progress tokens that are not the id itself.
    tokens: HashMap<CallKey, Box<str>>,
    /// Bytes of parameters.
    param_bytes: usize,
    /// How many of the open ones run code.
    running: u32,
    /// How many of them were told of.
    reported: usize,
    /// How many that run code were ever begun.
    started_count: u64,
    /// When the last of those were begun, by their numbers.
    recent_starts: VecDeque<(u64, Timestamp)>,
    /// When the last of them ended.
    last_ended: Option<Timestamp>,
}

impl OpenCalls {
    /// How many bytes of parameters may still be remembered.
    pub(super) fn remaining_param_bytes(&self) -> usize {
        MAX_PARAM_BYTES.saturating_sub(self.param_bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Remembers a request. One of the same name was given up by its client and goes, and where there is no room those go
    /// that were told of as never answered.
    pub(super) fn insert(&mut self, key: &CallKey, mut call: Call) {
        drop(self.remove(key, call.started));
        if self.open.len() >= MAX_CALLS {
            if self.reported == 0 {
                return;
            }
            self.evict_reported();
        }
        call.running_at_start = self.running;
        if self.running == 0 {
            let after_others = self.last_ended.map_or(Timestamp(i64::MIN), |ended| ended.plus(TICK));
            call.output_from = call.started.minus(MAX_STDERR_LEAD).max(after_others.min(call.started));
        }
        call.sequence = self.started_count;
        if call.kind.runs_code() {
            self.running += 1;
            self.recent_starts.push_back((self.started_count, call.started));
            if self.recent_starts.len() > MAX_RECENT_STARTS {
                self.recent_starts.pop_front();
            }
            self.started_count += 1;
        }
        self.param_bytes += call.param_bytes();
        if let Some(token) = call.progress_token.as_ref().filter(|token| **token != key.id) {
            self.tokens.insert(CallKey { session: key.session, id: token.clone() }, key.id.clone());
        }
        self.open.insert(key.clone(), call);
    }

    /// Its answer came, or nobody waits for one.
    pub(super) fn remove(&mut self, key: &CallKey, now: Timestamp) -> Option<Call> {
        let call = self.open.remove(key)?;
        self.param_bytes -= call.param_bytes();
        self.reported -= usize::from(call.is_reported);
        if call.kind.runs_code() {
            self.running -= 1;
            self.last_ended = Some(now);
        }
        if let Some(token) = call.progress_token.as_ref().filter(|token| **token != key.id) {
            self.tokens.remove(&CallKey { session: key.session, id: token.clone() });
        }
        Some(call)
    }

    /// How many other calls ran code during this one.
    pub(super) fn overlapping(&self, call: &Call) -> u32 {
        let own = u64::from(call.kind.runs_code());
        let later = self.started_count.saturating_sub(call.sequence + own);
        call.running_at_start.saturating_add(u32::try_from(later).unwrap_or(u32::MAX))
    }

    /// How many calls that run code were ever begun.
    pub(super) fn started_count(&self) -> u64 {
        self.started_count
    }

    /// When the next call that runs code was begun, counting from this many; none if there was none, or long ago.
    pub(super) fn next_start(&self, count: u64) -> Option<Timestamp> {
        self.recent_starts.iter().find(|(number, _)| *number >= count).map(|(_, began)| *began)
    }

    /// A sign of life.
    pub(super) fn record_progress(&mut self, session: u64, token: &str, now: Timestamp) {
        let key = CallKey::new(session, token);
        let key = self.tokens.get(&key).map_or(key, |id| CallKey { session, id: id.clone() });
        if let Some(call) = self.open.get_mut(&key) {
            call.last_activity = now;
        }
    }

    /// The client answered the server, on which calls of that session may have waited.
    pub(super) fn record_session_activity(&mut self, session: u64, now: Timestamp) {
        self.open.iter_mut().filter(|(key, _)| key.session == session).for_each(|(_, call)| call.last_activity = now);
    }

    pub(super) fn get(&self, key: &CallKey) -> Option<&Call> {
        self.open.get(key)
    }

    /// Takes what a report needs; the call stays open, as one that was told of.
    pub(super) fn take_for_report(&mut self, key: &CallKey) -> Option<Call> {
        let open = self.open.get_mut(key)?;
        let copy = open.reported_copy();
        let call = std::mem::replace(open, copy);
        self.param_bytes -= call.param_bytes();
        self.reported += usize::from(!call.is_reported);
        if let Some(token) = call.progress_token.as_ref().filter(|token| **token != key.id) {
            self.tokens.remove(&CallKey { session: key.session, id: token.clone() });
        }
        Some(call)
    }

    fn evict_reported(&mut self) {
        let reported = self.open.extract_if(|_, call| call.is_reported);
        self.running -= reported.map(|(_, call)| u32::from(call.kind.runs_code())).sum::<u32>();
        self.reported = 0;
    }

    /// Those that nothing was heard of for their timeout.
    pub(super) fn timed_out(&self, now: Timestamp, timeout: impl Fn(&Call) -> Option<Duration>) -> Vec<CallKey> {
        let late = |call: &Call| {
            !call.is_reported && timeout(call).is_some_and(|timeout| call.last_activity.plus(timeout) <= now)
        };
        self.open.iter().filter(|(_, call)| late(call)).map(|(key, _)| key.clone()).collect()
    }

    /// When the next of them will be overdue.
    pub(super) fn next_timeout(&self, timeout: impl Fn(&Call) -> Option<Duration>) -> Option<Timestamp> {
        let waiting = self.open.values().filter(|call| !call.is_reported);
        waiting.filter_map(|call| Some(call.last_activity.plus(timeout(call)?))).min()
    }

    /// All of them, in the order they were begun; none is left.
    pub(super) fn take_all(&mut self) -> Vec<Call> {
        let mut all: Vec<Call> = std::mem::take(&mut self.open).into_values().collect();
        (self.param_bytes, self.running, self.reported) = (0, 0, 0);
        self.tokens.clear();
        all.sort_by_key(|call| (call.started, call.sequence));
        all
    }
}

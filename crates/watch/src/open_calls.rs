//! `OpenCalls`: the requests without a response, by session and id.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::moment::Moment;

use crate::call::Call;
use crate::lenient::canonical;

/// Maximum size of all stored parameters, in bytes. Calls beyond it are tracked without their parameters.
const MAX_TOTAL_PARAM_BYTES: usize = 8 * 1024 * 1024;
/// Maximum number of tracked calls.
const MAX_CALLS: usize = 50_000;

/// Number of calls whose start times are stored.
const MAX_RECENT_STARTS: usize = 1_024;

/// Session and id of a request. The id is JSON, because `"1"` is not `1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CallKey {
    pub(crate) session: u64,
    pub(crate) id: Box<str>,
}

impl CallKey {
    /// Key for an id as it is in the message.
    pub(crate) fn new(session: u64, id: &str) -> Self {
        Self { session, id: canonical(id).into() }
    }
}

/// The requests without a response.
#[derive(Debug, Default)]
pub(crate) struct OpenCalls {
    open: HashMap<CallKey, Call>,
    /// Request ids by progress token. A token that equals the id of its request is not stored.
    tokens: HashMap<CallKey, Box<str>>,
    /// Size of all stored parameters, in bytes.
    param_bytes: usize,
    /// Number of open calls that run code.
    running: u32,
    /// Number of open calls that were reported.
    reported: usize,
    /// Number of calls ever started that run code.
    started_count: u64,
    /// Start times of the last calls that run code, with their sequence numbers.
    recent_starts: VecDeque<(u64, Moment)>,
}

impl OpenCalls {
    /// Number of parameter bytes that may still be stored.
    pub(crate) fn remaining_param_bytes(&self) -> usize {
        MAX_TOTAL_PARAM_BYTES.saturating_sub(self.param_bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Adds a call. Replaces a call with the same id, because its client abandoned it.
    ///
    /// When full, evicts the calls already reported as unanswered. If there is none, the new call is not tracked.
    pub(crate) fn insert(&mut self, key: &CallKey, mut call: Call) {
        drop(self.remove(key, call.started));
        if self.open.len() >= MAX_CALLS {
            if self.reported == 0 {
                return;
            }
            self.evict_reported();
        }
        call.running_at_start = self.running;
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

    /// Removes a call, because it has its response or its client waits no longer.
    pub(crate) fn remove(&mut self, key: &CallKey, now: Moment) -> Option<Call> {
        let (CallKey { id, .. }, mut call) = self.open.remove_entry(key)?;
        self.param_bytes -= call.param_bytes();
        self.reported -= usize::from(call.is_reported);
        if call.kind.runs_code() {
            self.running -= 1;
            self.ended_before_later_calls(&call, now);
        }
        if let Some(token) = call.progress_token.as_ref().filter(|token| **token != key.id) {
            self.tokens.remove(&CallKey { session: key.session, id: token.clone() });
        }
        call.id = id;
        Some(call)
    }

    /// Corrects the calls that started after this one ended, although their requests were seen before its response: two
    /// threads read the pipes.
    fn ended_before_later_calls(&mut self, ended: &Call, at: Moment) {
        if self.recent_starts.back().is_none_or(|(_, started)| *started <= at) {
            return;
        }
        let later = |call: &&mut Call| call.started > at && call.sequence > ended.sequence;
        for call in self.open.values_mut().filter(later) {
            call.running_at_start = call.running_at_start.saturating_sub(1);
        }
    }

    /// Number of other calls that ran code during this one, which ended at this time.
    pub(crate) fn overlapping(&self, call: &Call, ended: Moment) -> u32 {
        let first_later = call.sequence + u64::from(call.kind.runs_code());
        let after = |(sequence, started): &&(u64, Moment)| *sequence >= first_later && *started > ended;
        let after = self.recent_starts.iter().rev().take_while(after).count() as u64;
        let later = self.started_count.saturating_sub(first_later + after);
        call.running_at_start.saturating_add(u32::try_from(later).unwrap_or(u32::MAX))
    }

    /// Start time of the first call that runs code after this time; `None` if there is none, or if [`MAX_RECENT_STARTS`]
    /// calls started since.
    pub(crate) fn next_start(&self, after: Moment) -> Option<Moment> {
        let after = |(_, started): &&(u64, Moment)| *started > after;
        self.recent_starts.iter().rev().take_while(after).last().map(|(_, started)| *started)
    }

    /// Records progress of the call with this token.
    pub(crate) fn record_progress(&mut self, session: u64, token: &str, now: Moment) {
        let key = CallKey::new(session, token);
        let key = self.tokens.get(&key).map_or(key, |id| CallKey { session, id: id.clone() });
        if let Some(call) = self.open.get_mut(&key) {
            call.last_activity = now;
        }
    }

    /// Records activity of all calls of a session, because each may have waited for a response of the client.
    pub(crate) fn record_session_activity(&mut self, session: u64, now: Moment) {
        self.open.iter_mut().filter(|(key, _)| key.session == session).for_each(|(_, call)| call.last_activity = now);
    }

    pub(crate) fn get(&self, key: &CallKey) -> Option<&Call> {
        self.open.get(key)
    }

    /// Takes a call for its report. A copy without parameters stays open and is marked as reported.
    pub(crate) fn take_for_report(&mut self, key: &CallKey) -> Option<Call> {
        let open = self.open.get_mut(key)?;
        let copy = open.reported_copy();
        let mut call = std::mem::replace(open, copy);
        call.id.clone_from(&key.id);
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

    /// Calls without activity for their timeout.
    pub(crate) fn timed_out(&self, now: Moment, timeout: impl Fn(&Call) -> Option<Duration>) -> Vec<CallKey> {
        let is_late = |call: &Call| {
            !call.is_reported && timeout(call).is_some_and(|timeout| call.last_activity.plus(timeout) <= now)
        };
        self.open.iter().filter(|(_, call)| is_late(call)).map(|(key, _)| key.clone()).collect()
    }

    /// Earliest time at which an open call times out.
    pub(crate) fn next_timeout(&self, timeout: impl Fn(&Call) -> Option<Duration>) -> Option<Moment> {
        let unreported = self.open.values().filter(|call| !call.is_reported);
        unreported.filter_map(|call| Some(call.last_activity.plus(timeout(call)?))).min()
    }

    /// The calls of a session, in the order in which they started.
    pub(crate) fn of_session(&self, session: u64) -> Vec<CallKey> {
        let mut calls: Vec<_> = self.open.iter().filter(|(key, _)| key.session == session).collect();
        calls.sort_by_key(|(_, call)| (call.started, call.sequence));
        calls.into_iter().map(|(key, _)| key.clone()).collect()
    }

    /// Takes all calls, in the order in which they started.
    pub(crate) fn take_all(&mut self) -> Vec<Call> {
        let with_id = |(key, call): (CallKey, Call)| Call { id: key.id, ..call };
        let mut all: Vec<Call> = std::mem::take(&mut self.open).into_iter().map(with_id).collect();
        (self.param_bytes, self.running, self.reported) = (0, 0, 0);
        self.tokens.clear();
        all.sort_by_key(|call| (call.started, call.sequence));
        all
    }
}

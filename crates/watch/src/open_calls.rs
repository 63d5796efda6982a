//! `OpenCalls`: the requests without a response, by session and id.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use autoheal_prepare::Timestamp;

use crate::call::Call;
use crate::lenient::canonical;

/// Maximum size of all stored parameters, in bytes. Calls beyond it are tracked without their parameters.
const MAX_TOTAL_PARAM_BYTES: usize = 8 * 1024 * 1024;
/// Maximum number of tracked calls.
const MAX_CALLS: usize = 50_000;

/// Number of calls whose start times are stored.
const MAX_RECENT_STARTS: usize = 1_024;
/// Maximum time by which standard error may be seen before the request that caused it. Two threads read the pipes.
const MAX_STDERR_LEAD: Duration = Duration::from_millis(50);
/// Resolution of [`Timestamp`].
const TICK: Duration = Duration::from_millis(1);

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
    recent_starts: VecDeque<(u64, Timestamp)>,
    /// Time at which the last call that runs code ended.
    last_ended: Option<Timestamp>,
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

    /// Removes a call, because it has its response or its client waits no longer.
    pub(crate) fn remove(&mut self, key: &CallKey, now: Timestamp) -> Option<Call> {
        let (CallKey { id, .. }, mut call) = self.open.remove_entry(key)?;
        self.param_bytes -= call.param_bytes();
        self.reported -= usize::from(call.is_reported);
        if call.kind.runs_code() {
            self.running -= 1;
            self.last_ended = Some(now);
        }
        if let Some(token) = call.progress_token.as_ref().filter(|token| **token != key.id) {
            self.tokens.remove(&CallKey { session: key.session, id: token.clone() });
        }
        call.id = id;
        Some(call)
    }

    /// Number of other calls that ran code during this one.
    pub(crate) fn overlapping(&self, call: &Call) -> u32 {
        let own = u64::from(call.kind.runs_code());
        let later = self.started_count.saturating_sub(call.sequence + own);
        call.running_at_start.saturating_add(u32::try_from(later).unwrap_or(u32::MAX))
    }

    /// Number of calls ever started that run code.
    pub(crate) fn started_count(&self) -> u64 {
        self.started_count
    }

    /// Start time of the first call that runs code with at least this sequence number; `None` if there is none, or if
    /// [`MAX_RECENT_STARTS`] calls started since.
    pub(crate) fn next_start(&self, sequence: u64) -> Option<Timestamp> {
        self.recent_starts.iter().find(|(recent, _)| *recent >= sequence).map(|(_, started)| *started)
    }

    /// Records progress of the call with this token.
    pub(crate) fn record_progress(&mut self, session: u64, token: &str, now: Timestamp) {
        let key = CallKey::new(session, token);
        let key = self.tokens.get(&key).map_or(key, |id| CallKey { session, id: id.clone() });
        if let Some(call) = self.open.get_mut(&key) {
            call.last_activity = now;
        }
    }

    /// Records activity of all calls of a session, because each may have waited for a response of the client.
    pub(crate) fn record_session_activity(&mut self, session: u64, now: Timestamp) {
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
    pub(crate) fn timed_out(&self, now: Timestamp, timeout: impl Fn(&Call) -> Option<Duration>) -> Vec<CallKey> {
        let is_late = |call: &Call| {
            !call.is_reported && timeout(call).is_some_and(|timeout| call.last_activity.plus(timeout) <= now)
        };
        self.open.iter().filter(|(_, call)| is_late(call)).map(|(key, _)| key.clone()).collect()
    }

    /// Earliest time at which an open call times out.
    pub(crate) fn next_timeout(&self, timeout: impl Fn(&Call) -> Option<Duration>) -> Option<Timestamp> {
        let unreported = self.open.values().filter(|call| !call.is_reported);
        unreported.filter_map(|call| Some(call.last_activity.plus(timeout(call)?))).min()
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

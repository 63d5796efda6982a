//! OpenCalls that nobody believes will be answered: their patience is over, or the server printed that it gave up.

use autoheal_contract::Class;
use std::collections::HashMap;
use std::time::Duration;

use super::{Watch, unanswered};
use crate::call::{Call, Kind};
use crate::open_calls::CallKey;
use crate::stderr::StderrQuery;
use autoheal_prepare::Timestamp;

/// A server that printed that it gave up on something has this long to answer all the same.
const PANIC_TIMEOUT: Duration = Duration::from_secs(5);
/// How many calls a panic is looked for at: each takes a look through what was printed, while whatever passes waits.
const MAX_PANIC_CHECKS: usize = 10;

impl Watch {
    /// How long nothing may be heard of a call; none for those that stay open.
    pub(super) fn timeout(&self, call: &Call) -> Option<Duration> {
        match call.kind {
            Kind::Initialize => Some(self.setup.handshake_timeout),
            Kind::Listen => None,
            _ => Some(self.setup.timeout),
        }
    }

    /// The server printed then that it gave up on something.
    pub(super) fn schedule_panic_check(&mut self, at: Timestamp) {
        let due = at.plus(PANIC_TIMEOUT.min(self.setup.timeout));
        self.next_check = Some(self.next_check.map_or(due, |look| look.min(due)));
    }

    /// Looks for calls that are overdue.
    pub(super) fn check_timeouts(&mut self, now: Timestamp) {
        let after_panic = PANIC_TIMEOUT.min(self.setup.timeout);
        // a panic that hangs: its call will never be answered, and needs no more patience
        if let Some(at) = self.stderr.last_panic.filter(|at| at.plus(after_panic) <= now) {
            self.stderr.last_panic = None;
            let during = |call: &Call| {
                call.kind.runs_code()
                    && call.output_from <= at
                    && (call.last_activity <= at || call.last_activity == call.started)
            };
            let suspects = self.calls.timed_out(now, |call| during(call).then_some(Duration::ZERO));
            for key in suspects.into_iter().take(MAX_PANIC_CHECKS) {
                if self.calls.get(&key).is_some_and(|call| self.printed_failure(call, now)) {
                    self.report_timeout(&key, "the server printed that it gave up", now);
                    // what ran it is gone: what is printed from now on is others'
                    drop(self.calls.remove(&key, now));
                }
            }
        }
        let mut asked = HashMap::new();
        for (key, at) in &self.server_requests {
            let last = asked.entry(key.session).or_insert(*at);
            *last = (*last).max(*at);
        }
        for key in self.calls.timed_out(now, |call| self.timeout(call)) {
            let waits = |call: &Call| asked.get(&key.session).is_some_and(|asked| call.output_from <= *asked);
            if self.calls.get(&key).is_some_and(waits) {
                continue;
            }
            let seconds = self.calls.get(&key).map_or(0, |call| (now.0 - call.last_activity.0) / 1000);
            self.report_timeout(&key, &format!("nothing came for {seconds} s"), now);
        }
        // those that wait for their client are looked at again later
        let next = self.calls.next_timeout(|call| self.timeout(call)).map(|next| next.max(now.plus(after_panic)));
        let panicked = self.stderr.last_panic.map(|at| at.plus(after_panic));
        self.next_check = [next, panicked].into_iter().flatten().min();
    }

    /// Whether standard error tells of a failure during an open call.
    fn printed_failure(&self, call: &Call, now: Timestamp) -> bool {
        let (name, overlapped) = (call.name.as_deref(), self.calls.overlapping(call) > 0);
        self.stderr
            .find(&StderrQuery { from: call.output_from, to: now, message: "", name, overlapped, next_call: None })
            .failure
            .is_some()
    }

    /// A call that nobody believes will be answered; if it is all the same, that is no second failure.
    fn report_timeout(&mut self, key: &CallKey, why: &str, now: Timestamp) {
        let Some(call) = self.calls.take_for_report(key) else { return };
        if self.client_closed || matches!(call.kind, Kind::Ping | Kind::Discover) {
            return;
        }
        let message = match call.kind {
            Kind::Initialize => format!("the handshake was never completed: {why}"),
            _ => unanswered(&call, why),
        };
        let failed = self.observe_failure(Class::NoAnswer, None, message, Some(call), now);
        self.pending.add(failed, Duration::ZERO);
    }
}

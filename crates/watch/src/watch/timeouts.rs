//! Calls that timed out, or whose server logged a panic.

use std::collections::HashMap;
use std::time::Duration;

use autoheal_contract::Class;
use autoheal_prepare::Timestamp;

use super::Watch;
use crate::call::{Call, Kind};
use crate::open_calls::CallKey;
use crate::stderr::StderrQuery;

/// Time that a server has for a response after it logged a panic.
const PANIC_TIMEOUT: Duration = Duration::from_secs(5);
/// Calls checked per logged panic. Each check scans standard error and blocks the relay.
const MAX_PANIC_CHECKS: usize = 10;

impl Watch {
    /// Maximum time of a call without a response or progress; `None` for a call that may stay open.
    pub(super) fn timeout(&self, call: &Call) -> Option<Duration> {
        match call.kind {
            Kind::Initialize => Some(self.setup.handshake_timeout),
            Kind::Listen => None,
            _ => Some(self.setup.timeout),
        }
    }

    /// Schedules the check for calls whose handler panicked.
    pub(super) fn schedule_panic_check(&mut self, panicked_at: Timestamp) {
        let due = panicked_at.plus(self.panic_timeout());
        self.next_check = Some(self.next_check.map_or(due, |check| check.min(due)));
    }

    fn panic_timeout(&self) -> Duration {
        PANIC_TIMEOUT.min(self.setup.timeout)
    }

    /// Reports every call that timed out, and schedules the next check.
    pub(super) fn check_timeouts(&mut self, now: Timestamp) {
        let panic_timeout = self.panic_timeout();
        if let Some(panicked_at) = self.stderr.last_panic.filter(|at| at.plus(panic_timeout) <= now) {
            self.stderr.last_panic = None;
            self.check_after_panic(panicked_at, now);
        }
        let mut last_server_requests = HashMap::new();
        for (key, sent_at) in &self.server_requests {
            let last = last_server_requests.entry(key.session).or_insert(*sent_at);
            *last = (*last).max(*sent_at);
        }
        for key in self.open_calls.timed_out(now, |call| self.timeout(call)) {
            let waits_for_client = |call: &Call| {
                last_server_requests.get(&key.session).is_some_and(|sent_at| call.output_from <= *sent_at)
            };
            if self.open_calls.get(&key).is_some_and(waits_for_client) {
                continue;
            }
            let seconds = self.open_calls.get(&key).map_or(0, |call| (now.0 - call.last_activity.0) / 1000);
            self.report_timeout(&key, &format!("nothing came for {seconds} s"), now);
        }
        // the deadline of a call that waits for its client has passed, so `next` may lie in the past; the checks must
        // not run in a loop
        let next =
            self.open_calls.next_timeout(|call| self.timeout(call)).map(|next| next.max(now.plus(panic_timeout)));
        let after_panic = self.stderr.last_panic.map(|at| at.plus(panic_timeout));
        self.next_check = [next, after_panic].into_iter().flatten().min();
    }

    /// Reports the open calls whose handler panicked: they ran at the time of the panic, were inactive since, and
    /// standard error contains their failure.
    fn check_after_panic(&mut self, panicked_at: Timestamp, now: Timestamp) {
        let ran_during_panic = |call: &Call| {
            let is_inactive = call.last_activity <= panicked_at || call.last_activity == call.started;
            call.kind.runs_code() && call.output_from <= panicked_at && is_inactive
        };
        let suspects = self.open_calls.timed_out(now, |call| ran_during_panic(call).then_some(Duration::ZERO));
        for key in suspects.into_iter().take(MAX_PANIC_CHECKS) {
            if self.open_calls.get(&key).is_some_and(|call| self.printed_failure(call, now)) {
                self.report_timeout(&key, "the server printed that it gave up", now);
                // its handler is gone, so later output belongs to other calls
                drop(self.open_calls.remove(&key, now));
            }
        }
    }

    /// True if standard error contains a failure of an open call.
    fn printed_failure(&self, call: &Call, now: Timestamp) -> bool {
        let (name, overlapped) = (call.name.as_deref(), self.open_calls.overlapping(call) > 0);
        let query = StderrQuery { from: call.output_from, to: now, message: "", name, overlapped, next_call: None };
        self.stderr.find(&query).failure.is_some()
    }

    /// Adds the failure of an unanswered call. The call stays open, so that a late response is not a second failure.
    fn report_timeout(&mut self, key: &CallKey, why: &str, now: Timestamp) {
        let Some(call) = self.open_calls.take_for_report(key) else { return };
        if self.client_closed || matches!(call.kind, Kind::Ping | Kind::Discover) {
            return;
        }
        let message = match call.kind {
            Kind::Initialize => format!("the handshake was never completed: {why}"),
            _ => call.unanswered(why),
        };
        let failure = self.new_failure(Class::NoAnswer, None, message, Some(call), now);
        self.pending_failures.add(failure, Duration::ZERO);
    }
}

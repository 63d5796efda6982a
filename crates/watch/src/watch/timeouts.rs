//! Calls that timed out, or whose server logged a panic.
//!
//! A call that timed out may still get its response: a build takes ten minutes, a first start downloads a package. It is
//! reported when it ends without one, or when it is still open after several times its timeout. So a late response is
//! never contradicted by an issue.

use std::time::Duration;

use crate::moment::Moment;
use autoheal_contract::Class;

use super::Watch;
use crate::call::{Call, Kind};
use crate::open_calls::CallKey;
use crate::pending_failures::ObservedFailure;
use crate::stderr::StderrQuery;

/// Time that a server has for a response after it logged a panic.
const PANIC_TIMEOUT: Duration = Duration::from_secs(5);
/// Multiple of its timeout after which a call that is still open is reported.
const OPEN_FACTOR: u32 = 10;
/// The same for a timeout of less than [`LONG_TIMEOUT`], which is set by people who want to hear of failures early.
const SHORT_OPEN_FACTOR: u32 = 5;
const LONG_TIMEOUT: Duration = Duration::from_secs(60);
/// Minimum time after which a call that is still open is reported.
const MIN_OPEN: Duration = Duration::from_secs(5);
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

    /// Maximum time of an open call without a response or progress, after which it is reported while it is open.
    pub(super) fn open_limit(&self, call: &Call) -> Option<Duration> {
        let factor = |timeout: Duration| if timeout < LONG_TIMEOUT { SHORT_OPEN_FACTOR } else { OPEN_FACTOR };
        self.timeout(call).map(|timeout| timeout.saturating_mul(factor(timeout)).max(MIN_OPEN))
    }

    /// True if a call that ends now without a response has timed out.
    pub(super) fn is_overdue(&self, call: &Call, now: Moment) -> bool {
        let is_late = |timeout| call.last_activity.plus(timeout) <= now;
        !call.is_reported
            && !matches!(call.kind, Kind::Ping | Kind::Discover)
            && self.timeout(call).is_some_and(is_late)
            && !self.waits_for_client(call)
    }

    /// True if the server has asked the client something since the call began, and waits for the response.
    fn waits_for_client(&self, call: &Call) -> bool {
        self.server_requests.iter().any(|(key, sent_at)| key.session == call.session && call.started <= *sent_at)
    }

    /// Adds the failure of a call that ended without a response, if it had timed out by then.
    pub(super) fn ended_unanswered(&mut self, call: Call, now: Moment) {
        if self.is_overdue(&call, now) {
            let failure = self.unanswered(call, now);
            self.add_failure(failure);
        }
    }

    fn unanswered(&mut self, call: Call, now: Moment) -> ObservedFailure {
        let why = format!("nothing came for {} s", now.since(call.last_activity).as_secs());
        let message = match call.kind {
            Kind::Initialize => format!("the handshake was never completed: {why}"),
            _ => call.unanswered(&why),
        };
        self.new_failure(Class::NoAnswer, None, message, Some(call), now)
    }

    /// Schedules the check for calls whose handler panicked.
    pub(super) fn schedule_panic_check(&mut self, panicked_at: Moment) {
        let due = panicked_at.plus(self.panic_timeout());
        self.next_check = Some(self.next_check.map_or(due, |check| check.min(due)));
    }

    fn panic_timeout(&self) -> Duration {
        PANIC_TIMEOUT.min(self.setup.timeout)
    }

    /// Reports every call that is open for too long, and schedules the next check.
    pub(super) fn check_timeouts(&mut self, now: Moment) {
        let panic_timeout = self.panic_timeout();
        if let Some(panicked_at) = self.stderr.last_panic.filter(|at| at.plus(panic_timeout) <= now) {
            self.stderr.last_panic = None;
            self.check_after_panic(panicked_at, now);
        }
        for key in self.open_calls.timed_out(now, |call| self.open_limit(call)) {
            if self.open_calls.get(&key).is_some_and(|call| !self.waits_for_client(call)) {
                self.report_open(&key, now);
            }
        }
        // the deadline of a call that waits for its client has passed, so `next` may lie in the past; the checks must
        // not run in a loop
        let next =
            self.open_calls.next_timeout(|call| self.open_limit(call)).map(|next| next.max(now.plus(panic_timeout)));
        let after_panic = self.stderr.last_panic.map(|at| at.plus(panic_timeout));
        self.next_check = [next, after_panic].into_iter().flatten().min();
    }

    /// Reports the open calls whose handler panicked: they ran at the time of the panic, were inactive since, and
    /// standard error contains their failure.
    fn check_after_panic(&mut self, panicked_at: Moment, now: Moment) {
        let ran_during_panic = |call: &Call| {
            let is_inactive = call.last_activity <= panicked_at || call.last_activity == call.started;
            call.kind.runs_code() && call.started <= panicked_at && is_inactive
        };
        let suspects = self.open_calls.timed_out(now, |call| ran_during_panic(call).then_some(Duration::ZERO));
        for key in suspects.into_iter().take(MAX_PANIC_CHECKS) {
            if self.open_calls.get(&key).is_some_and(|call| self.printed_failure(call, now)) {
                // its handler is gone, so later output belongs to other calls
                let Some(call) = self.open_calls.remove(&key, now) else { continue };
                if self.client_end.is_some() || matches!(call.kind, Kind::Ping | Kind::Discover) {
                    continue;
                }
                let message = call.unanswered("the server printed that it gave up");
                let failure = self.new_failure(Class::NoAnswer, None, message, Some(call), now);
                self.pending_failures.add(failure, Duration::ZERO);
            }
        }
    }

    /// True if standard error contains a failure of an open call.
    fn printed_failure(&self, call: &Call, now: Moment) -> bool {
        let (name, overlapped) = (call.name.as_deref(), self.open_calls.overlapping(call, now) > 0);
        let query = StderrQuery { from: call.started, to: now, message: "", name, overlapped, next_call: None };
        self.stderr.find(&query).failure.is_some()
    }

    /// Adds the failure of a call that is open for too long. It stays open, because a late error is worth its own report.
    fn report_open(&mut self, key: &CallKey, now: Moment) {
        let Some(call) = self.open_calls.take_for_report(key) else { return };
        if matches!(call.kind, Kind::Ping | Kind::Discover) {
            return;
        }
        let mut failure = self.unanswered(call, now);
        failure.is_open = true;
        self.pending_failures.add(failure, Duration::ZERO);
    }
}

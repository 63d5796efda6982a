//! Builds reports from failures. A failure first waits for its output on standard error, and its repeats are counted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::moment::Moment;
use autoheal_contract::Class;
use autoheal_contract::limits::ERROR_MESSAGE_CHARS;
use autoheal_prepare::excerpt::excerpt;

use super::Watch;
use crate::call::Call;
use crate::pending_failures::{CountedFailure, ObservedFailure};
use crate::report::report;
use crate::setup::{Target, WatchedReport};
use crate::stderr::{StderrMatch, StderrQuery};

/// Time after a response in which its stack may still come on standard error, because two pipes have no common order.
const STDERR_DELAY: Duration = Duration::from_millis(200);
/// Time after a line that is no message in which a server that has not responded yet may end, so that the line is why it did
/// not start.
const START_DELAY: Duration = Duration::from_secs(3);
/// Time before an exit in which standard error is about the exit.
const EXIT_WINDOW: Duration = Duration::from_secs(10);
/// Maximum reports built per call of [`Watch::reports`]. Each one scans standard error and blocks the relay.
const REPORT_BATCH: usize = 10;

impl Watch {
    /// Creates a failure that occurred now.
    pub(super) fn new_failure(
        &self,
        class: Class,
        code: Option<i64>,
        message: String,
        mut call: Option<Call>,
        now: Moment,
    ) -> ObservedFailure {
        let message =
            if message.len() > ERROR_MESSAGE_CHARS { excerpt(&message, ERROR_MESSAGE_CHARS) } else { message };
        let overlapping = call.as_ref().map_or(0, |call| self.open_calls.overlapping(call, now));
        let (session, peer) = call.as_ref().map_or((0, None), |call| (call.session, call.peer));
        let client = call.as_mut().and_then(|call| call.client.take()).or_else(|| self.clients.get(&session).cloned());
        ObservedFailure {
            class,
            code,
            message,
            violated_schema: None,
            call,
            client,
            peer,
            response: None,
            exit: None,
            overlapping,
            occurred_at: now,
            is_open: false,
            last_words: None,
        }
    }

    /// Adds a failure to the pending ones. It is due at once, unless its stack may still come on standard error.
    pub(super) fn add_failure(&mut self, failure: ObservedFailure) {
        let delay = match (&self.setup.target, failure.class) {
            (Target::Http { .. }, _) | (_, Class::CallerError) => Duration::ZERO,
            // a server that does not start says why in such lines
            (_, Class::ProtocolError) if failure.call.is_none() && !self.has_responded => START_DELAY,
            _ => STDERR_DELAY,
        };
        self.pending_failures.add(failure, delay);
    }

    /// Records a response. From the first one on, the server has started.
    pub(super) fn record_response(&mut self, now: Moment) {
        if !std::mem::replace(&mut self.has_responded, true) {
            self.early_lines.clear();
            self.pending_failures.hasten(now.plus(STDERR_DELAY));
        }
    }

    /// Time of the next call of [`Self::reports`], unless a message changes it before; `None` if nothing is waiting.
    #[must_use]
    pub fn due(&self) -> Option<Moment> {
        [self.pending_failures.due(), self.next_check].into_iter().flatten().min()
    }

    /// Reports of the failures that are due. Repeats of one failure are one report with a count.
    ///
    /// Builds at most `REPORT_BATCH` of them. If more are due, [`Self::due`] is not in the future. Reports hold data
    /// from messages and standard error; the caller adds the environment (directory, commit, system).
    pub fn reports(&mut self, now: Moment) -> Vec<WatchedReport> {
        if self.next_check.is_some_and(|check| check <= now) {
            self.check_timeouts(now);
        }
        for _ in 0..REPORT_BATCH {
            let Some(counted) = self.pending_failures.take(now) else { break };
            self.finish_report(counted);
        }
        std::mem::take(&mut self.ready_reports)
    }

    /// All remaining reports. Waits for nothing, because the process is about to end.
    pub fn last_reports(&mut self, now: Moment) -> Vec<WatchedReport> {
        self.open_calls.take_all().into_iter().for_each(|call| self.ended_unanswered(call, now));
        while let Some(counted) = self.pending_failures.take(Moment::LAST) {
            self.finish_report(counted);
        }
        std::mem::take(&mut self.ready_reports)
    }

    /// Reports of the failures seen before an internal panic of this watch.
    #[must_use]
    pub fn into_remaining_reports(mut self) -> Vec<WatchedReport> {
        while let Some(counted) = self.pending_failures.take(Moment::LAST) {
            // a failure whose report panics is dropped
            let _panicked = catch_unwind(AssertUnwindSafe(|| self.finish_report(counted)));
        }
        self.ready_reports
    }

    fn finish_report(&mut self, counted: CountedFailure) {
        let stderr = counted.failure.last_words.clone().unwrap_or_else(|| self.find_stderr(&counted.failure));
        let address = counted.failure.peer.map(|peer| peer.address);
        let in_stream = counted.failure.call.as_ref().is_some_and(|call| self.stream_sessions.contains(&call.session));
        let report = report(counted, stderr, &self.server, &self.setup, in_stream);
        self.ready_reports.push(WatchedReport { report, address });
    }

    /// Finds the stack and the log lines of a failure in standard error.
    fn find_stderr(&self, failure: &ObservedFailure) -> StderrMatch {
        if failure.class == Class::CallerError || matches!(self.setup.target, Target::Http { .. }) {
            return StderrMatch::default();
        }
        let is_exit = failure.exit.is_some();
        match &failure.call {
            Some(call) => self.stderr.find(&StderrQuery {
                from: call.started,
                to: failure.occurred_at.plus(STDERR_DELAY),
                message: &failure.message,
                name: call.name.as_deref(),
                overlapped: failure.overlapping > 0 && !is_exit,
                next_call: self.open_calls.next_start(failure.occurred_at),
            }),
            None if is_exit => {
                let (from, to) = (failure.occurred_at.minus(EXIT_WINDOW), failure.occurred_at);
                let query = StderrQuery { from, to, message: "", name: None, overlapped: false, next_call: None };
                let mut found = self.stderr.find(&query);
                if failure.overlapping > 0 {
                    // the lines may belong to any of several calls
                    found.logs.clear();
                }
                found
            }
            None => StderrMatch::default(),
        }
    }
}

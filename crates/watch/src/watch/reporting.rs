//! From a failure to its report.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use autoheal_contract::limits::ERROR_MESSAGE_CHARS;
use autoheal_contract::{Class, ErrorReport};
use autoheal_prepare::Timestamp;
use autoheal_prepare::excerpt::excerpt;

use super::Watch;
use crate::call::Call;
use crate::pending_failures::{CountedFailure, ObservedFailure, REPORT_BATCH, STDERR_DELAY};
use crate::report::report;
use crate::setup::Target;
use crate::stderr::{StderrMatch, StderrQuery};

impl Watch {
    /// When [`Self::reports`] will have something new without anything being shown; none while nothing is under way.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        [self.pending.due(), self.next_check].into_iter().flatten().min()
    }

    /// What failed since the last look, some of it where it is much; then more is due at once. Repeats of one failure are one
    /// report with a count. Everything a report says is from the wire and from standard error; the caller adds the place
    /// (directory, commit, system).
    pub fn reports(&mut self, now: Timestamp) -> Vec<ErrorReport> {
        if self.next_check.is_some_and(|look| look <= now) {
            self.check_timeouts(now);
        }
        for _ in 0..REPORT_BATCH {
            let Some(folded) = self.pending.take(now) else { break };
            self.finish_report(folded);
        }
        std::mem::take(&mut self.ready)
    }

    /// All that is left, and waits for nothing more: the process is about to end.
    pub fn last_reports(&mut self, now: Timestamp) -> Vec<ErrorReport> {
        let mut reports = Vec::new();
        loop {
            let more = self.reports(now.plus(STDERR_DELAY));
            if more.is_empty() {
                return reports;
            }
            reports.extend(more);
        }
    }

    /// After a fault in here: whatever can still be told of what was gathered before.
    #[must_use]
    pub fn into_remaining_reports(mut self) -> Vec<ErrorReport> {
        while let Some(folded) = self.pending.take(Timestamp(i64::MAX)) {
            // what cannot be told is left out
            let _fault = catch_unwind(AssertUnwindSafe(|| self.finish_report(folded)));
        }
        self.ready
    }

    fn finish_report(&mut self, folded: CountedFailure) {
        let joined = self.find_stderr(&folded.failed);
        self.ready.push(report(folded, joined, &self.server, &self.setup));
    }

    pub(super) fn add_failure(
        &mut self,
        class: Class,
        code: Option<i64>,
        message: String,
        call: Option<Call>,
        now: Timestamp,
    ) {
        let failed = self.observe_failure(class, code, message, call, now);
        self.enqueue(failed);
    }

    pub(super) fn observe_failure(
        &mut self,
        class: Class,
        code: Option<i64>,
        message: String,
        mut call: Option<Call>,
        now: Timestamp,
    ) -> ObservedFailure {
        let message =
            if message.len() > ERROR_MESSAGE_CHARS { excerpt(&message, ERROR_MESSAGE_CHARS) } else { message };
        let overlapping = call.as_ref().map_or(0, |call| self.calls.overlapping(call));
        let (session, peer) = call.as_ref().map_or((0, 0), |call| (call.session, call.peer));
        let client = call.as_mut().and_then(|call| call.client.take()).or_else(|| self.clients.get(&session).cloned());
        ObservedFailure {
            class,
            code,
            message,
            violated_schema: None,
            call,
            client,
            peer,
            answer: None,
            exit: None,
            overlapping,
            begun: self.calls.started_count(),
            at: now,
        }
    }

    /// Standard error may come a little later than the answer.
    pub(super) fn enqueue(&mut self, failed: ObservedFailure) {
        let settle = match (&self.setup.target, failed.class) {
            (Target::Http { .. }, _) | (_, Class::CallerError) => Duration::ZERO,
            _ => STDERR_DELAY,
        };
        self.pending.add(failed, settle);
    }

    fn find_stderr(&self, failed: &ObservedFailure) -> StderrMatch {
        if failed.class == Class::CallerError || matches!(self.setup.target, Target::Http { .. }) {
            return StderrMatch::default();
        }
        let exited = failed.exit.is_some();
        match &failed.call {
            Some(call) => self.stderr.find(&StderrQuery {
                from: call.output_from,
                to: failed.at.plus(STDERR_DELAY),
                message: &failed.message,
                name: call.name.as_deref(),
                overlapped: failed.overlapping > 0 && !exited,
                next_call: self.calls.next_start(failed.begun),
            }),
            // the last words of a process are about its end
            None if exited => {
                let from = failed.at.minus(Duration::from_secs(10));
                let all =
                    StderrQuery { from, to: failed.at, message: "", name: None, overlapped: false, next_call: None };
                let mut joined = self.stderr.find(&all);
                if failed.overlapping > 0 {
                    joined.logs.clear();
                }
                joined
            }
            None => StderrMatch::default(),
        }
    }
}

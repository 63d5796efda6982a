//! Calls that nobody believes will be answered: their patience is over, or the server printed that it gave up.

use autoheal_contract::Class;
use std::collections::HashMap;
use std::time::Duration;

use super::call::{Call, Kind};
use super::calls::Key;
use super::stderr::Wanted;
use super::{Watch, never_answered};
use autoheal_prepare::Timestamp;

/// A server that printed that it gave up on something has this long to answer all the same.
const AFTER_PANIC: Duration = Duration::from_secs(5);
/// How many calls a panic is looked for at: each takes a look through what was printed, while whatever passes waits.
const SUSPECTS: usize = 10;

impl Watch {
    /// How long nothing may be heard of a call; none for those that stay open.
    pub(super) fn patience(&self, call: &Call) -> Option<Duration> {
        match call.kind {
            Kind::Initialize => Some(self.setup.handshake),
            Kind::Listen => None,
            _ => Some(self.setup.patience),
        }
    }

    /// The server printed then that it gave up on something.
    pub(super) fn look_after_panic(&mut self, at: Timestamp) {
        let due = at.plus(AFTER_PANIC.min(self.setup.patience));
        self.look_again = Some(self.look_again.map_or(due, |look| look.min(due)));
    }

    /// Looks for calls that are overdue.
    pub(super) fn look(&mut self, now: Timestamp) {
        let after_panic = AFTER_PANIC.min(self.setup.patience);
        // a panic that hangs: its call will never be answered, and needs no more patience
        if let Some(at) = self.stderr.gave_up.filter(|at| at.plus(after_panic) <= now) {
            self.stderr.gave_up = None;
            let during = |call: &Call| {
                call.kind.runs_code() && call.since <= at && (call.heard <= at || call.heard == call.began)
            };
            let suspects = self.calls.overdue(now, |call| during(call).then_some(Duration::ZERO));
            for key in suspects.into_iter().take(SUSPECTS) {
                if self.calls.get(&key).is_some_and(|call| self.is_told_of(call, now)) {
                    self.overdue(&key, "the server printed that it gave up", now);
                    // what ran it is gone: what is printed from now on is others'
                    drop(self.calls.end(&key, now));
                }
            }
        }
        let mut asked = HashMap::new();
        for (key, at) in &self.asked {
            let last = asked.entry(key.session).or_insert(*at);
            *last = (*last).max(*at);
        }
        for key in self.calls.overdue(now, |call| self.patience(call)) {
            let waits = |call: &Call| asked.get(&key.session).is_some_and(|asked| call.since <= *asked);
            if self.calls.get(&key).is_some_and(waits) {
                continue;
            }
            let seconds = self.calls.get(&key).map_or(0, |call| (now.0 - call.heard.0) / 1000);
            self.overdue(&key, &format!("nothing came for {seconds} s"), now);
        }
        // those that wait for their client are looked at again later
        let next = self.calls.next_overdue(|call| self.patience(call)).map(|next| next.max(now.plus(after_panic)));
        let panicked = self.stderr.gave_up.map(|at| at.plus(after_panic));
        self.look_again = [next, panicked].into_iter().flatten().min();
    }

    /// Whether standard error tells of a failure during an open call.
    fn is_told_of(&self, call: &Call, now: Timestamp) -> bool {
        let (name, overlapped) = (call.name.as_deref(), self.calls.overlapping(call) > 0);
        self.stderr
            .join(&Wanted { from: call.since, to: now, message: "", name, overlapped, next: None })
            .failure
            .is_some()
    }

    /// A call that nobody believes will be answered; if it is all the same, that is no second failure.
    fn overdue(&mut self, key: &Key, why: &str, now: Timestamp) {
        let Some(call) = self.calls.tell(key) else { return };
        if self.client_closed || matches!(call.kind, Kind::Ping | Kind::Discover) {
            return;
        }
        let message = match call.kind {
            Kind::Initialize => format!("the handshake was never completed: {why}"),
            _ => never_answered(&call, why),
        };
        let failed = self.failed(Class::NoAnswer, None, message, Some(call), now);
        self.waiting.add(failed, Duration::ZERO);
    }
}

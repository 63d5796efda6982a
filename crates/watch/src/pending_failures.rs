//! Failures that were seen and not told yet: equal ones are one with a count, and each waits a moment for its stack.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::value::RawValue;

use autoheal_contract::{Class, Exit};

use super::call::{Call, Client};
use super::classify::ViolatedSchema;
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::is_outage;
use autoheal_prepare::normalise::normalise_message;

/// How long after an answer standard error may still bring its stack: two pipes keep no order between them.
pub(super) const STDERR_DELAY: Duration = Duration::from_millis(200);
/// Most different failures that wait to be told; more of one call are counted with the first of that call, and once there are
/// twice as many, all of one class with the first of those.
const MAX_PENDING: usize = 200;
/// Most that are told at once: for each, what was printed is looked through, while whatever passes waits.
pub(super) const REPORT_BATCH: usize = 10;

/// A failure, and how often it happened since it was last told.
#[derive(Debug)]
pub(super) struct ObservedFailure {
    pub(super) class: Class,
    pub(super) code: Option<i64>,
    /// In the server's words, or ours where it had none.
    pub(super) message: String,
    pub(super) violated_schema: Option<ViolatedSchema>,
    /// The call that failed; none where the failure belongs to no single one.
    pub(super) call: Option<Call>,
    pub(super) client: Option<Client>,
    pub(super) peer: u64,
    /// The answer, or the line that was none, as it stood on the wire.
    pub(super) answer: Option<Box<RawValue>>,
    pub(super) exit: Option<Exit>,
    /// How many calls that run code ran at the same time.
    pub(super) overlapping: u32,
    /// How many of those had ever begun by then.
    pub(super) begun: u64,
    pub(super) at: Timestamp,
}

impl ObservedFailure {
    /// The whole server is down, whatever it was asked.
    pub(super) fn is_outage(&self) -> bool {
        is_outage(self.code)
    }
}

/// A failure and its repeats.
#[derive(Debug)]
pub(super) struct CountedFailure {
    pub(super) failed: ObservedFailure,
    pub(super) count: u64,
    pub(super) last: Timestamp,
    /// Then it is told.
    pub(super) due: Timestamp,
    /// Its sequence among all that ever waited.
    sequence: u64,
}

/// What makes two failures one, as far as a wire can tell. Who asked is part of it: distinct clients are counted.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FailureKey {
    class: Class,
    code: Option<i64>,
    subject: Option<Box<str>>,
    client: Option<String>,
    peer: u64,
    message: Option<String>,
}

impl FailureKey {
    fn of(failed: &ObservedFailure) -> Self {
        Self {
            class: failed.class,
            code: failed.code,
            subject: failed.call.as_ref().filter(|_| !failed.is_outage()).map(|call| call.subject().into()),
            client: failed.client.as_ref().map(|client| client.name.clone()),
            peer: failed.peer,
            message: Some(normalise_message(&failed.message[..failed.message.floor_char_boundary(1_000)])),
        }
    }
}

/// Failures that wait to be told.
#[derive(Debug, Default)]
pub(super) struct PendingFailures {
    failures: HashMap<FailureKey, CountedFailure>,
    /// How many there ever were.
    added: u64,
}

impl PendingFailures {
    /// One more.
    pub(super) fn add(&mut self, failed: ObservedFailure, settle: Duration) {
        let mut likeness = FailureKey::of(&failed);
        if self.failures.len() >= MAX_PENDING && !self.failures.contains_key(&likeness) {
            likeness.message = None;
        }
        if self.failures.len() >= 2 * MAX_PENDING && !self.failures.contains_key(&likeness) {
            likeness = FailureKey { code: None, subject: None, client: None, peer: 0, ..likeness };
        }
        let (due, last) = (failed.at.plus(settle), failed.at);
        let sequence = self.added;
        self.added += 1;
        let known = self.failures.entry(likeness).or_insert(CountedFailure { failed, count: 0, last, due, sequence });
        known.count += 1;
        known.last = last;
    }

    /// Whether one like it waits already, of which details are known.
    pub(super) fn contains(&self, failed: &ObservedFailure) -> bool {
        !self.failures.is_empty() && self.failures.contains_key(&FailureKey::of(failed))
    }

    /// When the first of them is told.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.failures.values().map(|failures| failures.due).min()
    }

    /// The first of those that are due.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<CountedFailure> {
        let due = self.failures.values().filter(|failures| failures.due <= now);
        let first = due.map(|failures| (failures.failed.at, failures.sequence)).min()?;
        self.failures
            .extract_if(|_, failures| (failures.failed.at, failures.sequence) == first)
            .next()
            .map(|(_, failures)| failures)
    }
}

//! Failures that were seen and not told yet: equal ones are one with a count, and each waits a moment for its stack.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::value::RawValue;

use autoheal_contract::{Class, Exit};

use super::call::{Call, Client};
use super::judge::Violated;
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::is_outage;
use autoheal_prepare::normalise::normalise_message;

/// How long after an answer standard error may still bring its stack: two pipes keep no order between them.
pub(super) const SETTLE: Duration = Duration::from_millis(200);
/// Most different failures that wait to be told; more of one call are counted with the first of that call, and once there are
/// twice as many, all of one class with the first of those.
const MOST: usize = 200;
/// Most that are told at once: for each, what was printed is looked through, while whatever passes waits.
pub(super) const AT_ONCE: usize = 10;

/// A failure, and how often it happened since it was last told.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) class: Class,
    pub(super) code: Option<i64>,
    /// In the server's words, or ours where it had none.
    pub(super) message: String,
    pub(super) violated: Option<Violated>,
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

impl Failed {
    /// The whole server is down, whatever it was asked.
    pub(super) fn is_outage(&self) -> bool {
        is_outage(self.code)
    }
}

/// A failure and its repeats.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) failed: Failed,
    pub(super) count: u64,
    pub(super) last: Timestamp,
    /// Then it is told.
    pub(super) due: Timestamp,
    /// Its place among all that ever waited.
    place: u64,
}

/// What makes two failures one, as far as a wire can tell. Who asked is part of it: distinct clients are counted.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Likeness {
    class: Class,
    code: Option<i64>,
    subject: Option<Box<str>>,
    client: Option<String>,
    peer: u64,
    message: Option<String>,
}

impl Likeness {
    fn of(failed: &Failed) -> Self {
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
pub(super) struct Waiting {
    folded: HashMap<Likeness, Folded>,
    /// How many there ever were.
    places: u64,
}

impl Waiting {
    /// One more.
    pub(super) fn add(&mut self, failed: Failed, settle: Duration) {
        let mut likeness = Likeness::of(&failed);
        if self.folded.len() >= MOST && !self.folded.contains_key(&likeness) {
            likeness.message = None;
        }
        if self.folded.len() >= 2 * MOST && !self.folded.contains_key(&likeness) {
            likeness = Likeness { code: None, subject: None, client: None, peer: 0, ..likeness };
        }
        let (due, last) = (failed.at.plus(settle), failed.at);
        let place = self.places;
        self.places += 1;
        let known = self.folded.entry(likeness).or_insert(Folded { failed, count: 0, last, due, place });
        known.count += 1;
        known.last = last;
    }

    /// Whether one like it waits already, of which details are known.
    pub(super) fn counts(&self, failed: &Failed) -> bool {
        !self.folded.is_empty() && self.folded.contains_key(&Likeness::of(failed))
    }

    /// When the first of them is told.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.folded.values().map(|folded| folded.due).min()
    }

    /// The first of those that are due.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<Folded> {
        let due = self.folded.values().filter(|folded| folded.due <= now);
        let first = due.map(|folded| (folded.failed.at, folded.place)).min()?;
        self.folded.extract_if(|_, folded| (folded.failed.at, folded.place) == first).next().map(|(_, folded)| folded)
    }
}

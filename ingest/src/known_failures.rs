//! `KnownFailures`: failures whose further reports are counted without being prepared again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use autoheal_prepare::repeat::{KnownFailure, RepeatKey};

/// Maximum memory of the known failures, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// Memory of an entry beside its failure: key, times, the counts of its owners, and the free places of the table.
const ENTRY_BYTES: usize = 170;
/// Time after which a report of a known failure is prepared again. Source maps that another process added are used from
/// then on.
const KNOWN_TIME: Duration = Duration::from_secs(30);

/// Known failures within a bound of memory. Those that were not used for the longest time leave first.
pub(crate) struct KnownFailures {
    limit: usize,
    state: Mutex<State>,
}

/// Two generations, each up to half the limit: what is used moves to the new one, and when that is full, it becomes the old
/// one.
#[derive(Default)]
struct State {
    new: HashMap<RepeatKey, Entry>,
    old: HashMap<RepeatKey, Entry>,
    new_bytes: usize,
}

#[derive(Clone)]
struct Entry {
    failure: Arc<KnownFailure>,
    maps: u64,
    until: Instant,
}

/// Where a failure is searched: its key, and the state of the source maps before it was prepared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    key: RepeatKey,
    maps: u64,
}

/// A failure that was prepared, with its place.
pub(crate) struct NewKnownFailure {
    pub(crate) place: Place,
    pub(crate) failure: KnownFailure,
}

impl Default for KnownFailures {
    fn default() -> Self {
        Self::new(MAX_BYTES)
    }
}

impl KnownFailures {
    fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// The place of a key while the source maps are in this state.
    pub(crate) fn place(&self, key: RepeatKey, maps: u64) -> Place {
        Place { key, maps }
    }

    /// The failure at a place, if it is known.
    pub(crate) fn find(&self, place: &Place) -> Option<Arc<KnownFailure>> {
        let mut state = self.lock();
        let entry = match state.new.get(&place.key) {
            Some(entry) => entry.clone(),
            None => {
                let entry = state.old.remove(&place.key)?;
                state.insert(place.key, entry.clone(), self.limit);
                entry
            }
        };
        (entry.maps == place.maps && Instant::now() < entry.until).then_some(entry.failure)
    }

    /// Adds a failure. Its further reports are counted without being prepared for [`KNOWN_TIME`].
    pub(crate) fn add(&self, NewKnownFailure { place, failure }: NewKnownFailure) {
        let entry = Entry { failure: Arc::new(failure), maps: place.maps, until: Instant::now() + KNOWN_TIME };
        self.lock().insert(place.key, entry, self.limit);
    }

    /// Forgets the failure at a place, because its repeats cannot be counted for now.
    pub(crate) fn forget(&self, place: &Place) {
        let mut state = self.lock();
        if let Some(entry) = state.new.remove(&place.key) {
            state.new_bytes -= ENTRY_BYTES + entry.failure.bytes();
        }
        state.old.remove(&place.key);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, key: RepeatKey, entry: Entry, limit: usize) {
        let bytes = ENTRY_BYTES + entry.failure.bytes();
        if self.new_bytes + bytes > limit / 2 {
            self.old = std::mem::take(&mut self.new);
            self.new_bytes = 0;
        }
        if let Some(replaced) = self.new.insert(key, entry) {
            self.new_bytes -= ENTRY_BYTES + replaced.failure.bytes();
        }
        self.new_bytes += bytes;
    }
}

#[cfg(test)]
mod tests {
    use autoheal_prepare::rules::Rules;
    use autoheal_prepare::validate::{Arrival, Client, Received, Sender};
    use autoheal_prepare::{ScrubLevel, Timestamp, prepare};
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    fn new_failure(message: &str, maps: u64) -> NewKnownFailure {
        let raw = to_raw_value(&json!({"error_type": "E", "error_message": message})).unwrap();
        let client = Client::network([192, 0, 2, 1].into());
        let arrival = Arrival { project: "p".to_owned(), sender: Sender::Anonymous, client, received_at: Timestamp(0) };
        let key = Received::of(&raw).occurrence(&arrival, &Rules::default()).unwrap().key();
        let failure = KnownFailure::of(&prepare(&raw, arrival, ScrubLevel::Standard).unwrap());
        NewKnownFailure { place: Place { key, maps }, failure }
    }

    #[test]
    fn a_failure_is_known_until_source_maps_arrive() {
        let known = KnownFailures::default();
        let place = new_failure("x", 1).place;
        assert!(known.find(&place).is_none());
        known.add(new_failure("x", 1));
        assert!(known.find(&place).is_some());
        assert!(known.find(&Place { maps: 2, ..place }).is_none());
        assert!(known.find(&new_failure("y", 1).place).is_none());
        known.forget(&place);
        assert!(known.find(&place).is_none());
    }

    #[test]
    fn memory_is_bounded_and_what_is_used_stays() {
        let forgotten = new_failure("forgotten", 0).place;
        let known = KnownFailures::new(20 * (ENTRY_BYTES + new_failure("x", 0).failure.bytes()));
        let used = new_failure("used", 0).place;
        known.add(new_failure("used", 0));
        for number in 0..1_000 {
            known.add(new_failure(&format!("failure {number}"), 0));
            assert!(known.find(&used).is_some(), "after {number}");
            known.add(new_failure("forgotten", 0));
            known.forget(&forgotten);
            let state = known.lock();
            assert!(state.new.len() + state.old.len() <= 20);
        }
        assert!(known.find(&new_failure("failure 999", 0).place).is_some());
        assert!(known.find(&new_failure("failure 900", 0).place).is_none());
    }
}

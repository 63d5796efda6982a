//! A panic that comes over and over, in a program that survives it, is looked at once a second and counted otherwise.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A place that panics more often than this is not looked at each time.
const PACE: Duration = Duration::from_secs(1);
/// Most places that are remembered.
const MOST: usize = 64;

static STORM: Mutex<BTreeMap<String, Seen>> = Mutex::new(BTreeMap::new());

struct Seen {
    last: Instant,
    since: u64,
}

/// How many panics of this place a report now stands for; none while the last look is too recent.
pub(super) fn count(place: &str) -> Option<u64> {
    // whoever waits here is not stuck: it is held for moments only, and nothing in it panics
    let mut storm = STORM.lock().unwrap_or_else(PoisonError::into_inner);
    count_at(&mut storm, place, Instant::now())
}

fn count_at(storm: &mut BTreeMap<String, Seen>, place: &str, now: Instant) -> Option<u64> {
    if let Some(seen) = storm.get_mut(place) {
        seen.since += 1;
        if now.saturating_duration_since(seen.last) < PACE {
            return None;
        }
        seen.last = now;
        return Some(std::mem::take(&mut seen.since));
    }
    if storm.len() >= MOST {
        storm.retain(|_, seen| now.saturating_duration_since(seen.last) < PACE);
    }
    if storm.len() < MOST {
        storm.insert(place.to_owned(), Seen { last: now, since: 0 });
    }
    Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_is_looked_at_once_a_second_and_counted_whole() {
        let (mut storm, start) = (BTreeMap::new(), Instant::now());
        let mut told = 0;
        for hundredth in 0..=300 {
            told += count_at(&mut storm, "src/a.rs:1:1", start + Duration::from_millis(hundredth * 10)).unwrap_or(0);
        }
        assert_eq!(told, 301);
        assert_eq!(count_at(&mut storm, "src/b.rs:1:1", start), Some(1));
    }

    #[test]
    fn the_memory_is_bounded() {
        let (mut storm, now) = (BTreeMap::new(), Instant::now());
        for line in 0..10_000 {
            assert_eq!(count_at(&mut storm, &format!("src/a.rs:{line}:1"), now), Some(1));
        }
        assert_eq!(storm.len(), MOST);
    }
}

//! Throttling of repeated panics: a place is reported once a second and counted in between.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shortest time between two reports of one place.
const INTERVAL: Duration = Duration::from_secs(1);
/// Maximum number of stored places. Panics at further places are not throttled.
const MAX_PLACES: usize = 64;

static PLACES: Mutex<BTreeMap<String, Seen>> = Mutex::new(BTreeMap::new());

/// Panics of one place.
struct Seen {
    /// Time of the last report.
    reported_at: Instant,
    /// Panics since then.
    unreported: u64,
}

/// Number of panics that a report of this place stands for; none while the last report is too recent.
pub(super) fn count(place: &str) -> Option<u64> {
    // the lock is held briefly, and no code panics while it is held
    let mut places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
    count_at(&mut places, place, Instant::now())
}

fn count_at(places: &mut BTreeMap<String, Seen>, place: &str, now: Instant) -> Option<u64> {
    if let Some(seen) = places.get_mut(place) {
        seen.unreported += 1;
        if now.saturating_duration_since(seen.reported_at) < INTERVAL {
            return None;
        }
        seen.reported_at = now;
        return Some(std::mem::take(&mut seen.unreported));
    }
    if places.len() >= MAX_PLACES {
        places.retain(|_, seen| now.saturating_duration_since(seen.reported_at) < INTERVAL);
    }
    if places.len() < MAX_PLACES {
        places.insert(place.to_owned(), Seen { reported_at: now, unreported: 0 });
    }
    Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_panics_are_reported_once_a_second_and_all_counted() {
        let (mut places, start) = (BTreeMap::new(), Instant::now());
        let mut counted = 0;
        for hundredth in 0..=300 {
            counted +=
                count_at(&mut places, "src/a.rs:1:1", start + Duration::from_millis(hundredth * 10)).unwrap_or(0);
        }
        assert_eq!(counted, 301);
        assert_eq!(count_at(&mut places, "src/b.rs:1:1", start), Some(1));
    }

    #[test]
    fn the_number_of_stored_places_is_limited() {
        let (mut places, now) = (BTreeMap::new(), Instant::now());
        for line in 0..10_000 {
            assert_eq!(count_at(&mut places, &format!("src/a.rs:{line}:1"), now), Some(1));
        }
        assert_eq!(places.len(), MAX_PLACES);
    }
}

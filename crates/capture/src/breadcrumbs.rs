//! The last events before a failure, in a ring buffer that costs little while nothing fails.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::SystemTime;

use autoheal_contract::LogLine;
use autoheal_contract::limits::BREADCRUMBS;
use tracing::Level;

use autoheal_prepare::Timestamp;

/// Maximum length of an event's text, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 1_000;

static RING: Mutex<Ring> = Mutex::new(Ring { crumbs: Vec::new(), oldest: 0 });

struct Crumb {
    at: SystemTime,
    level: Level,
    text: String,
}

struct Ring {
    crumbs: Vec<Crumb>,
    /// Index of the entry that is overwritten next, once the ring is full.
    oldest: usize,
}

/// Adds an event. Swaps its text with the text of the overwritten event, so that a full ring allocates nothing. No code
/// of the program runs while the ring is locked.
pub(super) fn note(level: Level, text: &mut String) {
    let at = SystemTime::now();
    let mut ring = RING.lock().unwrap_or_else(PoisonError::into_inner);
    if ring.crumbs.len() < BREADCRUMBS {
        ring.crumbs.push(Crumb { at, level, text: std::mem::take(text) });
        return;
    }
    let oldest = ring.oldest;
    ring.oldest = (oldest + 1) % BREADCRUMBS;
    let Some(crumb) = ring.crumbs.get_mut(oldest) else { return };
    (crumb.at, crumb.level) = (at, level);
    std::mem::swap(&mut crumb.text, text);
}

/// The events, oldest first; empty while another thread holds the ring, because a failing program must not wait.
pub(super) fn last() -> Vec<LogLine> {
    let Some(ring) = try_ring() else { return Vec::new() };
    let (newer, older) = ring.crumbs.split_at(ring.oldest.min(ring.crumbs.len()));
    let line = |crumb: &Crumb| LogLine {
        timestamp: Some(Timestamp::from(crumb.at).to_string()),
        level: Some(crumb.level.as_str().to_ascii_lowercase()),
        message: crumb.text.clone(),
    };
    older.iter().chain(newer).map(line).collect()
}

fn try_ring() -> Option<MutexGuard<'static, Ring>> {
    // held for nanoseconds, so a thread that holds it longer is not running
    for _ in 0..100 {
        match RING.try_lock() {
            Ok(ring) => return Some(ring),
            Err(TryLockError::Poisoned(ring)) => return Some(ring.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test, because there is one ring.
    #[test]
    fn the_last_events_are_kept_in_order_and_a_locked_ring_blocks_no_report() {
        for number in 0..BREADCRUMBS + 10 {
            note(Level::INFO, &mut format!("event {number}"));
        }
        let lines: Vec<String> = last().into_iter().map(|line| line.message).collect();
        let expected: Vec<String> = (10..BREADCRUMBS + 10).map(|number| format!("event {number}")).collect();
        assert_eq!(lines, expected);

        let locked = RING.lock().unwrap();
        assert_eq!(last(), []);
        drop(locked);
        assert_eq!(last().len(), BREADCRUMBS);
    }
}

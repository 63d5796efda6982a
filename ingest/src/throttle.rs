//! `Throttle`: limits how often a repeated error is logged.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shortest time between two lines.
const INTERVAL: Duration = Duration::from_secs(60);

/// Lets one line per minute pass, and counts the others.
#[derive(Debug)]
pub(crate) struct Throttle(Mutex<State>);

#[derive(Debug)]
struct State {
    passed_at: Option<Instant>,
    held_back: u64,
}

impl Throttle {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State { passed_at: None, held_back: 0 }))
    }

    /// The number of lines held back since the last one, if a line may be logged now.
    pub(crate) fn pass(&self) -> Option<u64> {
        self.pass_at(Instant::now())
    }

    fn pass_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.passed_at.is_some_and(|at| now.duration_since(at) < INTERVAL) {
            state.held_back += 1;
            return None;
        }
        state.passed_at = Some(now);
        Some(std::mem::take(&mut state.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_per_minute_passes_and_counts_the_others() {
        let (throttle, start) = (Throttle::new(), Instant::now());
        let pass = |seconds| throttle.pass_at(start + Duration::from_secs(seconds));
        assert_eq!([0, 1, 59, 60, 61, 121].map(pass), [Some(0), None, None, Some(2), None, Some(1)]);
    }
}

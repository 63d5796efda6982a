//! `Moment`: a point in time by two clocks. The monotonic clock decides about order and durations, because the system's clock
//! may be set back, and counts the hours in which the machine slept. The system's clock is only shown.

use std::cmp::Ordering;
use std::time::{Duration, Instant, SystemTime};

use autoheal_prepare::Timestamp;

/// A point in time.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Microseconds of the monotonic clock.
    micros: i64,
    /// The time to show.
    shown: Timestamp,
}

impl Moment {
    /// Earlier than every other moment.
    pub const FIRST: Self = Self { micros: i64::MIN, shown: Timestamp(i64::MIN) };
    /// Later than every other moment.
    pub const LAST: Self = Self { micros: i64::MAX, shown: Timestamp(i64::MAX) };
    /// Resolution.
    const TICK: Duration = Duration::from_micros(1);

    /// Returns the moment that is this much later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self { micros: self.micros.saturating_add(micros(duration)), shown: self.shown.plus(duration) }
    }

    /// Returns the moment that is this much earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self { micros: self.micros.saturating_sub(micros(duration)), shown: self.shown.minus(duration) }
    }

    /// Returns the last moment before this one.
    #[must_use]
    pub fn before(self) -> Self {
        self.minus(Self::TICK)
    }

    /// Returns the time since another moment; zero if that one is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros.saturating_sub(earlier.micros)).unwrap_or(0))
    }

    /// Returns the time to show.
    pub(crate) fn shown(self) -> Timestamp {
        self.shown
    }

    /// The moment this many milliseconds after the first.
    #[cfg(test)]
    pub(crate) fn at(milliseconds: i64) -> Self {
        Self { micros: milliseconds * 1_000, shown: Timestamp(milliseconds) }
    }

    /// The same moment at which the system's clock shows another time.
    #[cfg(test)]
    pub(crate) fn shown_as(self, shown: Timestamp) -> Self {
        Self { shown, ..self }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.micros == other.micros
    }
}

impl Eq for Moment {}

impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Moment {
    fn cmp(&self, other: &Self) -> Ordering {
        self.micros.cmp(&other.micros)
    }
}

/// The two clocks of the moments of one watch.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    began: Instant,
}

impl Clocks {
    /// Starts at this time.
    #[must_use]
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// Returns the current moment.
    #[must_use]
    pub fn now(self) -> Moment {
        Moment { micros: micros(self.began.elapsed()), shown: SystemTime::now().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_durations_ignore_the_system_clock() {
        let before = Moment::at(1_000);
        let after = Moment::at(73_000).shown_as(Timestamp(-5_000));
        assert!(after > before);
        assert_eq!((after.since(before), before.since(after)), (Duration::from_secs(72), Duration::ZERO));
        assert_eq!(after.plus(Duration::from_secs(1)).shown(), Timestamp(-4_000));
        let clocks = Clocks::start();
        let (first, second) = (clocks.now(), clocks.now());
        assert!(first <= second && Moment::FIRST < first && second < Moment::LAST);
    }
}

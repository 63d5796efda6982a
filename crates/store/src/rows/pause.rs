//! `Pause`: a time in which no write is sent to GitHub.

use std::time::Duration;

use autoheal_prepare::Timestamp;

/// A wait that GitHub requested, or that follows a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// End of the pause.
    pub until: Timestamp,
    /// Reason, for people.
    pub reason: String,
    /// Number of pauses in a row. Each one lasts longer.
    pub times: u32,
    /// Beginning of the first pause in this row.
    pub since: Timestamp,
    /// Time at which this pause was set.
    pub set_at: Timestamp,
    /// Name of the cause; none for a pause of an earlier version.
    pub cause: Option<String>,
    /// True if a write was refused or lost, while reading may succeed all the same. Only a successful write ends the row
    /// of pauses then.
    pub writes_only: bool,
}

impl Pause {
    /// True if the pause is in force. One that lasts longer than `longest`, or was set in the future, is over: an earlier
    /// version or another time of the clock set it.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp, longest: Duration) -> bool {
        self.set_at <= now && now < self.until && self.until <= self.set_at.plus(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn pause(set_at: i64, until: i64) -> Pause {
        let (since, set_at) = (Timestamp(set_at), Timestamp(set_at));
        Pause {
            until: Timestamp(until),
            reason: String::new(),
            times: 1,
            since,
            set_at,
            cause: None,
            writes_only: false,
        }
    }

    #[test]
    fn a_pause_ends_at_its_time_and_when_the_clock_is_set_back() {
        let pause = pause(1_000, 6_000);
        let in_force = |now| pause.is_in_force(Timestamp(now), HOUR);
        assert_eq!([999, 1_000, 5_999, 6_000].map(in_force), [false, true, true, false]);
    }

    #[test]
    fn a_pause_that_is_too_long_is_over() {
        assert!(pause(0, 3_600_000).is_in_force(Timestamp(5), HOUR));
        assert!(!pause(0, 3_600_001).is_in_force(Timestamp(5), HOUR));
        assert!(!pause(0, i64::MAX).is_in_force(Timestamp(5), HOUR));
    }
}

//! `Raise`: a reason for a higher severity than that of the failure itself, found by counting.

use std::fmt;
use std::time::Duration;

use autoheal_contract::Severity;
use autoheal_prepare::Timestamp;
use serde::{Deserialize, Serialize};

const HOUR: Duration = Duration::from_secs(3600);

/// A reason for a severity that is one step higher. Displays as a phrase of digits, dates and fixed words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Raise {
    /// Known senders reported it much more often in an hour than in the same hour of the same weekday before.
    Spike {
        /// Start of the hour.
        hour: Timestamp,
        /// Occurrences in it, when the spike was found.
        count: u64,
        /// Mean of the same hour in earlier weeks, rounded.
        usual: u64,
    },
    /// Known senders never reported it before this release.
    NewInRelease {
        /// The release.
        release: String,
        /// Time of the first report of the release.
        since: Timestamp,
    },
}

impl Raise {
    /// The severity one step above this one.
    #[must_use]
    pub fn above(severity: Severity) -> Severity {
        match severity {
            Severity::Low => Severity::Medium,
            Severity::Medium => Severity::High,
            Severity::High | Severity::Critical => Severity::Critical,
        }
    }
}

/// The name of the release is left out, because its sender chose it.
impl fmt::Display for Raise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spike { hour, count, usual } => {
                write!(formatter, "a spike of {count} in the hour from {hour}, usually {usual}")
            }
            Self::NewInRelease { since, .. } => write!(formatter, "new in the release first seen {since}"),
        }
    }
}

/// The rules for spikes and for failures that are new in a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RaiseRules {
    /// How many times as often as usual makes a spike (`AUTOHEAL_SPIKE_FACTOR`). Zero finds none.
    pub spike_factor: u64,
    /// Minimum number of occurrences in the hour of a spike (`AUTOHEAL_SPIKE_COUNT`).
    pub spike_count: u64,
    /// Minimum number of earlier weeks in which the group was known (`AUTOHEAL_SPIKE_WEEKS`), up to
    /// [`RaiseRules::WEEKS`].
    pub spike_weeks: u64,
    /// Time after the first report of a release in which a new failure is new in it (`AUTOHEAL_RELEASE_WINDOW`). Zero
    /// finds none.
    pub release_window: Duration,
    /// Minimum time for which an earlier release was reported before (`AUTOHEAL_RELEASE_HISTORY`).
    pub release_history: Duration,
}

impl Default for RaiseRules {
    fn default() -> Self {
        Self {
            spike_factor: 3,
            spike_count: 10,
            spike_weeks: 2,
            release_window: Duration::from_secs(7 * 24 * 3600),
            release_history: Duration::from_secs(24 * 3600),
        }
    }
}

impl RaiseRules {
    /// Number of weeks that make the baseline.
    pub const WEEKS: i64 = 4;
    /// Number of hours in a week.
    pub(crate) const HOURS_OF_WEEK: i64 = 7 * 24;

    /// The hour since 1970 that a time is in.
    pub(crate) fn hour(at: Timestamp) -> i64 {
        at.0.div_euclid(i64::try_from(HOUR.as_millis()).unwrap_or(i64::MAX))
    }

    /// Decides whether the count of an hour is a spike, against the counts of the same hour in earlier weeks.
    pub(crate) fn spike(self, hour: i64, count: u64, earlier: &[u64]) -> Option<Raise> {
        let weeks = earlier.len() as u64;
        if self.spike_factor == 0 || count < self.spike_count || weeks < self.spike_weeks.max(1) {
            return None;
        }
        let sum: u64 = earlier.iter().sum();
        // count >= factor * sum / weeks, without rounding
        let is_spike = count.saturating_mul(weeks) >= self.spike_factor.saturating_mul(sum);
        let hour = Timestamp(hour.saturating_mul(3_600_000));
        is_spike.then_some(Raise::Spike { hour, count, usual: (sum + weeks / 2) / weeks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_needs_a_count_a_factor_and_enough_weeks() {
        let is_spike = |count, earlier: &[u64]| RaiseRules::default().spike(0, count, earlier).is_some();
        assert!(is_spike(30, &[10, 10]) && !is_spike(29, &[10, 10]));
        assert!(is_spike(10, &[0, 0]) && !is_spike(9, &[0, 0]));
        assert!(!is_spike(1_000, &[1]) && !is_spike(1_000, &[]));
        assert!(is_spike(40, &[10, 20, 0, 20]) && !is_spike(37, &[10, 20, 0, 20]));
        let off = RaiseRules { spike_factor: 0, ..RaiseRules::default() };
        assert_eq!(off.spike(0, 1_000, &[0, 0]), None);
    }
}

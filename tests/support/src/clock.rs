//! The stand-in's clock: real time, or a time that a test sets.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// The stand-in's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The real time plus this offset.
    Real(TimeDelta),
    /// A fixed time until a test changes it.
    Manual(DateTime<Utc>),
}

impl Clock {
    pub(crate) fn now(self) -> DateTime<Utc> {
        match self {
            Clock::Real(offset) => Utc::now() + offset,
            Clock::Manual(now) => now,
        }
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
        match self {
            Clock::Real(offset) => *offset += by,
            Clock::Manual(now) => *now += by,
        }
    }
}

/// A timestamp in GitHub's format: whole seconds, UTC.
pub(crate) fn timestamp(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

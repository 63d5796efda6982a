//! The stand-in's clock: the real one, or one that a test moves.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// What time it is for the stand-in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// The real time, moved by this much.
    Real(TimeDelta),
    /// A time that stands still until it is set again.
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

/// A moment as GitHub writes it: whole seconds, UTC.
pub(crate) fn stamp(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

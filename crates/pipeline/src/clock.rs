//! `Clock` and `Timestamp`: the time every stage and the worker go by, which tests can turn by hand.

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant moved into the future.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This instant moved into the past.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// From seconds since 1970, as GitHub's `x-ratelimit-reset` counts.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// RFC 3339 text such as `2026-11-22T08:00:00Z`; nothing when it is not that.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| Self(time.timestamp_millis()))
    }
}

/// RFC 3339 with whole seconds, UTC.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match chrono::DateTime::from_timestamp_millis(self.0) {
            Some(time) => write!(formatter, "{}", time.format("%Y-%m-%dT%H:%M:%SZ")),
            None => write!(formatter, "{} ms", self.0),
        }
    }
}

/// Where the time comes from: the system, or a test's hand.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    manual: Option<Arc<watch::Sender<Timestamp>>>,
}

impl Clock {
    /// The system's own clock.
    #[must_use]
    pub fn system() -> Self {
        Self { manual: None }
    }

    /// A clock that stands still until it is advanced.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self { manual: Some(Arc::new(watch::Sender::new(start))) }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.manual {
            Some(hand) => *hand.borrow(),
            None => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }

    /// Turns a manual clock; the system's clock stays as it is.
    pub fn advance(&self, duration: Duration) {
        if let Some(hand) = &self.manual {
            hand.send_modify(|now| *now = now.plus(duration));
        }
    }

    /// Waits until this instant; for ever when there is none.
    pub async fn sleep_until(&self, until: Option<Timestamp>) {
        let Some(until) = until else { return pending().await };
        match &self.manual {
            Some(hand) => {
                // The sender lives in `self`, so waiting can only end by the time being reached.
                let mut turned = hand.subscribe();
                let _reached = turned.wait_for(|now| *now >= until).await;
            }
            None => {
                let left = until.0.saturating_sub(self.now().0);
                tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_read_what_they_write() {
        let time = Timestamp::parse("2026-11-22T08:00:00Z").unwrap();
        assert_eq!(time.to_string(), "2026-11-22T08:00:00Z");
        assert_eq!(time.plus(Duration::from_secs(60)).to_string(), "2026-11-22T08:01:00Z");
        assert_eq!(Timestamp::parse("yesterday"), None);
    }

    #[tokio::test]
    async fn a_manual_clock_wakes_its_sleepers_when_it_is_turned() {
        let clock = Clock::manual(Timestamp(0));
        let sleeper = {
            let clock = clock.clone();
            tokio::spawn(async move { clock.sleep_until(Some(Timestamp(5))).await })
        };
        clock.advance(Duration::from_millis(5));
        sleeper.await.unwrap();
    }
}

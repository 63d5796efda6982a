//! `Clock`: the current time for the store and the worker; tests advance it manually.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use autoheal_prepare::Timestamp;
use tokio::sync::watch;

/// Longest sleep before the system's clock is looked at again.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// The system's clock, or a manual one for tests.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    manual: Option<Arc<watch::Sender<Timestamp>>>,
}

impl Clock {
    /// Returns the system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self { manual: None }
    }

    /// Makes a clock that stands still until it is advanced.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self { manual: Some(Arc::new(watch::Sender::new(start))) }
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.manual {
            Some(manual) => *manual.borrow(),
            None => SystemTime::now().into(),
        }
    }

    /// Sets a manual clock to another time, also an earlier one; does nothing to the system's clock.
    pub fn set(&self, time: Timestamp) {
        if let Some(manual) = &self.manual {
            manual.send_replace(time);
        }
    }

    /// Advances a manual clock; does nothing to the system's clock.
    pub fn advance(&self, duration: Duration) {
        if let Some(manual) = &self.manual {
            manual.send_modify(|now| *now = now.plus(duration));
        }
    }

    /// Waits until this instant; for ever if it is `None`. Waits no longer than the time that is left at the call, even if
    /// the system's clock is set back meanwhile, and notices within a minute if it is set forward.
    pub async fn sleep_until(&self, until: Option<Timestamp>) {
        let Some(until) = until else { return pending().await };
        match &self.manual {
            Some(manual) => {
                // `self` holds the sender, so the wait cannot end before the time is reached.
                let mut time = manual.subscribe();
                let _reached = time.wait_for(|now| *now >= until).await;
            }
            None => {
                let left = until.0.saturating_sub(self.now().0);
                let mut left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
                while !left.is_zero() && self.now() < until {
                    let step = left.min(CHECK_INTERVAL);
                    tokio::time::sleep(step).await;
                    left -= step;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn advancing_a_manual_clock_wakes_its_sleepers() {
        let clock = Clock::manual(Timestamp(0));
        let sleeper = {
            let clock = clock.clone();
            tokio::spawn(async move { clock.sleep_until(Some(Timestamp(5))).await })
        };
        clock.advance(Duration::from_millis(5));
        sleeper.await.unwrap();
    }
}

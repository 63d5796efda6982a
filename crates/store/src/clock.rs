//! `Clock`: the current time for the store and the worker; tests advance it by hand.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use autoheal_prepare::Timestamp;
use tokio::sync::watch;

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
            None => SystemTime::now().into(),
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

//! `Condition`: what all threads know about the state of a store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::lock;
use super::unreadable::Unreadable;
use super::upkeep::Gauges;
use crate::{Loss, StoreError};

/// Minimum time between two lines about failures.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// What all threads know about the state of a store.
pub(super) struct Condition {
    /// True if the last reports could be stored.
    healthy: AtomicBool,
    /// The first damage that was found. Stays until the store is opened again, because only then it is checked.
    damage: OnceLock<String>,
    /// What was missing when the store was opened.
    pub(super) loss: Option<Loss>,
    /// What could not be read since the start.
    pub(super) unreadable: Arc<Unreadable>,
    /// Time of the last line about a failure.
    logged_at: Mutex<Option<Instant>>,
    /// True if the last failure was logged, and not yet that writing works again.
    is_announced: AtomicBool,
    pub(super) gauges: Gauges,
}

impl Condition {
    pub(super) fn new(loss: Option<Loss>) -> Self {
        Self {
            healthy: AtomicBool::new(true),
            damage: OnceLock::new(),
            loss,
            unreadable: Arc::default(),
            logged_at: Mutex::default(),
            is_announced: AtomicBool::new(false),
            gauges: Gauges::default(),
        }
    }

    /// Fails once damage was found. Nothing may be acknowledged then.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.damage.get().map_or(Ok(()), |problem| Err(StoreError::Damaged(problem.clone())))
    }

    /// Passes a result on, and takes note of damage.
    pub(super) fn noting<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Damaged(problem)) = &result
            && self.damage.set(problem.clone()).is_ok()
        {
            self.healthy.store(false, Ordering::Relaxed);
            tracing::error!(
                problem,
                "store: damaged; all reports get a 503 response until a restart finds the file in order"
            );
        }
        result
    }

    /// True if the last reports could be stored.
    pub(super) fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed) && self.damage.get().is_none()
    }

    /// Takes note that reports can be stored.
    pub(super) fn works(&self) {
        if !self.healthy.swap(true, Ordering::Relaxed) && self.is_announced.swap(false, Ordering::Relaxed) {
            tracing::info!("store: writing works again");
        }
    }

    /// Takes note that reports cannot be stored. Logs the first failure, but at most one a minute, because a failure may
    /// concern some reports only.
    pub(super) fn fails(&self, error: &StoreError) {
        if !self.healthy.swap(false, Ordering::Relaxed) {
            return;
        }
        let mut logged_at = lock(&self.logged_at);
        if logged_at.is_none_or(|at| at.elapsed() >= LOG_INTERVAL) {
            *logged_at = Some(Instant::now());
            self.is_announced.store(true, Ordering::Relaxed);
            tracing::error!(%error, "store: writing fails; reports get a 503 response until it works");
        }
    }
}

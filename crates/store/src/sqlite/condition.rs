//! `Condition`: what all threads know about the state of a store.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::upkeep::Gauges;
use crate::{Loss, StoreError};

/// What all threads know about the state of a store.
pub(super) struct Condition {
    /// True if the last reports could be stored.
    healthy: AtomicBool,
    /// The first damage that was found. Stays until the store is opened again, because only then it is checked.
    damage: OnceLock<String>,
    /// What was missing when the store was opened.
    pub(super) loss: Option<Loss>,
    pub(super) gauges: Gauges,
}

impl Condition {
    pub(super) fn new(loss: Option<Loss>) -> Self {
        Self { healthy: AtomicBool::new(true), damage: OnceLock::new(), loss, gauges: Gauges::default() }
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

    /// Sets whether reports can be stored. Returns true if that is a change.
    pub(super) fn set_healthy(&self, healthy: bool) -> bool {
        self.healthy.swap(healthy, Ordering::Relaxed) != healthy
    }
}

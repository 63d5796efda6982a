//! The state behind its lock, and waiting for it to change.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use crate::state::State;

/// What the server, the pages and the tests share.
pub(crate) struct Shared {
    /// A std mutex: it is held for one operation at a time and never across an await.
    state: Mutex<State>,
    /// Sent after every change, so that nobody has to poll.
    changed: watch::Sender<u64>,
    pub(crate) started: Instant,
}

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        Shared { state: Mutex::new(state), changed: watch::Sender::new(0), started: Instant::now() }
    }

    /// Looks, without changing anything.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes something, and tells everyone who waits.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let outcome = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_modify(|revision| *revision += 1);
        outcome
    }

    /// Returns as soon as the condition holds.
    pub(crate) async fn until(&self, condition: impl Fn(&State) -> bool) {
        let mut changes = self.changed.subscribe();
        while !self.look(&condition) {
            // the sender lives in `self`, so it cannot be gone
            let _ = changes.changed().await;
        }
    }
}

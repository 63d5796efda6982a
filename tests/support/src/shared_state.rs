//! The state behind its lock, and waiting for a change.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use crate::state::State;

/// The state that the server, the pages and the tests share.
pub(crate) struct SharedState {
    /// A std mutex, because it is never held across an await.
    state: Mutex<State>,
    /// Notified after every change, so that waiting needs no polling.
    changed: watch::Sender<u64>,
    pub(crate) started: Instant,
}

impl SharedState {
    pub(crate) fn new(state: State) -> Self {
        SharedState { state: Mutex::new(state), changed: watch::Sender::new(0), started: Instant::now() }
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the state and notifies all waiting tasks.
    pub(crate) fn update<T>(&self, update: impl FnOnce(&mut State) -> T) -> T {
        let result = update(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_modify(|revision| *revision += 1);
        result
    }

    /// Returns as soon as the condition is true.
    pub(crate) async fn wait_until(&self, condition: impl Fn(&State) -> bool) {
        let mut changes = self.changed.subscribe();
        while !self.read(&condition) {
            // cannot fail, because `self` holds the sender
            let _ = changes.changed().await;
        }
    }
}

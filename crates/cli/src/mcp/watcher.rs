//! The watcher: a thread that waits for failures in the conversation and reports them.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use autoheal_watch::InventoryFile;

use super::conversation::Conversation;
use super::reports::{LATE, Reports};
use crate::child::say;

/// Time between the deadline of the delivery and the end of the wait for the watcher, so that the delivery's own
/// message is printed.
const MARGIN: Duration = Duration::from_millis(100);

/// Message after an internal panic.
const INTERNAL_PANIC: &str =
    "internal error in autoheal: this server's failures are not reported until autoheal is restarted";

/// Handle of the watcher thread.
pub(super) struct Watcher {
    /// Time by which the last report must be delivered.
    deadline: Arc<std::sync::OnceLock<Instant>>,
    ended: Receiver<bool>,
}

impl Watcher {
    pub(super) fn start(conversation: Arc<Conversation>, mut reports: Reports, inventory_file: InventoryFile) -> Self {
        let deadline = Arc::new(std::sync::OnceLock::new());
        let (sender, ended) = sync_channel(1);
        let delivery_deadline = Arc::clone(&deadline);
        let watch = move || {
            loop {
                let update = conversation.next_update();
                if update.has_panicked {
                    say(INTERNAL_PANIC);
                }
                if let Some(inventory) = &update.inventory {
                    inventory_file.write(inventory);
                }
                reports.send(update.reports);
                if update.is_last {
                    break;
                }
            }
            let has_ending = reports.finish(delivery_deadline.get().copied().unwrap_or_else(Instant::now));
            let _timed_out = sender.send(has_ending);
        };
        if let Err(error) = Builder::new().name("watcher".to_owned()).spawn(watch) {
            say(&format!("this server's failures cannot be reported: {error}"));
        }
        Self { deadline, ended }
    }

    /// Sets the deadline. Must be called before the conversation's end, because the watcher then reads the deadline.
    pub(super) fn must_end_by(self, deadline: Instant) -> EndingWatcher {
        let _first = self.deadline.set(deadline.checked_sub(MARGIN).unwrap_or(deadline));
        EndingWatcher { ended: self.ended, deadline }
    }
}

/// A watcher with a deadline.
pub(super) struct EndingWatcher {
    ended: Receiver<bool>,
    deadline: Instant,
}

impl EndingWatcher {
    /// Waits for the last report, until the deadline. Returns whether the server's end was reported.
    pub(super) fn wait(self) -> bool {
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        match self.ended.recv_timeout(remaining) {
            Ok(has_ending) => has_ending,
            Err(RecvTimeoutError::Timeout) => {
                say(LATE);
                false
            }
            Err(RecvTimeoutError::Disconnected) => false,
        }
    }
}

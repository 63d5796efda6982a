//! The thread that sleeps until there is something to tell, and tells it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use autoheal_watch::InventoryFile;

use super::conversation::Conversation;
use super::reports::{LATE, Reports};
use crate::child::say;

/// Whoever delivers says first what became of it; we speak only where that takes too long.
const MARGIN: Duration = Duration::from_millis(100);

/// What people are told when something of ours has failed.
const FAULT: &str = "a fault of autoheal's own: this server's failures are reported no more until it is started again";

/// The thread, from outside.
pub(super) struct Watcher {
    /// By when the last report must have left.
    deadline: Arc<std::sync::OnceLock<Instant>>,
    ended: Receiver<()>,
}

impl Watcher {
    pub(super) fn start(conversation: Arc<Conversation>, mut reports: Reports, memory: InventoryFile) -> Self {
        let deadline = Arc::new(std::sync::OnceLock::new());
        let (send, ended) = sync_channel(1);
        let until = Arc::clone(&deadline);
        let watch = move || {
            loop {
                let news = conversation.news();
                if news.is_fault {
                    say(FAULT);
                }
                if let Some(learnt) = &news.learnt {
                    memory.write(learnt);
                }
                reports.send(news.reports);
                if news.is_last {
                    break;
                }
            }
            reports.finish(until.get().copied().unwrap_or_else(Instant::now));
            let _nobody_waits = send.send(());
        };
        if let Err(error) = Builder::new().name("watcher".to_owned()).spawn(watch) {
            say(&format!("this server's failures cannot be reported: {error}"));
        }
        Self { deadline, ended }
    }

    /// Before it hears of the server's end: by when the last report must have left.
    pub(super) fn must_end_by(self, until: Instant) -> Ending {
        let _first = self.deadline.set(until.checked_sub(MARGIN).unwrap_or(until));
        Ending { ended: self.ended, until }
    }
}

/// A watcher that knows how long it has.
pub(super) struct Ending {
    ended: Receiver<()>,
    until: Instant,
}

impl Ending {
    /// Waits for the last report.
    pub(super) fn wait(self) {
        let left = self.until.saturating_duration_since(Instant::now());
        if let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = self.ended.recv_timeout(left) {
            say(LATE);
        }
    }
}

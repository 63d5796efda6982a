//! The thread that sleeps until there is something to tell, and tells it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;
use std::time::Instant;

use super::conversation::Conversation;
use super::memory::Memory;
use super::reports::Reports;
use crate::child::say;

/// The thread, from outside.
pub(super) struct Watcher {
    /// By when the last report must have left.
    deadline: Arc<std::sync::OnceLock<Instant>>,
    ended: Receiver<()>,
}

impl Watcher {
    pub(super) fn start(conversation: Arc<Conversation>, mut reports: Reports, memory: Memory) -> Self {
        let deadline = Arc::new(std::sync::OnceLock::new());
        let (send, ended) = sync_channel(1);
        let until = Arc::clone(&deadline);
        let watch = move || {
            loop {
                let news = conversation.news();
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

    /// After the server's end: waits for the last report, not longer than this.
    pub(super) fn finish(self, until: Instant) {
        let _first = self.deadline.set(until);
        let left = until.saturating_duration_since(Instant::now());
        if let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = self.ended.recv_timeout(left) {
            say("the last failures could not be reported in time; those that could be kept are sent next time");
        }
    }
}

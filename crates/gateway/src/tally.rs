//! `Tally`: what the gateway counts about itself.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Tally {
    /// By the first digit of the status; 0 stands for no answer, because the client went away first.
    classes: [AtomicU64; 6],
    failures: AtomicU64,
    lost: AtomicU64,
}

impl Tally {
    /// What `/metrics` calls the classes, and how many requests ended so.
    pub fn requests(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
        names.into_iter().zip(self.classes.iter().map(|class| class.load(Ordering::Relaxed)))
    }

    /// Failures seen in the conversations, repeats too.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Reports that nobody could take.
    pub fn reports_lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    pub(super) fn answered(&self, status: u16) {
        let class = self.classes.get(usize::from(status / 100)).unwrap_or(&self.classes[0]);
        class.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, count: Option<u64>) {
        self.failures.fetch_add(count.unwrap_or(1), Ordering::Relaxed);
    }

    pub(super) fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }
}

//! `Counters`: requests and failures of the gateway since its start.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// By the first digit of the status; 0 for requests whose client disconnected before the response.
    requests: [AtomicU64; 6],
    failures: AtomicU64,
    dropped_reports: AtomicU64,
}

impl Counters {
    /// Number of requests by status class, with the labels of `/metrics`. `none` counts the requests whose client
    /// disconnected before the response.
    pub fn requests(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let labels = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
        labels.into_iter().zip(self.requests.iter().map(|requests| requests.load(Ordering::Relaxed)))
    }

    /// Number of failures, including repeats.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Number of reports dropped because the receiver was full.
    pub fn dropped_reports(&self) -> u64 {
        self.dropped_reports.load(Ordering::Relaxed)
    }

    pub(super) fn responded(&self, status: u16) {
        let requests = self.requests.get(usize::from(status / 100)).unwrap_or(&self.requests[0]);
        requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn client_left(&self) {
        self.requests[0].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, count: Option<u64>) {
        self.failures.fetch_add(count.unwrap_or(1), Ordering::Relaxed);
    }

    pub(super) fn report_dropped(&self) {
        self.dropped_reports.fetch_add(1, Ordering::Relaxed);
    }
}

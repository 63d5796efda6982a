//! `Metrics`: the counters of `/metrics`, in the text format of Prometheus.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use autoheal_contract::{ReceiptStatus, RefusalCode};
use autoheal_gateway::Counters;
use autoheal_heal::status::Cause;

use crate::status::ServiceStatus;

/// Counters since the start of the service.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    accepted: AtomicU64,
    duplicate: AtomicU64,
    rejected: AtomicU64,
    repeats: AtomicU64,
    refused: AtomicU64,
    rate_limited: AtomicU64,
    store_unavailable: AtomicU64,
    busy: AtomicU64,
    prepare_nanoseconds: AtomicU64,
    noise: AtomicU64,
    gateway_over_limit: AtomicU64,
}

impl Metrics {
    pub(crate) fn receipt(&self, status: ReceiptStatus) {
        let counter = match status {
            ReceiptStatus::Accepted => &self.accepted,
            ReceiptStatus::Duplicate => &self.duplicate,
            ReceiptStatus::Rejected => &self.rejected,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn repeat(&self) {
        self.repeats.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refusal(&self, code: RefusalCode) {
        let counter = match code {
            RefusalCode::RateLimited => &self.rate_limited,
            RefusalCode::StoreUnavailable => &self.store_unavailable,
            RefusalCode::Busy => &self.busy,
            _ => &self.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn gateway_reports_over_limit(&self, reports: usize) {
        self.gateway_over_limit.fetch_add(u64::try_from(reports).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn noise(&self, reports: usize) {
        self.noise.fetch_add(u64::try_from(reports).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn prepared_in(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.prepare_nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// Requests refused since the start, because their reports could not be stored.
    pub(crate) fn refused_writes(&self) -> u64 {
        self.store_unavailable.load(Ordering::Relaxed)
    }

    /// The response of `/metrics`.
    #[expect(clippy::cast_precision_loss, reason = "the exact nanoseconds do not matter")]
    pub(crate) fn render(&self, status: &ServiceStatus, gateway: Option<&Counters>) -> String {
        let mut page = String::new();
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        page.push_str("# HELP autoheal_reports_total Reports by outcome.\n# TYPE autoheal_reports_total counter\n");
        let reports = [("accepted", &self.accepted), ("duplicate", &self.duplicate), ("rejected", &self.rejected)];
        for (status, counter) in reports {
            // writing to a String cannot fail
            let _infallible = writeln!(page, "autoheal_reports_total{{status=\"{status}\"}} {}", get(counter));
        }
        page.push_str(
            "# HELP autoheal_refusals_total Refused requests by reason.\n# TYPE autoheal_refusals_total counter\n",
        );
        let refusals = [
            ("rate_limited", &self.rate_limited),
            ("store_unavailable", &self.store_unavailable),
            ("busy", &self.busy),
            ("other", &self.refused),
        ];
        for (reason, counter) in refusals {
            let _infallible = writeln!(page, "autoheal_refusals_total{{reason=\"{reason}\"}} {}", get(counter));
        }
        let _infallible = writeln!(
            page,
            "# HELP autoheal_noise_reports_total Reports that a rule recognised as noise.\n\
             # TYPE autoheal_noise_reports_total counter\nautoheal_noise_reports_total {}",
            get(&self.noise)
        );
        let seconds = get(&self.prepare_nanoseconds) as f64 / 1e9;
        let _infallible = write!(
            page,
            "# HELP autoheal_repeats_total Reports of a known failure that were counted without being prepared again.\n\
             # TYPE autoheal_repeats_total counter\nautoheal_repeats_total {}\n\
             # HELP autoheal_prepare_seconds_total Time spent preparing reports.\n\
             # TYPE autoheal_prepare_seconds_total counter\nautoheal_prepare_seconds_total {seconds}\n\
             # HELP autoheal_store_ready 1 if the store accepts reports.\n\
             # TYPE autoheal_store_ready gauge\nautoheal_store_ready {}\n",
            get(&self.repeats),
            u8::from(status.store_ready)
        );
        render_status(&mut page, status);
        if let Some(counters) = gateway {
            render_gateway(&mut page, counters, get(&self.gateway_over_limit));
        }
        page
    }
}

fn render_status(page: &mut String, status: &ServiceStatus) {
    let usage = status.usage.unwrap_or_default();
    let _infallible = write!(
        page,
        "# HELP autoheal_store_bytes Size of the store's files.\n\
         # TYPE autoheal_store_bytes gauge\nautoheal_store_bytes {}\n\
         # HELP autoheal_store_limit_bytes Maximum size of the store's files.\n\
         # TYPE autoheal_store_limit_bytes gauge\nautoheal_store_limit_bytes {}\n\
         # HELP autoheal_store_unreadable_rows Rows of the store that could not be read and were set aside.\n\
         # TYPE autoheal_store_unreadable_rows gauge\nautoheal_store_unreadable_rows {}\n\
         # HELP autoheal_refused_writes_total Requests whose reports could not be stored.\n\
         # TYPE autoheal_refused_writes_total counter\nautoheal_refused_writes_total {}\n\
         # HELP autoheal_issue_queue_length Groups that wait for an issue, counted up to 5000.\n\
         # TYPE autoheal_issue_queue_length gauge\nautoheal_issue_queue_length {}\n\
         # HELP autoheal_issue_queue_oldest_seconds Age of the oldest failure that waits for an issue; 0 if none waits.\n\
         # TYPE autoheal_issue_queue_oldest_seconds gauge\nautoheal_issue_queue_oldest_seconds {}\n",
        usage.bytes,
        status.health.limit_bytes,
        status.health.unreadable_rows,
        status.refused_writes,
        usage.waiting,
        status.oldest_waiting_seconds().unwrap_or(0)
    );
    if status.worker.is_none() {
        return;
    }
    let stop = status.stop();
    let writing = stop.is_none_or(|stop| !stop.cause.stops_everything());
    let since = stop.map_or(0, |stop| stop.since.0 / 1000);
    let _infallible = write!(
        page,
        "# HELP autoheal_github_writing 1 while issues can be written to GitHub.\n\
         # TYPE autoheal_github_writing gauge\nautoheal_github_writing {}\n\
         # HELP autoheal_github_stopped_since_seconds Time since which writing has stopped, in seconds since 1970; 0 while it goes on.\n\
         # TYPE autoheal_github_stopped_since_seconds gauge\nautoheal_github_stopped_since_seconds {since}\n\
         # HELP autoheal_github_stop 1 for the cause that stops the writing, or a part of it.\n\
         # TYPE autoheal_github_stop gauge\n",
        u8::from(writing)
    );
    for cause in Cause::all() {
        let active = u8::from(stop.is_some_and(|stop| stop.cause == *cause));
        let _infallible = writeln!(page, "autoheal_github_stop{{cause=\"{}\"}} {active}", cause.name());
    }
}

fn render_gateway(page: &mut String, counters: &Counters, over_limit: u64) {
    page.push_str(
        "# HELP autoheal_gateway_requests_total Requests to the MCP server by status; `none` if the client disconnected first.\n\
         # TYPE autoheal_gateway_requests_total counter\n",
    );
    for (status, count) in counters.requests() {
        let _infallible = writeln!(page, "autoheal_gateway_requests_total{{status=\"{status}\"}} {count}");
    }
    let _infallible = write!(
        page,
        "# HELP autoheal_gateway_failures_total Failures in conversations with the MCP server.\n\
         # TYPE autoheal_gateway_failures_total counter\nautoheal_gateway_failures_total {}\n\
         # HELP autoheal_gateway_reports_lost_total Reports dropped because failures came faster than they could be stored.\n\
         # TYPE autoheal_gateway_reports_lost_total counter\nautoheal_gateway_reports_lost_total {}\n\
         # HELP autoheal_gateway_reports_over_limit_total Reports dropped by a rate limit.\n\
         # TYPE autoheal_gateway_reports_over_limit_total counter\nautoheal_gateway_reports_over_limit_total {over_limit}\n",
        counters.failures(),
        counters.dropped_reports()
    );
}

//! `ServiceStatus`: what the operator must know about the service, for `/readyz`, `/api/status`, `/metrics` and the
//! dashboard.

use autoheal_heal::compose::inert;
use autoheal_heal::status::{Stop, WorkerStatus};
use autoheal_prepare::Timestamp;
use autoheal_store::{Health, Loss, StoreError, Usage};
use serde_json::{Value, json};

use crate::state::AppState;

/// The status of the service at one time.
#[derive(Debug)]
pub(crate) struct ServiceStatus {
    /// Time of the status.
    pub(crate) now: Timestamp,
    /// True if reports can be stored.
    pub(crate) store_ready: bool,
    /// Size of the store and of the queue; none if the store cannot be read.
    pub(crate) usage: Option<Usage>,
    /// Condition of the store.
    pub(crate) health: Health,
    /// Requests refused since the start, because their reports could not be stored.
    pub(crate) refused_writes: u64,
    /// State of the workers; none if nothing is sent to GitHub.
    pub(crate) worker: Option<WorkerStatus>,
}

impl ServiceStatus {
    /// The state of all workers as one: the most severe stop, and the first new name.
    fn of_workers(state: &AppState) -> Option<WorkerStatus> {
        let statuses: Vec<WorkerStatus> = state.workers.iter().map(|worker| worker.borrow().clone()).collect();
        let renamed_to = statuses.iter().find_map(|status| status.renamed_to.clone());
        let is_empty = statuses.is_empty();
        let stop = statuses
            .into_iter()
            .filter_map(|status| status.stop)
            .min_by_key(|stop| (!stop.cause.stops_everything(), stop.since));
        (!is_empty).then_some(WorkerStatus { stop, renamed_to })
    }

    /// Reads the status.
    pub(crate) async fn read(state: &AppState) -> Self {
        let usage: Result<Usage, StoreError> = state.store.usage().await;
        let worker = Self::of_workers(state);
        let mut usage = usage.ok();
        if let Some(usage) = usage.as_mut().filter(|_| worker.is_none()) {
            // Nothing waits for an issue that will not be opened.
            (usage.waiting, usage.oldest_waiting) = (0, None);
        }
        Self {
            now: state.clock.now(),
            store_ready: state.store.ready().await.is_ok(),
            usage,
            health: state.store.health(),
            refused_writes: state.metrics.refused_writes(),
            worker,
        }
    }

    /// The state of the worker alone, without a look at the store.
    pub(crate) fn of_worker(state: &AppState) -> Self {
        let now = state.clock.now();
        let (health, worker) = (state.store.health(), Self::of_workers(state));
        Self { now, store_ready: true, usage: None, health, refused_writes: 0, worker }
    }

    /// What stops the writes to GitHub; none while they go on.
    pub(crate) fn stop(&self) -> Option<&Stop> {
        self.worker.as_ref()?.stop.as_ref()
    }

    /// Age of the oldest failure that waits for an issue, in whole seconds.
    pub(crate) fn oldest_waiting_seconds(&self) -> Option<i64> {
        let oldest = self.usage?.oldest_waiting?;
        Some((self.now.0.saturating_sub(oldest.0) / 1000).max(0))
    }

    /// The second line of `/readyz`. Without GitHub's own words, because the route is public.
    pub(crate) fn public_line(&self) -> Option<String> {
        let stop = self.stop()?;
        let what = what_stopped(stop);
        Some(format!("{what} since {}: {} {}\n", stop.since, stop.cause.summary(), stop.cause.advice()))
    }

    /// The response of `/api/status`.
    pub(crate) fn json(&self) -> Value {
        let time = |time: Timestamp| time.to_string();
        let usage = self.usage.unwrap_or_default();
        let stop = self.stop().map(|stop| {
            json!({
                "cause": stop.cause.name(),
                "everything": stop.cause.stops_everything(),
                "summary": stop.cause.summary(),
                "advice": stop.cause.advice(),
                "reason": inert(&stop.reason),
                "since": time(stop.since),
                "next_attempt": stop.until.map(time),
            })
        });
        let writing = match (&self.worker, self.stop()) {
            (None, _) => "off",
            (Some(_), None) => "on",
            (Some(_), Some(stop)) if stop.cause.stops_everything() => "stopped",
            (Some(_), Some(_)) => "limited",
        };
        let renamed_to = self.worker.as_ref().and_then(|worker| worker.renamed_to.as_ref());
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "time": time(self.now),
            "github": {"writing": writing, "stop": stop, "repository_renamed_to": renamed_to},
            "queue": {
                "waiting": usage.waiting,
                "oldest_waiting_since": usage.oldest_waiting.map(time),
                "oldest_waiting_seconds": self.oldest_waiting_seconds(),
            },
            "store": {
                "ready": self.store_ready,
                "bytes": self.usage.map(|usage| usage.bytes),
                "limit_bytes": self.health.limit_bytes,
                "full": self.health.full,
                "damaged": self.health.damaged,
                "missing": self.health.loss.map(Loss::summary),
                "unreadable_rows": self.health.unreadable_rows,
                "deleted_groups": self.health.deleted_groups,
                "refused_writes": self.refused_writes,
            },
        })
    }
}

/// The beginning of a sentence about a stop.
pub(crate) fn what_stopped(stop: &Stop) -> &'static str {
    use autoheal_heal::status::Cause;
    match stop.cause {
        Cause::IssueBudget => "New issues wait",
        Cause::HandOverBudget => "Hand-overs wait",
        _ => "Writing to GitHub has stopped",
    }
}

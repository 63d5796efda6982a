//! `serve` taking in what waits: at its start, and from time to time.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use autoheal_pipeline::ScrubLevel;
use autoheal_pipeline::clock::Clock;
use autoheal_pipeline::fingerprint::Fingerprinted;
use autoheal_pipeline::prepare::prepare;
use autoheal_pipeline::store::{Store, StoreError};
use autoheal_pipeline::validate::{Arrival, Sender};
use tokio::sync::Notify;

use super::{Kept, Spool, is_local};

/// What the service needs to take them in.
pub(crate) struct Intake {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Clock,
    pub(crate) wake: Arc<Notify>,
    pub(crate) scrub: ScrubLevel,
}

impl Intake {
    /// Takes in what waits, now and every `interval`.
    pub(crate) async fn run(self, interval: Duration) {
        let mut next = tokio::time::interval(interval);
        loop {
            next.tick().await;
            if let Ok(spool) = Spool::open()
                && let Err(error) = self.take_in(&spool).await
            {
                tracing::warn!(%error, "reports of `autoheal run` wait on; trying again in {interval:?}");
            }
        }
    }

    async fn take_in(&self, spool: &Spool) -> Result<(), StoreError> {
        let Some(turn) = spool.take_turn() else { return Ok(()) };
        // what is for a service elsewhere waits for a `run` that knows its key
        let waiting = spool.waiting(&turn, |to| to.is_none_or(is_local));
        for some in waiting.chunks(100) {
            let records: Vec<_> = some.iter().filter_map(|kept| record(kept, &self.clock, self.scrub)).collect();
            let reports = records.len();
            if reports > 0 {
                self.store.accept(records).await?;
                tracing::info!(reports, "took in what `autoheal run` could not deliver");
                self.wake.notify_one();
            }
            for kept in some {
                let _gone = fs::remove_file(&kept.file);
            }
        }
        Ok(())
    }
}

/// A report that waited on this user's own disk is the user's own; one that cannot be used is dropped.
pub(crate) fn record(kept: &Kept, clock: &Clock, scrub: ScrubLevel) -> Option<Fingerprinted> {
    let arrival = Arrival { project: "default".to_owned(), sender: Sender::Local, received_at: clock.now() };
    prepare(&kept.report, arrival, scrub).ok()
}

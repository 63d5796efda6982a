//! `serve` taking in what waits: at its start, and from time to time.

use std::sync::Arc;
use std::time::Duration;

use autoheal_deliver::spool::{Spool, SpooledReport, is_local};
use autoheal_prepare::ScrubLevel;
use autoheal_store::{Clock, Store, StoreError};
use tokio::sync::Notify;

use crate::own_store::records;

/// What the service needs to take them in.
pub struct Intake {
    /// Where they go.
    pub store: Arc<dyn Store>,
    /// What they are dated by.
    pub clock: Clock,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
    /// How much is taken out of them.
    pub scrub: ScrubLevel,
}

impl Intake {
    /// Takes in what waits every `interval`.
    pub async fn run(self, interval: Duration) {
        let mut next = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
        loop {
            next.tick().await;
            self.now().await;
        }
    }

    /// Takes in what waits. Where that cannot be done it waits on.
    pub async fn now(&self) {
        if let Ok(spool) = Spool::open()
            && let Err(error) = self.take_in(&spool).await
        {
            tracing::warn!(%error, "reports that wait on this machine wait on; they are tried again");
        }
    }

    async fn take_in(&self, spool: &Spool) -> Result<(), StoreError> {
        let Some(lock) = spool.try_lock() else { return Ok(()) };
        // what is for a service elsewhere waits for a `run` that knows its key
        let waiting = spool.reports(&lock, |to| to.is_none_or(is_local));
        for some in waiting.chunks(100) {
            let records: Vec<_> = some.iter().flat_map(|spooled| records(spooled, &self.clock, self.scrub)).collect();
            let reports = records.len();
            if reports > 0 {
                self.store.accept(records).await?;
                tracing::info!(reports, "took in what could not be delivered at once");
                self.wake.notify_one();
            }
            some.iter().for_each(SpooledReport::remove);
        }
        Ok(())
    }
}

//! `Intake`: moves spooled reports of this machine into the store of `serve`, at its start and periodically.

use std::sync::Arc;
use std::time::Duration;

use autoheal_contract::limits::BATCH_REPORTS;
use autoheal_deliver::spool::{Spool, SpooledReport, is_local};
use autoheal_prepare::ScrubLevel;
use autoheal_store::{Clock, Store, StoreError};
use tokio::sync::Notify;

use crate::own_store::records;

/// Moves spooled reports into the store.
pub struct Intake {
    /// The destination.
    pub store: Arc<dyn Store>,
    /// The clock for the time of arrival.
    pub clock: Clock,
    /// Notified, for the worker, after new reports were stored.
    pub wake: Arc<Notify>,
    /// The level of scrubbing.
    pub scrub: ScrubLevel,
}

impl Intake {
    /// Moves the spooled reports once per `interval`. Never returns.
    pub async fn run(self, interval: Duration) {
        let mut next = tokio::time::interval_at(tokio::time::Instant::now() + interval, interval);
        loop {
            next.tick().await;
            self.run_once().await;
        }
    }

    /// Moves the spooled reports. After an error they stay in the spool.
    pub async fn run_once(&self) {
        if let Ok(spool) = Spool::open()
            && let Err(error) = self.move_reports(&spool).await
        {
            tracing::warn!(%error, "spooled reports of this machine could not be stored; trying again later");
        }
    }

    async fn move_reports(&self, spool: &Spool) -> Result<(), StoreError> {
        let Some(lock) = spool.try_lock() else { return Ok(()) };
        // Reports for a service on another machine stay: only a process with the key of that service can deliver them.
        let spooled = spool.reports(&lock, |to| to.is_none_or(is_local));
        for batch in spooled.chunks(BATCH_REPORTS) {
            let records: Vec<_> = batch.iter().flat_map(|spooled| records(spooled, &self.clock, self.scrub)).collect();
            let reports = records.len();
            if reports > 0 {
                self.store.accept(records).await?;
                tracing::info!(reports, "stored spooled reports");
                self.wake.notify_one();
            }
            batch.iter().for_each(SpooledReport::remove);
        }
        Ok(())
    }
}

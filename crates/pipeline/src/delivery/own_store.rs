//! The pipeline and the store in this process; what GitHub is told is up to the next `serve`.

use std::time::{Duration, Instant};

use autoheal_scrub::Level;
use serde_json::value::RawValue;

use super::place::store_path;
use super::share::shares;
use super::spool::Kept;
use super::{Destination, Refusal};
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::prepare;
use autoheal_prepare::validate::Arrival;
use autoheal_store::Clock;
use autoheal_store::{Sqlite, Store};

/// Another process that delivers holds the store for moments only; `serve` holds it for good, and looks into the spool.
const STORE_PATIENCE: Duration = Duration::from_millis(500);

/// Opens the store, puts the reports into it, closes it again, so that others can.
pub(super) async fn record_here(destination: &Destination, waiting: &[Kept], until: Instant) -> Result<(), Refusal> {
    let path = store_path(destination.store.as_deref()).map_err(Refusal::Failed)?;
    let failed = |error: autoheal_store::StoreError| Refusal::Failed(error.to_string());
    let until = until.min(Instant::now() + STORE_PATIENCE);
    let store = loop {
        match Sqlite::open_unless_in_use(&path).map_err(failed)? {
            Some(store) => break store,
            None if Instant::now() < until => tokio::time::sleep(Duration::from_millis(10)).await,
            None => return Err(Refusal::InUse),
        }
    };
    let clock = Clock::system();
    let records = waiting.iter().flat_map(|kept| records(kept, &clock, destination.scrub)).collect();
    let accepted = store.accept(records).await.map(drop);
    let closed = store.close().await;
    accepted.and(closed).map_err(failed)
}

/// A report that waited on this user's own disk is the user's own, unless it says that strangers may have written it;
/// one that cannot be used is dropped.
pub(super) fn records(kept: &Kept, clock: &Clock, scrub: Level) -> Vec<Fingerprinted> {
    let arrival = || Arrival { project: "default".to_owned(), sender: kept.sender, received_at: clock.now() };
    let record = |report: &RawValue| prepare(report, arrival(), scrub).ok();
    shares(kept, kept.is_anonymous()).iter().filter_map(|report| record(report)).collect()
}

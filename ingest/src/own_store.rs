//! Writes reports of this machine into its store while `serve` does not run. Only `serve` writes to GitHub.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_deliver::spool::SpooledReport;
use autoheal_deliver::{NO_DATA_DIRECTORY, Refusal, default_store, shares, store_file};
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::rules::Rules;
use autoheal_prepare::validate::{Arrival, Client};
use autoheal_prepare::{ScrubLevel, begin};
use autoheal_store::{Clock, Sqlite, Store, StoreError};

use crate::source_maps::{Finish, LookupCache};

/// Maximum memory of the source maps that are open while reports of this machine are prepared, in bytes.
pub(crate) const MAP_BYTES: usize = 32 * 1024 * 1024;
/// Timeout for opening a store that is in use. Another delivering process uses it only briefly. `serve` uses it all the
/// time, and moves spooled reports into it itself.
const OPEN_TIMEOUT: Duration = Duration::from_millis(500);

/// Opens the store, writes the reports, and closes it again, so that other processes can open it. Returns how often the
/// failure of each report has occurred so far, in the order of the reports; none for an invalid report.
///
/// # Errors
///
/// If the store is in use, cannot be opened, or refuses the reports.
pub fn record_in_own_store(
    path: Option<&str>,
    reports: &[SpooledReport],
    scrub: ScrubLevel,
    until: Instant,
) -> Result<Vec<Option<u64>>, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Refusal::failed)?;
    runtime.block_on(record(path, reports, scrub, until))
}

async fn record(
    path: Option<&str>,
    reports: &[SpooledReport],
    scrub: ScrubLevel,
    until: Instant,
) -> Result<Vec<Option<u64>>, Refusal> {
    let path = store_path(path).map_err(Refusal::failed)?;
    let failed = |error: StoreError| Refusal::failed(error);
    let until = until.min(Instant::now() + OPEN_TIMEOUT);
    let store = loop {
        match Sqlite::open_unless_in_use(&path).map_err(failed)? {
            Some(store) => break store,
            None if Instant::now() < until => tokio::time::sleep(Duration::from_millis(10)).await,
            None => return Err(Refusal::StoreInUse),
        }
    };
    // `serve` has the operator's rules; a command's own report is grouped without them
    let (lookups, rules) = (LookupCache::new(MAP_BYTES), Rules::default());
    let finish = Finish { lookups: &lookups, store: &store, now: Clock::system().now(), scrub, rules: &rules };
    let (mut all, mut fingerprints) = (Vec::new(), Vec::with_capacity(reports.len()));
    for spooled in reports {
        let records = records(spooled, &finish).await;
        fingerprints.push(records.first().map(Fingerprinted::fingerprint));
        all.extend(records);
    }
    let accepted = store.accept(all).await;
    let closed = store.close().await;
    let accepted = accepted.and_then(|accepted| closed.map(|()| accepted)).map_err(failed)?;
    // a later report of the batch may be in the same group: its count is the newest
    let counts: HashMap<_, _> = accepted.iter().map(|accepted| (accepted.fingerprint, accepted.count)).collect();
    Ok(fingerprints.iter().map(|fingerprint| counts.get(fingerprint.as_ref()?).copied()).collect())
}

/// Prepares a spooled report; drops an invalid one. A spooled report is trusted as the user's own, unless its sender is
/// anonymous.
pub(crate) async fn records(spooled: &SpooledReport, finish: &Finish<'_>) -> Vec<Fingerprinted> {
    let project = spooled.recipient.project.as_deref().unwrap_or(DEFAULT_PROJECT);
    let arrival = || Arrival {
        project: project.to_owned(),
        sender: spooled.sender,
        client: Client::Own,
        received_at: finish.now,
    };
    let mut records = Vec::new();
    for report in shares(spooled, spooled.is_anonymous()) {
        if let Ok(begun) = begin(&report, arrival()) {
            records.push(finish.finish(begun).await);
        }
    }
    records
}

/// The store's path cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorePathError {
    /// A URL whose scheme is not supported.
    #[error("AUTOHEAL_STORE: {0}:// is not supported; give the path of a SQLite file")]
    Scheme(String),
    /// No path was given, and there is no default.
    #[error("{NO_DATA_DIRECTORY}, or the path of the store with --store")]
    NoDataDirectory,
}

/// The path of the store: the given one, or the default in the user's data directory.
///
/// # Errors
///
/// If the URL scheme is not supported, or no data directory is set.
pub fn store_path(store: Option<&str>) -> Result<PathBuf, StorePathError> {
    if let Some(store) = store.filter(|store| !store.trim().is_empty()) {
        return match store.split_once("://") {
            None | Some(("sqlite", _)) => Ok(store_file(store).to_owned()),
            Some((scheme, _)) => Err(StorePathError::Scheme(scheme.to_owned())),
        };
    }
    default_store().ok_or(StorePathError::NoDataDirectory)
}

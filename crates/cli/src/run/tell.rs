//! Telling of a failure: kept on disk first, then delivered; at most two seconds, whatever happens.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use autoheal_contract::ErrorReport;
use autoheal_contract::limits::BODY_BYTES;
use autoheal_pipeline::clock::Clock;
use autoheal_pipeline::scrub::scrub_report;
use autoheal_pipeline::store::{Sqlite, Store};

use serde_json::value::to_raw_value;

use super::report::Failed;
use super::upstream;
use crate::args::RunArgs;
use crate::settings;
use crate::spool::{Kept, Spool, record};

/// How much later the command's end may come because of us; a little is left for ending itself.
const LIMIT: Duration = Duration::from_millis(1_800);
/// Another `run` holds the store for moments only; `serve` holds it for good, and looks into the spool.
const STORE_PATIENCE: Duration = Duration::from_millis(500);
/// Most earlier reports that are delivered along with a new one.
const ALONG: usize = 50;

/// What became of the report.
enum Outcome {
    /// Delivered, or left where `serve` finds it within a minute.
    Told(String),
    /// Not now; the next `run` delivers it.
    Kept(String),
    /// Neither.
    Lost(String),
}

/// Tells of the failure; says so in a line if that did not work.
pub(super) fn tell(options: RunArgs, failed: Failed) {
    let until = Instant::now() + LIMIT;
    let (send, told) = mpsc::channel();
    let told = match std::thread::Builder::new().name("tell".to_owned()).spawn(move || {
        let _too_late = send.send(deliver(&options, &failed, until));
    }) {
        Ok(_) => told.recv_timeout(LIMIT),
        Err(error) => Ok(Outcome::Lost(error.to_string())),
    };
    match told {
        // a line for people; a log of the command's output stays as the command made it
        Ok(Outcome::Told(what)) if std::io::stderr().is_terminal() => eprintln!("autoheal: {what}"),
        Ok(Outcome::Told(_)) => {}
        Ok(Outcome::Kept(why)) => eprintln!("autoheal: this failure could not be reported yet and is kept: {why}"),
        Ok(Outcome::Lost(why)) => eprintln!("autoheal: this failure could not be reported: {why}"),
        Err(_) => {
            eprintln!("autoheal: this failure could not be reported in time; if it could be kept, it is sent next time")
        }
    }
}

fn deliver(options: &RunArgs, failed: &Failed, until: Instant) -> Outcome {
    let mut report = failed.report();
    // before it is on any disk
    scrub_report(&mut report, options.scrub.into());
    let url = options.url.as_deref().map(str::trim).filter(|url| !url.is_empty());
    let spool = match Spool::open() {
        Ok(spool) => spool,
        Err(error) => return without_spool(options, url, &report, until, &error.to_string()),
    };
    let own = match spool.keep(url, &report) {
        Ok(kept) => kept,
        Err(error) => {
            let why = format!("{}: {error}", spool.directory().display());
            return without_spool(options, url, &report, until, &why);
        }
    };
    let name = &report.error_type;
    let turn = spool.take_turn();
    // the newest is the one that must not be late; what another process is delivering is left to it
    let earlier = turn.as_ref().map(|turn| spool.waiting(turn, |to| to == url)).unwrap_or_default();
    let mut room = BODY_BYTES - 64 * 1024 - own.report.get().len().min(BODY_BYTES / 2);
    let others = earlier.into_iter().filter(|kept| kept.file != own.file).take(ALONG);
    let earlier: Vec<Kept> = others
        .take_while(|kept| {
            let fits = kept.report.get().len() < room;
            room = room.saturating_sub(kept.report.get().len() + 1);
            fits
        })
        .collect();
    let waiting: Vec<Kept> = [own].into_iter().chain(earlier).collect();
    match hand_over(options, url, &waiting, until) {
        Ok(rejected) => {
            for kept in &waiting {
                let _gone = std::fs::remove_file(&kept.file);
            }
            if let Some(reason) = rejected {
                return Outcome::Lost(reason);
            }
            Outcome::Told(match url {
                Some(url) => format!("reported to {url}: {name}"),
                None => format!("recorded: {name}; `autoheal serve` shows it"),
            })
        }
        Err(Refusal::InUse) => Outcome::Told(format!("left for the running `autoheal serve`: {name}")),
        Err(Refusal::Failed(why)) => Outcome::Kept(format!("{why} (waits in {})", spool.directory().display())),
    }
}

/// Why reports were not taken.
pub(super) enum Refusal {
    /// The store is somebody's: whoever it is takes in what waits.
    InUse,
    Failed(String),
}

/// A full disk, or no home: one try, from memory.
fn without_spool(options: &RunArgs, url: Option<&str>, report: &ErrorReport, until: Instant, why: &str) -> Outcome {
    let Ok(report) = to_raw_value(report) else { return Outcome::Lost("it cannot be written as JSON".to_owned()) };
    let kept = Kept { file: PathBuf::new(), to: url.map(str::to_owned), report };
    match hand_over(options, url, &[kept], until) {
        Ok(None) => Outcome::Told("reported".to_owned()),
        Ok(Some(reason)) => Outcome::Lost(reason),
        Err(Refusal::InUse) => Outcome::Lost(format!("the store is in use, and it cannot be kept: {why}")),
        Err(Refusal::Failed(error)) => Outcome::Lost(format!("{error}; and it cannot be kept: {why}")),
    }
}

/// Delivers reports; what comes back is why the first one is of no use.
fn hand_over(
    options: &RunArgs,
    url: Option<&str>,
    waiting: &[Kept],
    until: Instant,
) -> Result<Option<String>, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Refusal::Failed(error.to_string()))?;
    match url {
        Some(url) => {
            let key = options.key.as_ref().and_then(settings::not_empty);
            let sent = upstream::send(url, key.as_ref(), waiting);
            let left = until.saturating_duration_since(Instant::now());
            let sent = runtime.block_on(async { tokio::time::timeout(left, sent).await });
            sent.unwrap_or_else(|_| Err(format!("{url} did not answer in time"))).map_err(Refusal::Failed)
        }
        None => runtime.block_on(record_here(options, waiting)).map(|()| None),
    }
}

/// The pipeline and the store in this process; what GitHub is told is up to the next `serve`.
async fn record_here(options: &RunArgs, waiting: &[Kept]) -> Result<(), Refusal> {
    let failed = |error: String| Refusal::Failed(error);
    let path = settings::store_path(options.store.as_deref()).map_err(|error| failed(format!("{error:#}")))?;
    let until = Instant::now() + STORE_PATIENCE;
    let store = loop {
        match Sqlite::open_unless_in_use(&path).map_err(|error| failed(error.to_string()))? {
            Some(store) => break store,
            None if Instant::now() < until => tokio::time::sleep(Duration::from_millis(10)).await,
            None => return Err(Refusal::InUse),
        }
    };
    let clock = Clock::system();
    let records = waiting.iter().filter_map(|kept| record(kept, &clock, options.scrub.into())).collect();
    let accepted = store.accept(records).await.map(drop);
    let closed = store.close().await;
    accepted.and(closed).map_err(|error| failed(error.to_string()))
}

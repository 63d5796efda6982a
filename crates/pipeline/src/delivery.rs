//! Delivery: reports are kept on this machine's disk first, then handed to a service or to the own store.

mod intake;
mod own_store;
mod place;
mod reporter;
mod share;
mod spool;
mod upstream;

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use autoheal_contract::ErrorReport;
use autoheal_contract::limits::BODY_BYTES;
use autoheal_scrub::Level;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::to_raw_value;

pub use intake::Intake;
pub use place::{data_directory, store_path};
pub use reporter::Reporter;
pub use share::share_out;

use autoheal_prepare::scrub::scrub_report;
use autoheal_prepare::validate::Sender;
use spool::{Kept, Spool};

/// Most earlier reports that are delivered along with new ones.
const ALONG: usize = 50;
/// What a body may hold besides reports, in bytes.
const BODY_MARGIN: usize = 64 * 1024;
/// How much of a type is said.
const NAME_CHARS: usize = 100;

/// Where reports go: to a service, or to the own store.
#[derive(Debug, Clone)]
pub struct Destination {
    /// Base URL of a service; none for the own store.
    pub url: Option<String>,
    /// The service's sender key.
    pub key: Option<SecretString>,
    /// File of the own store; by default in the user's data directory.
    pub store: Option<String>,
    /// How much is taken out of reports before they are on any disk.
    pub scrub: Level,
}

impl Destination {
    /// By `AUTOHEAL_URL`, `AUTOHEAL_KEY`, `AUTOHEAL_STORE` and `AUTOHEAL_SCRUB`. One that is set to nothing is not set.
    #[must_use]
    pub fn from_environment() -> Self {
        let variable = place::variable;
        Self {
            url: variable("AUTOHEAL_URL"),
            key: variable("AUTOHEAL_KEY").map(Into::into),
            store: variable("AUTOHEAL_STORE"),
            // a word nobody knows asks for something: rather too little is told than too much
            scrub: match variable("AUTOHEAL_SCRUB").as_deref().map(str::trim) {
                None | Some("standard") => Level::Standard,
                Some(_) => Level::Strict,
            },
        }
    }

    fn url(&self) -> Option<&str> {
        self.url.as_deref().map(str::trim).filter(|url| !url.is_empty())
    }

    /// An empty key would be one that everybody knows.
    fn key(&self) -> Option<&SecretString> {
        self.key.as_ref().filter(|key| !key.expose_secret().trim().is_empty())
    }
}

/// What became of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Delivered, or left where `autoheal serve` finds it within a minute.
    Told(String),
    /// Not now; the next delivery takes it along.
    Kept(String),
    /// Neither.
    Lost(String),
}

/// Takes the secrets out of a report and keeps it on disk for the next delivery: for a program that is about to end.
///
/// # Errors
///
/// When there is no place for it, or the disk does not take it.
pub fn keep(destination: &Destination, sender: Sender, report: &mut ErrorReport) -> io::Result<PathBuf> {
    keep_here(destination, sender, report).map(|kept| kept.file)
}

fn keep_here(destination: &Destination, sender: Sender, report: &mut ErrorReport) -> io::Result<Kept> {
    scrub_report(report, destination.scrub);
    Spool::open()?.keep(destination.url(), sender, report)
}

/// Whether anything waits on disk, for whatever destination.
#[must_use]
pub fn is_anything_kept() -> bool {
    spool::is_anything_kept()
}

/// Scrubs, keeps on disk, then delivers, with what waited from before; returns by `until`, but for the own store's last
/// commit. Without reports, what waits is delivered.
pub fn deliver(destination: &Destination, sender: Sender, reports: Vec<ErrorReport>, until: Instant) -> Outcome {
    deliver_with(destination, sender, Vec::new(), reports, until)
}

/// Delivers with `kept`, which are on disk already.
fn deliver_with(
    destination: &Destination,
    sender: Sender,
    kept: Vec<Kept>,
    mut reports: Vec<ErrorReport>,
    until: Instant,
) -> Outcome {
    for report in &mut reports {
        // before it is on any disk
        scrub_report(report, destination.scrub);
    }
    let spool = match Spool::open() {
        Ok(spool) => spool,
        Err(error) => return without_spool(destination, sender, &reports, until, &error.to_string()),
    };
    let url = destination.url();
    // one that is gone was taken from disk and delivered meanwhile, by another process or with the last delivery
    let mut own: Vec<Kept> = kept.into_iter().filter(|kept| kept.file.exists()).collect();
    let before = own.len();
    for report in &reports {
        match spool.keep(url, sender, report) {
            Ok(kept) => own.push(kept),
            Err(error) => {
                // a full disk: what it took is in memory as well, and all of it is tried once
                own[before..].iter().for_each(Kept::forget);
                let why = format!("{}: {error}", spool.directory().display());
                return without_spool(destination, sender, &reports, until, &why);
            }
        }
    }
    let turn = spool.take_turn();
    // the newest are those that must not be late; what another process is delivering is left to it
    let earlier = turn.as_ref().map(|turn| spool.waiting(turn, |to| to == url)).unwrap_or_default();
    let earlier = earlier.into_iter().filter(|kept| own.iter().all(|own| own.file != kept.file));
    let mut room = BODY_BYTES - BODY_MARGIN - size(&own).min(BODY_BYTES / 2);
    let earlier = earlier.take(ALONG).take_while(|kept| {
        let fits = kept.report.get().len() < room;
        room = room.saturating_sub(kept.report.get().len() + 1);
        fits
    });
    let earlier: Vec<Kept> = earlier.collect();
    if own.is_empty() && earlier.is_empty() {
        return Outcome::Told("nothing waited".to_owned());
    }
    let name = names(&own, earlier.len());
    let news = own.len();
    let waiting: Vec<Kept> = own.into_iter().chain(earlier).collect();
    match hand_over(destination, &waiting, until) {
        Ok(rejected) => match rejected.into_iter().find(|(at, _)| *at < news) {
            Some((_, reason)) => Outcome::Lost(reason),
            None => Outcome::Told(match url {
                Some(url) => format!("reported to {url}: {name}"),
                None => format!("recorded: {name}; `autoheal serve` shows it"),
            }),
        },
        Err(Refusal::InUse) => Outcome::Told(format!("left for the running `autoheal serve`: {name}")),
        Err(Refusal::Failed(why)) => Outcome::Kept(format!("{why} (waits in {})", spool.directory().display())),
    }
}

/// Why reports were not taken.
enum Refusal {
    /// The store is somebody's: whoever it is takes in what waits.
    InUse,
    Failed(String),
}

/// Reports that are of no use, by their place among those handed over, and why.
type Rejected = Vec<(usize, String)>;

/// A full disk, or no home: one try, from memory.
fn without_spool(
    destination: &Destination,
    sender: Sender,
    reports: &[ErrorReport],
    until: Instant,
    why: &str,
) -> Outcome {
    let in_memory = |report| {
        let report = to_raw_value(report).ok()?;
        Some(Kept { file: PathBuf::new(), to: destination.url().map(str::to_owned), sender, report })
    };
    let Some(waiting) = reports.iter().map(in_memory).collect::<Option<Vec<_>>>() else {
        return Outcome::Lost("it cannot be written as JSON".to_owned());
    };
    if waiting.is_empty() {
        return Outcome::Lost(why.to_owned());
    }
    match hand_over(destination, &waiting, until) {
        Ok(rejected) => match rejected.into_iter().next() {
            None => Outcome::Told("reported".to_owned()),
            Some((_, reason)) => Outcome::Lost(reason),
        },
        Err(Refusal::InUse) => Outcome::Lost(format!("the store is in use, and it cannot be kept: {why}")),
        Err(Refusal::Failed(error)) => Outcome::Lost(format!("{error}; and it cannot be kept: {why}")),
    }
}

/// Delivers reports; those that were taken, or are of no use, wait no longer.
fn hand_over(destination: &Destination, waiting: &[Kept], until: Instant) -> Result<Rejected, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Refusal::Failed(error.to_string()))?;
    match destination.url() {
        Some(url) => {
            let sent = upstream::send(url, destination.key(), waiting);
            let left = until.saturating_duration_since(Instant::now());
            let sent = runtime.block_on(async { tokio::time::timeout(left, sent).await });
            sent.unwrap_or_else(|_| Err(format!("{url} did not answer in time"))).map_err(Refusal::Failed)
        }
        None => {
            let recorded = own_store::record_here(destination, waiting, until);
            runtime.block_on(recorded)?;
            waiting.iter().for_each(Kept::forget);
            Ok(Vec::new())
        }
    }
}

fn size(kept: &[Kept]) -> usize {
    kept.iter().map(|kept| kept.report.get().len() + 1).sum()
}

/// What was delivered, in a few words.
fn names(own: &[Kept], earlier: usize) -> String {
    match own {
        [] => format!("{earlier} that waited"),
        [one] => error_type(one),
        [first, others @ ..] => format!("{} and {} more", error_type(first), others.len()),
    }
}

/// Its type, fit for a terminal.
fn error_type(kept: &Kept) -> String {
    #[derive(Deserialize)]
    struct Typed {
        error_type: String,
    }
    let typed = serde_json::from_str(kept.report.get()).unwrap_or_else(|_| Typed { error_type: "Error".to_owned() });
    typed.error_type.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect()
}

//! One delivery: spools new reports, then sends them to the receiver together with older spooled reports.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use autoheal_contract::ErrorReport;
use autoheal_contract::limits::BODY_BYTES;
use autoheal_prepare::scrub::scrub_report;
use autoheal_prepare::validate::Sender;
use serde::Deserialize;
use serde_json::value::to_raw_value;

use crate::destination::{Destination, Receiver, Refusal};
use crate::spool::{MAX_REPORTS, Recipient, Spool, SpoolLock, SpooledReport};
use crate::upstream::{self, BODY_MARGIN, Rejected, SendError};

/// Maximum time by which a delivery delays a program's end: two seconds, less a margin for the end itself.
pub const MAX_DELAY: Duration = Duration::from_millis(1_800);
/// Maximum number of older reports delivered along with new ones.
const MAX_OLDER: usize = 50;
/// Maximum length of an error type in messages, in characters.
const MAX_TYPE_CHARS: usize = 100;

/// What happens to reports while another process uses the store.
pub const IN_USE: &str =
    "another autoheal uses the store; `autoheal serve`, or the next command that reports, records it";

/// Result of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Delivered, or left in the spool for an `autoheal` that takes it from there.
    Delivered(Delivery),
    /// Not delivered yet: in the spool until the next delivery.
    Spooled {
        /// A sentence for people.
        why: String,
        /// Number of older reports that were dropped, because the spool is full.
        dropped: u64,
    },
    /// Neither delivered nor spooled. A sentence for people.
    Lost(String),
}

/// A successful delivery. Displays as a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing was new, and nothing was spooled.
    Nothing,
    /// A service took the reports.
    Service {
        /// Its base URL.
        url: String,
        /// The reports, in a few words.
        reports: String,
    },
    /// The store on this machine took the reports.
    Store {
        /// The reports, in a few words.
        reports: String,
        /// Occurrences so far of the first report's failure; none for a report that the store did not take.
        occurrences: Option<u64>,
    },
    /// The store is in use by another process, or only `autoheal serve` may open it. A running `autoheal serve` takes the
    /// reports from the spool within a minute, else the next delivery takes them.
    StoreInUse {
        /// The reports, in a few words.
        reports: String,
    },
    /// The reports stay in the spool until `autoheal` takes them into its store.
    Spool {
        /// The reports, in a few words.
        reports: String,
    },
}

impl fmt::Display for Delivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => write!(formatter, "nothing to deliver"),
            Self::Service { url, reports } => write!(formatter, "reported to {url}: {reports}"),
            Self::Store { reports, .. } => write!(formatter, "recorded: {reports}; `autoheal serve` shows it"),
            Self::StoreInUse { reports } => write!(formatter, "saved: {reports}; {IN_USE}"),
            Self::Spool { reports } => {
                write!(formatter, "recorded on this machine: {reports}; `autoheal serve` shows it")
            }
        }
    }
}

/// Result of a batch that the receiver took.
struct BatchResult {
    /// Reports that it rejected, by their position in the batch, with the reason.
    rejected: Rejected,
    /// Occurrences so far of the first report's failure; none if the receiver does not return them.
    occurrences: Option<u64>,
}

/// Removes the secrets from a report and spools it for the next delivery. Fit for a program that is about to end.
///
/// # Errors
///
/// If there is no data directory, or the disk refuses the file.
pub fn spool(destination: &Destination, sender: Sender, report: &mut ErrorReport) -> io::Result<PathBuf> {
    let spooled = spool_report(destination, sender, report)?;
    // nothing is said, because the program may be in any state
    let _dropped = Spool::open().map(|spool| spool.trim());
    Ok(spooled.file)
}

pub(crate) fn spool_report(
    destination: &Destination,
    sender: Sender,
    report: &mut ErrorReport,
) -> io::Result<SpooledReport> {
    scrub_report(report, destination.scrub, &destination.known_secrets);
    Spool::open()?.add(destination.recipient(), sender, report)
}

/// Scrubs and spools the reports, then delivers them and older spooled ones. Returns by `until`, except for the last
/// commit of a store. Without reports, delivers the spooled ones.
pub fn deliver(destination: &Destination, sender: Sender, reports: Vec<ErrorReport>, until: Instant) -> Outcome {
    deliver_with(destination, sender, Vec::new(), reports, until)
}

/// Delivers `spooled`, which are on disk already, and `reports`, which are not.
pub(crate) fn deliver_with(
    destination: &Destination,
    sender: Sender,
    spooled: Vec<SpooledReport>,
    mut reports: Vec<ErrorReport>,
    until: Instant,
) -> Outcome {
    for report in &mut reports {
        // before the report reaches any disk
        scrub_report(report, destination.scrub, &destination.known_secrets);
    }
    let spool = match Spool::open() {
        Ok(spool) => spool,
        Err(error) => return without_spool(destination, sender, &reports, until, &error.to_string()),
    };
    let url = destination.receiver.url();
    let recipient = destination.recipient();
    // a missing file was delivered meanwhile, by another process or by the previous delivery
    let mut new: Vec<SpooledReport> = spooled.into_iter().filter(|spooled| spooled.file.exists()).collect();
    let already_spooled = new.len();
    for report in &reports {
        match spool.add(recipient.clone(), sender, report) {
            Ok(spooled) => new.push(spooled),
            Err(error) => {
                // a full disk: remove the files added so far, and deliver all reports from memory instead
                new[already_spooled..].iter().for_each(SpooledReport::remove);
                let why = format!("{}: {error}", spool.directory().display());
                return without_spool(destination, sender, &reports, until, &why);
            }
        }
    }
    let stays = format!("the report stays in {}", spool.directory().display());
    if matches!(destination.receiver, Receiver::Spool { .. }) {
        return match (spool.trim(), new.as_slice()) {
            (0, []) => Outcome::Delivered(Delivery::Nothing),
            (0, new) => Outcome::Delivered(Delivery::Spool { reports: names(new, 0) }),
            (dropped, _) => Outcome::Spooled { why: format!("{stays}{}", full_spool(dropped)), dropped },
        };
    }
    // held until the end of the delivery, so that no other process delivers the same older reports
    let lock = spool.try_lock();
    let older = lock.as_ref().map(|lock| older_reports(&spool, lock, &recipient, &new)).unwrap_or_default();
    if new.is_empty() && older.is_empty() {
        return Outcome::Delivered(Delivery::Nothing);
    }
    let reports = names(&new, older.len());
    let new_count = new.len();
    let batch: Vec<SpooledReport> = new.into_iter().chain(older).collect();
    match hand_over(destination, &batch, until) {
        Ok(result) => outcome(url, reports, result, new_count),
        Err(Refusal::StoreInUse) => match spool.trim() {
            0 => Outcome::Delivered(Delivery::StoreInUse { reports }),
            dropped => Outcome::Spooled { why: format!("{IN_USE} ({stays}){}", full_spool(dropped)), dropped },
        },
        Err(Refusal::Failed(why)) => {
            let dropped = spool.trim();
            Outcome::Spooled { why: format!("{why} ({stays}){}", full_spool(dropped)), dropped }
        }
    }
}

/// The end of a sentence about dropped reports.
fn full_spool(dropped: u64) -> String {
    match dropped {
        0 => String::new(),
        1 => format!("; the spool holds {MAX_REPORTS} reports at most, so the oldest one was dropped"),
        _ => format!("; the spool holds {MAX_REPORTS} reports at most, so the oldest {dropped} were dropped"),
    }
}

/// Older reports for the same receiver and project, as many as fit beside the new ones.
fn older_reports(spool: &Spool, lock: &SpoolLock, recipient: &Recipient, new: &[SpooledReport]) -> Vec<SpooledReport> {
    let older = spool.reports(lock, |older| older == recipient);
    let mut remaining = BODY_BYTES - BODY_MARGIN - size(new).min(BODY_BYTES / 2);
    older
        .into_iter()
        .filter(|older| new.iter().all(|new| new.file != older.file))
        .take(MAX_OLDER)
        .take_while(|older| {
            let fits = older.report.get().len() < remaining;
            remaining = remaining.saturating_sub(older.report.get().len() + 1);
            fits
        })
        .collect()
}

/// Delivers from memory, once, because nothing can be spooled: a full disk, or no home directory.
fn without_spool(
    destination: &Destination,
    sender: Sender,
    reports: &[ErrorReport],
    until: Instant,
    why: &str,
) -> Outcome {
    let in_memory = |report| {
        let report = to_raw_value(report).ok()?;
        Some(SpooledReport { file: PathBuf::new(), recipient: destination.recipient(), sender, report })
    };
    let Some(batch) = reports.iter().map(in_memory).collect::<Option<Vec<_>>>() else {
        return Outcome::Lost("it cannot be written as JSON".to_owned());
    };
    if batch.is_empty() || matches!(destination.receiver, Receiver::Spool { .. }) {
        return Outcome::Lost(why.to_owned());
    }
    match hand_over(destination, &batch, until) {
        Ok(result) => outcome(destination.receiver.url(), names(&batch, 0), result, batch.len()),
        Err(Refusal::StoreInUse) => {
            Outcome::Lost(format!("the store is in use, and the report cannot be spooled: {why}"))
        }
        Err(Refusal::Failed(error)) => Outcome::Lost(format!("{error}; and the report cannot be spooled: {why}")),
    }
}

/// The outcome for the first `new_count` reports of a batch that the receiver took: lost if the receiver rejected one
/// of them, else delivered.
fn outcome(url: Option<&str>, reports: String, result: BatchResult, new_count: usize) -> Outcome {
    match result.rejected.into_iter().find(|(position, _)| *position < new_count) {
        Some((_, reason)) => Outcome::Lost(reason),
        None => Outcome::Delivered(match url {
            Some(url) => Delivery::Service { url: url.to_owned(), reports },
            None => Delivery::Store { reports, occurrences: result.occurrences },
        }),
    }
}

/// Sends reports to the receiver. Removes the taken and the rejected ones from the spool.
fn hand_over(destination: &Destination, batch: &[SpooledReport], until: Instant) -> Result<BatchResult, Refusal> {
    match &destination.receiver {
        Receiver::Service { url, key } => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(Refusal::failed)?;
            let project = destination.recipient().project;
            let sent = upstream::send(url, project.as_deref(), key.as_ref(), batch);
            let remaining = until.saturating_duration_since(Instant::now());
            let sent = runtime.block_on(async { tokio::time::timeout(remaining, sent).await });
            let sent = sent.unwrap_or_else(|_| Err(SendError::Timeout(url.clone())));
            sent.map(|rejected| BatchResult { rejected, occurrences: None }).map_err(Refusal::failed)
        }
        Receiver::Store { path, record } => {
            let occurrences = record(path.as_deref(), batch, destination.scrub, until)?;
            batch.iter().for_each(SpooledReport::remove);
            Ok(BatchResult { rejected: Vec::new(), occurrences: occurrences.first().copied().flatten() })
        }
        Receiver::Spool { .. } => Ok(BatchResult { rejected: Vec::new(), occurrences: None }),
    }
}

fn size(reports: &[SpooledReport]) -> usize {
    reports.iter().map(|report| report.report.get().len() + 1).sum()
}

/// The delivered reports, in a few words.
fn names(new: &[SpooledReport], older: usize) -> String {
    match new {
        [] => format!("{older} from the spool"),
        [one] => error_type(one),
        [first, others @ ..] => format!("{} and {} more", error_type(first), others.len()),
    }
}

/// The report's error type, without characters that control a terminal.
fn error_type(spooled: &SpooledReport) -> String {
    #[derive(Deserialize)]
    struct Typed {
        error_type: String,
    }
    let typed = serde_json::from_str(spooled.report.get()).unwrap_or_else(|_| Typed { error_type: "Error".to_owned() });
    typed.error_type.chars().filter(|c| !c.is_control()).take(MAX_TYPE_CHARS).collect()
}

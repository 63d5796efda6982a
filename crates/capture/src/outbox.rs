//! The outbox of captured reports: spooled at once, or given to a thread that delivers them soon.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use autoheal_contract::ErrorReport;

use autoheal_deliver::{Destination, Reporter, spool};
use autoheal_prepare::validate::Sender;

static DESTINATION: OnceLock<Destination> = OnceLock::new();
/// One reporter for the program's own text, one for text that others may have written.
static LOCAL: OnceLock<Option<Reporter>> = OnceLock::new();
static ANONYMOUS: OnceLock<Option<Reporter>> = OnceLock::new();
/// Whether others may have written the text of this program's reports.
static IS_ANONYMOUS: AtomicBool = AtomicBool::new(false);
/// Whether this run has reported a failure.
static HAS_REPORTED: AtomicBool = AtomicBool::new(false);

/// Sends all further reports as anonymous.
pub(super) fn send_as_anonymous() {
    IS_ANONYMOUS.store(true, Ordering::Relaxed);
}

fn sender() -> Sender {
    if IS_ANONYMOUS.load(Ordering::Relaxed) { Sender::Anonymous } else { Sender::Local }
}

/// Spools a report before it returns, because the program may be about to end.
pub(super) fn spool_now(mut report: ErrorReport) {
    HAS_REPORTED.store(true, Ordering::Relaxed);
    let spooled = spool(destination(), sender(), &mut report);
    let Some(reporter) = reporter(sender()) else { return };
    match spooled {
        Ok(_) => reporter.wake(),
        // a full disk, or no home directory: deliver from memory
        Err(_) => reporter.send(report),
    }
}

/// Gives a report to the delivering thread, without waiting for it.
#[cfg(feature = "rmcp")]
pub(super) fn send(sender: Sender, report: ErrorReport) {
    HAS_REPORTED.store(true, Ordering::Relaxed);
    if let Some(reporter) = reporter(sender) {
        reporter.send(report);
    }
}

/// Delivers the spooled reports of earlier runs.
pub(super) fn deliver_spooled() {
    if let Some(reporter) = reporter(sender()) {
        reporter.wake();
    }
}

/// Delivers all reports: for at most `own` if this run has reported, else for at most `earlier`.
pub(super) fn flush(own: Duration, earlier: Duration) {
    let mut longest = if HAS_REPORTED.load(Ordering::Relaxed) { own } else { earlier };
    for reporter in [&LOCAL, &ANONYMOUS].into_iter().filter_map(|reporter| reporter.get()?.as_ref()) {
        let began = std::time::Instant::now();
        reporter.flush(longest);
        longest = longest.saturating_sub(began.elapsed());
    }
}

/// Delivers the reports of this run, if there are any.
#[cfg(feature = "rmcp")]
pub(super) fn flush_own(longest: Duration) {
    if HAS_REPORTED.load(Ordering::Relaxed) {
        flush(longest, longest);
    }
}

fn destination() -> &'static Destination {
    DESTINATION.get_or_init(Destination::from_environment)
}

/// The reporter for this sender; starts its thread on first use.
fn reporter(sender: Sender) -> Option<&'static Reporter> {
    let slot = if sender == Sender::Anonymous { &ANONYMOUS } else { &LOCAL };
    let start = || Reporter::start(destination().clone(), sender, say).ok();
    slot.get_or_init(start).as_ref()
}

/// Prints a line on standard error; a closed standard error is no failure.
fn say(trouble: &str) {
    let _closed = writeln!(std::io::stderr(), "autoheal: {trouble}");
}

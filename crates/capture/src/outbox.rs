//! The outbox of captured reports: spools them at once, or passes them to a thread that delivers them soon.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use autoheal_contract::ErrorReport;

use autoheal_deliver::{Destination, Reporter, add_source_code, spool};
use autoheal_prepare::validate::Sender;

static DESTINATION: OnceLock<Destination> = OnceLock::new();
/// Reporter of the program's own text.
static LOCAL: OnceLock<Option<Reporter>> = OnceLock::new();
/// Reporter of text that strangers may have written.
static ANONYMOUS: OnceLock<Option<Reporter>> = OnceLock::new();
/// True if strangers may have written the text of this program's panics and errors.
static IS_ANONYMOUS: AtomicBool = AtomicBool::new(false);
/// True once this run has reported a failure.
static HAS_REPORTED: AtomicBool = AtomicBool::new(false);

/// Makes all further reports of panics and errors anonymous.
pub(super) fn send_as_anonymous() {
    IS_ANONYMOUS.store(true, Ordering::Relaxed);
}

fn sender() -> Sender {
    static IS_REMOTE: OnceLock<bool> = OnceLock::new();
    let is_remote = || *IS_REMOTE.get_or_init(autoheal_deliver::is_remote);
    if IS_ANONYMOUS.load(Ordering::Relaxed) || is_remote() { Sender::Anonymous } else { Sender::Local }
}

/// Spools a report before it returns, because the program may be about to end. Then wakes the delivering thread.
pub(super) fn spool_now(mut report: ErrorReport) {
    HAS_REPORTED.store(true, Ordering::Relaxed);
    add_source_code(destination(), sender(), &mut report);
    let spooled = spool(destination(), sender(), &mut report);
    let Some(reporter) = reporter(sender()) else { return };
    match spooled {
        Ok(_) => reporter.wake(),
        // a full disk, or no home directory: deliver from memory
        Err(_) => reporter.send(report),
    }
}

/// Passes a report to the delivering thread, without waiting for the delivery.
#[cfg(feature = "rmcp")]
pub(super) fn send(sender: Sender, mut report: ErrorReport) {
    HAS_REPORTED.store(true, Ordering::Relaxed);
    add_source_code(destination(), sender, &mut report);
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
    let mut remaining = if HAS_REPORTED.load(Ordering::Relaxed) { own } else { earlier };
    for reporter in [&LOCAL, &ANONYMOUS].into_iter().filter_map(|reporter| reporter.get()?.as_ref()) {
        let began = std::time::Instant::now();
        reporter.flush(remaining);
        remaining = remaining.saturating_sub(began.elapsed());
    }
}

/// Delivers the reports of this run, if there are any.
#[cfg(feature = "rmcp")]
pub(super) fn flush_own(timeout: Duration) {
    if HAS_REPORTED.load(Ordering::Relaxed) {
        flush(timeout, timeout);
    }
}

fn destination() -> &'static Destination {
    DESTINATION.get_or_init(Destination::from_environment)
}

/// The reporter for this sender; starts its thread on first use.
fn reporter(sender: Sender) -> Option<&'static Reporter> {
    let slot = if sender == Sender::Anonymous { &ANONYMOUS } else { &LOCAL };
    let start = || Reporter::start(destination().clone(), sender, print_trouble).ok();
    slot.get_or_init(start).as_ref()
}

/// Prints a sentence on standard error, without characters that control a terminal. A closed standard error is ignored.
fn print_trouble(trouble: &str) {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    let shown = |c: char| if is_plain(c) { c.to_string() } else { c.escape_debug().to_string() };
    let _closed = writeln!(std::io::stderr(), "autoheal: {}", trouble.chars().map(shown).collect::<String>());
}

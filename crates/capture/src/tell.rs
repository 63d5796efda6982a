//! Handing captured reports to delivery: at once to the disk, or to a thread that delivers them soon.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use autoheal_contract::ErrorReport;

use autoheal_deliver::{Destination, Reporter, spool};
use autoheal_prepare::validate::Sender;

static DESTINATION: OnceLock<Destination> = OnceLock::new();
/// One for what the program says, one for what others may have said.
static LOCAL: OnceLock<Option<Reporter>> = OnceLock::new();
static ANONYMOUS: OnceLock<Option<Reporter>> = OnceLock::new();
/// Whether others may have written what this program says.
static FOR_OTHERS: AtomicBool = AtomicBool::new(false);
/// Whether this very run has something to tell.
static HAS_NEWS: AtomicBool = AtomicBool::new(false);

/// From now on, nothing this program says is taken for its operator's own words.
pub(super) fn speak_for_others() {
    FOR_OTHERS.store(true, Ordering::Relaxed);
}

fn sender() -> Sender {
    if FOR_OTHERS.load(Ordering::Relaxed) { Sender::Anonymous } else { Sender::Local }
}

/// To the disk before this returns; the program may be about to end.
pub(super) fn now(mut report: ErrorReport) {
    HAS_NEWS.store(true, Ordering::Relaxed);
    let spooled = spool(destination(), sender(), &mut report);
    let Some(reporter) = reporter(sender()) else { return };
    match spooled {
        Ok(_) => reporter.wake(),
        // a full disk, or no home: from memory
        Err(_) => reporter.send(report),
    }
}

/// To the thread that delivers; costs the caller next to nothing.
#[cfg(feature = "rmcp")]
pub(super) fn soon(sender: Sender, report: ErrorReport) {
    HAS_NEWS.store(true, Ordering::Relaxed);
    if let Some(reporter) = reporter(sender) {
        reporter.send(report);
    }
}

/// Has what earlier runs left delivered.
pub(super) fn what_waits() {
    if let Some(reporter) = reporter(sender()) {
        reporter.wake();
    }
}

/// Delivers what is left: for so long if it is this run's, else for less.
pub(super) fn finish(news: Duration, earlier: Duration) {
    let mut longest = if HAS_NEWS.load(Ordering::Relaxed) { news } else { earlier };
    for reporter in [&LOCAL, &ANONYMOUS].into_iter().filter_map(|reporter| reporter.get()?.as_ref()) {
        let began = std::time::Instant::now();
        reporter.flush(longest);
        longest = longest.saturating_sub(began.elapsed());
    }
}

/// Delivers what this run has to tell, if anything.
#[cfg(feature = "rmcp")]
pub(super) fn finish_news(longest: Duration) {
    if HAS_NEWS.load(Ordering::Relaxed) {
        finish(longest, longest);
    }
}

fn destination() -> &'static Destination {
    DESTINATION.get_or_init(Destination::from_environment)
}

/// Starts its thread when it is needed first.
fn reporter(sender: Sender) -> Option<&'static Reporter> {
    let slot = if sender == Sender::Anonymous { &ANONYMOUS } else { &LOCAL };
    let start = || Reporter::start(destination().clone(), sender, say).ok();
    slot.get_or_init(start).as_ref()
}

/// A line for people. Where nobody reads standard error any more, that is no reason to fail.
fn say(trouble: &str) {
    let _nobody_reads = writeln!(std::io::stderr(), "autoheal: {trouble}");
}

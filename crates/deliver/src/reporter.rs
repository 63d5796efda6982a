//! `Reporter`: delivery for a program that keeps running, on a thread of its own, at most once a second.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use autoheal_contract::ErrorReport;
use tracing::Dispatch;
use uuid::Uuid;

use crate::delivery::{MAX_DELAY, Outcome, deliver_with, spool_report};
use crate::destination::Destination;
use crate::spool::SpooledReport;
use autoheal_prepare::validate::Sender;

/// Maximum number of queued reports; further ones are dropped and counted.
const MAX_QUEUED: usize = 256;
/// Wait after the first queued report, so that further reports join its delivery.
const GATHER_TIME: Duration = Duration::from_millis(50);
/// Shortest time between two deliveries.
const INTERVAL: Duration = Duration::from_secs(1);
/// Part of a flush's timeout that is left for reporting its result.
const RESULT_MARGIN: Duration = Duration::from_millis(100);
/// Wait before a failed delivery is tried again without a new report.
const RETRY_WAIT: Duration = Duration::from_secs(60);

/// Takes reports, spools them, and delivers them soon. A program that is killed before the delivery loses no spooled
/// report. Dropping the reporter delivers the last reports, for at most two seconds.
pub struct Reporter {
    shared: Arc<Shared>,
    spool: SpoolReport,
}

/// Function that spools a report; none if the disk refuses it.
type SpoolReport = Box<dyn Fn(&ErrorReport) -> Option<SpooledReport> + Send + Sync>;

/// A queued report.
struct Queued {
    report: ErrorReport,
    /// Its spool file. Once set, `report` must not change, because another process may deliver the file.
    spooled: Option<SpooledReport>,
    /// Equal reports that came after it was spooled, counted in one report.
    repeats: Option<ErrorReport>,
}

impl Queued {
    /// Counts an equal report.
    fn repeat(&mut self, report: ErrorReport) {
        let counted = match &mut self.repeats {
            None if self.spooled.is_some() => {
                self.repeats = Some(report);
                return;
            }
            None => &mut self.report,
            Some(repeats) => repeats,
        };
        counted.count = Some(counted.count.unwrap_or(1).saturating_add(report.count.unwrap_or(1)));
        counted.last_seen = report.last_seen.or(counted.last_seen.take());
    }
}

/// Reports of one delivery: the spooled reports, and the reports that are only in memory.
type Batch = (Vec<SpooledReport>, Vec<ErrorReport>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Queued>,
    /// True if the spooled reports must be delivered, even with an empty queue.
    deliver_spooled: bool,
    /// Number of reports dropped because the queue was full.
    dropped: u64,
    /// Deadline of a flush under way. Until then, reports are delivered at once.
    flush_until: Option<Instant>,
    is_delivering: bool,
    /// True once the reporter was dropped.
    is_closed: bool,
    /// True once the thread has ended its work.
    is_done: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change of the state, for at most this time.
    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, timeout: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, timeout).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Reporter {
    /// Starts the thread. It calls `on_trouble` with a sentence for people, at most once for each kind of trouble.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn start(
        destination: Destination,
        sender: Sender,
        on_trouble: impl Fn(&str) + Send + 'static,
    ) -> io::Result<Self> {
        let (spool, deliver) = delivery_to(destination, sender);
        Self::start_with(spool, deliver, on_trouble)
    }

    /// Like `start`; the thread also calls `on_first` after the first delivery, with a sentence for people about the
    /// place of the reports.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn start_announcing(
        destination: Destination,
        sender: Sender,
        on_trouble: impl Fn(&str) + Send + 'static,
        on_first: impl Fn(&str) + Send + 'static,
    ) -> io::Result<Self> {
        let (spool, deliver) = delivery_to(destination, sender);
        Self::start_with(spool, announcing_the_first(deliver, on_first), on_trouble)
    }

    fn start_with(
        spool: SpoolReport,
        deliver: impl Fn(Batch, Instant) -> Outcome + Send + 'static,
        on_trouble: impl Fn(&str) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread_shared = Arc::clone(&shared);
        let work =
            move || Work { shared: thread_shared, deliver, on_trouble, reported: BTreeSet::new(), displaced: 0 }.run();
        std::thread::Builder::new().name("autoheal-report".to_owned()).spawn(work)?;
        Ok(Self { shared, spool })
    }

    /// Takes a report and spools it; never blocks on a delivery. Equal reports that come before its delivery are counted
    /// together.
    pub fn send(&self, mut report: ErrorReport) {
        let mut state = self.shared.lock();
        if let Some(same) = state.queue.iter_mut().find(|queued| is_same(&queued.report, &report)) {
            same.repeat(report);
        } else if state.queue.len() < MAX_QUEUED {
            // an id, so that the report is counted once even if it is delivered twice
            report.id.get_or_insert_with(|| Uuid::now_v7().to_string());
            let spooled = (self.spool)(&report);
            state.queue.push_back(Queued { report, spooled, repeats: None });
            self.shared.changed.notify_all();
        } else {
            state.dropped += 1;
        }
    }

    /// Delivers the spooled reports soon.
    pub fn wake(&self) {
        self.shared.lock().deliver_spooled = true;
        self.shared.changed.notify_all();
    }

    /// Delivers at once. Returns false if a report still waits or is being delivered after the timeout. The outcome of
    /// the delivery does not count.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.wait_until(timeout, |state| state.queue.is_empty() && !state.deliver_spooled && !state.is_delivering)
    }

    fn wait_until(&self, timeout: Duration, is_done: fn(&State) -> bool) -> bool {
        let until = Instant::now() + timeout;
        let mut state = self.shared.lock();
        state.flush_until = Some(until);
        self.shared.changed.notify_all();
        while !is_done(&state) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.shared.wait(state, left);
        }
        state.flush_until = None;
        true
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        let _in_time = self.wait_until(MAX_DELAY, |state| state.is_done);
    }
}

/// The functions that spool and deliver reports for this destination.
fn delivery_to(
    destination: Destination,
    sender: Sender,
) -> (SpoolReport, impl Fn(Batch, Instant) -> Outcome + Send + 'static) {
    let spool_destination = destination.clone();
    let spool = move |report: &ErrorReport| spool_report(&spool_destination, sender, &mut report.clone()).ok();
    let deliver = move |(spooled, reports): Batch, until| deliver_with(&destination, sender, spooled, reports, until);
    (Box::new(spool), deliver)
}

/// Wraps the delivery function, so that its first success is announced.
fn announcing_the_first(
    deliver: impl Fn(Batch, Instant) -> Outcome,
    on_first: impl Fn(&str),
) -> impl Fn(Batch, Instant) -> Outcome {
    let first = Once::new();
    move |batch, until| {
        let outcome = deliver(batch, until);
        if let Outcome::Delivered(delivery) = &outcome {
            first.call_once(|| on_first(&format!("{delivery} (later failures are reported without a message)")));
        }
        outcome
    }
}

/// True if two reports are of the same failure, so that they can be counted in one report.
fn is_same(one: &ErrorReport, other: &ErrorReport) -> bool {
    let call = |report: &ErrorReport| report.rpc.as_ref().map(|rpc| (rpc.method.clone(), rpc.tool.clone(), rpc.code));
    one.error_message == other.error_message
        && one.error_type == other.error_type
        && one.source == other.source
        && one.class == other.class
        // the service counts distinct clients to decide about caller errors
        && one.client == other.client
        && one.stack_trace == other.stack_trace
        && call(one) == call(other)
}

/// The delivering thread's own state.
struct Work<D, T> {
    shared: Arc<Shared>,
    deliver: D,
    on_trouble: T,
    /// Kinds of trouble that were reported.
    reported: BTreeSet<&'static str>,
    /// Number of older reports that were dropped, because the spool was full.
    displaced: u64,
}

impl<D: Fn(Batch, Instant) -> Outcome, T: Fn(&str)> Work<D, T> {
    fn run(mut self) {
        let mut last = None;
        let mut retry_at = None;
        while let Some((batch, until)) = self.next(last, retry_at) {
            last = Some(Instant::now());
            let has_new = !(batch.0.is_empty() && batch.1.is_empty());
            // without the program's tracing subscriber, because events of the delivery are not events of the program
            let outcome = tracing::dispatcher::with_default(&Dispatch::none(), || (self.deliver)(batch, until));
            retry_at = matches!(outcome, Outcome::Spooled { .. }).then(|| Instant::now() + RETRY_WAIT);
            match outcome {
                Outcome::Delivered(_) => {}
                Outcome::Spooled { why, dropped } => {
                    self.displaced += dropped;
                    let kind = if dropped > 0 { "displaced" } else { "spooled" };
                    self.warn(kind, format!("failures could not be reported yet and stay on this machine: {why}"));
                }
                Outcome::Lost(why) if has_new => self.warn("lost", format!("a failure could not be reported: {why}")),
                Outcome::Lost(why) => self.warn("lost", format!("spooled failures could not be reported: {why}")),
            }
            self.shared.lock().is_delivering = false;
            self.shared.changed.notify_all();
        }
        if self.displaced > 1 {
            self.warn("all displaced", format!("{} older failures were dropped: the spool was full", self.displaced));
        }
        let dropped = self.shared.lock().dropped;
        if dropped > 0 {
            self.warn("too many", format!("{dropped} failures were not reported: too many came at once"));
        }
        self.shared.lock().is_done = true;
        self.shared.changed.notify_all();
    }

    /// Waits for reports to deliver; returns them with the deadline of their delivery. None once the reporter is closed
    /// and nothing is left to deliver.
    fn next(&self, last: Option<Instant>, retry_at: Option<Instant>) -> Option<(Batch, Instant)> {
        let mut state = self.shared.lock();
        let mut due: Option<Instant> = None;
        loop {
            let now = Instant::now();
            let flushing = state.flush_until.filter(|until| *until > now);
            let has_work = !state.queue.is_empty() || state.deliver_spooled;
            if has_work {
                let paced = last.map_or(now, |last| last + INTERVAL);
                let due = *due.get_or_insert_with(|| paced.max(now + GATHER_TIME));
                if flushing.is_some() || state.is_closed || now >= due {
                    state.deliver_spooled = false;
                    state.is_delivering = true;
                    let limit = now + MAX_DELAY;
                    let until = flushing.map(|until| until.checked_sub(RESULT_MARGIN).unwrap_or(until));
                    let until = until.map_or(limit, |until| until.min(limit));
                    return Some((batch(state.queue.drain(..)), until));
                }
                state = self.shared.wait(state, due - now);
                continue;
            }
            if state.is_closed {
                return None;
            }
            if retry_at.is_some_and(|retry_at| now >= retry_at) {
                state.deliver_spooled = true;
                continue;
            }
            let timeout = retry_at.map_or(Duration::from_secs(3_600), |retry_at| retry_at - now);
            state = self.shared.wait(state, timeout);
        }
    }
}

fn batch(queued: impl Iterator<Item = Queued>) -> Batch {
    let (mut on_disk, mut in_memory) = Batch::default();
    for Queued { report, spooled, repeats } in queued {
        match spooled {
            Some(spooled) => on_disk.push(spooled),
            None => in_memory.push(report),
        }
        in_memory.extend(repeats);
    }
    (on_disk, in_memory)
}

impl<D, T: Fn(&str)> Work<D, T> {
    /// Reports trouble of this kind, unless the kind was reported before.
    fn warn(&mut self, kind: &'static str, sentence: String) {
        if self.reported.insert(kind) {
            (self.on_trouble)(&sentence);
        }
    }
}

#[cfg(test)]
mod tests;

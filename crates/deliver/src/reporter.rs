//! `Reporter`: delivery for a program that goes on, on a thread of its own, a few times a second at most.

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

/// Most reports that wait in memory; more are counted only.
const MOST: usize = 256;
/// How long the first report waits for others.
const GATHERING: Duration = Duration::from_millis(50);
/// Shortest time between two deliveries.
const PACE: Duration = Duration::from_secs(1);
/// Of the time somebody waits for the end, what is left for saying what became of it.
const SAY: Duration = Duration::from_millis(100);
/// When a delivery that failed is tried again, though nothing new happened.
const AGAIN: Duration = Duration::from_secs(60);

/// Takes reports at any moment, keeps them on disk, and delivers them soon: a program that is killed meanwhile loses none.
/// Dropping it delivers what is left, for at most two seconds.
pub struct Reporter {
    shared: Arc<Shared>,
    keep: Keep,
}

/// Puts a report on disk, if it can.
type Keep = Box<dyn Fn(&ErrorReport) -> Option<SpooledReport> + Send + Sync>;

/// A report until it is delivered.
struct Waiting {
    report: ErrorReport,
    /// As it is on disk; whoever delivers may take it from there, so it counts no more.
    kept: Option<SpooledReport>,
    /// Those that equal it and came since.
    repeats: Option<ErrorReport>,
}

impl Waiting {
    fn repeat(&mut self, report: ErrorReport) {
        let same = match &mut self.repeats {
            None if self.kept.is_some() => {
                self.repeats = Some(report);
                return;
            }
            None => &mut self.report,
            Some(repeats) => repeats,
        };
        same.count = Some(same.count.unwrap_or(1).saturating_add(report.count.unwrap_or(1)));
        same.last_seen = report.last_seen.or(same.last_seen.take());
    }
}

/// What one delivery takes along: what is on disk, and what is in memory only.
type Batch = (Vec<SpooledReport>, Vec<ErrorReport>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Waiting>,
    /// What is on the disk shall be delivered, though nothing new may be in the queue.
    is_asked: bool,
    /// Reports there was no room for.
    lost: u64,
    /// Somebody waits for the end: no gathering, no pace.
    flush_until: Option<Instant>,
    is_delivering: bool,
    /// Nobody can send any more.
    is_over: bool,
    /// The thread has nothing left to do, nor to say.
    is_done: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, longest: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, longest).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Reporter {
    /// Starts the thread. `on_trouble` hears, at most once for each kind of trouble, what went wrong; it is called on that
    /// thread.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub fn start(
        destination: Destination,
        sender: Sender,
        on_trouble: impl Fn(&str) + Send + 'static,
    ) -> io::Result<Self> {
        let (keep, deliver) = to(destination, sender);
        Self::start_with(keep, deliver, on_trouble)
    }

    /// As `start`; `on_first` hears where the first failure went, so that somebody knows where to look.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub fn start_telling(
        destination: Destination,
        sender: Sender,
        on_trouble: impl Fn(&str) + Send + 'static,
        on_first: impl Fn(&str) + Send + 'static,
    ) -> io::Result<Self> {
        let (keep, deliver) = to(destination, sender);
        Self::start_with(keep, telling_the_first(deliver, on_first), on_trouble)
    }

    fn start_with(
        keep: Keep,
        deliver: impl Fn(Batch, Instant) -> Outcome + Send + 'static,
        on_trouble: impl Fn(&str) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let work = move || Work { shared: theirs, deliver, on_trouble, told: BTreeSet::new() }.run();
        std::thread::Builder::new().name("autoheal-report".to_owned()).spawn(work)?;
        Ok(Self { shared, keep })
    }

    /// Takes a report, which is on disk from then on; never blocks on a delivery. Those that equal it and come before it is
    /// delivered are counted together.
    pub fn send(&self, mut report: ErrorReport) {
        let mut state = self.shared.lock();
        if let Some(same) = state.queue.iter_mut().find(|waiting| is_same(&waiting.report, &report)) {
            same.repeat(report);
        } else if state.queue.len() < MOST {
            // whoever delivers it, it is counted once
            report.id.get_or_insert_with(|| Uuid::new_v4().to_string());
            let kept = (self.keep)(&report);
            state.queue.push_back(Waiting { report, kept, repeats: None });
            self.shared.changed.notify_all();
        } else {
            state.lost += 1;
        }
    }

    /// Delivers soon what waits on the disk.
    pub fn wake(&self) {
        self.shared.lock().is_asked = true;
        self.shared.changed.notify_all();
    }

    /// Delivers at once; says whether within this time nothing was left in memory: it is delivered, or on the disk.
    pub fn flush(&self, longest: Duration) -> bool {
        self.hurry(longest, |state| state.queue.is_empty() && !state.is_asked && !state.is_delivering)
    }

    fn hurry(&self, longest: Duration, is_done: fn(&State) -> bool) -> bool {
        let until = Instant::now() + longest;
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
        self.shared.lock().is_over = true;
        let _in_time = self.hurry(MAX_DELAY, |state| state.is_done);
    }
}

/// How reports are kept for this destination, and how they get there.
fn to(destination: Destination, sender: Sender) -> (Keep, impl Fn(Batch, Instant) -> Outcome + Send + 'static) {
    let theirs = destination.clone();
    let keep = move |report: &ErrorReport| spool_report(&theirs, sender, &mut report.clone()).ok();
    let deliver = move |(kept, reports): Batch, until| deliver_with(&destination, sender, kept, reports, until);
    (Box::new(keep), deliver)
}

/// The same delivery, which says of its first success what became of it.
fn telling_the_first(
    deliver: impl Fn(Batch, Instant) -> Outcome,
    on_first: impl Fn(&str),
) -> impl Fn(Batch, Instant) -> Outcome {
    let first = Once::new();
    move |batch, until| {
        let outcome = deliver(batch, until);
        if let Outcome::Delivered(what) = &outcome {
            first.call_once(|| on_first(&format!("{what} (said once; what fails later is told without a word)")));
        }
        outcome
    }
}

/// Whether two reports tell of the same failure, so that one can stand for both.
fn is_same(one: &ErrorReport, other: &ErrorReport) -> bool {
    let call = |report: &ErrorReport| report.rpc.as_ref().map(|rpc| (rpc.method.clone(), rpc.tool.clone(), rpc.code));
    one.error_message == other.error_message
        && one.error_type == other.error_type
        && one.source == other.source
        && one.class == other.class
        // how many different ones there are decides what becomes of a caller's mistake
        && one.client == other.client
        && one.stack_trace == other.stack_trace
        && call(one) == call(other)
}

/// What the thread does.
struct Work<D, T> {
    shared: Arc<Shared>,
    deliver: D,
    on_trouble: T,
    /// The kinds of trouble that were told of.
    told: BTreeSet<&'static str>,
}

impl<D: Fn(Batch, Instant) -> Outcome, T: Fn(&str)> Work<D, T> {
    fn run(mut self) {
        let mut last = None;
        let mut again = None;
        while let Some((batch, until)) = self.next(last, again) {
            last = Some(Instant::now());
            let is_news = !(batch.0.is_empty() && batch.1.is_empty());
            // what delivery itself would log is none of the program's
            let outcome = tracing::dispatcher::with_default(&Dispatch::none(), || (self.deliver)(batch, until));
            again = matches!(outcome, Outcome::Spooled(_)).then(|| Instant::now() + AGAIN);
            match outcome {
                Outcome::Delivered(_) => {}
                Outcome::Spooled(why) => {
                    self.tell("kept", format!("failures could not be reported yet and are kept: {why}"))
                }
                Outcome::Lost(why) if is_news => self.tell("lost", format!("a failure could not be reported: {why}")),
                Outcome::Lost(why) => self.tell("lost", format!("what waits could not be reported: {why}")),
            }
            self.shared.lock().is_delivering = false;
            self.shared.changed.notify_all();
        }
        let lost = self.shared.lock().lost;
        if lost > 0 {
            self.tell("too many", format!("{lost} failures were not reported: too many came at once"));
        }
        self.shared.lock().is_done = true;
        self.shared.changed.notify_all();
    }

    /// Waits for something to deliver, and until when; nothing when it is over.
    fn next(&self, last: Option<Instant>, again: Option<Instant>) -> Option<(Batch, Instant)> {
        let mut state = self.shared.lock();
        let mut due: Option<Instant> = None;
        loop {
            let now = Instant::now();
            let flushing = state.flush_until.filter(|until| *until > now);
            let has_work = !state.queue.is_empty() || state.is_asked;
            if has_work {
                let paced = last.map_or(now, |last| last + PACE);
                let due = *due.get_or_insert_with(|| paced.max(now + GATHERING));
                if flushing.is_some() || state.is_over || now >= due {
                    state.is_asked = false;
                    state.is_delivering = true;
                    let limit = now + MAX_DELAY;
                    let until = flushing.map(|until| until.checked_sub(SAY).unwrap_or(until));
                    let until = until.map_or(limit, |until| until.min(limit));
                    return Some((batch(state.queue.drain(..)), until));
                }
                state = self.shared.wait(state, due - now);
                continue;
            }
            if state.is_over {
                return None;
            }
            if again.is_some_and(|again| now >= again) {
                state.is_asked = true;
                continue;
            }
            let longest = again.map_or(Duration::from_secs(3_600), |again| again - now);
            state = self.shared.wait(state, longest);
        }
    }
}

fn batch(waiting: impl Iterator<Item = Waiting>) -> Batch {
    let (mut on_disk, mut in_memory) = Batch::default();
    for Waiting { report, kept, repeats } in waiting {
        match kept {
            Some(kept) => on_disk.push(kept),
            None => in_memory.push(report),
        }
        in_memory.extend(repeats);
    }
    (on_disk, in_memory)
}

impl<D, T: Fn(&str)> Work<D, T> {
    fn tell(&mut self, kind: &'static str, what: String) {
        if self.told.insert(kind) {
            (self.on_trouble)(&what);
        }
    }
}

#[cfg(test)]
mod tests;

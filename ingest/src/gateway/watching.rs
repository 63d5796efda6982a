//! `Watching`: what passed through the gateway is put aside on the way and shown to the `Watch` afterwards.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use autoheal_contract::ErrorReport;
use autoheal_pipeline::clock::{Clock, Timestamp};
use autoheal_pipeline::mcp::{Collector, ExchangeEnd, Message, Opened, Scope, Setup, Watch};
use autoheal_pipeline::memory::Memory;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};

use super::coding::Coding;
use super::decoding::{Decodings, Encoding, decode};
use super::reader::AnswerEnd;
use super::tally::Tally;

/// Once more than this waits to be shown, in bytes, whoever adds to it does the showing.
const WAITING: usize = 16 * 1024 * 1024;
/// What one thing that waits takes beside its message, in bytes.
const OVERHEAD: usize = 256;
/// How long what passed may wait: showing many at once wakes one task instead of one per exchange.
const GATHER: Duration = Duration::from_millis(5);

/// One thing that passed through.
#[derive(Debug)]
pub(super) enum Event {
    /// The client's message of an exchange was complete; encoded so.
    Asked { exchange: u64, scope: Scope, message: Arc<Collector>, codings: Vec<Coding>, size: usize },
    /// An answer named the session that its client is in from now on.
    Began { exchange: Scope, session: Scope },
    /// The server sent a message.
    Answered { scope: Scope, message: Collector, size: usize },
    /// A piece of an answer that is encoded.
    Encoded { exchange: u64, scope: Scope, encoding: Arc<Encoding>, bytes: Box<[u8]> },
    /// An answer that is encoded ended.
    EncodedEnded { exchange: u64, scope: Scope, encoding: Arc<Encoding>, end: AnswerEnd },
    /// The answer ended.
    Ended { exchange: u64, end: ExchangeEnd },
    /// There was no answer.
    Unanswered { exchange: u64, reached: bool, why: String },
    /// The client went away, or nothing can be said of the answer.
    Left { exchange: u64 },
}

/// Everything the gateway knows of its conversations.
#[derive(Debug)]
pub(super) struct Watching {
    clock: Clock,
    memory: Memory,
    waiting: Mutex<Waiting>,
    known: Mutex<Known>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<(Timestamp, Event)>,
    bytes: usize,
}

#[derive(Debug)]
struct Known {
    watch: Watch,
    /// By exchange, until it ends.
    opened: HashMap<u64, Opened>,
    decodings: Decodings,
    /// Room for what will wait while these are shown.
    spare: VecDeque<(Timestamp, Event)>,
    /// Reports that nobody took any more, for the very end.
    left: Vec<ErrorReport>,
}

impl Watching {
    pub(super) fn new(setup: Setup, memory: Memory, clock: Clock) -> Self {
        let mut watch = Watch::new(setup);
        if let Some(learnt) = memory.read() {
            watch.remember(learnt);
        }
        Self {
            clock,
            memory,
            waiting: Mutex::default(),
            known: Mutex::new(Known {
                left: Vec::new(),
                watch,
                opened: HashMap::new(),
                decodings: Decodings::default(),
                spare: VecDeque::new(),
            }),
            wake: Notify::new(),
        }
    }

    /// Puts this aside; the caller's bytes go on first.
    pub(super) fn push(&self, event: Event) {
        let now = self.clock.now();
        let full = {
            let mut waiting = lock(&self.waiting);
            if let Event::Encoded { encoding, .. } = &event
                && waiting.bytes > WAITING / 2
            {
                // decoding takes longer than passing on: rather than wait for it, this one is not read
                return encoding.give_up();
            }
            if waiting.events.is_empty() {
                self.wake.notify_one();
            }
            waiting.bytes += event.size();
            waiting.events.push_back((now, event));
            waiting.bytes > WAITING
        };
        if full {
            self.show(&mut lock(&self.known));
        }
    }

    /// Shows what waits and hands out what failed, until the receiver is gone.
    pub(super) async fn run(&self, tally: &Tally, reports: mpsc::Sender<ErrorReport>) {
        let mut due = None;
        while !reports.is_closed() {
            tokio::select! {
                () = self.wake.notified() => tokio::time::sleep(GATHER).await,
                () = self.clock.sleep_until(due) => {}
                () = reports.closed() => {}
            }
            let (failed, learnt) = {
                let mut known = lock(&self.known);
                self.show(&mut known);
                let failed = known.watch.reports(self.clock.now());
                due = known.watch.due();
                (failed, known.watch.learnt())
            };
            if let Some(learnt) = learnt {
                let memory = self.memory.clone();
                // a panic there costs this memory only
                let _written = tokio::task::spawn_blocking(move || memory.write(&learnt)).await;
            }
            for report in failed {
                tally.failed(report.count);
                match reports.try_send(report) {
                    Ok(()) => {}
                    // Whoever takes them is slower than they come: the traffic waits for nobody, so this one is only counted.
                    Err(TrySendError::Full(_)) => tally.lost(),
                    Err(TrySendError::Closed(report)) => lock(&self.known).left.push(report),
                }
            }
        }
    }

    /// What is left to say, now that nothing passes any more.
    pub(super) fn last(&self, tally: &Tally) -> Vec<ErrorReport> {
        let mut known = lock(&self.known);
        self.show(&mut known);
        let failed = known.watch.last_reports(self.clock.now());
        if let Some(learnt) = known.watch.learnt() {
            self.memory.write(&learnt);
        }
        failed.iter().for_each(|report| tally.failed(report.count));
        let mut left = std::mem::take(&mut known.left);
        left.extend(failed);
        left
    }

    /// In the order in which it was put aside, whoever shows it: `known` is held throughout.
    fn show(&self, known: &mut Known) {
        let mut events = std::mem::take(&mut known.spare);
        {
            let mut waiting = lock(&self.waiting);
            std::mem::swap(&mut waiting.events, &mut events);
            waiting.bytes = 0;
        }
        for (at, event) in events.drain(..) {
            match event {
                Event::Asked { exchange, scope, message, codings, .. } => {
                    let opened = known.asked(scope, &message, &codings, at);
                    known.opened.insert(exchange, opened);
                }
                Event::Began { exchange, session } => known.watch.session_began(exchange, session),
                Event::Answered { scope, message, .. } => known.watch.from_server(scope, &message.message(), at),
                Event::Encoded { exchange, scope, encoding, bytes } => {
                    let Known { watch, decodings, .. } = known;
                    decodings.piece(exchange, &encoding, &bytes, |message| {
                        watch.from_server(scope, &message.message(), at);
                    });
                }
                Event::EncodedEnded { exchange, scope, encoding, end } => {
                    let Known { watch, decodings, .. } = known;
                    let end = decodings.ended(exchange, &encoding, end, |message| {
                        watch.from_server(scope, &message.message(), at);
                    });
                    match end {
                        Some(end) => known.ended(exchange, end, at),
                        None => known.left(exchange, at),
                    }
                }
                Event::Ended { exchange, end } => known.ended(exchange, end, at),
                Event::Unanswered { exchange, reached, why } => {
                    let opened = known.opened.remove(&exchange).unwrap_or_default();
                    if reached {
                        known.watch.broke_off(opened, &why, at);
                    } else {
                        known.watch.unreachable(opened, &why, at);
                    }
                }
                Event::Left { exchange } => known.left(exchange, at),
            }
        }
        // after a flood the room is given back
        events.shrink_to(1024);
        known.spare = events;
    }
}

impl Known {
    fn asked(&mut self, scope: Scope, message: &Collector, codings: &[Coding], at: Timestamp) -> Opened {
        if codings.is_empty() {
            return self.watch.from_client(scope, &message.message(), at);
        }
        let decoded = match message.message() {
            Message::Whole(bytes) => decode(codings, bytes),
            Message::Cut(_) => None,
        };
        decoded.map_or_else(Opened::default, |message| self.watch.from_client(scope, &message.message(), at))
    }

    fn ended(&mut self, exchange: u64, end: ExchangeEnd, at: Timestamp) {
        let opened = self.opened.remove(&exchange).unwrap_or_default();
        self.watch.exchange_ended(opened, end, at);
    }

    fn left(&mut self, exchange: u64, at: Timestamp) {
        self.decodings.forget(exchange);
        if let Some(opened) = self.opened.remove(&exchange) {
            self.watch.client_left(opened, at);
        }
    }
}

impl Event {
    fn size(&self) -> usize {
        match self {
            Event::Asked { size, .. } | Event::Answered { size, .. } => OVERHEAD + size,
            Event::Encoded { bytes, .. } => OVERHEAD + bytes.len(),
            Event::Began { .. }
            | Event::EncodedEnded { .. }
            | Event::Ended { .. }
            | Event::Unanswered { .. }
            | Event::Left { .. } => OVERHEAD,
        }
    }
}

/// A panic while something was shown loses that; the gateway goes on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

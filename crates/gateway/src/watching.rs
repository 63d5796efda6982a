//! `Watching`: what passed through the gateway is put aside on the way and shown to the `Watch` afterwards.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use autoheal_contract::ErrorReport;
use autoheal_prepare::Timestamp;
use autoheal_watch::Memory;
use autoheal_watch::{Boundary, Collector, ExchangeEnd, Learnt, Message, Opened, Scope, Setup, Watch};
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

fn now() -> Timestamp {
    SystemTime::now().into()
}

/// Waits until this instant; forever without one.
async fn sleep_until(instant: Option<Timestamp>) {
    let Some(instant) = instant else { return std::future::pending().await };
    let left = instant.0.saturating_sub(now().0);
    tokio::time::sleep(Duration::from_millis(u64::try_from(left).unwrap_or(0))).await;
}

/// Everything the gateway knows of its conversations.
#[derive(Debug)]
pub(super) struct Watching {
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
    /// A fault of ours ends the watching, never the conversations.
    looking: Boundary<Looking>,
    /// By exchange, until it ends.
    opened: HashMap<u64, Opened>,
    /// Room for what will wait while these are shown.
    spare: VecDeque<(Timestamp, Event)>,
    /// Reports that nobody took any more, and what was gathered before a fault.
    left: Vec<ErrorReport>,
    /// What was learnt, until it is known to be written.
    unwritten: Option<Learnt>,
}

/// What looks at bytes that others made.
#[derive(Debug)]
struct Looking {
    watch: Watch,
    decodings: Decodings,
}

impl Watching {
    pub(super) fn new(setup: Setup, memory: Memory) -> Self {
        let mut watch = Watch::new(setup);
        if let Some(learnt) = memory.read() {
            watch.remember(learnt);
        }
        Self {
            memory,
            waiting: Mutex::default(),
            known: Mutex::new(Known {
                left: Vec::new(),
                unwritten: None,
                looking: Boundary::around(Looking { watch, decodings: Decodings::default() }),
                opened: HashMap::new(),
                spare: VecDeque::new(),
            }),
            wake: Notify::new(),
        }
    }

    /// Puts this aside; the caller's bytes go on first.
    pub(super) fn push(&self, event: Event) {
        let now = now();
        let full = {
            let mut waiting = lock(&self.waiting);
            if let Event::Encoded { encoding, .. } = &event
                && waiting.bytes > WAITING / 2
            {
                // decoding takes longer than passing on: rather than wait for it, this one is not read
                return encoding.abandon();
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
                () = sleep_until(due) => {}
                () = reports.closed() => {}
            }
            // Whoever stops this drops it where it waits: until then everything taken is handed out, or stays in `known`.
            let (failed, learnt) = {
                let mut known = lock(&self.known);
                self.show(&mut known);
                let now = now();
                let looked = known.look(|it| (it.watch.reports(now), it.watch.due(), it.watch.learnt()));
                let (mut failed, next, learnt) = looked.unwrap_or_default();
                due = next;
                failed.append(&mut known.left);
                known.unwritten.clone_from(&learnt);
                (failed, learnt)
            };
            for report in failed {
                tally.failed(report.count);
                match reports.try_send(report) {
                    Ok(()) => {}
                    // Whoever takes them is slower than they come: the traffic waits for nobody, so this one is only counted.
                    Err(TrySendError::Full(_)) => tally.lost(),
                    Err(TrySendError::Closed(report)) => lock(&self.known).left.push(report),
                }
            }
            if let Some(learnt) = learnt {
                let memory = self.memory.clone();
                // a panic there costs this memory only
                let _written = tokio::task::spawn_blocking(move || memory.write(&learnt)).await;
                lock(&self.known).unwritten = None;
            }
        }
    }

    /// What is left to say, now that nothing passes any more.
    pub(super) fn last(&self, tally: &Tally) -> Vec<ErrorReport> {
        let mut known = lock(&self.known);
        self.show(&mut known);
        let now = now();
        let looked = known.look(|it| (it.watch.last_reports(now), it.watch.learnt()));
        let (failed, learnt) = looked.unwrap_or_default();
        if let Some(learnt) = learnt.or(known.unwritten.take()) {
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
            known.show(event, at);
        }
        // after a flood the room is given back
        events.shrink_to(1024);
        known.spare = events;
    }
}

impl Known {
    fn show(&mut self, event: Event, at: Timestamp) {
        match event {
            Event::Asked { exchange, scope, message, codings, .. } => {
                if let Some(opened) = self.look(|it| it.asked(scope, &message, &codings, at)) {
                    self.opened.insert(exchange, opened);
                }
            }
            Event::Began { exchange, session } => self.tell(|it| it.watch.session_began(exchange, session)),
            Event::Answered { scope, message, .. } => {
                self.tell(|it| it.watch.from_server(scope, &message.message(), at));
            }
            Event::Encoded { exchange, scope, encoding, bytes } => self.tell(|Looking { watch, decodings }| {
                decodings.piece(exchange, &encoding, &bytes, |message| {
                    watch.from_server(scope, &message.message(), at);
                });
            }),
            Event::EncodedEnded { exchange, scope, encoding, end } => {
                let end = self.look(|Looking { watch, decodings }| {
                    decodings.ended(exchange, &encoding, end, |message| {
                        watch.from_server(scope, &message.message(), at);
                    })
                });
                match end.flatten() {
                    Some(end) => self.ended(exchange, end, at),
                    None => self.left(exchange, at),
                }
            }
            Event::Ended { exchange, end } => self.ended(exchange, end, at),
            Event::Unanswered { exchange, reached, why } => {
                let opened = self.opened.remove(&exchange).unwrap_or_default();
                self.tell(|Looking { watch, .. }| {
                    if reached { watch.broke_off(opened, &why, at) } else { watch.unreachable(opened, &why, at) }
                });
            }
            Event::Left { exchange } => self.left(exchange, at),
        }
    }

    fn ended(&mut self, exchange: u64, end: ExchangeEnd, at: Timestamp) {
        let opened = self.opened.remove(&exchange).unwrap_or_default();
        self.tell(|it| it.watch.exchange_ended(opened, end, at));
    }

    fn left(&mut self, exchange: u64, at: Timestamp) {
        let opened = self.opened.remove(&exchange);
        self.tell(|Looking { watch, decodings }| {
            decodings.forget(exchange);
            if let Some(opened) = opened {
                watch.client_left(opened, at);
            }
        });
    }

    fn tell(&mut self, what: impl FnOnce(&mut Looking)) {
        self.look(what);
    }

    fn look<T>(&mut self, what: impl FnOnce(&mut Looking) -> T) -> Option<T> {
        let Self { looking, left, opened, .. } = self;
        looking.enter(what, |it| {
            opened.clear();
            tracing::error!(
                "a fault of autoheal's own: failures behind the gateway are reported no more until it is started again"
            );
            left.extend(it.watch.rescued());
        })
    }
}

impl Looking {
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use autoheal_watch::Target;

    use super::*;

    const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"divide"}}"#;
    const FAILURE: &[u8] = br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"boom"}}"#;

    fn watching() -> Watching {
        let patience = Duration::from_secs(60);
        let target = Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() };
        Watching::new(Setup { target, patience, handshake: patience }, Memory::default())
    }

    fn message(bytes: &[u8]) -> Collector {
        let mut message = Collector::default();
        message.push(bytes);
        message
    }

    fn fails(watching: &Watching, exchange: u64) {
        let scope = Scope { session: exchange, peer: 1 };
        watching.push(Event::Asked {
            exchange,
            scope,
            message: Arc::new(message(CALL)),
            codings: Vec::new(),
            size: CALL.len(),
        });
        watching.push(Event::Answered { scope, message: message(FAILURE), size: FAILURE.len() });
        watching.push(Event::Left { exchange });
    }

    #[tokio::test]
    async fn after_a_fault_of_ours_what_was_gathered_is_told_and_the_gateway_goes_on() {
        let (watching, tally) = (watching(), Tally::default());
        fails(&watching, 1);
        {
            let mut known = lock(&watching.known);
            watching.show(&mut known);
            known.tell(|_| panic!("a fault on purpose"));
        }
        let (sender, mut failed) = mpsc::channel::<ErrorReport>(8);
        let told = async {
            let first = failed.recv().await;
            fails(&watching, 2);
            // the thread goes on to the end
            failed.close();
            first.map(|report| report.error_message)
        };
        let ((), told) = tokio::join!(watching.run(&tally, sender), told);
        assert_eq!(told.as_deref(), Some("divide: boom"));
        assert!(watching.last(&tally).is_empty());
        assert!(lock(&watching.waiting).events.is_empty());
    }

    /// `serve` drops the watching when it is told to stop, in the middle of whatever it waits for.
    #[test]
    fn a_stop_while_a_memory_is_written_loses_neither_failure_nor_memory() {
        let data = tempfile::tempdir().unwrap();
        let memory = Memory::of_address(data.path(), "http", "127.0.0.1:9", "/mcp");
        let (patience, target) = (Duration::from_secs(60), Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() });
        let setup = Setup { target, patience, handshake: patience };
        let (watching, tally) = (Watching::new(setup, memory.clone()), Tally::default());
        let scope = Scope { session: 1, peer: 1 };
        for (asked, answered) in [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#,
                r#"{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"shop"}}}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
                r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"sum"}]}}"#,
            ),
        ] {
            let message = |text: &str| message(text.as_bytes());
            watching.push(Event::Asked {
                exchange: 1,
                scope,
                message: Arc::new(message(asked)),
                codings: Vec::new(),
                size: 0,
            });
            watching.push(Event::Answered { scope, message: message(answered), size: 0 });
        }
        fails(&watching, 2);
        // the only thread that could write is busy
        let runtime =
            tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
        let (go_on, held) = std::sync::mpsc::channel::<()>();
        let told = runtime.block_on(async {
            let busy = tokio::task::spawn_blocking(move || held.recv());
            let (sender, mut failed) = mpsc::channel::<ErrorReport>(8);
            let told = tokio::select! {
                () = watching.run(&tally, sender) => None,
                told = tokio::time::timeout(Duration::from_secs(20), failed.recv()) => told.ok().flatten(),
            };
            drop((go_on, busy));
            told
        });
        assert_eq!(told.map(|report| report.error_message).as_deref(), Some("divide: boom"));
        assert!(watching.last(&tally).is_empty());
        assert_eq!(memory.read().unwrap().tools, ["sum"]);
    }
}

//! `Monitor`: queues the events of all exchanges, and sends a report of each failure found in them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use autoheal_watch::{Clocks, InventoryFile, Moment, Setup, Watch, WatchedReport};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};

use super::analysis::{Analysis, Results, network};
use super::connection_table::LOG_INTERVAL;
use super::counters::Counters;
use super::event::Event;
use super::fair_share::FairShare;
use super::inventory_writer::InventoryWriter;
use super::lock;

/// Maximum size of the queued messages of the server, in bytes, shared between the networks of clients. Those beyond it
/// are skipped.
const MAX_SERVER_BYTES: usize = 8 * 1024 * 1024;
/// The same for requests and pieces of encoded responses.
const MAX_STRANGERS_BYTES: usize = 8 * 1024 * 1024;
/// Number of events for which an empty queue keeps its memory.
const SPARE_EVENTS: usize = 1024;
/// Delay between an event and its analysis, so that many events are analyzed at once.
const GATHER_DELAY: Duration = Duration::from_millis(5);

/// Sleeps for this long, or forever.
async fn sleep(remaining: Option<Duration>) {
    match remaining {
        Some(remaining) => tokio::time::sleep(remaining).await,
        None => std::future::pending().await,
    }
}

/// The queue of events and their analysis.
#[derive(Debug)]
pub(super) struct Monitor {
    inventory: Arc<InventoryWriter>,
    queue: Mutex<Queue>,
    state: Mutex<MonitorState>,
    wake: Notify,
    clocks: Clocks,
}

#[derive(Debug)]
struct Queue {
    events: VecDeque<(Moment, Event)>,
    of_server: FairShare,
    of_strangers: FairShare,
    /// Events skipped since the last log line.
    skipped: u64,
    logged_at: Option<Instant>,
}

#[derive(Debug)]
struct MonitorState {
    analysis: Analysis,
    /// An empty buffer. The queue gets it while the events in the queue's own buffer are analyzed.
    spare: VecDeque<(Moment, Event)>,
}

impl Monitor {
    pub(super) fn new(setup: Setup, inventory_file: InventoryFile) -> Self {
        let mut watch = Watch::new(setup);
        if let Some(inventory) = inventory_file.read() {
            watch.restore_inventory(inventory);
        }
        let state = MonitorState { analysis: Analysis::new(watch), spare: VecDeque::new() };
        let inventory = Arc::new(InventoryWriter::new(inventory_file));
        Self {
            inventory,
            queue: Mutex::new(Queue::new()),
            state: Mutex::new(state),
            wake: Notify::new(),
            clocks: Clocks::start(),
        }
    }

    /// Queues an event. Never waits for the analysis, which is slower than forwarding: what it cannot keep up with is skipped.
    pub(super) fn push(&self, event: Event) {
        let now = self.clocks.now();
        let mut queue = lock(&self.queue);
        let share = match &event {
            Event::Request { scope, .. } | Event::EncodedPiece { scope, .. } => {
                Some((&mut queue.of_strangers, network(scope)))
            }
            Event::ServerMessage { scope, .. } => Some((&mut queue.of_server, network(scope))),
            // small, and open calls end by them
            _ => None,
        };
        if let Some((share, network)) = share {
            if share.allowance(network) == 0 {
                if let Event::EncodedPiece { encoding, .. } = &event {
                    encoding.abandon();
                }
                return queue.log_skipped();
            }
            share.take(network, event.size());
        }
        if queue.events.is_empty() {
            self.wake.notify_one();
        }
        queue.events.push_back((now, event));
    }

    /// Analyzes the queue and sends reports, until the receiver is dropped.
    pub(super) async fn run(self: &Arc<Self>, counters: &Counters, reports: mpsc::Sender<WatchedReport>) {
        let mut next_due: Option<Moment> = None;
        while !reports.is_closed() {
            tokio::select! {
                () = self.wake.notified() => tokio::time::sleep(GATHER_DELAY).await,
                () = sleep(next_due.map(|due| due.since(self.clocks.now()))) => {}
                () = reports.closed() => {}
            }
            // The caller may drop this future at any `await`: no report is held across one, and the writer has the
            // inventory.
            let monitor = Arc::clone(self);
            // on a thread of its own, because decoding and parsing would block the connections
            let _analyzed = tokio::task::spawn_blocking(move || monitor.analyze_queue(&mut lock(&monitor.state))).await;
            let Results { reports: failures, due, inventory } = lock(&self.state).analysis.results(self.clocks.now());
            next_due = due;
            for failure in failures {
                counters.failed(failure.report.count);
                match reports.try_send(failure) {
                    Ok(()) => {}
                    // The receiver is full: drop the report and count it, because the gateway must not wait.
                    Err(TrySendError::Full(_)) => counters.report_dropped(),
                    Err(TrySendError::Closed(failure)) => lock(&self.state).analysis.keep_unsent(failure),
                }
            }
            if let Some(inventory) = inventory {
                self.inventory.set(inventory);
                let writer = Arc::clone(&self.inventory);
                // a panic there loses this inventory only
                let _written = tokio::task::spawn_blocking(move || writer.flush()).await;
            }
        }
    }

    /// The remaining reports. Called after the last connection ended.
    pub(super) fn last_reports(&self, counters: &Counters) -> Vec<WatchedReport> {
        let mut state = lock(&self.state);
        self.analyze_queue(&mut state);
        let Results { reports: failures, inventory, .. } = state.analysis.last_results(self.clocks.now());
        if let Some(inventory) = inventory {
            self.inventory.set(inventory);
        }
        self.inventory.flush();
        failures.iter().for_each(|failure| counters.failed(failure.report.count));
        let mut reports = state.analysis.take_unsent();
        reports.extend(failures);
        reports
    }

    /// Analyzes the queued events. [`Self::push`] does not wait for it. The caller holds the lock of `state`, so that every event is analyzed in its order.
    fn analyze_queue(&self, state: &mut MonitorState) {
        let mut events = std::mem::take(&mut state.spare);
        {
            let mut queue = lock(&self.queue);
            std::mem::swap(&mut queue.events, &mut events);
            queue.of_server.clear();
            queue.of_strangers.clear();
        }
        for (time, event) in events.drain(..) {
            state.analysis.process(event, time);
        }
        events.shrink_to(SPARE_EVENTS);
        state.spare = events;
    }
}

impl Queue {
    fn new() -> Self {
        Self {
            events: VecDeque::new(),
            of_server: FairShare::new(MAX_SERVER_BYTES, 1),
            of_strangers: FairShare::new(MAX_STRANGERS_BYTES, 1),
            skipped: 0,
            logged_at: None,
        }
    }

    /// Counts a skipped event, and logs the number once per interval.
    fn log_skipped(&mut self) {
        self.skipped += 1;
        if self.logged_at.is_some_and(|at| at.elapsed() < LOG_INTERVAL) {
            return;
        }
        self.logged_at = Some(Instant::now());
        let skipped = std::mem::take(&mut self.skipped);
        tracing::warn!(
            skipped,
            "messages come faster than the gateway analyzes them; they pass, and some failures in them are not reported"
        );
    }
}

#[cfg(test)]
mod tests {
    use autoheal_prepare::KnownSecrets;
    use autoheal_watch::{Collector, Peer, Scope, Target};

    use super::*;

    const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"divide"}}"#;
    const FAILURE: &[u8] = br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"boom"}}"#;

    fn setup() -> Setup {
        let target = Target::Http { url: "http://127.0.0.1:9/mcp".to_owned() };
        let timeout = Duration::from_secs(60);
        Setup {
            target,
            timeout,
            handshake_timeout: timeout,
            known_secrets: KnownSecrets::default(),
            soft_errors: false,
        }
    }

    fn message(bytes: &[u8]) -> Collector {
        let mut message = Collector::default();
        message.push(bytes);
        message
    }

    fn push_exchange(monitor: &Monitor, exchange: u64, request: &[u8], response: &[u8]) {
        let scope = Scope { session: exchange, peer: None, session_hash: None, trace: None };
        monitor.push(Event::Request {
            exchange,
            scope,
            message: Arc::new(message(request)),
            codings: Vec::new(),
            size: request.len(),
        });
        monitor.push(Event::ServerMessage { scope, message: message(response), size: response.len() });
    }

    fn push_failed_call(monitor: &Monitor, exchange: u64) {
        push_exchange(monitor, exchange, CALL, FAILURE);
        monitor.push(Event::Dropped { exchange });
    }

    #[tokio::test]
    async fn after_an_internal_panic_gathered_failures_are_reported_and_the_gateway_continues() {
        let monitor = Arc::new(Monitor::new(setup(), InventoryFile::default()));
        let counters = Counters::default();
        push_failed_call(&monitor, 1);
        {
            let mut state = lock(&monitor.state);
            monitor.analyze_queue(&mut state);
            state.analysis.panic();
        }
        let (sender, mut failures) = mpsc::channel::<WatchedReport>(8);
        let received = async {
            let first = failures.recv().await;
            push_failed_call(&monitor, 2);
            // `run` ends only after it handled the second call
            failures.close();
            first.map(|failure| failure.report.error_message)
        };
        let ((), received) = tokio::join!(monitor.run(&counters, sender), received);
        assert_eq!(received.as_deref(), Some("divide: boom"));
        assert!(monitor.last_reports(&counters).is_empty());
        assert!(lock(&monitor.queue).events.is_empty());
    }

    #[test]
    fn a_full_queue_skips_messages_and_waits_for_no_analysis() {
        let monitor = Monitor::new(setup(), InventoryFile::default());
        // an analysis that takes long
        let analysis = lock(&monitor.state);
        let scope = |network| {
            let peer = Peer { network, address: [127, 0, 0, 1].into() };
            Scope { session: 1, peer: Some(peer), session_hash: None, trace: None }
        };
        let request = |network| Event::Request {
            exchange: 1,
            scope: scope(network),
            message: Arc::new(message(CALL)),
            codings: Vec::new(),
            size: 1024 * 1024,
        };
        let queued = || lock(&monitor.queue).events.len();
        (0..100).for_each(|_| monitor.push(request(1)));
        let of_one = queued();
        assert!((4..=5).contains(&of_one), "{of_one}");
        monitor.push(request(2));
        assert_eq!(queued(), of_one + 1, "a request of another network");
        let answer =
            |network| Event::ServerMessage { scope: scope(network), message: message(FAILURE), size: 1024 * 1024 };
        (0..100).for_each(|_| monitor.push(answer(1)));
        assert!((4..=5).contains(&(queued() - of_one - 1)), "{}", queued());
        monitor.push(answer(2));
        (0..100).for_each(|number| monitor.push(request(number)));
        (0..100).for_each(|number| monitor.push(answer(number)));
        assert!(queued() < 20, "{}", queued());
        drop(analysis);
    }

    /// `serve` drops `run` at shutdown, at any `await`.
    #[test]
    fn a_shutdown_while_the_inventory_is_written_loses_neither_failure_nor_inventory() {
        let data = tempfile::tempdir().unwrap();
        let inventory_file = InventoryFile::of_address(data.path(), "http", "127.0.0.1:9", "/mcp");
        let (monitor, counters) = (Arc::new(Monitor::new(setup(), inventory_file.clone())), Counters::default());
        for (request, response) in [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#,
                r#"{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"shop"}}}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#,
                r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"sum"}]}}"#,
            ),
        ] {
            push_exchange(&monitor, 1, request.as_bytes(), response.as_bytes());
        }
        push_failed_call(&monitor, 2);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // the file is not written meanwhile
        let writing = monitor.inventory.block();
        let received = runtime.block_on(async {
            let (sender, mut failures) = mpsc::channel::<WatchedReport>(8);
            let received = tokio::select! {
                () = monitor.run(&counters, sender) => None,
                received = tokio::time::timeout(Duration::from_secs(20), failures.recv()) => received.ok().flatten(),
            };
            received
        });
        drop((writing, runtime));
        assert_eq!(received.map(|failure| failure.report.error_message).as_deref(), Some("divide: boom"));
        assert!(monitor.last_reports(&counters).is_empty());
        assert_eq!(inventory_file.read().unwrap().tools, ["sum"]);
    }
}

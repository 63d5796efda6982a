//! `Analysis`: feeds queued events to the `Watch`, which finds the failures in them.

use std::collections::HashMap;

use autoheal_watch::{
    Boundary, Collector, ExchangeEnd, Inventory, Message, Moment, OpenedCalls, Scope, Watch, WatchedReport,
};

use super::coding::Coding;
use super::decode_budget::DecodeBudget;
use super::decoding::{Decodings, decode};
use super::event::{Event, ForwardError};
use super::fair_share::Network;

/// Output that may be decoded of all compressed requests per second, in bytes: strangers send them.
const REQUEST_BYTES_PER_SECOND: usize = 8 * 1024 * 1024;
/// The same at once.
const REQUEST_BURST_BYTES: usize = 32 * 1024 * 1024;
/// Output that may be decoded of all compressed responses per second, in bytes.
const RESPONSE_BYTES_PER_SECOND: usize = 32 * 1024 * 1024;
/// The same at once.
const RESPONSE_BURST_BYTES: usize = 128 * 1024 * 1024;

/// The watch of all conversations, and the exchanges that are open.
#[derive(Debug)]
pub(super) struct Analysis {
    /// Ends at an internal panic. The conversations continue.
    analyzer: Boundary<Analyzer>,
    /// The calls that each open exchange opened, by its number.
    opened: HashMap<u64, OpenedCalls>,
    /// Reports that were rescued after an internal panic, or that the receiver did not accept.
    unsent: Vec<WatchedReport>,
}

/// The part that processes untrusted bytes.
#[derive(Debug)]
struct Analyzer {
    watch: Watch,
    decodings: Decodings,
    requests: DecodeBudget,
    responses: DecodeBudget,
}

/// New results of the analysis.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) reports: Vec<WatchedReport>,
    /// The time of the next results, unless an event comes before.
    pub(super) due: Option<Moment>,
    /// The inventory of the server, if it changed.
    pub(super) inventory: Option<Inventory>,
}

impl Analysis {
    pub(super) fn new(watch: Watch) -> Self {
        Self {
            analyzer: Boundary::around(Analyzer {
                watch,
                decodings: Decodings::default(),
                requests: DecodeBudget::new("requests", REQUEST_BYTES_PER_SECOND, REQUEST_BURST_BYTES),
                responses: DecodeBudget::new("responses", RESPONSE_BYTES_PER_SECOND, RESPONSE_BURST_BYTES),
            }),
            opened: HashMap::new(),
            unsent: Vec::new(),
        }
    }

    /// The results since the last call, and all unsent reports.
    pub(super) fn results(&mut self, now: Moment) -> Results {
        let results = self.analyze(|Analyzer { watch, .. }| Results {
            reports: watch.reports(now),
            due: watch.due(),
            inventory: watch.changed_inventory(),
        });
        let mut results = results.unwrap_or_default();
        results.reports.append(&mut self.unsent);
        results
    }

    /// All remaining results. Does not wait for repeats of a failure, because the process is about to end.
    pub(super) fn last_results(&mut self, now: Moment) -> Results {
        let results = self.analyze(|Analyzer { watch, .. }| Results {
            reports: watch.last_reports(now),
            due: None,
            inventory: watch.changed_inventory(),
        });
        results.unwrap_or_default()
    }

    /// Keeps a report that the receiver did not accept.
    pub(super) fn keep_unsent(&mut self, report: WatchedReport) {
        self.unsent.push(report);
    }

    pub(super) fn take_unsent(&mut self) -> Vec<WatchedReport> {
        std::mem::take(&mut self.unsent)
    }

    /// Analyzes the next event, which was queued at `time`.
    pub(super) fn process(&mut self, event: Event, time: Moment) {
        match event {
            Event::Request { exchange, scope, message, codings, .. } => {
                if let Some(opened) = self.analyze(|analyzer| analyzer.request(scope, &message, &codings, time)) {
                    self.opened.insert(exchange, opened);
                }
            }
            Event::SessionBegan { exchange, session } => {
                self.analyze(|Analyzer { watch, .. }| watch.session_began(exchange, session));
            }
            Event::StreamBegan { session } => {
                self.analyze(|Analyzer { watch, .. }| watch.stream_began(session));
            }
            Event::StreamEnded { session, left } => {
                self.analyze(|Analyzer { watch, .. }| watch.stream_ended(session, left, time));
            }
            Event::ServerMessage { scope, message, .. } => {
                self.analyze(|Analyzer { watch, .. }| watch.from_server(scope, &message.message(), time));
            }
            Event::EncodedPiece { exchange, scope, encoding, bytes } => {
                self.analyze(|Analyzer { watch, decodings, responses, .. }| {
                    decodings.piece(responses, (exchange, network(&scope)), &encoding, &bytes, |message| {
                        watch.from_server(scope, &message.message(), time);
                    });
                });
            }
            Event::EncodedEnd { exchange, scope, encoding, end } => {
                let end = self.analyze(|Analyzer { watch, decodings, .. }| {
                    decodings.end(exchange, &encoding, end, |message| {
                        watch.from_server(scope, &message.message(), time);
                    })
                });
                match end.flatten() {
                    Some(end) => self.exchange_ended(exchange, end, time),
                    None => self.exchange_dropped(exchange, time),
                }
            }
            Event::End { exchange, end } => self.exchange_ended(exchange, end, time),
            Event::NoResponse { exchange, error: ForwardError { reached, reason } } => {
                let opened = self.opened.remove(&exchange).unwrap_or_default();
                self.analyze(|Analyzer { watch, .. }| {
                    if reached {
                        watch.upstream_disconnected(opened, &reason, time);
                    } else {
                        watch.upstream_unreachable(opened, &reason, time);
                    }
                });
            }
            Event::Dropped { exchange } => self.exchange_dropped(exchange, time),
        }
    }

    fn exchange_ended(&mut self, exchange: u64, end: ExchangeEnd, time: Moment) {
        let opened = self.opened.remove(&exchange).unwrap_or_default();
        self.analyze(|Analyzer { watch, .. }| watch.exchange_ended(opened, end, time));
    }

    fn exchange_dropped(&mut self, exchange: u64, time: Moment) {
        let opened = self.opened.remove(&exchange);
        self.analyze(|Analyzer { watch, decodings, .. }| {
            decodings.forget(exchange);
            if let Some(opened) = opened {
                watch.client_disconnected(opened, time);
            }
        });
    }

    /// Runs an action on the analyzer. Returns `None` from the first internal panic on.
    fn analyze<T>(&mut self, action: impl FnOnce(&mut Analyzer) -> T) -> Option<T> {
        let Self { analyzer, unsent, opened } = self;
        analyzer.enter(action, |analyzer| {
            opened.clear();
            tracing::error!(
                "gateway: internal error of autoheal; no failure behind the gateway is reported until autoheal is restarted"
            );
            unsent.extend(analyzer.watch.into_remaining_reports());
        })
    }

    /// Simulates an internal error.
    #[cfg(test)]
    pub(super) fn panic(&mut self) {
        self.analyze(|_| panic!("a panic on purpose"));
    }
}

impl Analyzer {
    fn request(&mut self, scope: Scope, message: &Collector, codings: &[Coding], time: Moment) -> OpenedCalls {
        if codings.is_empty() {
            return self.watch.from_client(scope, &message.message(), time);
        }
        let decoded = match message.message() {
            Message::Whole(bytes) => decode(&mut self.requests, network(&scope), codings, bytes),
            Message::Truncated(_) => None,
        };
        decoded.map_or_else(OpenedCalls::default, |message| self.watch.from_client(scope, &message.message(), time))
    }
}

/// The network of a message's client.
pub(super) fn network(scope: &Scope) -> Network {
    scope.peer.map(|peer| peer.network)
}

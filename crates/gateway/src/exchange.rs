//! `Exchange`: one request and its response. Queues an event for each step, up to the end.

use std::sync::Arc;

use autoheal_watch::{Collector, ExchangeEnd, Scope};
use axum::http::uri::PathAndQuery;

use super::counters::Counters;
use super::decoding::Encoding;
use super::endpoints::Endpoints;
use super::event::{Event, ForwardError};
use super::message_reader::ResponseEnd;
use super::monitor::Monitor;
use super::request_body::{RequestBody, RequestHandle};

/// One request and its response. Dropping it before its end means that the client disconnected.
#[derive(Debug)]
pub(super) struct Exchange {
    number: u64,
    scope: Scope,
    /// Present for a `GET`.
    stream: Option<Stream>,
    request: RequestHandle,
    monitor: Arc<Monitor>,
    counters: Arc<Counters>,
    responded: bool,
    open: bool,
}

/// The response to a `GET`, which may be the event stream of a session.
#[derive(Debug)]
pub(super) struct Stream {
    /// Path and query at the MCP server.
    path: PathAndQuery,
    endpoints: Arc<Endpoints>,
    number: u64,
    has_begun: bool,
    /// True if its first event named an address for the client's messages.
    has_endpoint: bool,
}

impl Stream {
    pub(super) fn new(path: PathAndQuery, endpoints: Arc<Endpoints>) -> Self {
        Self { path, endpoints, number: 0, has_begun: false, has_endpoint: false }
    }

    /// Reads an event. Returns true if it is the first one, and names an address.
    fn began(&mut self, event: &Collector, exchange: u64) -> bool {
        if std::mem::replace(&mut self.has_begun, true) {
            return false;
        }
        self.number = exchange;
        self.has_endpoint = self.endpoints.record(&self.path, event, exchange);
        self.has_endpoint
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.has_endpoint {
            self.endpoints.remove(self.number);
        }
    }
}

impl Exchange {
    pub(super) fn begin(
        number: u64,
        scope: Scope,
        stream: Option<Stream>,
        request: &RequestBody,
        monitor: Arc<Monitor>,
        counters: Arc<Counters>,
    ) -> Self {
        Self { number, scope, stream, request: request.handle(), monitor, counters, responded: false, open: true }
    }

    /// Records the status of the response.
    pub(super) fn responded(&mut self, status: u16) {
        self.responded = true;
        self.counters.responded(status);
        self.request.responded();
    }

    /// Records a new session that the response named.
    pub(super) fn began_session(&self, session: Scope) {
        self.monitor.push(Event::SessionBegan { exchange: self.scope, session });
    }

    /// Records an event of a stream: a message, or as the first one the address for the client's messages.
    pub(super) fn event(&mut self, event: Collector, size: usize) {
        let number = self.number;
        if self.stream.as_mut().is_some_and(|stream| stream.began(&event, number)) {
            self.monitor.push(Event::StreamBegan { session: number });
        } else {
            self.message(event, size);
        }
    }

    /// Records a message of the server.
    pub(super) fn message(&self, message: Collector, size: usize) {
        self.monitor.push(Event::ServerMessage { scope: self.scope, message, size });
    }

    /// Records the next piece of an encoded response.
    pub(super) fn encoded_piece(&self, encoding: &Arc<Encoding>, bytes: &[u8]) {
        if encoding.is_abandoned() {
            return;
        }
        let (exchange, scope, encoding) = (self.number, self.scope, Arc::clone(encoding));
        self.monitor.push(Event::EncodedPiece { exchange, scope, encoding, bytes: bytes.into() });
    }

    /// Ends the exchange after an encoded response.
    pub(super) fn end_encoded(&mut self, encoding: &Arc<Encoding>, end: ResponseEnd) {
        let (exchange, scope, encoding) = (self.number, self.scope, Arc::clone(encoding));
        self.end_with(Event::EncodedEnd { exchange, scope, encoding, end });
    }

    /// Ends the exchange after a response.
    pub(super) fn end(&mut self, end: ExchangeEnd) {
        self.end_with(Event::End { exchange: self.number, end });
    }

    /// Ends the exchange without a response of the server.
    pub(super) fn fail(&mut self, error: ForwardError) {
        self.end_with(Event::NoResponse { exchange: self.number, error });
    }

    /// Ends the exchange without a conclusion about its calls.
    pub(super) fn forget(&mut self) {
        self.end_with(Event::Dropped { exchange: self.number });
    }

    fn end_with(&mut self, event: Event) {
        if std::mem::take(&mut self.open) {
            self.request.stop_recording();
            let left = matches!(event, Event::Dropped { .. });
            self.monitor.push(event);
            if self.stream.take().is_some_and(|stream| stream.has_endpoint) {
                self.monitor.push(Event::StreamEnded { session: self.number, left });
            }
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.responded {
            self.counters.client_left();
        }
        self.forget();
    }
}

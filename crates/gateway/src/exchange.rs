//! `Exchange`: one request and its response. Queues an event for each step, up to the end.

use std::sync::Arc;

use autoheal_watch::{Collector, ExchangeEnd, Scope};

use super::counters::Counters;
use super::decoding::Encoding;
use super::event::{Event, ForwardError};
use super::message_reader::ResponseEnd;
use super::monitor::Monitor;
use super::request_body::{RequestBody, RequestHandle};

/// One request and its response. Dropping it before its end means that the client disconnected.
#[derive(Debug)]
pub(super) struct Exchange {
    number: u64,
    scope: Scope,
    request: RequestHandle,
    monitor: Arc<Monitor>,
    counters: Arc<Counters>,
    responded: bool,
    open: bool,
}

impl Exchange {
    pub(super) fn begin(
        number: u64,
        scope: Scope,
        request: &RequestBody,
        monitor: Arc<Monitor>,
        counters: Arc<Counters>,
    ) -> Self {
        Self { number, scope, request: request.handle(), monitor, counters, responded: false, open: true }
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
            self.monitor.push(event);
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

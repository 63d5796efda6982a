//! `Event`: one step of an HTTP exchange, queued until it is analyzed.

use std::sync::Arc;

use autoheal_watch::{Collector, ExchangeEnd, Scope};

use super::coding::Coding;
use super::decoding::Encoding;
use super::message_reader::ResponseEnd;

/// Memory of a queued event without its message, in bytes.
const OVERHEAD_BYTES: usize = 256;

/// One step of an HTTP exchange. `exchange` is the number of the exchange.
#[derive(Debug)]
pub(super) enum Event {
    /// The client sent a request, whose complete body is encoded by `codings`.
    Request { exchange: u64, scope: Scope, message: Arc<Collector>, codings: Vec<Coding>, size: usize },
    /// The response to an exchange without a session named the client's new session.
    SessionBegan { exchange: Scope, session: Scope },
    /// An event stream named an address for its client's messages; the number of its exchange is their session.
    StreamBegan { session: u64 },
    /// That stream ended; `left` is true if its client disconnected.
    StreamEnded { session: u64, left: bool },
    /// The server sent a message.
    ServerMessage { scope: Scope, message: Collector, size: usize },
    /// The server sent a piece of an encoded response.
    EncodedPiece { exchange: u64, scope: Scope, encoding: Arc<Encoding>, bytes: Box<[u8]> },
    /// An encoded response ended.
    EncodedEnd { exchange: u64, scope: Scope, encoding: Arc<Encoding>, end: ResponseEnd },
    /// A response ended.
    End { exchange: u64, end: ExchangeEnd },
    /// The server sent no response.
    NoResponse { exchange: u64, error: ForwardError },
    /// The client disconnected, or the end of the response allows no conclusion about the calls.
    Dropped { exchange: u64 },
}

/// The reason that a request got no response from the upstream.
#[derive(Debug)]
pub(super) struct ForwardError {
    /// The connection was established.
    pub(super) reached: bool,
    pub(super) reason: String,
}

impl Event {
    /// Memory of the event in the queue, in bytes.
    pub(super) fn size(&self) -> usize {
        match self {
            Event::Request { size, .. } | Event::ServerMessage { size, .. } => OVERHEAD_BYTES + size,
            Event::EncodedPiece { bytes, .. } => OVERHEAD_BYTES + bytes.len(),
            Event::SessionBegan { .. }
            | Event::StreamBegan { .. }
            | Event::StreamEnded { .. }
            | Event::EncodedEnd { .. }
            | Event::End { .. }
            | Event::NoResponse { .. }
            | Event::Dropped { .. } => OVERHEAD_BYTES,
        }
    }
}

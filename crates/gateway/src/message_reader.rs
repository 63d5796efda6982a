//! `MessageReader`: finds the messages in a copy of a response, by its media type.

use autoheal_watch::{Collector, ExchangeEnd};
use axum::http::{HeaderMap, StatusCode, header};

use super::event_stream::EventStream;
use super::session::Session;

/// The kind of a response by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// One JSON-RPC message or batch.
    Json,
    /// An event stream with one message per event.
    Events,
    /// Any other type, without messages.
    Other,
}

impl Media {
    /// The kind of a response with these headers.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let media =
            headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or("application/json");
        let media = media.split(';').next().unwrap_or_default().trim();
        if media.eq_ignore_ascii_case("text/event-stream") {
            return Self::Events;
        }
        let media = media.to_ascii_lowercase();
        // Some plain JSON-RPC servers declare their responses as text.
        let is_json = media.ends_with("json") || media.starts_with("text/") || media == "application/json-rpc";
        if is_json { Self::Json } else { Self::Other }
    }
}

/// Reads a response piece by piece.
#[derive(Debug)]
pub(super) enum MessageReader {
    Json { message: Collector, size: usize },
    Events(EventStream),
    Other,
}

impl MessageReader {
    /// A reader at the beginning of a response of at least this size.
    pub(super) fn new(media: Media, announced: u64) -> Self {
        match media {
            Media::Json => Self::Json { message: Collector::of_size(announced), size: 0 },
            Media::Events => Self::Events(EventStream::new()),
            Media::Other => Self::Other,
        }
    }

    /// Reads the next bytes and passes each completed message to `each`.
    pub(super) fn push(&mut self, bytes: &[u8], each: impl FnMut(Collector)) {
        match self {
            Self::Json { message, size } => {
                *size += bytes.len();
                message.push(bytes);
            }
            Self::Events(events) => events.push(bytes, each),
            Self::Other => {}
        }
    }

    /// The kind of the response.
    pub(super) fn media(&self) -> Media {
        match self {
            Self::Json { .. } => Media::Json,
            Self::Events(_) => Media::Events,
            Self::Other => Media::Other,
        }
    }

    /// Memory of the message that is being read, in bytes.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Json { message, .. } => message.memory(),
            Self::Events(events) => events.memory(),
            Self::Other => 0,
        }
    }

    /// The message completed by the end of the response, and its size.
    pub(super) fn finish(&mut self) -> Option<(Collector, usize)> {
        match self {
            Self::Json { message, size } if !message.is_empty() => Some((std::mem::take(message), *size)),
            _ => None,
        }
    }

    /// True if an event had an id, so that the client may request the rest on another stream.
    pub(super) fn has_ids(&self) -> bool {
        matches!(self, Self::Events(events) if events.has_ids())
    }
}

/// The end of a response.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResponseEnd {
    pub(super) status: StatusCode,
    /// The response ended before it was complete.
    pub(super) broken: bool,
    pub(super) session: Session,
}

impl ResponseEnd {
    /// The end of a response whose messages were read. `None` if the end allows no conclusion about the calls.
    pub(super) fn of_readable(self, has_ids: bool) -> Option<ExchangeEnd> {
        // The client may request the rest in the new session, but these calls are recorded under the exchange's number.
        if has_ids && self.session == Session::New {
            return None;
        }
        let resumable = has_ids && self.session == Session::Existing || self.session == Session::Stream;
        Some(ExchangeEnd { status: self.status.as_u16(), broken: self.broken, resumable })
    }

    /// The end of a response whose messages could not be read. Its calls failed only if the status is a server error,
    /// or if a response other than an event stream ended early.
    pub(super) fn of_unreadable(self, media: Media) -> Option<ExchangeEnd> {
        let failed = self.status.is_server_error() || self.broken && media != Media::Events;
        let resumable = self.session == Session::Stream;
        (failed || resumable).then(|| ExchangeEnd { status: self.status.as_u16(), broken: self.broken, resumable })
    }
}

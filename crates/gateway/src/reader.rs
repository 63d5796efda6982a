//! `Reader`: finds the messages in the copy of an answer, by its media type.

use autoheal_watch::{Collector, ExchangeEnd};
use axum::http::{HeaderMap, StatusCode, header};

use super::event_stream::EventStream;
use super::session::Session;

/// What an answer says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// One message, or a batch of them.
    Json,
    /// An event each.
    Events,
    /// There is no message in it.
    Other,
}

impl Media {
    /// By the headers of the answer.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let media =
            headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or("application/json");
        let media = media.split(';').next().unwrap_or_default().trim();
        if media.eq_ignore_ascii_case("text/event-stream") {
            return Self::Events;
        }
        let media = media.to_ascii_lowercase();
        // Servers of plain JSON-RPC call it text, too.
        let is_json = media.ends_with("json") || media.starts_with("text/") || media == "application/json-rpc";
        if is_json { Self::Json } else { Self::Other }
    }
}

/// Reads an answer in pieces.
#[derive(Debug)]
pub(super) enum Reader {
    Json { message: Collector, size: usize },
    Events(EventStream),
    Other,
}

impl Reader {
    /// At the beginning of the answer.
    pub(super) fn new(media: Media) -> Self {
        match media {
            Media::Json => Self::Json { message: Collector::default(), size: 0 },
            Media::Events => Self::Events(EventStream::new()),
            Media::Other => Self::Other,
        }
    }

    /// The next bytes, and every message that they complete.
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

    /// The message that the end completes, and its size.
    pub(super) fn finish(&mut self) -> Option<(Collector, usize)> {
        match self {
            Self::Json { message, size } if !message.is_empty() => Some((std::mem::take(message), *size)),
            _ => None,
        }
    }

    /// Whether any event had an id, by which the rest can be asked for.
    pub(super) fn has_ids(&self) -> bool {
        matches!(self, Self::Events(events) if events.has_ids())
    }
}

/// How an answer ended, seen from outside.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerEnd {
    pub(super) status: StatusCode,
    pub(super) broken: bool,
    pub(super) session: Session,
}

impl AnswerEnd {
    /// What that means for an answer that was read, with or without ids in it; `None` where nothing can be said.
    pub(super) fn read(self, has_ids: bool) -> Option<ExchangeEnd> {
        // What comes later comes under the session's name, by which these calls are not known.
        if has_ids && self.session == Session::Begins {
            return None;
        }
        let resumable = has_ids && self.session == Session::Known;
        Some(ExchangeEnd { status: self.status.as_u16(), broken: self.broken, resumable })
    }

    /// The same for an answer that could not be read: only the server's own word that it failed says something, and a
    /// whole that broke off.
    pub(super) fn unread(self, media: Media) -> Option<ExchangeEnd> {
        let failed = self.status.is_server_error() || self.broken && media != Media::Events;
        failed.then(|| ExchangeEnd { status: self.status.as_u16(), broken: self.broken, resumable: false })
    }
}

//! `Reader`: finds the messages in the copy of an answer, by its media type.

use autoheal_pipeline::mcp::Collector;
use axum::http::{HeaderMap, header};

use super::event_stream::EventStream;

/// How an answer is read.
#[derive(Debug)]
pub(super) enum Reader {
    /// One message, or a batch of them.
    Json { message: Collector, size: usize },
    /// An event each.
    Events(EventStream),
    /// Other media: there is no message in it.
    Other,
    /// Encoded: whatever is in it, it is not looked at.
    Encoded,
}

impl Reader {
    /// By the headers of the answer.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        if is_encoded(headers) {
            return Reader::Encoded;
        }
        let media =
            headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok()).unwrap_or("application/json");
        let media = media.split(';').next().unwrap_or_default().trim();
        if media.eq_ignore_ascii_case("text/event-stream") {
            return Reader::Events(EventStream::new());
        }
        let ends_json = media.len() >= 4 && media.as_bytes()[media.len() - 4..].eq_ignore_ascii_case(b"json");
        if ends_json || media.eq_ignore_ascii_case("application/json-rpc") {
            return Reader::Json { message: Collector::default(), size: 0 };
        }
        Reader::Other
    }

    /// The next bytes, and every message that they complete.
    pub(super) fn push(&mut self, bytes: &[u8], each: impl FnMut(Collector)) {
        match self {
            Reader::Json { message, size } => {
                *size += bytes.len();
                message.push(bytes);
            }
            Reader::Events(events) => events.push(bytes, each),
            Reader::Other | Reader::Encoded => {}
        }
    }

    /// The message that the end completes, and its size.
    pub(super) fn finish(&mut self) -> Option<(Collector, usize)> {
        match self {
            Reader::Json { message, size } if !message.is_empty() => Some((std::mem::take(message), *size)),
            _ => None,
        }
    }
}

/// Whether bodies with these headers are compressed or otherwise not what they say.
pub(super) fn is_encoded(headers: &HeaderMap) -> bool {
    let encodings = headers.get_all(header::CONTENT_ENCODING);
    encodings.iter().any(|encoding| !encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

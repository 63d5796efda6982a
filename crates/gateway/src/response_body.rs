//! `ResponseBody`: a response on its way to the client. The messages in an upstream's response are read on the way.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::http::response::Parts;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::copy_budget::CopyShare;
use super::decoding::Encoding;
use super::exchange::Exchange;
use super::message_reader::{Media, MessageReader, ResponseEnd};
use super::session::Session;

/// The body of a response.
#[derive(Debug)]
pub struct ResponseBody(BodyKind);

#[derive(Debug)]
enum BodyKind {
    /// A text of the gateway.
    Text(Option<Bytes>),
    /// The body sent by the upstream.
    Upstream { body: Incoming, tap: Box<Tap> },
}

/// Reads an upstream's response on its way to the client.
#[derive(Debug)]
struct Tap {
    exchange: Exchange,
    reading: Reading,
    share: CopyShare,
    status: StatusCode,
    session: Session,
    ended: bool,
}

#[derive(Debug)]
enum Reading {
    /// Reads the messages at once.
    Immediate(MessageReader),
    /// Copies the bytes of an encoded response. They are decoded during the analysis.
    Deferred(Arc<Encoding>),
    /// Reads nothing more, because there is no memory for the message.
    Stopped(Media),
}

impl ResponseBody {
    /// A response of the gateway itself: JSON, or empty. Browsers must not take it for anything else, and caches must not
    /// keep it.
    pub(super) fn own(status: StatusCode, text: impl Into<Bytes>) -> Response<Self> {
        let text = text.into();
        let mut response = Response::new(Self(BodyKind::Text(Some(text.clone()))));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if !text.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// The upstream's body. The exchange has already handled its status.
    pub(super) fn from_upstream(
        body: Incoming,
        exchange: Exchange,
        Parts { status, headers, .. }: &Parts,
        session: Session,
        share: CopyShare,
    ) -> Self {
        let reading = match Encoding::of(headers) {
            Some(encoding) => Reading::Deferred(Arc::new(encoding)),
            None => Reading::Immediate(MessageReader::new(Media::of(headers), body.size_hint().lower())),
        };
        let tap = Tap { exchange, reading, share, status: *status, session, ended: false };
        Self(BodyKind::Upstream { body, tap: Box::new(tap) })
    }
}

impl Tap {
    fn read(&mut self, bytes: &[u8]) {
        let Self { exchange, reading, share, .. } = self;
        match reading {
            // An event is about as long as the piece that completes it. The size of a long event is underestimated, but
            // the collector bounds its memory.
            Reading::Immediate(reader) => {
                reader.push(bytes, |event| exchange.event(event, bytes.len()));
                if !share.resize(reader.memory()) {
                    *reading = Reading::Stopped(reader.media());
                }
            }
            Reading::Deferred(encoding) => exchange.encoded_piece(encoding, bytes),
            Reading::Stopped(_) => {}
        }
    }

    /// Ends the exchange. Only the first call counts, because hyper may show the end with the last piece, after it, and
    /// when the body is dropped.
    fn end(&mut self, broken: bool) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let end = ResponseEnd { status: self.status, broken, session: self.session };
        let reader = match &mut self.reading {
            Reading::Immediate(reader) => reader,
            Reading::Deferred(encoding) => return self.exchange.end_encoded(encoding, end),
            Reading::Stopped(media) => {
                return match end.of_unreadable(*media) {
                    Some(end) => self.exchange.end(end),
                    None => self.exchange.forget(),
                };
            }
        };
        if !broken && let Some((message, size)) = reader.finish() {
            self.exchange.message(message, size);
        }
        match end.of_readable(reader.has_ids()) {
            Some(end) => self.exchange.end(end),
            None => self.exchange.forget(),
        }
    }
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.get_mut().0 {
            BodyKind::Text(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            BodyKind::Upstream { body, tap } => {
                let polled = Pin::new(&mut *body).poll_frame(context);
                match &polled {
                    Poll::Ready(Some(Ok(frame))) => {
                        if let Some(data) = frame.data_ref() {
                            tap.read(data);
                        }
                        if body.is_end_stream() {
                            tap.end(false);
                        }
                    }
                    Poll::Ready(None) => tap.end(false),
                    Poll::Ready(Some(Err(_))) => tap.end(true),
                    Poll::Pending => {}
                }
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            BodyKind::Text(text) => text.is_none(),
            BodyKind::Upstream { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            BodyKind::Text(text) => SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64)),
            BodyKind::Upstream { body, .. } => body.size_hint(),
        }
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        // hyper never polls an empty body. If any other body did not end, its client disconnected.
        if let BodyKind::Upstream { body, tap } = &mut self.0
            && body.is_end_stream()
        {
            tap.end(false);
        }
    }
}

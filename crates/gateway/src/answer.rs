//! `AnswerBody`: the server's answer on its way to the client, read along the way, and our own where there is none.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::decoding::Encoding;
use super::exchange::Exchange;
use super::reader::{AnswerEnd, Media, Reader};
use super::session::Session;

/// The body of an answer.
#[derive(Debug)]
pub struct AnswerBody(Kind);

#[derive(Debug)]
enum Kind {
    Own(Option<Bytes>),
    Server { body: Incoming, along: Box<Along> },
}

/// What is read along the way.
#[derive(Debug)]
struct Along {
    exchange: Exchange,
    reading: Reading,
    status: StatusCode,
    session: Session,
    over: bool,
}

#[derive(Debug)]
enum Reading {
    /// As it passes.
    Now(Reader),
    /// It is encoded, and decoded when it is shown.
    Later(Arc<Encoding>),
}

impl AnswerBody {
    /// Our own.
    pub(super) fn own(text: impl Into<Bytes>) -> Self {
        Self(Kind::Own(Some(text.into())))
    }

    /// The server's, its head already told to the exchange.
    pub(super) fn server(
        body: Incoming,
        exchange: Exchange,
        status: StatusCode,
        headers: &HeaderMap,
        session: Session,
    ) -> Self {
        let reading = match Encoding::of(headers) {
            Some(encoding) => Reading::Later(Arc::new(encoding)),
            None => Reading::Now(Reader::new(Media::of(headers))),
        };
        let along = Along { exchange, reading, status, session, over: false };
        Self(Kind::Server { body, along: Box::new(along) })
    }
}

impl Along {
    fn read(&mut self, bytes: &[u8]) {
        let Self { exchange, reading, .. } = self;
        match reading {
            // An event is about as long as the piece that completes it; long ones are counted by what is kept of them.
            Reading::Now(reader) => reader.push(bytes, |message| exchange.message(message, bytes.len())),
            Reading::Later(encoding) => exchange.encoded(encoding, bytes),
        }
    }

    /// Once only: the end may be seen at the last piece, behind it, and when the body is dropped.
    fn end(&mut self, broken: bool) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let end = AnswerEnd { status: self.status, broken, session: self.session };
        let reader = match &mut self.reading {
            Reading::Now(reader) => reader,
            Reading::Later(encoding) => return self.exchange.encoded_ended(encoding, end),
        };
        if !broken && let Some((message, size)) = reader.finish() {
            self.exchange.message(message, size);
        }
        match end.read(reader.has_ids()) {
            Some(end) => self.exchange.ended(end),
            None => self.exchange.forget(),
        }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.get_mut().0 {
            Kind::Own(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            Kind::Server { body, along } => {
                let polled = Pin::new(&mut *body).poll_frame(context);
                match &polled {
                    Poll::Ready(Some(Ok(frame))) => {
                        if let Some(data) = frame.data_ref() {
                            along.read(data);
                        }
                        if body.is_end_stream() {
                            along.end(false);
                        }
                    }
                    Poll::Ready(None) => along.end(false),
                    Poll::Ready(Some(Err(_))) => along.end(true),
                    Poll::Pending => {}
                }
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Own(text) => text.is_none(),
            Kind::Server { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Own(text) => SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64)),
            Kind::Server { body, .. } => body.size_hint(),
        }
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        // An empty body is never asked for. Any other that did not end was left by its client.
        if let Kind::Server { body, along } = &mut self.0
            && body.is_end_stream()
        {
            along.end(false);
        }
    }
}

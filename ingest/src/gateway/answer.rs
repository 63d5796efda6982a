//! `AnswerBody`: the server's answer on its way to the client, read along the way, and our own where there is none.

use std::pin::Pin;
use std::task::{Context, Poll};

use autoheal_pipeline::mcp::ExchangeEnd;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::exchange::Exchange;
use super::reader::Reader;
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
    reader: Reader,
    status: StatusCode,
    session: Session,
    over: bool,
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
        let along = Along { exchange, reader: Reader::of(headers), status, session, over: false };
        Self(Kind::Server { body, along: Box::new(along) })
    }
}

impl Along {
    fn read(&mut self, bytes: &[u8]) {
        let Self { exchange, reader, .. } = self;
        // An event is about as long as the piece that completes it; long ones are counted by what is kept of them.
        reader.push(bytes, |message| exchange.message(message, bytes.len()));
    }

    /// Once only: the end may be seen at the last piece, behind it, and when the body is dropped.
    fn end(&mut self, broken: bool) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        if !broken && let Some((message, size)) = self.reader.finish() {
            self.exchange.message(message, size);
        }
        let has_ids = matches!(&self.reader, Reader::Events(events) if events.has_ids());
        // Nobody could see an answer there, or will see it under the name by which its calls are known.
        let unseen = matches!(self.reader, Reader::Encoded) && !broken && !self.status.is_server_error();
        if unseen || (has_ids && self.session == Session::Begins) {
            return self.exchange.forget();
        }
        let resumable = has_ids && self.session == Session::Known;
        self.exchange.ended(ExchangeEnd { status: self.status.as_u16(), broken, resumable });
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

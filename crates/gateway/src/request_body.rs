//! `RequestBody`: the body of a request on its way to the upstream, with a bounded copy of the forwarded bytes.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use autoheal_contract::limits::DRAIN_BYTES;
use autoheal_watch::{Collector, Message, Scope};
use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Sleep;

use super::call_ids;
use super::coding::Coding;
use super::copy_budget::CopyShare;
use super::event::Event;
use super::lock;
use super::monitor::Monitor;

/// Maximum size of a request that is held until its response, in bytes. Of a larger request only the call ids are held.
const MAX_HELD_BYTES: usize = 16 * 1024;

/// A request body. The connection that sends it and the gateway share it: without a response, the gateway reads the
/// rest itself, because its 502 names the calls.
#[derive(Debug, Clone)]
pub(super) struct RequestBody(Arc<Mutex<BodyState>>);

/// A reference that does not keep the body alive.
#[derive(Debug)]
pub(super) struct RequestHandle(Weak<Mutex<BodyState>>);

#[derive(Debug)]
struct BodyState {
    body: Body,
    copy: Collector,
    share: CopyShare,
    /// The recorded request, or its call ids, until a response arrives. A 502 needs the ids.
    recorded: Option<Arc<Collector>>,
    size: usize,
    timeout: Timeout,
    /// `None` if the body has an unsupported encoding, without memory for the copy, and after the request was recorded.
    recorder: Option<Recorder>,
}

/// The timeout of a client that stops sending its body, because it would hold a connection to the upstream for as long as
/// it likes.
#[derive(Debug)]
struct Timeout {
    after: Duration,
    /// Runs while the next piece is awaited.
    running: Option<Pin<Box<Sleep>>>,
    is_over: bool,
    /// The response has begun. The upstream decides from then on, because an end of the request would break its response.
    is_off: bool,
}

/// Queues the copied request as an event.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) exchange: u64,
    pub(super) scope: Scope,
    pub(super) codings: Vec<Coding>,
    pub(super) monitor: Arc<Monitor>,
}

impl RequestBody {
    /// A body that fails when its client sends nothing for the time of `timeout`.
    pub(super) fn new(body: Body, recorder: Option<Recorder>, share: CopyShare, timeout: Duration) -> Self {
        let timeout = Timeout { after: timeout, running: None, is_over: false, is_off: false };
        let copy = Collector::of_size(body.size_hint().lower());
        Self(Arc::new(Mutex::new(BodyState { body, copy, share, recorded: None, size: 0, timeout, recorder })))
    }

    /// A handle for the exchange. It does not keep the body alive, because the client's connection drains or closes
    /// only after the body is dropped.
    pub(super) fn handle(&self) -> RequestHandle {
        RequestHandle(Arc::downgrade(&self.0))
    }

    /// True if the client stopped sending, so that the upstream is not to blame.
    pub(super) fn timed_out(&self) -> bool {
        self.lock().timeout.is_over
    }

    /// Reads the rest of a body that is no longer sent, and passes the whole body to `action`; an empty slice if the
    /// body is too large.
    pub(super) async fn read_rest<T>(&self, action: impl FnOnce(&[u8]) -> T) -> T {
        let mut rest = self.clone();
        while rest.lock().size <= DRAIN_BYTES {
            let Some(Ok(_)) = rest.frame().await else { break };
        }
        let state = self.lock();
        match state.recorded.as_deref().unwrap_or(&state.copy).message() {
            Message::Whole(bytes) => action(bytes),
            Message::Truncated(_) => action(&[]),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BodyState> {
        lock(&self.0)
    }
}

impl RequestHandle {
    /// Called when the response begins. Records the request if its JSON is complete, although the end of its body may
    /// be missing, because the event of the request must be queued before those of the response.
    pub(super) fn responded(&self) {
        let Some(state) = self.0.upgrade() else { return };
        let mut state = lock(&state);
        if state.recorder.is_some() && state.is_json() {
            state.record();
        }
        state.recorded = None;
        state.timeout.is_off = true;
    }

    /// Records nothing from now on.
    pub(super) fn stop_recording(&self) {
        let Some(state) = self.0.upgrade() else { return };
        let mut state = lock(&state);
        state.recorder = None;
        state.recorded = None;
    }
}

impl BodyState {
    fn is_json(&self) -> bool {
        match self.copy.message() {
            Message::Whole(bytes) => serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok(),
            Message::Truncated(_) => false,
        }
    }

    /// Adds a piece to the copy. Stops recording if there is no memory for it.
    fn copy(&mut self, data: &[u8]) {
        self.copy.push(data);
        if !self.share.resize(self.copy.memory()) {
            self.copy = Collector::default();
            self.recorder = None;
        }
    }

    fn record(&mut self) {
        let Some(Recorder { exchange, scope, codings, monitor }) = self.recorder.take() else { return };
        if self.copy.is_empty() {
            return;
        }
        let message = Arc::new(std::mem::take(&mut self.copy));
        // from here on, the queue bounds its memory
        let _empty = self.share.resize(0);
        self.recorded = Some(match message.message() {
            Message::Whole(bytes) if bytes.len() > MAX_HELD_BYTES => {
                let mut ids = Collector::default();
                ids.push(call_ids::only_ids(bytes).as_bytes());
                Arc::new(ids)
            }
            _ => Arc::clone(&message),
        });
        monitor.push(Event::Request { exchange, scope, message, codings, size: self.size });
    }
}

impl Timeout {
    /// Ready once the client has sent nothing for too long.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.is_off {
            return Poll::Pending;
        }
        let after = self.after;
        ready!(self.running.get_or_insert_with(|| Box::pin(tokio::time::sleep(after))).as_mut().poll(context));
        self.is_over = true;
        Poll::Ready(())
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut state = self.lock();
        let polled = Pin::new(&mut state.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    state.size += data.len();
                    if state.recorder.is_some() {
                        state.copy(data);
                    }
                }
                if state.body.is_end_stream() {
                    state.record();
                }
            }
            Poll::Ready(None) => state.record(),
            Poll::Ready(Some(Err(_))) => state.recorder = None,
            Poll::Pending => {
                if state.timeout.poll(context).is_ready() {
                    state.recorder = None;
                    let error = io::Error::new(io::ErrorKind::TimedOut, "the client stopped sending its request");
                    return Poll::Ready(Some(Err(axum::Error::new(error))));
                }
                return Poll::Pending;
            }
        }
        state.timeout.running = None;
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().body.size_hint()
    }
}

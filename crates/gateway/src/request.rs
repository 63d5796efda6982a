//! `Copied`: a request's body on its way to the server, with a bounded copy of what went by.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use autoheal_contract::limits::DRAIN_BYTES;
use autoheal_watch::{Collector, Message, Scope};
use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::call_ids;
use super::coding::Coding;
use super::watching::{Event, Watching};

/// A longer message is not kept until its answer, in bytes; only its ids are.
const KEPT: usize = 16 * 1024;

/// The body, held both by the connection that sends it and by the exchange: if there is no connection, the exchange
/// reads what is left, to learn which calls got no answer.
#[derive(Debug, Clone)]
pub(super) struct Copied(Arc<Mutex<State>>);

/// A body that somebody else holds.
#[derive(Debug)]
pub(super) struct Followed(Weak<Mutex<State>>);

#[derive(Debug)]
struct State {
    body: Body,
    copy: Collector,
    /// What was told stays while there is no answer: the error that stands for one names the calls.
    told: Option<Arc<Collector>>,
    size: usize,
    /// Not set for bodies that cannot be read, and once it was told.
    teller: Option<Teller>,
}

/// Who is told the message, and as whose.
#[derive(Debug)]
pub(super) struct Teller {
    pub(super) exchange: u64,
    pub(super) scope: Scope,
    pub(super) codings: Vec<Coding>,
    pub(super) watching: Arc<Watching>,
}

impl Copied {
    pub(super) fn new(body: Body, teller: Option<Teller>) -> Self {
        Self(Arc::new(Mutex::new(State { body, copy: Collector::default(), told: None, size: 0, teller })))
    }

    /// Without keeping it: a body that nobody reads any more is the client's connection's to deal with.
    pub(super) fn follow(&self) -> Followed {
        Followed(Arc::downgrade(&self.0))
    }

    /// Reads what nobody will send any more, and looks at all of it.
    pub(super) async fn rest<T>(&self, look: impl FnOnce(&[u8]) -> T) -> T {
        let mut rest = self.clone();
        while rest.lock().size <= DRAIN_BYTES {
            let Some(Ok(_)) = rest.frame().await else { break };
        }
        let state = self.lock();
        match state.told.as_deref().unwrap_or(&state.copy).message() {
            Message::Whole(bytes) => look(bytes),
            Message::Cut(_) => look(&[]),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

impl Followed {
    /// There is an answer: tells a message that is whole already, although its end has not been seen.
    pub(super) fn settle(&self) {
        let Some(state) = self.0.upgrade() else { return };
        let mut state = lock(&state);
        if state.teller.is_some() && state.is_json() {
            state.tell();
        }
        state.told = None;
    }

    /// Nothing more is told.
    pub(super) fn close(&self) {
        let Some(state) = self.0.upgrade() else { return };
        let mut state = lock(&state);
        state.teller = None;
        state.told = None;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn is_json(&self) -> bool {
        match self.copy.message() {
            Message::Whole(bytes) => serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok(),
            Message::Cut(_) => false,
        }
    }

    fn tell(&mut self) {
        let Some(Teller { exchange, scope, codings, watching }) = self.teller.take() else { return };
        if !self.copy.is_empty() {
            let message = Arc::new(std::mem::take(&mut self.copy));
            self.told = Some(match message.message() {
                Message::Whole(bytes) if bytes.len() > KEPT => {
                    let mut ids = Collector::default();
                    ids.push(call_ids::only_ids(bytes).as_bytes());
                    Arc::new(ids)
                }
                _ => Arc::clone(&message),
            });
            watching.push(Event::Asked { exchange, scope, message, codings, size: self.size });
        }
    }
}

impl HttpBody for Copied {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut state = self.lock();
        let polled = Pin::new(&mut state.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    state.size += data.len();
                    if state.teller.is_some() {
                        state.copy.push(data);
                    }
                }
                if state.body.is_end_stream() {
                    state.tell();
                }
            }
            Poll::Ready(None) => state.tell(),
            Poll::Ready(Some(Err(_))) => state.teller = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().body.size_hint()
    }
}

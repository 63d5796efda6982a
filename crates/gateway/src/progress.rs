//! `Progress`: what an open connection is doing, and the time of its last traffic.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its client has not sent the head of a request completely.
    Head,
    /// Its client has sent a head, and not yet the whole body.
    Body,
    /// A request is complete, and its response is not.
    Response,
    /// A response is complete, and its client has not begun another request.
    Idle,
}

const PHASES: [Phase; 4] = [Phase::Head, Phase::Body, Phase::Response, Phase::Idle];
/// Number of bytes from the client that count as progress of a body. A byte per second would otherwise keep a connection.
pub(crate) const PROGRESS_BYTES: usize = 4 * 1024;
/// Bits of a packed value that hold the phase.
const PHASE_BITS: u32 = 2;

/// What a connection is doing, shared by its stream, its bodies and the table.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    /// The start of the table, so that the times of its connections compare.
    start: Instant,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The phase, and above it the milliseconds from the start to its beginning.
    phase: AtomicU64,
    /// Milliseconds from the start to the last traffic.
    last_traffic: AtomicU64,
    /// Number of bytes from the client since its last progress.
    received_bytes: AtomicUsize,
    /// Milliseconds from the start to the last progress.
    last_progress: AtomicU64,
}

impl Progress {
    /// The progress of a connection that opens at `now`, in milliseconds since the start.
    pub(crate) fn new(start: Instant, now: u64) -> Self {
        let shared = Shared {
            phase: AtomicU64::new(packed(Phase::Head, now)),
            last_traffic: AtomicU64::new(now),
            received_bytes: AtomicUsize::new(0),
            last_progress: AtomicU64::new(now),
        };
        Self { start, shared: Arc::new(shared) }
    }

    /// Records bytes from the client.
    pub(crate) fn received(&self, bytes: usize) {
        self.change(Phase::Idle, Phase::Head);
        self.record_traffic();
        self.record_received(bytes, milliseconds_since(self.start));
    }

    /// Records bytes from the client at `now`, in milliseconds since the start. Enough of them are progress.
    pub(crate) fn record_received(&self, bytes: usize, now: u64) {
        if self.shared.received_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) >= PROGRESS_BYTES {
            self.shared.received_bytes.store(0, Ordering::Relaxed);
            self.shared.last_progress.store(now, Ordering::Relaxed);
        }
    }

    /// Records bytes to the client.
    pub(crate) fn sent(&self) {
        self.record_traffic();
    }

    /// Records the phase that begins now.
    pub(crate) fn begin(&self, phase: Phase) {
        self.begin_at(phase, milliseconds_since(self.start));
    }

    /// Records the phase that begins at `now`, in milliseconds since the start.
    pub(crate) fn begin_at(&self, phase: Phase, now: u64) {
        self.shared.phase.store(packed(phase, now), Ordering::Relaxed);
    }

    /// The phase, and its beginning in milliseconds since the start. For a body, the time of its last progress.
    pub(crate) fn phase(&self) -> (Phase, u64) {
        let value = self.shared.phase.load(Ordering::Relaxed);
        let phase = PHASES[usize::try_from(value & ((1 << PHASE_BITS) - 1)).unwrap_or(0)];
        let since = value >> PHASE_BITS;
        let last_progress = self.shared.last_progress.load(Ordering::Relaxed);
        (phase, if phase == Phase::Body { since.max(last_progress) } else { since })
    }

    /// The time of the last traffic, in milliseconds since the start.
    pub(crate) fn last_traffic(&self) -> u64 {
        self.shared.last_traffic.load(Ordering::Relaxed)
    }

    fn record_traffic(&self) {
        self.shared.last_traffic.store(milliseconds_since(self.start), Ordering::Relaxed);
    }

    /// Begins `to`, if the phase is `from`.
    fn change(&self, from: Phase, to: Phase) {
        if self.phase().0 == from {
            self.begin(to);
        }
    }
}

pub(crate) fn milliseconds_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn packed(phase: Phase, at: u64) -> u64 {
    at << PHASE_BITS | phase as u64
}

/// The body of a request. Records when its client has sent it completely.
#[derive(Debug)]
pub struct ClientBody {
    body: Incoming,
    progress: Progress,
}

impl ClientBody {
    /// The body of a request whose head is complete.
    pub(crate) fn new(body: Incoming, progress: Progress) -> Self {
        progress.begin(if body.is_end_stream() { Phase::Response } else { Phase::Body });
        Self { body, progress }
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_ready() && self.body.is_end_stream() {
            self.progress.change(Phase::Body, Phase::Response);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of a response. Its connection is idle once it is dropped, which hyper does at its end.
#[derive(Debug)]
pub(crate) struct AnswerBody<B> {
    body: B,
    progress: Progress,
}

impl<B> AnswerBody<B> {
    pub(crate) fn new(body: B, progress: Progress) -> Self {
        Self { body, progress }
    }
}

impl<B: Body + Unpin> Body for AnswerBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for AnswerBody<B> {
    fn drop(&mut self) {
        self.progress.begin(Phase::Idle);
    }
}

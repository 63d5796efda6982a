//! `Exchange`: one request and its answer, from the first byte until it is known how it ended.

use std::sync::Arc;

use autoheal_watch::{Collector, ExchangeEnd, Scope};

use super::decoding::Encoding;
use super::reader::AnswerEnd;
use super::request::{Copied, Followed};
use super::tally::Tally;
use super::watching::{Event, Watching};

/// Ends as told; dropped before that, the client went away.
#[derive(Debug)]
pub(super) struct Exchange {
    number: u64,
    scope: Scope,
    request: Followed,
    watching: Arc<Watching>,
    tally: Arc<Tally>,
    answered: bool,
    open: bool,
}

impl Exchange {
    pub(super) fn begin(
        number: u64,
        scope: Scope,
        request: &Copied,
        watching: Arc<Watching>,
        tally: Arc<Tally>,
    ) -> Self {
        Self { number, scope, request: request.follow(), watching, tally, answered: false, open: true }
    }

    /// The head of the answer is there.
    pub(super) fn answered(&mut self, status: u16) {
        self.answered = true;
        self.tally.answered(status);
        // Whoever is answered said all there is to say, even if the end of the body has not been seen yet.
        self.request.settle();
    }

    /// The answer named a session.
    pub(super) fn began(&self, session: Scope) {
        self.watching.push(Event::Began { exchange: self.scope, session });
    }

    /// The server sent a message.
    pub(super) fn message(&self, message: Collector, size: usize) {
        self.watching.push(Event::Answered { scope: self.scope, message, size });
    }

    /// The next piece of an encoded answer.
    pub(super) fn encoded(&self, encoding: &Arc<Encoding>, bytes: &[u8]) {
        if encoding.is_abandoned() {
            return;
        }
        let (exchange, scope, encoding) = (self.number, self.scope, Arc::clone(encoding));
        self.watching.push(Event::Encoded { exchange, scope, encoding, bytes: bytes.into() });
    }

    /// An encoded answer is over.
    pub(super) fn encoded_ended(&mut self, encoding: &Arc<Encoding>, end: AnswerEnd) {
        let (exchange, scope, encoding) = (self.number, self.scope, Arc::clone(encoding));
        self.end(Event::EncodedEnded { exchange, scope, encoding, end });
    }

    /// The answer is over.
    pub(super) fn ended(&mut self, end: ExchangeEnd) {
        self.end(Event::Ended { exchange: self.number, end });
    }

    /// There was no answer, from a server that was reached, or from none.
    pub(super) fn unanswered(&mut self, reached: bool, why: String) {
        self.end(Event::Unanswered { exchange: self.number, reached, why });
    }

    /// The answer passed, and nothing can be said about it.
    pub(super) fn forget(&mut self) {
        self.end(Event::Left { exchange: self.number });
    }

    fn end(&mut self, event: Event) {
        if std::mem::take(&mut self.open) {
            self.request.close();
            self.watching.push(event);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.answered {
            self.tally.answered(0);
        }
        self.forget();
    }
}

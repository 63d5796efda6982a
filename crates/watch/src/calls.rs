//! The requests that wait for their answers, by session and id.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::call::Call;
use super::lenient::canonical;
use autoheal_prepare::Timestamp;

/// Most parameters that are remembered at once, in bytes: what is over is still watched, without them.
const PARAMS: usize = 8 * 1024 * 1024;
/// Most requests that are remembered at once.
const MOST: usize = 50_000;

/// Of how many it is remembered when they were begun.
const RECENT: usize = 1_024;

/// Two threads see what passes: a server's words may be seen so much earlier than the request they are about.
const EARLY: Duration = Duration::from_millis(50);
/// The smallest step of time.
const ONE: Duration = Duration::from_millis(1);

/// A request's name: its session, and its id as JSON, since `"1"` is not `1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) session: u64,
    pub(super) id: Box<str>,
}

impl Key {
    /// By the id as it stands in the text.
    pub(super) fn new(session: u64, id: &str) -> Self {
        Self { session, id: canonical(id).into() }
    }
}

/// All that wait.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: HashMap<Key, Call>,
    /// Progress tokens that are not the id itself.
    tokens: HashMap<Key, Box<str>>,
    /// Bytes of parameters.
    weight: usize,
    /// How many of the open ones run code.
    running: u32,
    /// How many of them were told of.
    told: usize,
    /// How many that run code were ever begun.
    begun: u64,
    /// When the last of those were begun, by their numbers.
    recent: VecDeque<(u64, Timestamp)>,
    /// When the last of them ended.
    last_ended: Option<Timestamp>,
}

impl Calls {
    /// How many bytes of parameters may still be remembered.
    pub(super) fn room(&self) -> usize {
        PARAMS.saturating_sub(self.weight)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Remembers a request. One of the same name was given up by its client and goes, and where there is no room those go
    /// that were told of as never answered.
    pub(super) fn begin(&mut self, key: &Key, mut call: Call) {
        drop(self.end(key, call.began));
        if self.open.len() >= MOST {
            if self.told == 0 {
                return;
            }
            self.forget_told();
        }
        call.beside = self.running;
        if self.running == 0 {
            let after_others = self.last_ended.map_or(Timestamp(i64::MIN), |ended| ended.plus(ONE));
            call.since = call.began.minus(EARLY).max(after_others.min(call.began));
        }
        call.number = self.begun;
        if call.kind.runs_code() {
            self.running += 1;
            self.recent.push_back((self.begun, call.began));
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
            self.begun += 1;
        }
        self.weight += call.weight();
        if let Some(token) = call.progress_token.as_ref().filter(|token| **token != key.id) {
            self.tokens.insert(Key { session: key.session, id: token.clone() }, key.id.clone());
        }
        self.open.insert(key.clone(), call);
    }

    /// Its answer came, or nobody waits for one.
    pub(super) fn end(&mut self, key: &Key, now: Timestamp) -> Option<Call> {
        let call = self.open.remove(key)?;
        self.weight -= call.weight();
        self.told -= usize::from(call.told);
        if call.kind.runs_code() {
            self.running -= 1;
            self.last_ended = Some(now);
        }
        if let Some(token) = call.progress_token.as_ref().filter(|token| **token != key.id) {
            self.tokens.remove(&Key { session: key.session, id: token.clone() });
        }
        Some(call)
    }

    /// How many other calls ran code during this one.
    pub(super) fn overlapping(&self, call: &Call) -> u32 {
        let own = u64::from(call.kind.runs_code());
        let later = self.begun.saturating_sub(call.number + own);
        call.beside.saturating_add(u32::try_from(later).unwrap_or(u32::MAX))
    }

    /// How many calls that run code were ever begun.
    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    /// When the next call that runs code was begun, counting from this many; none if there was none, or long ago.
    pub(super) fn next_begun(&self, count: u64) -> Option<Timestamp> {
        self.recent.iter().find(|(number, _)| *number >= count).map(|(_, began)| *began)
    }

    /// A sign of life.
    pub(super) fn heard(&mut self, session: u64, token: &str, now: Timestamp) {
        let key = Key::new(session, token);
        let key = self.tokens.get(&key).map_or(key, |id| Key { session, id: id.clone() });
        if let Some(call) = self.open.get_mut(&key) {
            call.heard = now;
        }
    }

    /// The client answered the server, on which calls of that session may have waited.
    pub(super) fn heard_all(&mut self, session: u64, now: Timestamp) {
        self.open.iter_mut().filter(|(key, _)| key.session == session).for_each(|(_, call)| call.heard = now);
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Call> {
        self.open.get(key)
    }

    /// Takes what a report needs; the call stays open, as one that was told of.
    pub(super) fn tell(&mut self, key: &Key) -> Option<Call> {
        let open = self.open.get_mut(key)?;
        let again = open.again();
        let call = std::mem::replace(open, again);
        self.weight -= call.weight();
        self.told += usize::from(!call.told);
        if let Some(token) = call.progress_token.as_ref().filter(|token| **token != key.id) {
            self.tokens.remove(&Key { session: key.session, id: token.clone() });
        }
        Some(call)
    }

    fn forget_told(&mut self) {
        let told = self.open.extract_if(|_, call| call.told);
        self.running -= told.map(|(_, call)| u32::from(call.kind.runs_code())).sum::<u32>();
        self.told = 0;
    }

    /// Those that nothing was heard of for their patience.
    pub(super) fn overdue(&self, now: Timestamp, patience: impl Fn(&Call) -> Option<Duration>) -> Vec<Key> {
        let late = |call: &Call| !call.told && patience(call).is_some_and(|patience| call.heard.plus(patience) <= now);
        self.open.iter().filter(|(_, call)| late(call)).map(|(key, _)| key.clone()).collect()
    }

    /// When the next of them will be overdue.
    pub(super) fn next_overdue(&self, patience: impl Fn(&Call) -> Option<Duration>) -> Option<Timestamp> {
        let waiting = self.open.values().filter(|call| !call.told);
        waiting.filter_map(|call| Some(call.heard.plus(patience(call)?))).min()
    }

    /// All of them, in the order they were begun; none is left.
    pub(super) fn take_all(&mut self) -> Vec<Call> {
        let mut all: Vec<Call> = std::mem::take(&mut self.open).into_values().collect();
        (self.weight, self.running, self.told) = (0, 0, 0);
        self.tokens.clear();
        all.sort_by_key(|call| (call.began, call.number));
        all
    }
}

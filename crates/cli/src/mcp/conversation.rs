//! The watch over a conversation, shared by the threads that pass it on and the one that tells of failures.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use autoheal_contract::{ErrorReport, Exit};
use autoheal_pipeline::clock::{Clock, Timestamp};
use autoheal_pipeline::mcp::{Learnt, Message, Scope, Watch};

use crate::child::say;

/// After a look that brought nothing the next one waits at least this long, whatever is said to be due.
const PAUSE: Duration = Duration::from_millis(20);

/// The watch behind its lock. Nobody holds the lock while writing: the server may wait for us to read.
pub(super) struct Conversation {
    state: Mutex<State>,
    changed: Condvar,
    clock: Clock,
}

struct State {
    /// None after a fault of ours: the conversation goes on, unwatched.
    watch: Option<Watch>,
    /// Until when the watcher sleeps; in the past while it is awake, and will look by itself.
    asleep_until: Timestamp,
    is_over: bool,
}

/// What a look brought.
#[derive(Default)]
pub(super) struct News {
    pub(super) reports: Vec<ErrorReport>,
    pub(super) learnt: Option<Learnt>,
    /// There is nothing to come.
    pub(super) is_last: bool,
}

impl Conversation {
    pub(super) fn new(watch: Watch) -> Self {
        let state = State { watch: Some(watch), asleep_until: Timestamp(i64::MIN), is_over: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), clock: Clock::system() }
    }

    /// The client sent a message.
    pub(super) fn client_said(&self, message: &Message<'_>) {
        self.show(|watch, now| {
            // what it opened is settled by answers, not by the end of an exchange
            let _opened = watch.from_client(Scope::default(), message, now);
        });
    }

    /// The server sent a message.
    pub(super) fn server_said(&self, message: &Message<'_>) {
        self.show(|watch, now| watch.from_server(Scope::default(), message, now));
    }

    /// The server printed something on its standard error.
    pub(super) fn printed(&self, bytes: &[u8]) {
        self.show(|watch, now| watch.printed(bytes, now));
    }

    /// The client has closed its side.
    pub(super) fn client_closed(&self) {
        self.show(|watch, _| watch.client_closed());
    }

    /// The server has ended, and all of its words were shown.
    pub(super) fn server_ended(&self, exit: Exit, asked: bool) {
        self.show(|watch, now| watch.server_ended(exit, asked, now));
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    /// Waits until there may be something to tell.
    pub(super) fn news(&self) -> News {
        let mut state = self.lock();
        loop {
            let now = self.clock.now();
            if state.is_over {
                let reports = state.look(|watch| watch.last_reports(now)).unwrap_or_default();
                return News { reports, learnt: state.look(Watch::learnt).flatten(), is_last: true };
            }
            let due = state.look(|watch| watch.due()).flatten();
            if due.is_some_and(|due| due <= now) {
                let reports = state.look(|watch| watch.reports(now)).unwrap_or_default();
                let learnt = state.look(Watch::learnt).flatten();
                if !reports.is_empty() || learnt.is_some() {
                    return News { reports, learnt, is_last: false };
                }
                state = self.wait(state, PAUSE);
                continue;
            }
            state.asleep_until = due.unwrap_or(Timestamp(i64::MAX));
            let left = due.map_or(i64::MAX, |due| due.0.saturating_sub(now.0));
            // a clock that is set back must not keep us for ever
            let left = Duration::from_millis(u64::try_from(left).unwrap_or(0)).min(Duration::from_secs(60));
            state = self.wait(state, left);
            state.asleep_until = Timestamp(i64::MIN);
            if let Some(learnt) = state.look(Watch::learnt).flatten() {
                return News { learnt: Some(learnt), ..News::default() };
            }
        }
    }

    /// Shows something to the watch; wakes the watcher only if it would sleep too long.
    fn show(&self, what: impl FnOnce(&mut Watch, Timestamp)) {
        let now = self.clock.now();
        let mut state = self.lock();
        let due = state.look(|watch| {
            what(watch, now);
            watch.due()
        });
        if due.flatten().is_some_and(|due| due < state.asleep_until) {
            state.asleep_until = Timestamp(i64::MIN);
            drop(state);
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, longest: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, longest).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl State {
    /// A fault of ours ends the watching, never the conversation.
    fn look<T>(&mut self, what: impl FnOnce(&mut Watch) -> T) -> Option<T> {
        let watch = self.watch.as_mut()?;
        let seen = catch_unwind(AssertUnwindSafe(|| what(watch)));
        if seen.is_err() {
            self.watch = None;
            say("a fault of autoheal's own: this server's failures are reported no more until it is started again");
        }
        seen.ok()
    }
}

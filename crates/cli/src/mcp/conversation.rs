//! The watch over a conversation, shared by the threads that pass it on and the one that tells of failures.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use autoheal_contract::{ErrorReport, Exit};
use autoheal_prepare::Timestamp;
use autoheal_store::Clock;
use autoheal_watch::{Boundary, Inventory, Message, Scope, Watch};

/// After a look that brought nothing the next one waits at least this long, whatever is said to be due.
const PAUSE: Duration = Duration::from_millis(20);

/// The watch behind its lock. Nobody holds the lock while writing: the server may wait for us to read.
pub(super) struct Conversation {
    state: Mutex<State>,
    changed: Condvar,
    clock: Clock,
}

struct State {
    /// A fault of ours ends the watching, never the conversation.
    watch: Boundary<Watch>,
    /// After a fault that nobody was told of yet: what was gathered before it.
    left: Option<Vec<ErrorReport>>,
    /// Until when the watcher sleeps; in the past while it is awake, and will look by itself.
    asleep_until: Timestamp,
    is_over: bool,
}

/// What a look brought.
#[derive(Default)]
pub(super) struct News {
    pub(super) reports: Vec<ErrorReport>,
    pub(super) learnt: Option<Inventory>,
    /// A fault of ours has ended the watching.
    pub(super) is_fault: bool,
    /// There is nothing to come.
    pub(super) is_last: bool,
}

impl Conversation {
    pub(super) fn new(watch: Watch) -> Self {
        let watch = Boundary::around(watch);
        let state = State { watch, left: None, asleep_until: Timestamp(i64::MIN), is_over: false };
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

    /// Something that passed cannot be shown, by a fault of ours.
    pub(super) fn missed(&self) {
        let mut state = self.lock();
        let State { watch, left, .. } = &mut *state;
        watch.end(|watch| *left = Some(watch.into_remaining_reports()));
        drop(state);
        self.changed.notify_all();
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
                let mut reports = state.look(|watch| watch.last_reports(now)).unwrap_or_default();
                let learnt = state.look(Watch::changed_inventory).flatten();
                let left = state.left.take();
                let is_fault = left.is_some();
                reports.extend(left.unwrap_or_default());
                return News { reports, learnt, is_fault, is_last: true };
            }
            if let Some(reports) = state.left.take() {
                return News { reports, is_fault: true, ..News::default() };
            }
            let due = state.look(|watch| watch.due()).flatten();
            if due.is_some_and(|due| due <= now) {
                let reports = state.look(|watch| watch.reports(now)).unwrap_or_default();
                let learnt = state.look(Watch::changed_inventory).flatten();
                if !reports.is_empty() || learnt.is_some() {
                    return News { reports, learnt, ..News::default() };
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
            if let Some(learnt) = state.look(Watch::changed_inventory).flatten() {
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
        if due.flatten().is_some_and(|due| due < state.asleep_until) || state.left.is_some() {
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
    /// Whoever looks holds the lock, so that people are told of a fault by the watcher.
    fn look<T>(&mut self, what: impl FnOnce(&mut Watch) -> T) -> Option<T> {
        let Self { watch, left, .. } = self;
        watch.enter(what, |watch| *left = Some(watch.into_remaining_reports()))
    }
}

#[cfg(test)]
mod tests {
    use autoheal_watch::{Setup, Target};

    use super::*;

    const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"divide"}}"#;
    const FAILURE: &[u8] = br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"boom"}}"#;

    fn conversation() -> Conversation {
        let patience = Duration::from_secs(60);
        let target = Target::Stdio { command: "server".to_owned() };
        Conversation::new(Watch::new(Setup { target, timeout: patience, handshake_timeout: patience }))
    }

    fn fails(conversation: &Conversation) {
        conversation.client_said(&Message::Whole(CALL));
        conversation.server_said(&Message::Whole(FAILURE));
    }

    #[test]
    fn after_a_fault_of_ours_what_was_gathered_is_told_and_nothing_is_watched() {
        let conversation = conversation();
        fails(&conversation);
        conversation.show(|_, _| panic!("a fault on purpose"));
        let news = conversation.news();
        assert_eq!((news.reports.len(), news.is_fault, news.is_last), (1, true, false));
        assert_eq!(news.reports[0].error_message, "divide: boom");
        // whatever passes from now on is passed on, and looked at no more
        fails(&conversation);
        conversation.printed(b"anything\n");
        conversation.missed();
        conversation.server_ended(Exit::default(), false);
        let news = conversation.news();
        assert_eq!((news.reports.len(), news.is_fault, news.is_last), (0, false, true));
    }

    #[test]
    fn a_fault_right_before_the_end_is_told_with_the_end() {
        let conversation = conversation();
        fails(&conversation);
        conversation.missed();
        conversation.server_ended(Exit::default(), false);
        let news = conversation.news();
        assert_eq!((news.reports.len(), news.is_fault, news.is_last), (1, true, true));
    }

    #[test]
    fn a_watcher_that_sleeps_hears_of_a_fault() {
        let conversation = conversation();
        std::thread::scope(|scope| {
            let watcher = scope.spawn(|| conversation.news());
            conversation.missed();
            assert!(watcher.join().unwrap().is_fault);
        });
    }
}

//! The watch over a conversation, shared by the relaying threads and the watcher thread.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use autoheal_contract::{ErrorReport, Exit};
use autoheal_watch::{Boundary, Clocks, Inventory, Message, Moment, Scope, Watch, WatchedReport};

/// Wait after a due check of the watch that found nothing.
const PAUSE: Duration = Duration::from_millis(20);
/// Maximum time that the watcher sleeps.
const LONGEST_SLEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// The watch behind its lock. No thread holds the lock while it writes to a pipe, because that can block.
pub(super) struct Conversation {
    state: Mutex<State>,
    changed: Condvar,
    clocks: Clocks,
}

struct State {
    /// The watch; an internal panic ends it, but not the conversation.
    watch: Boundary<Watch>,
    /// Reports collected before an internal panic. Present until the watcher takes them.
    rescued: Option<Vec<ErrorReport>>,
    /// Time until which the watcher sleeps. The minimum while it is awake, because it then needs no notification.
    asleep_until: Moment,
    is_over: bool,
}

/// Results of the watch since the last update, for the watcher.
#[derive(Default)]
pub(super) struct Update {
    pub(super) reports: Vec<ErrorReport>,
    /// The server's inventory, if it has changed.
    pub(super) inventory: Option<Inventory>,
    /// True if an internal panic has ended the watch.
    pub(super) has_panicked: bool,
    /// True for the last update.
    pub(super) is_last: bool,
}

impl Conversation {
    pub(super) fn new(watch: Watch) -> Self {
        let watch = Boundary::around(watch);
        let state = State { watch, rescued: None, asleep_until: Moment::FIRST, is_over: false };
        Self { state: Mutex::new(state), changed: Condvar::new(), clocks: Clocks::start() }
    }

    /// The current moment. A stream's moment is taken before its bytes are passed on, so that what follows from them is
    /// later.
    pub(super) fn now(&self) -> Moment {
        self.clocks.now()
    }

    /// Passes a message of the client to the watch.
    pub(super) fn client_sent(&self, message: &Message<'_>, at: Moment) {
        self.change(|watch| {
            // on pipes a call ends with its response, not with the end of an HTTP exchange
            let _opened = watch.from_client(Scope::default(), message, at);
        });
    }

    /// Passes a message of the server to the watch.
    pub(super) fn server_sent(&self, message: &Message<'_>, at: Moment) {
        self.change(|watch| watch.from_server(Scope::default(), message, at));
    }

    /// Passes bytes that the server printed to standard error to the watch.
    pub(super) fn printed(&self, bytes: &[u8], at: Moment) {
        self.change(|watch| watch.printed(bytes, at));
    }

    /// Ends the watch after an internal panic in another part, because the watch then no longer gets every message.
    pub(super) fn abandon_watch(&self) {
        let mut state = self.lock();
        let State { watch, rescued, .. } = &mut *state;
        watch.end(|watch| *rescued = Some(without_addresses(watch.into_remaining_reports())));
        drop(state);
        self.changed.notify_all();
    }

    /// Records the end of the client's input.
    pub(super) fn client_closed(&self) {
        self.update(|watch, _| watch.client_closed());
    }

    /// Records that the client no longer reads.
    pub(super) fn client_left(&self) {
        self.update(|watch, _| watch.client_left());
    }

    /// Records the exit of the server, after all of its output.
    pub(super) fn server_ended(&self, exit: Exit, interrupted: bool) {
        self.update(|watch, now| watch.server_ended(exit, interrupted, now));
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    /// Waits for the next update.
    pub(super) fn next_update(&self) -> Update {
        let mut state = self.lock();
        loop {
            let now = self.clocks.now();
            if state.is_over {
                let mut reports = without_addresses(state.enter(|watch| watch.last_reports(now)).unwrap_or_default());
                let inventory = state.enter(Watch::changed_inventory).flatten();
                let rescued = state.rescued.take();
                let has_panicked = rescued.is_some();
                reports.extend(rescued.unwrap_or_default());
                return Update { reports, inventory, has_panicked, is_last: true };
            }
            if let Some(reports) = state.rescued.take() {
                return Update { reports, has_panicked: true, ..Update::default() };
            }
            let due = state.enter(|watch| watch.due()).flatten();
            if due.is_some_and(|due| due <= now) {
                let reports = without_addresses(state.enter(|watch| watch.reports(now)).unwrap_or_default());
                let inventory = state.enter(Watch::changed_inventory).flatten();
                if !reports.is_empty() || inventory.is_some() {
                    return Update { reports, inventory, ..Update::default() };
                }
                state = self.wait(state, PAUSE);
                continue;
            }
            state.asleep_until = due.unwrap_or(Moment::LAST);
            // at most a day, because some systems cannot wait for longer
            let remaining = due.map_or(LONGEST_SLEEP, |due| due.since(now).min(LONGEST_SLEEP));
            state = self.wait(state, remaining);
            state.asleep_until = Moment::FIRST;
            if let Some(inventory) = state.enter(Watch::changed_inventory).flatten() {
                return Update { inventory: Some(inventory), ..Update::default() };
            }
        }
    }

    /// Calls the watch, and wakes the watcher if it would sleep too long.
    fn update(&self, change: impl FnOnce(&mut Watch, Moment)) {
        let now = self.now();
        self.change(|watch| change(watch, now));
    }

    fn change(&self, change: impl FnOnce(&mut Watch)) {
        let mut state = self.lock();
        let due = state.enter(|watch| {
            change(watch);
            watch.due()
        });
        if due.flatten().is_some_and(|due| due < state.asleep_until) || state.rescued.is_some() {
            state.asleep_until = Moment::FIRST;
            drop(state);
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, timeout: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, timeout).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl State {
    /// Calls the watch; none once an internal panic has ended it. Does not print a message about the panic, because the
    /// caller holds the lock; the watcher prints it.
    fn enter<T>(&mut self, call: impl FnOnce(&mut Watch) -> T) -> Option<T> {
        let Self { watch, rescued, .. } = self;
        watch.enter(call, |watch| *rescued = Some(without_addresses(watch.into_remaining_reports())))
    }
}

/// The reports alone: on pipes there are no addresses.
fn without_addresses(reports: Vec<WatchedReport>) -> Vec<ErrorReport> {
    reports.into_iter().map(|watched| watched.report).collect()
}

#[cfg(test)]
mod tests {
    use autoheal_prepare::KnownSecrets;
    use autoheal_watch::{Setup, Target};

    use super::*;

    const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"divide"}}"#;
    const FAILURE: &[u8] = br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"boom"}}"#;

    fn conversation() -> Conversation {
        let timeout = Duration::from_secs(60);
        let target = Target::Stdio { command: "server".to_owned() };
        Conversation::new(Watch::new(Setup {
            target,
            timeout,
            handshake_timeout: timeout,
            known_secrets: KnownSecrets::default(),
            soft_errors: false,
        }))
    }

    fn fail_a_call(conversation: &Conversation) {
        conversation.client_sent(&Message::Whole(CALL), conversation.now());
        conversation.server_sent(&Message::Whole(FAILURE), conversation.now());
    }

    #[test]
    fn an_internal_panic_ends_the_watch_and_earlier_reports_are_not_lost() {
        let conversation = conversation();
        fail_a_call(&conversation);
        conversation.update(|_, _| panic!("on purpose"));
        let update = conversation.next_update();
        assert_eq!((update.reports.len(), update.has_panicked, update.is_last), (1, true, false));
        assert_eq!(update.reports[0].error_message, "divide: boom");
        // later messages are relayed, but no longer watched
        fail_a_call(&conversation);
        conversation.printed(b"anything\n", conversation.now());
        conversation.abandon_watch();
        conversation.server_ended(Exit::default(), false);
        let update = conversation.next_update();
        assert_eq!((update.reports.len(), update.has_panicked, update.is_last), (0, false, true));
    }

    #[test]
    fn an_internal_panic_right_before_the_end_is_part_of_the_last_update() {
        let conversation = conversation();
        fail_a_call(&conversation);
        conversation.abandon_watch();
        conversation.server_ended(Exit::default(), false);
        let update = conversation.next_update();
        assert_eq!((update.reports.len(), update.has_panicked, update.is_last), (1, true, true));
    }

    #[test]
    fn an_internal_panic_wakes_a_sleeping_watcher() {
        let conversation = conversation();
        std::thread::scope(|scope| {
            let watcher = scope.spawn(|| conversation.next_update());
            conversation.abandon_watch();
            assert!(watcher.join().unwrap().has_panicked);
        });
    }
}

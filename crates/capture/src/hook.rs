//! The panic hook: spools a report of every panic, then calls the hook that was set before.

use std::cell::{Cell, RefCell};
use std::panic;
use std::sync::{Arc, Once, mpsc};
use std::time::Duration;

use super::panic::{Panic, message, place};
use super::{PROGRAM, outbox, output, throttle};

/// Maximum time that the panicking thread waits until its report is on disk.
const SPOOL_TIMEOUT: Duration = Duration::from_secs(2);

thread_local! {
    /// True while this thread is in the hook, or works for it.
    static IN_HOOK: Cell<bool> = const { Cell::new(false) };
    /// Set while `catching` runs on this thread, so that a panic is reported with its MCP call.
    static CATCHER: RefCell<Option<Caught>> = const { RefCell::new(None) };
}

/// The last panic on a thread with a catcher.
#[derive(Default)]
pub(super) struct Caught {
    pub(super) panic: Option<Panic>,
}

/// Installs the hook, once for the whole program.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    // a hook cannot be set while panicking
    if std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // before the previous hook, because some hooks end the program
            handle(info);
            previous(info);
        }));
    });
}

fn handle(info: &panic::PanicHookInfo<'_>) {
    // a panic inside this crate goes to the previous hook only
    if IN_HOOK.try_with(|busy| busy.replace(true)).unwrap_or(true) {
        return;
    }
    if is_aftermath(&message(info.payload())) {
        // the earlier panic is reported already, and a closed output is no failure
    } else if is_caught() {
        // the handler has recovered from an earlier panic, which therefore belongs to no failed call: report it by
        // itself
        give_to_catcher(Panic::new(info, 1)).into_iter().for_each(report);
    } else if let Some(count) = throttle::count(&place(info)) {
        report(Panic::new(info, count));
    }
    let _ending = IN_HOOK.try_with(|busy| busy.set(false));
}

/// True if the panic follows from an earlier panic, or from a closed output.
fn is_aftermath(message: &str) -> bool {
    let second_panics = ["panic in a destructor during cleanup", "panic in a function that cannot unwind"];
    second_panics.contains(&message) || message.starts_with("failed printing to std") && output::is_closed()
}

/// True if a catcher on this thread catches the panic. False in a program whose panics abort.
fn is_caught() -> bool {
    let has_catcher = CATCHER.try_with(|catcher| catcher.try_borrow().is_ok_and(|catcher| catcher.is_some()));
    cfg!(panic = "unwind") && has_catcher.unwrap_or(false)
}

/// Stores the panic for the catcher; returns the panic that was stored before.
fn give_to_catcher(panic: Panic) -> Option<Panic> {
    CATCHER.try_with(|catcher| catcher.try_borrow_mut().ok()?.as_mut()?.panic.replace(panic)).ok()?
}

/// Runs a function whose panics the caller catches and reports; returns the panic that the hook recorded.
#[cfg(feature = "rmcp")]
pub(super) fn catching<T>(run: impl FnOnce() -> T) -> (T, Option<Panic>) {
    let outer = CATCHER.replace(Some(Caught::default()));
    let result = run();
    let caught = CATCHER.replace(outer);
    (result, caught.and_then(|caught| caught.panic))
}

/// Spools a report of a panic before it returns. Another thread does the work, because a panic inside a hook would abort the
/// program, and a lock that this thread holds would deadlock it.
pub(super) fn report(panic: Panic) {
    // `Healed` installs the hook too; without `start`, only failed calls are reported
    if PROGRAM.get().is_none() {
        return;
    }
    let panic = Arc::new(panic);
    let thread_panic = Arc::clone(&panic);
    let (done, finished) = mpsc::channel::<()>();
    let work = move || {
        IN_HOOK.set(true);
        outbox::spool_now(thread_panic.report());
        drop(done);
    };
    match std::thread::Builder::new().name("autoheal-panic".to_owned()).spawn(work) {
        Ok(_) => {
            // returns when the sender is dropped, also by a panic
            let _done = finished.recv_timeout(SPOOL_TIMEOUT);
        }
        // no thread can be started: spool from this one, because that shortage may be the cause of the panic
        Err(_) => outbox::spool_now(panic.report()),
    }
}

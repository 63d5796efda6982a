//! The panic hook: sees every panic first, has it on the disk before anything else happens, then calls the hook before it.

use std::cell::{Cell, RefCell};
use std::panic;
use std::sync::{Arc, Once, mpsc};
use std::time::Duration;

use super::panic::{Panic, message, place};
use super::{PROGRAM, reader, storm, tell};

/// How long the panicking thread waits for its report to be on the disk.
const PATIENCE: Duration = Duration::from_secs(2);

thread_local! {
    /// This thread is in the hook, or works for it.
    static BUSY: Cell<bool> = const { Cell::new(false) };
    /// Somebody on this thread catches the panic, and reports it with what is known of the call.
    static CATCHER: RefCell<Option<Caught>> = const { RefCell::new(None) };
}

/// What the catcher is given.
#[derive(Default)]
pub(super) struct Caught {
    pub(super) panic: Option<Panic>,
}

/// Once for the whole program.
pub(super) fn install() {
    static ONCE: Once = Once::new();
    // a hook cannot be set while panicking
    if std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // first, since some hooks end the program
            saw(info);
            previous(info);
        }));
    });
}

fn saw(info: &panic::PanicHookInfo<'_>) {
    // a panic of our own is the previous hook's only
    if BUSY.try_with(|busy| busy.replace(true)).unwrap_or(true) {
        return;
    }
    // what a catcher was given before, and recovered from, is nobody's any more
    if is_aftermath(&message(info.payload())) {
        // nothing to tell
    } else if is_caught() {
        give_to_catcher(Panic::new(info, 1)).into_iter().for_each(report);
    } else if let Some(count) = storm::count(&place(info)) {
        report(Panic::new(info, count));
    }
    let _ending = BUSY.try_with(|busy| busy.set(false));
}

/// Whether it only tells that an earlier panic ends the program, or that nobody reads what the program prints.
fn is_aftermath(message: &str) -> bool {
    let unwinds_no_further = ["panic in a destructor during cleanup", "panic in a function that cannot unwind"];
    unwinds_no_further.contains(&message) || message.starts_with("failed printing to std") && reader::is_gone()
}

/// Whether somebody on this thread catches it. Where panics abort, nobody can.
fn is_caught() -> bool {
    let has_catcher = CATCHER.try_with(|catcher| catcher.try_borrow().is_ok_and(|catcher| catcher.is_some()));
    cfg!(panic = "unwind") && has_catcher.unwrap_or(false)
}

/// What it was given before comes back.
fn give_to_catcher(panic: Panic) -> Option<Panic> {
    CATCHER.try_with(|catcher| catcher.try_borrow_mut().ok()?.as_mut()?.panic.replace(panic)).ok()?
}

/// Runs something whose panics the caller catches and reports; what the hook saw of them comes back.
#[cfg(feature = "rmcp")]
pub(super) fn catching<T>(run: impl FnOnce() -> T) -> (T, Option<Panic>) {
    let outer = CATCHER.replace(Some(Caught::default()));
    let result = run();
    let caught = CATCHER.replace(outer);
    (result, caught.and_then(|caught| caught.panic))
}

/// Has a panic on the disk when this returns. The work is done on another thread: a panic in a hook would abort the
/// program, and a lock that this thread holds would hold it for ever.
pub(super) fn report(panic: Panic) {
    // a library's catcher, in a program that did not ask for more
    if PROGRAM.get().is_none() {
        return;
    }
    let panic = Arc::new(panic);
    let theirs = Arc::clone(&panic);
    let (done, told) = mpsc::channel::<()>();
    let work = move || {
        BUSY.set(true);
        tell::now(theirs.report());
        drop(done);
    };
    match std::thread::Builder::new().name("autoheal-panic".to_owned()).spawn(work) {
        Ok(_) => {
            // ends when the sender is dropped, also by a panic
            let _done = told.recv_timeout(PATIENCE);
        }
        // a system without threads left is what panics tell of, too
        Err(_) => tell::now(panic.report()),
    }
}

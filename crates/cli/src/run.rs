//! `autoheal run`: a command as if nothing were between; when it fails, what is known of the failure is told.

mod relay;
mod report;
mod streams;
mod tail;
mod terminal;

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

use autoheal_deliver::{Destination, MAX_DELAY, Outcome, deliver};
use autoheal_prepare::validate::Sender;

use self::report::{Failed, Printed};
use self::streams::Streams;
use self::terminal::Terminal;
use crate::args::RunArgs;
use crate::child::{Ending, Signals, passing, refuse, say, start};

/// How long what the command left may still be passed on, once somebody asked us to end as well.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Runs the command to its end and ends as it did: with its exit code, or by its signal.
pub(crate) fn run(options: RunArgs) -> ExitCode {
    let Some((program, arguments)) = options.command.split_first() else { return ExitCode::from(2) };
    // before the command is there, so that no signal and no end of it is missed
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return refuse(&format!("cannot listen for signals: {error}"), 125),
    };
    let (began, started) = (SystemTime::now(), Instant::now());
    let streams = match Streams::open() {
        Ok(streams) => streams,
        Err(error) => return refuse(&format!("cannot make pipes for the command: {error}"), 125),
    };
    let (child, relays) = match streams.start(program, arguments) {
        Ok(started) => started,
        Err(error) => return refuse(&start::refusal(program, &error), start::code(&error)),
    };
    let ending = signals.follow(child, || relays.terminal().is_some_and(Terminal::resized));
    let duration = started.elapsed();
    let interrupted = signals.interrupted();
    // a reader that does not read may hold up what is left; who asks us to end then must not ask in vain
    let is_done = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&is_done);
    signals.hear_on(move |signal| {
        // one that was meant for the command, too: what is only on its way still arrives
        std::thread::sleep(LAST_WORDS);
        if !done.load(Ordering::Relaxed) {
            Ending::Signal(signal).repeat_now();
        }
    });
    let relayed = relays.finish();
    is_done.store(true, Ordering::Relaxed);
    let failed = ending.failed(&options.ok) && !interrupted && !(relayed.reader_gone && ending.by_pipe());
    if failed {
        let printed = Printed::read(&relayed);
        let failed = Failed { command: options.command.clone(), ending, printed, began, duration };
        if !(failed.is_interrupt() || relayed.reader_gone && failed.is_broken_pipe()) {
            report(options, failed);
        }
    }
    ending.repeat()
}

/// Reports the failure, within [`MAX_DELAY`]. Trouble is printed in a line.
fn report(options: RunArgs, failed: Failed) {
    let until = Instant::now() + MAX_DELAY;
    let (sender, result) = mpsc::channel();
    let delivering = std::thread::Builder::new().name("report".to_owned()).spawn(move || {
        let destination = Destination::from(options.delivery);
        let report = failed.report(destination.scrub);
        let _timed_out = sender.send(deliver(&destination, Sender::Local, vec![report], until));
    });
    let result = match delivering {
        Ok(_) => result.recv_timeout(MAX_DELAY),
        Err(error) => Ok(Outcome::Lost(error.to_string())),
    };
    match result {
        // for people only: a log of the command's output stays as the command wrote it
        Ok(Outcome::Delivered(what)) if stderr().is_terminal() => say(&what),
        Ok(Outcome::Delivered(_)) => {}
        Ok(Outcome::Spooled(why)) => say(&format!("this failure could not be reported yet and is kept: {why}")),
        Ok(Outcome::Lost(why)) => say(&format!("this failure could not be reported: {why}")),
        Err(_) => say("this failure could not be reported in time; if it could be kept, it is sent next time"),
    }
}

/// What is left of a `run` whose command ended while children of it still print: a plain copy, until they are done.
pub(crate) fn relay() -> ExitCode {
    passing::copy_to_end();
    ExitCode::SUCCESS
}

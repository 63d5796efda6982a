//! `autoheal run`: a command as if nothing were between; when it fails, what is known of the failure is told.

mod ending;
mod facts;
mod printed;
mod relay;
mod report;
mod signals;
mod start;
mod streams;
mod tail;
mod tell;
mod terminal;

use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use self::printed::Printed;
use self::report::Failed;
use self::signals::Signals;
use self::streams::Streams;
use crate::args::RunArgs;

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
    let ending = signals.follow(child, relays.terminal());
    let duration = started.elapsed();
    let relayed = relays.finish();
    let failed = ending.failed(&options.ok) && !signals.interrupted() && !(relayed.reader_gone && ending.by_pipe());
    if failed {
        let printed = Printed::read(&relayed);
        let failed = Failed { command: options.command.clone(), ending, printed, began, duration };
        if !(failed.is_interrupt() || relayed.reader_gone && failed.is_broken_pipe()) {
            tell::tell(options, failed);
        }
    }
    ending.repeat()
}

/// One line of ours, and the exit code that wrappers of commands use for it.
fn refuse(sentence: &str, code: u8) -> ExitCode {
    eprintln!("autoheal: {sentence}");
    ExitCode::from(code)
}

/// What is left of a `run` whose command ended while children of it still print: a plain copy, until they are done.
pub(crate) fn relay() -> ExitCode {
    relay::copy_to_end();
    ExitCode::SUCCESS
}

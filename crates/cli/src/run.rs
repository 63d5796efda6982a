//! `autoheal run`: a command as if nothing were between; when it fails, what is known of the failure is told.

mod printed;
mod relay;
mod report;
mod streams;
mod tail;
mod tell;
mod terminal;

use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use self::printed::Printed;
use self::report::Failed;
use self::streams::Streams;
use self::terminal::Terminal;
use crate::args::RunArgs;
use crate::child::{Signals, passing, refuse, start};

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

/// What is left of a `run` whose command ended while children of it still print: a plain copy, until they are done.
pub(crate) fn relay() -> ExitCode {
    passing::copy_to_end();
    ExitCode::SUCCESS
}

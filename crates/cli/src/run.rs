//! `autoheal run`: passes a command's output, signals and exit code through, and reports the command when it fails.

mod evidence;
mod file_stream;
mod recorded;
mod relay;
mod report;
mod streams;
mod tail;
mod terminal;

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write, stderr};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

use autoheal_deliver::{MAX_DELAY, Outcome, deliver, known_secrets};
use autoheal_prepare::parse::Failure;
use rustix::io::Errno;

pub(crate) use self::evidence::Evidence;
use self::recorded::{error_of, recorded};
use self::report::base_name;
pub(crate) use self::report::{FailedCommand, Problem};
use self::streams::{Relayed, Streams};
use self::terminal::Terminal;
use crate::args::{RunArgs, unknown_variables};
use crate::child::{Ended, Ending, Nested, OWN_LINE, Reported, Signals, passing, refuse, say, start};

/// Time for output that is still being relayed, after a signal that ends this process.
const RELAY_GRACE: Duration = Duration::from_millis(500);

/// Runs the command to its end and ends the same way: with its exit code, or by its signal.
pub(crate) fn run(mut options: RunArgs) -> ExitCode {
    let Some((program, arguments)) = options.command.split_first() else { return ExitCode::from(2) };
    // before the command starts, so that no signal and no exit of the command is missed
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return refuse(&format!("cannot listen for signals: {error}"), 125),
    };
    let (began, started) = (SystemTime::now(), Instant::now());
    let streams = match Streams::open() {
        Ok(streams) => streams,
        Err(error) => return refuse(&format!("cannot make pipes for the command: {error}"), 125),
    };
    let nested = Nested::new(options.delivery.remote);
    let remoteness = nested.remoteness();
    options.delivery.remote = remoteness.is_remote();
    let prepare = |command: &mut Command| {
        options.delivery.pass_on(command);
        nested.pass_on(command);
    };
    let (child, streams) = match streams.start(program, arguments, prepare) {
        Ok(started) => started,
        Err(error) => return not_started(options, &error, began),
    };
    let ending = signals.follow(child, || streams.terminal().is_some_and(Terminal::resized));
    let duration = started.elapsed();
    let ended = Ended { ending, destination: options.delivery.destination_hash(), at: SystemTime::now() };
    // before anything that may end this process by a signal
    let nested_failures = nested.failures();
    let start_error = nested.start_error();
    drop(nested);
    options.delivery.remote = remoteness.is_remote();
    let interrupted = signals.interrupted();
    // A reader that stopped reading can block the relays. A signal must still end this process.
    let is_done = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&is_done);
    signals.on_termination(move |signal| {
        // the command may have received the signal too, so let its last output arrive
        std::thread::sleep(RELAY_GRACE);
        if !done.load(Ordering::Relaxed) {
            Ending::Signal(signal).repeat_now();
        }
    });
    let relayed = streams.finish();
    is_done.store(true, Ordering::Relaxed);
    if let Some(error) = start_error {
        return not_started(options, &error, began);
    }
    // a command that wrote to a pipe cannot know that its output was lost
    let is_ours = relayed.lost.is_some() && (ending == Ending::Code(0) || ending.by_pipe());
    let ending = if is_ours { Ending::Code(1) } else { ending };
    let ok: Vec<i32> = options.ok.iter().flatten().copied().collect();
    let failed = ending.failed(&ok) && !interrupted && !(relayed.reader_gone && ending.by_pipe());
    if failed {
        let evidence = Evidence::read(&relayed, &known_secrets(&options.command));
        let command = options.command.clone();
        let problem = unwritten(program, &relayed, &evidence);
        let failed = FailedCommand { command, ending, problem, evidence, began, duration };
        if !(failed.is_interrupt() || relayed.reader_gone && failed.is_broken_pipe()) {
            // a failure that a nested command reported is passed on, because this command may be nested, too
            if nested_failures.has_end(&ended, &relayed.last_reads) || report(options, failed, relayed.is_line_start())
            {
                Reported::note(ending, ended.destination);
            }
        }
    }
    ending.repeat()
}

/// The problem of a command whose output could not be written, unless its output names a reason.
fn unwritten(program: &OsStr, relayed: &Relayed, evidence: &Evidence) -> Option<Problem> {
    let program = base_name(program);
    let problem = |error: Errno, stream: &str| {
        let error = io::Error::from(error);
        let error_message = format!("{program} could not write its {stream}: {}", start::words(&error));
        Problem { error_type: start::error_name(&error).to_owned(), error_message }
    };
    if evidence.names_full_disk() {
        return None;
    }
    if let Some(error) = relayed.lost {
        return Some(problem(error, "standard output"));
    }
    let is_unexplained = evidence.failure.as_ref().is_none_or(Failure::is_guess);
    relayed.full.filter(|_| is_unexplained).map(|stream| problem(Errno::NOSPC, stream))
}

/// Refuses a command that cannot be started, and reports that.
fn not_started(options: RunArgs, error: &io::Error, began: SystemTime) -> ExitCode {
    let command = options.command.clone();
    let program = command.first().map_or(OsStr::new(""), OsString::as_os_str);
    say(&start::refusal(program, error));
    let ending = Ending::Code(start::code(error).into());
    let ok: Vec<i32> = options.ok.iter().flatten().copied().collect();
    if ending.failed(&ok) {
        let error_message = start::reported_refusal(program, error);
        let problem = Some(Problem { error_type: start::error_name(error).to_owned(), error_message });
        let evidence = Evidence::none();
        let failed = FailedCommand { command, ending, problem, evidence, began, duration: Duration::ZERO };
        let destination = options.delivery.destination_hash();
        if report(options, failed, true) {
            Reported::note(ending, destination);
        }
    }
    ending.repeat()
}

/// Reports the failure, within [`MAX_DELAY`]. Prints one line about it on a terminal. Problems are always printed, and with
/// either the variables that look like settings and are none. Returns whether it will not be lost.
fn report(options: RunArgs, failed: FailedCommand, is_line_start: bool) -> bool {
    let until = Instant::now() + MAX_DELAY;
    let store = options.delivery.store.clone();
    let sender_kind = options.delivery.sender();
    let (sender, result) = mpsc::channel();
    let delivering = std::thread::Builder::new().name("report".to_owned()).spawn(move || {
        let destination = options.delivery.into_destination(known_secrets(&options.command));
        let report = failed.report_with_source_code(&destination, sender_kind);
        let error = error_of(&report);
        let outcome = deliver(&destination, sender_kind, vec![report], until);
        let _timed_out = sender.send((outcome, error));
    });
    let result = match delivering {
        Ok(_) => result.recv_timeout(MAX_DELAY),
        Err(error) => Ok((Outcome::Lost(error.to_string()), String::new())),
    };
    let line_end = if is_line_start { "" } else { "\n" };
    let warn = || unknown_variables().iter().for_each(|sentence| say(sentence));
    match result {
        Ok((Outcome::Delivered(delivery), error)) => {
            // on a terminal only, so that a log of the command's output stays as the command wrote it
            if !options.quiet
                && stderr().is_terminal()
                && let Some(line) = recorded(&error, &delivery, store.as_deref())
            {
                // the terminal may have hung up
                let _unread = writeln!(stderr(), "{line_end}{OWN_LINE}{line}");
                warn();
            } else if !unknown_variables().is_empty() {
                let _unread = write!(stderr(), "{line_end}");
                warn();
            }
            true
        }
        Ok((Outcome::Spooled { why, .. }, _)) => {
            say(&format!("this failure could not be reported yet: {why}"));
            warn();
            true
        }
        Ok((Outcome::Lost(why), _)) => {
            say(&format!("this failure could not be reported: {why}"));
            warn();
            false
        }
        Err(_) => {
            say("this failure could not be reported in time; if it was spooled, it is sent next time");
            warn();
            false
        }
    }
}

/// `autoheal relay`: copies input to output. Takes over from a `run` whose command ended before its own children did.
pub(crate) fn relay() -> ExitCode {
    passing::copy_to_end();
    ExitCode::SUCCESS
}

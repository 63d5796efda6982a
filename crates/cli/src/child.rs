//! A command as a child of ours: its start, its signals, its streams, its ending, and the place it runs in.

mod ending;
pub(crate) mod facts;
pub(crate) mod passing;
mod repository;
mod signals;
pub(crate) mod start;

use std::io::Write;
use std::process::ExitCode;

pub(crate) use self::ending::Ending;
pub(crate) use self::facts::Place;
pub(crate) use self::signals::Signals;

/// One line of ours, and the exit code that wrappers of commands use for it.
pub(crate) fn refuse(sentence: &str, code: u8) -> ExitCode {
    say(sentence);
    ExitCode::from(code)
}

/// One line of ours among what the command prints; nobody may be there to read it.
pub(crate) fn say(sentence: &str) {
    let _unread = writeln!(std::io::stderr(), "autoheal: {sentence}");
}

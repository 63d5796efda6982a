//! A command as a child of ours: its start, its signals, its streams, its ending, and the place it runs in.

mod ending;
pub(crate) mod facts;
pub(crate) mod passing;
mod repository;
mod signals;
pub(crate) mod start;

use std::io::Write;
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub(crate) use self::ending::Ending;
pub(crate) use self::facts::Place;
pub(crate) use self::signals::Signals;

/// One line of ours, and the exit code that wrappers of commands use for it.
pub(crate) fn refuse(sentence: &str, code: u8) -> ExitCode {
    say(sentence);
    ExitCode::from(code)
}

/// A line nobody misses who does not read: it never waits for room in the pipe.
pub(crate) fn say_in_passing(sentence: &str) {
    let stderr = std::io::stderr();
    let mut there = [PollFd::new(&stderr, PollFlags::OUT)];
    if poll(&mut there, Some(&Timespec::default())).is_ok_and(|ready| ready > 0) {
        say(sentence);
    }
}

/// One line of ours among what the command prints; nobody may be there to read it.
pub(crate) fn say(sentence: &str) {
    let _unread = writeln!(std::io::stderr(), "autoheal: {sentence}");
}

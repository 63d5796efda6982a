//! A wrapped command as a child process: start, signals, streams, exit, and the repository and runtime it runs in.

mod ending;
pub(crate) mod facts;
pub(crate) mod first_process;
mod last_reads;
mod nested;
pub(crate) mod passing;
mod signals;
pub(crate) mod start;

use std::io::Write;
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub(crate) use self::ending::Ending;
pub(crate) use self::facts::Place;
pub(crate) use self::last_reads::{LastReads, WrittenFile};
pub(crate) use self::nested::{Ended, Nested, REPORTED, Remoteness, Reported};
pub(crate) use self::signals::Signals;
use crate::printed::one_line;

/// Begin of each line of our own.
pub(crate) const OWN_LINE: &str = "autoheal: ";

/// Prints one line and returns this exit code.
pub(crate) fn refuse(sentence: &str, code: u8) -> ExitCode {
    say(sentence);
    ExitCode::from(code)
}

/// Prints one line to standard error, unless that would block because its reader is slow.
pub(crate) fn say_unless_blocked(sentence: &str) {
    let stderr = std::io::stderr();
    let mut writable = [PollFd::new(&stderr, PollFlags::OUT)];
    if poll(&mut writable, Some(&Timespec::default())).is_ok_and(|ready| ready > 0) {
        say(sentence);
    }
}

/// Prints one line of our own to standard error. A closed standard error is no failure.
pub(crate) fn say(sentence: &str) {
    let _unread = writeln!(std::io::stderr(), "{OWN_LINE}{}", one_line(sentence));
}

//! The command's output streams: a pseudo-terminal where ours is a terminal, a pipe elsewhere, one for both if ours are one.

use std::ffi::{OsStr, OsString};
use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::Child;
use std::sync::Arc;

use rustix::fs::fstat;
use rustix::stdio::{stderr, stdout};
use rustix::termios::isatty;

use super::relay::{Kept, Relay};
use super::terminal::{Modes, Terminal};
use crate::child::passing::wide_pipe;
use crate::child::start::spawn;

/// The streams before the command is started.
pub(super) struct Streams {
    output: Stream,
    /// None where both of ours are one: a single stream keeps the order.
    errors: Option<Stream>,
    terminal: Option<Terminal>,
}

/// Both sides of one stream.
struct Stream {
    ours: Arc<OwnedFd>,
    theirs: OwnedFd,
    is_terminal: bool,
}

impl Streams {
    /// Makes what the command will print to.
    pub(super) fn open() -> io::Result<Self> {
        let real = [stdout(), stderr()].into_iter().find(|ours| isatty(ours));
        // without pseudo-terminals (a container may have none) pipes have to do
        let pair = real.and_then(|real| Some((real, Terminal::like(real).ok()?)));
        let stream = |ours: BorrowedFd<'_>| match &pair {
            Some((real, (_, side, theirs))) if are_one(real, ours) => {
                Ok(Stream { ours: Arc::clone(side), theirs: theirs.try_clone()?, is_terminal: true })
            }
            _ => Stream::pipe(),
        };
        let output = stream(stdout())?;
        let errors = if are_one(stdout(), stderr()) { None } else { Some(stream(stderr())?) };
        Ok(Self { output, errors, terminal: pair.map(|(_, (terminal, ..))| terminal) })
    }

    /// Starts the command on them. Input is ours, untouched.
    pub(super) fn start(self, program: &OsStr, arguments: &[OsString]) -> io::Result<(Child, Relays)> {
        let Self { output, errors, terminal } = self;
        let (stop, stopped) = io::pipe().map(|(reader, writer)| (writer, OwnedFd::from(reader)))?;
        // only the command may hold its side, or its end would never be seen
        let child = spawn(program, arguments, |command| {
            let errors = errors.as_ref().unwrap_or(&output);
            command.stdout(output.theirs.try_clone()?).stderr(errors.theirs.try_clone()?);
            Ok(())
        })?;
        let modes = || terminal.as_ref().and_then(|terminal| Modes::watch(terminal).ok());
        let start = |stream: Stream, to| {
            drop(stream.theirs);
            Relay::start(stream.ours, to, stopped.try_clone()?, if stream.is_terminal { modes() } else { None })
        };
        let relays = Relays {
            output: start(output, stdout())?,
            errors: errors.map(|errors| start(errors, stderr())).transpose()?,
            terminal,
            stop,
        };
        Ok((child, relays))
    }
}

impl Stream {
    fn pipe() -> io::Result<Self> {
        let (ours, theirs) = wide_pipe()?;
        Ok(Self { ours: Arc::new(ours.into()), theirs: theirs.into(), is_terminal: false })
    }
}

/// Whether both lead to one place, as after `2>&1`.
fn are_one(one: impl AsFd, other: impl AsFd) -> bool {
    let place = |fd: BorrowedFd<'_>| fstat(fd).ok().map(|stat| (stat.st_dev, stat.st_ino, stat.st_rdev));
    let place = (place(one.as_fd()), place(other.as_fd()));
    place.0.is_some() && place.0 == place.1
}

/// The streams while the command runs.
pub(super) struct Relays {
    output: Relay,
    errors: Option<Relay>,
    terminal: Option<Terminal>,
    stop: PipeWriter,
}

/// What is kept of both.
pub(super) struct Relayed {
    pub(super) output: Vec<u8>,
    /// None where both were one.
    pub(super) errors: Option<Vec<u8>>,
    /// Whoever read our output went away before the command was done.
    pub(super) reader_gone: bool,
}

impl Relays {
    /// The pseudo-terminal, if there is one.
    pub(super) fn terminal(&self) -> Option<&Terminal> {
        self.terminal.as_ref()
    }

    /// After the command's end: passes on what is left.
    pub(super) fn finish(self) -> Relayed {
        let Self { output, errors, terminal, stop } = self;
        drop(stop);
        let kept: (Kept, Option<Kept>) = (output.finish(), errors.map(Relay::finish));
        drop(terminal);
        let gone = kept.0.reader_gone || kept.1.as_ref().is_some_and(|errors| errors.reader_gone);
        Relayed { output: kept.0.tail, errors: kept.1.map(|errors| errors.tail), reader_gone: gone }
    }
}

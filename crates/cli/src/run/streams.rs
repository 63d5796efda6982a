//! The command's output streams: a pseudo-terminal for each of ours that is a terminal, else a pipe. One stream for
//! both if our standard output and error are the same file.

use std::ffi::{OsStr, OsString};
use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command};
use std::sync::Arc;

use rustix::fs::fstat;
use rustix::stdio::{stderr, stdout};
use rustix::termios::isatty;

use super::relay::{Finished, Relay};
use super::terminal::{Modes, Terminal};
use crate::child::LastReads;
use crate::child::passing::wide_pipe;
use crate::child::start::spawn;

/// The output streams before the command starts.
pub(super) struct Streams {
    output: Stream,
    /// None if our standard output and error are one file, because a single stream keeps the order.
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
    /// Opens a pseudo-terminal or pipes for the command.
    pub(super) fn open() -> io::Result<Self> {
        let real = [stdout(), stderr()].into_iter().find(|ours| isatty(ours));
        // a container may have no pseudo-terminals: then use pipes
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

    /// Starts the command on these streams; `prepare` sets its variables. It inherits our standard input.
    pub(super) fn start(
        self,
        program: &OsStr,
        arguments: &[OsString],
        prepare: impl Fn(&mut Command),
    ) -> io::Result<(Child, RunningStreams)> {
        let Self { output, errors, terminal } = self;
        let (stop, stopped) = io::pipe().map(|(reader, writer)| (writer, OwnedFd::from(reader)))?;
        // the command's sides are closed here, because a copy of ours would hide the end of its output
        let child = spawn(program, arguments, |command| {
            prepare(command);
            let errors = errors.as_ref().unwrap_or(&output);
            command.stdout(output.theirs.try_clone()?).stderr(errors.theirs.try_clone()?);
            Ok(())
        })?;
        let modes = || terminal.as_ref().and_then(|terminal| Modes::watch(terminal).ok());
        let start = |stream: Stream, to| {
            drop(stream.theirs);
            Relay::start(stream.ours, to, stopped.try_clone()?, if stream.is_terminal { modes() } else { None })
        };
        let relays = RunningStreams {
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

/// True if both are the same file, as after `2>&1`.
fn are_one(one: impl AsFd, other: impl AsFd) -> bool {
    let file = |fd: BorrowedFd<'_>| fstat(fd).ok().map(|stat| (stat.st_dev, stat.st_ino, stat.st_rdev));
    let one = file(one.as_fd());
    one.is_some() && one == file(other.as_fd())
}

/// The output streams while the command runs.
pub(super) struct RunningStreams {
    output: Relay,
    errors: Option<Relay>,
    terminal: Option<Terminal>,
    stop: PipeWriter,
}

/// The last bytes of both streams.
pub(super) struct Relayed {
    pub(super) output: Vec<u8>,
    /// None if both streams are one.
    pub(super) errors: Option<Vec<u8>>,
    /// The last reads from each stream.
    pub(super) last_reads: Vec<LastReads>,
    /// True if the reader of our output had gone before the command ended.
    pub(super) reader_gone: bool,
}

impl Relayed {
    /// True if our standard error is at the start of a line.
    pub(super) fn is_line_start(&self) -> bool {
        self.errors.as_ref().unwrap_or(&self.output).last().is_none_or(|byte| *byte == b'\n')
    }
}

impl RunningStreams {
    /// The pseudo-terminal, if there is one.
    pub(super) fn terminal(&self) -> Option<&Terminal> {
        self.terminal.as_ref()
    }

    /// Passes on the rest of the output, after the command's end.
    pub(super) fn finish(self) -> Relayed {
        let Self { output, errors, terminal, stop } = self;
        drop(stop);
        let (output, errors): (Finished, Option<Finished>) = (output.finish(), errors.map(Relay::finish));
        drop(terminal);
        let reader_gone = output.reader_gone || errors.as_ref().is_some_and(|errors| errors.reader_gone);
        let mut last_reads = vec![output.last_reads];
        let errors = errors.map(|errors| {
            last_reads.push(errors.last_reads);
            errors.tail
        });
        Relayed { output: output.tail, errors, last_reads, reader_gone }
    }
}

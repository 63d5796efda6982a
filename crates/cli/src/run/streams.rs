//! The command's output streams: a pseudo-terminal for each of ours that is a terminal, our own stream if it is a file, else a
//! pipe. One stream for both if our standard output and error are the same file.

use std::ffi::{OsStr, OsString};
use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command};
use std::sync::Arc;

use rustix::fs::fstat;
use rustix::io::Errno;
use rustix::stdio::{stderr, stdout};
use rustix::termios::isatty;

use super::file_stream::{FileStream, Written};
use super::relay::{Finished, Output, Relay};
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

/// One stream before the command starts.
enum Stream {
    /// Both sides of a pipe or pseudo-terminal.
    Relayed { ours: Arc<OwnedFd>, theirs: OwnedFd, is_terminal: bool },
    /// A file that the command inherits.
    File(FileStream),
}

impl Streams {
    /// Opens a pseudo-terminal or pipes for the command.
    pub(super) fn open() -> io::Result<Self> {
        let real = [stdout(), stderr()].into_iter().find(|ours| isatty(ours));
        // a container may have no pseudo-terminals: then use pipes
        let pair = real.and_then(|real| Some((real, Terminal::like(real).ok()?)));
        let stream = |ours: BorrowedFd<'static>| match &pair {
            Some((real, (_, side, theirs))) if are_one(real, ours) => {
                Ok(Stream::Relayed { ours: Arc::clone(side), theirs: theirs.try_clone()?, is_terminal: true })
            }
            _ => FileStream::of(ours).map_or_else(Stream::pipe, |file| Ok(Stream::File(file))),
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
            if let Stream::Relayed { theirs, .. } = &output {
                command.stdout(theirs.try_clone()?);
            }
            if let Stream::Relayed { theirs, .. } = errors {
                command.stderr(theirs.try_clone()?);
            }
            Ok(())
        })?;
        let modes = || terminal.as_ref().and_then(|terminal| Modes::watch(terminal).ok());
        let start = |stream: Stream, to: Output| match stream {
            Stream::Relayed { ours, theirs, is_terminal } => {
                drop(theirs);
                let modes = if is_terminal { modes() } else { None };
                Relay::start(ours, to, stopped.try_clone()?, modes).map(RunningStream::Relayed)
            }
            Stream::File(file) => Ok(RunningStream::File(file)),
        };
        let relays = RunningStreams {
            output: start(output, Output::Standard)?,
            errors: errors.map(|errors| start(errors, Output::Error)).transpose()?,
            terminal,
            stop,
        };
        Ok((child, relays))
    }
}

impl Stream {
    fn pipe() -> io::Result<Self> {
        let (ours, theirs) = wide_pipe()?;
        Ok(Self::Relayed { ours: Arc::new(ours.into()), theirs: theirs.into(), is_terminal: false })
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
    output: RunningStream,
    errors: Option<RunningStream>,
    terminal: Option<Terminal>,
    stop: PipeWriter,
}

/// One stream while the command runs.
enum RunningStream {
    Relayed(Relay),
    File(FileStream),
}

impl RunningStream {
    fn finish(self) -> Finished {
        match self {
            Self::Relayed(relay) => relay.finish(),
            Self::File(file) => {
                let Written { tail, last_reads, is_full } = file.finish();
                Finished { tail, last_reads, reader_gone: false, is_full, lost: None }
            }
        }
    }
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
    /// The stream that takes no more bytes, `standard output` or `standard error`.
    pub(super) full: Option<&'static str>,
    /// The error with which output of the command was lost after the command had written it.
    pub(super) lost: Option<Errno>,
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
        let (output, errors): (Finished, Option<Finished>) = (output.finish(), errors.map(RunningStream::finish));
        drop(terminal);
        let reader_gone = output.reader_gone || errors.as_ref().is_some_and(|errors| errors.reader_gone);
        let full = match &errors {
            _ if output.is_full => Some("standard output"),
            Some(errors) if errors.is_full => Some("standard error"),
            _ => None,
        };
        let mut last_reads = vec![output.last_reads];
        let errors = errors.map(|errors| {
            last_reads.push(errors.last_reads);
            errors.tail
        });
        Relayed { output: output.tail, errors, last_reads, reader_gone, full, lost: output.lost }
    }
}

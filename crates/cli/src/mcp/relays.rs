//! The server's three pipes and a thread for each, which reads bytes, writes them on, and only then shows them to the
//! watch.

use std::ffi::{OsStr, OsString};
use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, SystemTime};

use autoheal_watch::{Boundary, Lines, Message};
use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::stdio::{dup2_stdin, dup2_stdout, stderr, stdin, stdout};

use super::conversation::Conversation;
use crate::child::passing::{AFTER_END, Next, leave, wait, wide_pipe, write_all};
use crate::child::start::spawn;
use crate::child::{Ending, LastReads, Signals, say};

/// Maximum length of one read, in bytes.
const BUFFER: usize = 256 * 1024;
/// Maximum wait, after the server's end, for a request that is being relayed.
const LAST_REQUEST: Duration = Duration::from_millis(200);

/// This process's sides of the server's pipes.
pub(super) struct Pipes {
    input: OwnedFd,
    output: OwnedFd,
    errors: OwnedFd,
}

/// Starts the server on pipes.
pub(super) fn start(
    program: &OsStr,
    arguments: &[OsString],
    prepare: impl Fn(&mut Command),
) -> io::Result<(Child, Pipes)> {
    let (their_input, input) = wide_pipe()?;
    let (output, their_output) = wide_pipe()?;
    let (errors, their_errors) = wide_pipe()?;
    let child = spawn(program, arguments, |command| {
        prepare(command);
        command.stdin(their_input.try_clone()?).stdout(their_output.try_clone()?).stderr(their_errors.try_clone()?);
        Ok(())
    })?;
    // the server's sides are closed here, because a copy of ours would hide the end of its output
    Ok((child, Pipes { input: input.into(), output: output.into(), errors: errors.into() }))
}

/// The three relaying threads.
pub(super) struct Relays {
    /// Receives a message when the thread that reads from the client ends. That may be after the server's end.
    input: Receiver<()>,
    output: JoinHandle<(Option<OwnedFd>, LastReads)>,
    errors: JoinHandle<(Option<OwnedFd>, LastReads)>,
    stop: PipeWriter,
    /// The error with which a message for the client was lost, such as that of a full disk.
    lost: Arc<OnceLock<Errno>>,
}

/// What is known after the last output of the server.
pub(super) struct Finished {
    pub(super) last_reads: Vec<LastReads>,
    /// The error with which messages for the client were lost.
    pub(super) lost: Option<Errno>,
}

impl Relays {
    pub(super) fn start(pipes: Pipes, conversation: &Arc<Conversation>) -> io::Result<Self> {
        let (stopped, stop) = io::pipe()?;
        let stopped = OwnedFd::from(stopped);
        let (ended, input) = sync_channel(1);
        let (watched, stop_input) = (Arc::clone(conversation), stopped.try_clone()?);
        Builder::new().name("stdin".to_owned()).spawn(move || {
            from_client(pipes.input, &stop_input, &watched);
            let _timed_out = ended.send(());
        })?;
        let (watched, stop_output) = (Arc::clone(conversation), stopped.try_clone()?);
        let lost = Arc::new(OnceLock::new());
        let lost_output = Arc::clone(&lost);
        let output = Builder::new().name("stdout".to_owned());
        let output = output.spawn(move || {
            let mut lines = Boundary::around(Lines::default());
            let each = |message: &Message<'_>| watched.server_sent(message);
            let mut reads = LastReads::default();
            let inspect = |at, bytes: &[u8]| {
                reads.push(at, bytes);
                lines.enter(|lines| lines.push(bytes, each), |_| watched.abandon_watch());
            };
            let stopped = pass_on(pipes.output.as_fd(), Some(stdout()), &stop_output, Some(AFTER_END), inspect);
            if let Stopped::CannotWrite(error) = stopped {
                say(&format!("cannot pass on what the server prints: {error}"));
                let _first = lost_output.set(error);
            }
            lines.enter(|lines| lines.finish(each), |_| watched.abandon_watch());
            if let Stopped::ReaderGone | Stopped::CannotWrite(_) = stopped {
                // recorded before the server notices the closed pipe and exits because of it
                watched.client_closed();
            }
            (unfinished(stopped, pipes.output), reads)
        })?;
        let watched = Arc::clone(conversation);
        let errors = Builder::new().name("stderr".to_owned());
        let errors = errors.spawn(move || {
            let mut reads = LastReads::default();
            let mut inspect = |at, bytes: &[u8]| {
                reads.push(at, bytes);
                watched.printed(bytes);
            };
            let from = pipes.errors.as_fd();
            let mut end = pass_on(from, Some(stderr()), &stopped, Some(AFTER_END), &mut inspect);
            if let Stopped::CannotWrite(_) = end {
                // most servers ignore that a log line cannot be written, and would not survive a closed pipe
                end = match pass_on(from, None, &stopped, Some(AFTER_END), inspect) {
                    Stopped::ServerEnded => Stopped::Closed,
                    end => end,
                };
            }
            (unfinished(end, pipes.errors), reads)
        })?;
        Ok(Self { input, output, errors, stop, lost })
    }

    /// Relays the rest of the server's output after its end, and closes the client's streams. Output of the server's
    /// own children that comes later is left to another process.
    pub(super) fn finish(self, signals: Signals, ending: Ending) -> Finished {
        drop(self.stop);
        // A client that stopped reading can block the relays. A signal must still end this process.
        let is_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_done);
        signals.on_termination(move |_| {
            if !done.load(Ordering::Relaxed) {
                ending.repeat_now();
            }
        });
        let mut last_reads = Vec::new();
        for (thread, to) in [(self.output, stdout()), (self.errors, stderr())] {
            let Ok((from, reads)) = thread.join() else { continue };
            last_reads.push(reads);
            if let Some(from) = from
                && let Err(error) = leave(from, to)
            {
                say(&format!("what the server's own children still print is lost: {error}"));
            }
        }
        is_done.store(true, Ordering::Relaxed);
        // waits for a request that is being relayed, so that it counts as a call without a response
        let _in_time = self.input.recv_timeout(LAST_REQUEST);
        if let Ok(null) = null_device() {
            let _open = (dup2_stdin(&null), dup2_stdout(&null));
        }
        Finished { last_reads, lost: self.lost.get().copied() }
    }
}

/// Relays our standard input to the server's, until either is closed.
fn from_client(to: OwnedFd, stop: &OwnedFd, conversation: &Conversation) {
    let mut lines = Boundary::around(Lines::default());
    let each = |message: &Message<'_>| conversation.client_sent(message);
    let inspect = |_at, bytes: &[u8]| {
        lines.enter(|lines| lines.push(bytes, each), |_| conversation.abandon_watch());
    };
    let stopped = pass_on(stdin(), Some(to.as_fd()), stop, None, inspect);
    lines.enter(|lines| lines.finish(each), |_| conversation.abandon_watch());
    match stopped {
        // recorded before the server notices the end of its input and exits because of it
        Stopped::Closed => conversation.client_closed(),
        // closes our input, so that the client notices the end of the reader as it would without a relay
        Stopped::ReaderGone | Stopped::CannotWrite(_) => {
            if let Ok(null) = null_device() {
                let _open = dup2_stdin(null);
            }
        }
        Stopped::ServerEnded => {}
    }
}

/// The stream, if another process must continue to relay it. Otherwise closes it, also for the server.
fn unfinished(stopped: Stopped, from: OwnedFd) -> Option<OwnedFd> {
    matches!(stopped, Stopped::ServerEnded).then_some(from)
}

/// Reason why the relay of a stream has stopped.
enum Stopped {
    /// The writer has closed the stream.
    Closed,
    /// The reader has gone.
    ReaderGone,
    /// The bytes cannot be written, as on a full disk.
    CannotWrite(Errno),
    /// The server has ended, but another process still holds the stream.
    ServerEnded,
}

/// Reads bytes, writes them on if `to` is given, then shows them to the watch. After the server's end, relays up to `after_end` more
/// bytes; `None` for the server's input, which then has no reader.
fn pass_on(
    from: BorrowedFd<'_>,
    to: Option<BorrowedFd<'_>>,
    stop: &OwnedFd,
    mut after_end: Option<usize>,
    mut inspect: impl FnMut(SystemTime, &[u8]),
) -> Stopped {
    let mut buffer = Vec::with_capacity(BUFFER);
    loop {
        let next = wait(from, stop, to);
        match (&next, &mut after_end) {
            (Next::Read, _) | (Next::ReadLast, None) => {}
            (Next::ReadLast, Some(remaining)) if *remaining > 0 => *remaining = remaining.saturating_sub(BUFFER),
            (Next::ReadLast | Next::Nothing, _) => return Stopped::ServerEnded,
            (Next::ReaderGone, _) => return Stopped::ReaderGone,
        }
        buffer.clear();
        let at = SystemTime::now();
        match rustix::io::read(from, spare_capacity(&mut buffer)) {
            Ok(0) => return Stopped::Closed,
            Ok(_) if matches!((&next, after_end), (Next::ReadLast, None)) => return Stopped::ServerEnded,
            Ok(_) => {}
            Err(Errno::INTR | Errno::AGAIN) => continue,
            // a terminal that hung up, or a connection that was reset, is an end as well
            Err(_) => return Stopped::Closed,
        }
        let written = to.map_or(Ok(()), |to| write_all(to, &buffer));
        // after the write, so that the receiver does not wait for the watch
        inspect(at, &buffer);
        match written {
            Ok(()) => {}
            Err(Errno::PIPE | Errno::IO | Errno::CONNRESET) => return Stopped::ReaderGone,
            Err(error) => return Stopped::CannotWrite(error),
        }
    }
}

fn null_device() -> io::Result<std::fs::File> {
    std::fs::File::options().read(true).write(true).open("/dev/null")
}

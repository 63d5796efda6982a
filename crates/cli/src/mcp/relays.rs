//! The server's three pipes and a thread for each, which reads bytes, writes them on, and only then shows them to the
//! watch, with the moment of the read.

use std::ffi::{OsStr, OsString};
use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, SystemTime};

use autoheal_watch::{Boundary, Lines, Message, Moment};
use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::stdio::{dup2_stdin, dup2_stdout, stderr, stdin, stdout};

use super::conversation::Conversation;
use super::print_order::PrintOrder;
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
        let order = Arc::new(PrintOrder::of(pipes.errors.try_clone()?));
        let (watched, stop_input, order_of_input) =
            (Arc::clone(conversation), stopped.try_clone()?, Arc::clone(&order));
        Builder::new().name("stdin".to_owned()).spawn(move || {
            from_client(pipes.input, &stop_input, &watched, &order_of_input);
            let _timed_out = ended.send(());
        })?;
        let lost = Arc::new(OnceLock::new());
        let lost_output = Arc::clone(&lost);
        let (watched, stop_output, order_of_output) =
            (Arc::clone(conversation), stopped.try_clone()?, Arc::clone(&order));
        let output = Builder::new().name("stdout".to_owned());
        let output = output.spawn(move || {
            let mut lines = Boundary::around(Lines::default());
            let each = |at| {
                let watched = &watched;
                move |message: &Message<'_>| watched.server_sent(message, at)
            };
            let mut reads = LastReads::default();
            let take = |buffer: &mut Vec<u8>| {
                let length = rustix::io::read(&pipes.output, spare_capacity(buffer))?;
                Ok((length, order_of_output.mark(|| watched.now())))
            };
            let inspect = |at, bytes: &[u8], moment| {
                reads.push(at, bytes);
                lines.enter(|lines| lines.push(bytes, each(moment)), |_| watched.abandon_watch());
            };
            let stopped = pass_on(pipes.output.as_fd(), Some(stdout()), &stop_output, Some(AFTER_END), take, inspect);
            if let Stopped::CannotWrite(error) = stopped {
                say(&format!("cannot pass on what the server prints: {error}"));
                let _first = lost_output.set(error);
            }
            lines.enter(|lines| lines.finish(each(watched.now())), |_| watched.abandon_watch());
            if let Stopped::ReaderGone | Stopped::CannotWrite(_) = stopped {
                // recorded before the server notices the closed pipe and exits because of it
                watched.client_left();
            }
            (unfinished(stopped, pipes.output), reads)
        })?;
        let watched = Arc::clone(conversation);
        let errors = Builder::new().name("stderr".to_owned());
        let errors = errors.spawn(move || {
            let mut reads = LastReads::default();
            let mut take = |buffer: &mut Vec<u8>| Ok((order.read(buffer)?, watched.now()));
            let mut inspect = |at, bytes: &[u8], moment| {
                reads.push(at, bytes);
                order.each(bytes, moment, |part, moment| watched.printed(part, moment));
            };
            let from = pipes.errors.as_fd();
            let mut end = pass_on(from, Some(stderr()), &stopped, Some(AFTER_END), &mut take, &mut inspect);
            if let Stopped::CannotWrite(_) = end {
                // most servers ignore that a log line cannot be written, and would not survive a closed pipe
                end = match pass_on(from, None, &stopped, Some(AFTER_END), take, inspect) {
                    Stopped::ServerEnded => Stopped::Closed,
                    end => end,
                };
            }
            order.close();
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
fn from_client(to: OwnedFd, stop: &OwnedFd, conversation: &Conversation, order: &PrintOrder) {
    let mut lines = Boundary::around(Lines::default());
    let each = |at| move |message: &Message<'_>| conversation.client_sent(message, at);
    let take = |buffer: &mut Vec<u8>| {
        let length = rustix::io::read(stdin(), spare_capacity(buffer))?;
        Ok((length, order.mark(|| conversation.now())))
    };
    let inspect = |_at, bytes: &[u8], moment| {
        lines.enter(|lines| lines.push(bytes, each(moment)), |_| conversation.abandon_watch());
    };
    let stopped = pass_on(stdin(), Some(to.as_fd()), stop, None, take, inspect);
    lines.enter(|lines| lines.finish(each(conversation.now())), |_| conversation.abandon_watch());
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

/// Reads bytes by `take`, writes them on if `to` is given, then shows them to the watch with the moment of the read. After the
/// server's end, relays up to `after_end` more bytes; `None` for the server's input, which then has no reader.
fn pass_on(
    from: BorrowedFd<'_>,
    to: Option<BorrowedFd<'_>>,
    stop: &OwnedFd,
    mut after_end: Option<usize>,
    mut take: impl FnMut(&mut Vec<u8>) -> Result<(usize, Moment), Errno>,
    mut inspect: impl FnMut(SystemTime, &[u8], Moment),
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
        let moment = match take(&mut buffer) {
            Ok((0, _)) => return Stopped::Closed,
            Ok(_) if matches!((&next, after_end), (Next::ReadLast, None)) => return Stopped::ServerEnded,
            Ok((_, moment)) => moment,
            Err(Errno::INTR | Errno::AGAIN) => continue,
            // a terminal that hung up, or a connection that was reset, is an end as well
            Err(_) => return Stopped::Closed,
        };
        let written = to.map_or(Ok(()), |to| write_all(to, &buffer));
        // after the write, so that the receiver does not wait for the watch
        inspect(at, &buffer, moment);
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

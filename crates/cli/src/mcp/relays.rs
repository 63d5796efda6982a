//! The server's three pipes and a thread for each: read, write on, and only then look at what passed.

use std::ffi::{OsStr, OsString};
use std::io::{self, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use autoheal_watch::{Boundary, Lines, Message};
use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::stdio::{dup2_stdin, dup2_stdout, stderr, stdin, stdout};

use super::conversation::Conversation;
use crate::child::passing::{AFTER_END, Next, leave, wait, wide_pipe, write_all};
use crate::child::start::spawn;
use crate::child::{Ending, Signals, say};

/// Most that is read at once.
const BUFFER: usize = 256 * 1024;
/// How long after the server's end a request that is being passed on may still hold us up.
const LAST_REQUEST: Duration = Duration::from_millis(200);

/// Our sides of the server's pipes.
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
    // only the server may hold its sides, or no end would be seen: ours of them go here
    Ok((child, Pipes { input: input.into(), output: output.into(), errors: errors.into() }))
}

/// The three threads.
pub(super) struct Relays {
    /// Hears of the end of the client's thread, which may be longer than the server's.
    input: Receiver<()>,
    output: JoinHandle<Option<OwnedFd>>,
    errors: JoinHandle<Option<OwnedFd>>,
    stop: PipeWriter,
}

impl Relays {
    pub(super) fn start(pipes: Pipes, conversation: &Arc<Conversation>) -> io::Result<Self> {
        let (stopped, stop) = io::pipe()?;
        let stopped = OwnedFd::from(stopped);
        let (ended, input) = sync_channel(1);
        let (watched, stop_input) = (Arc::clone(conversation), stopped.try_clone()?);
        Builder::new().name("stdin".to_owned()).spawn(move || {
            from_client(pipes.input, &stop_input, &watched);
            let _nobody_waits = ended.send(());
        })?;
        let (watched, stop_output) = (Arc::clone(conversation), stopped.try_clone()?);
        let output = Builder::new().name("stdout".to_owned());
        let output = output.spawn(move || {
            let mut lines = Boundary::around(Lines::default());
            let each = |message: &Message<'_>| watched.server_said(message);
            let show = |bytes: &[u8]| {
                lines.enter(|lines| lines.push(bytes, each), |_| watched.missed());
            };
            let stopped = pass_on(pipes.output.as_fd(), stdout(), &stop_output, Some(AFTER_END), show);
            lines.enter(|lines| lines.finish(each), |_| watched.missed());
            if let Stopped::ReaderGone = stopped {
                // before the server hears of it, and ends because of it
                watched.client_closed();
            }
            left(stopped, pipes.output)
        })?;
        let watched = Arc::clone(conversation);
        let errors = Builder::new().name("stderr".to_owned());
        let errors = errors.spawn(move || {
            let show = |bytes: &[u8]| watched.printed(bytes);
            left(pass_on(pipes.errors.as_fd(), stderr(), &stopped, Some(AFTER_END), show), pipes.errors)
        })?;
        Ok(Self { input, output, errors, stop })
    }

    /// After the server's end: passes on what is left of it, and lets the client hear of the end. What its own children go
    /// on printing is left to a process of its own.
    pub(super) fn finish(self, signals: Signals, ending: Ending) {
        drop(self.stop);
        // a client that does not read may hold this up; who asks us to end then must not ask in vain
        let is_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_done);
        signals.on_termination(move |_| {
            if !done.load(Ordering::Relaxed) {
                ending.repeat_now();
            }
        });
        for (thread, to) in [(self.output, stdout()), (self.errors, stderr())] {
            if let Ok(Some(from)) = thread.join()
                && let Err(error) = leave(from, to)
            {
                say(&format!("what the server's own children still print is lost: {error}"));
            }
        }
        is_done.store(true, Ordering::Relaxed);
        // a request that was just passed on counts as one without an answer
        let _in_time = self.input.recv_timeout(LAST_REQUEST);
        if let Ok(nothing) = nothing() {
            let _open = (dup2_stdin(&nothing), dup2_stdout(&nothing));
        }
    }
}

/// From our input to the server's, until either is closed.
fn from_client(to: OwnedFd, stop: &OwnedFd, conversation: &Conversation) {
    let mut lines = Boundary::around(Lines::default());
    let each = |message: &Message<'_>| conversation.client_said(message);
    let show = |bytes: &[u8]| {
        lines.enter(|lines| lines.push(bytes, each), |_| conversation.missed());
    };
    let stopped = pass_on(stdin(), to.as_fd(), stop, None, show);
    lines.enter(|lines| lines.finish(each), |_| conversation.missed());
    match stopped {
        // before the server hears of it, and ends because of it
        Stopped::Closed => conversation.client_closed(),
        // the client hears of it as it would without us
        Stopped::ReaderGone => {
            if let Ok(nothing) = nothing() {
                let _open = dup2_stdin(nothing);
            }
        }
        Stopped::ServerEnded => {}
    }
}

/// What a process of its own has to go on with. What is not is closed, and so it is for the server.
fn left(stopped: Stopped, from: OwnedFd) -> Option<OwnedFd> {
    matches!(stopped, Stopped::ServerEnded).then_some(from)
}

/// Why a stream is passed on no more.
enum Stopped {
    /// Who writes has closed it.
    Closed,
    /// Who reads is gone.
    ReaderGone,
    /// The server has ended, and somebody else still holds the stream.
    ServerEnded,
}

/// Reads, writes on, then shows. After the server's end at most so many bytes more; none are of use to the server itself.
fn pass_on(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    stop: &OwnedFd,
    mut after_end: Option<usize>,
    mut show: impl FnMut(&[u8]),
) -> Stopped {
    let mut buffer = Vec::with_capacity(BUFFER);
    loop {
        let next = wait(from, stop, Some(to));
        match (&next, &mut after_end) {
            (Next::Read, _) | (Next::ReadLast, None) => {}
            (Next::ReadLast, Some(left)) if *left > 0 => *left = left.saturating_sub(BUFFER),
            (Next::ReadLast | Next::Nothing, _) => return Stopped::ServerEnded,
            (Next::ReaderGone, _) => return Stopped::ReaderGone,
        }
        buffer.clear();
        match rustix::io::read(from, spare_capacity(&mut buffer)) {
            Ok(0) => return Stopped::Closed,
            Ok(_) if matches!((&next, after_end), (Next::ReadLast, None)) => return Stopped::ServerEnded,
            Ok(_) => {}
            Err(Errno::INTR | Errno::AGAIN) => continue,
            // a terminal that hung up, a peer that was reset: an end like any other
            Err(_) => return Stopped::Closed,
        }
        let written = write_all(to, &buffer);
        // the other side is at work with it by now
        show(&buffer);
        if written.is_err() {
            return Stopped::ReaderGone;
        }
    }
}

fn nothing() -> io::Result<std::fs::File> {
    std::fs::File::options().read(true).write(true).open("/dev/null")
}

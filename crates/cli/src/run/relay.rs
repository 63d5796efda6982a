//! One stream of the command's output on its way to ours: a thread that reads, writes, and keeps the end of it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::tail::Tail;
use super::terminal::Modes;

/// After the command's end, at most this much is taken over before a process of its own goes on: what the command itself
/// wrote fits into its pipe, and that is smaller.
const AFTER_END: usize = 4 * 1024 * 1024;

/// A stream that is being relayed.
pub(super) struct Relay {
    thread: JoinHandle<End>,
    to: BorrowedFd<'static>,
}

/// How a relay ended.
struct End {
    tail: Tail,
    /// Somebody still holds the other side: a child of the command's that outlives it.
    left: Option<OwnedFd>,
    /// Whoever read our output is gone.
    reader_gone: bool,
}

/// What a relay knows at its end.
pub(super) struct Kept {
    pub(super) tail: Vec<u8>,
    pub(super) reader_gone: bool,
}

impl Relay {
    /// Starts to relay, until the other side is closed, or `stop` is and nothing is left to read.
    pub(super) fn start(
        from: OwnedFd,
        to: BorrowedFd<'static>,
        stop: OwnedFd,
        mut modes: Option<Modes>,
    ) -> io::Result<Self> {
        let thread = std::thread::Builder::new().name("relay".to_owned());
        let thread = thread.spawn(move || relay(from, to, &stop, modes.as_mut()))?;
        Ok(Self { thread, to })
    }

    /// Waits for what the command itself printed; what its children go on printing is left to a process of its own.
    pub(super) fn finish(self) -> Kept {
        let Ok(end) = self.thread.join() else { return Kept { tail: Vec::new(), reader_gone: false } };
        if let Some(left) = end.left
            && let Err(error) = leave(left, self.to)
        {
            eprintln!("autoheal: what the command's own children still print is lost: {error}");
        }
        Kept { tail: end.tail.bytes(), reader_gone: end.reader_gone }
    }
}

fn relay(from: OwnedFd, to: BorrowedFd<'static>, stop: &OwnedFd, mut modes: Option<&mut Modes>) -> End {
    let mut tail = Tail::default();
    let mut left = AFTER_END;
    loop {
        match wait(&from, stop) {
            Next::Read => {}
            Next::ReadLast if left > 0 => left = left.saturating_sub(64 * 1024),
            Next::ReadLast | Next::Nothing => return End { tail, left: Some(from), reader_gone: false },
        }
        let bytes = match tail.read(&from) {
            Ok(bytes) => bytes,
            Err(Errno::INTR | Errno::AGAIN) => continue,
            // the end of a pseudo-terminal is an error
            Err(_) => return End { tail, left: None, reader_gone: false },
        };
        if bytes.is_empty() {
            return End { tail, left: None, reader_gone: false };
        }
        if let Some(modes) = modes.as_mut() {
            modes.follow();
        }
        if let Err(error) = write_all(to, bytes) {
            if error != Errno::PIPE && error != Errno::IO {
                eprintln!("autoheal: cannot pass on what the command prints: {error}");
            }
            // `from` is closed with this: the command hears of it as it would without us
            return End { tail, left: None, reader_gone: true };
        }
    }
}

enum Next {
    Read,
    /// The command has ended, and something of it is left.
    ReadLast,
    /// The command has ended, and all of it is read.
    Nothing,
}

/// Waits until there is something to read, or the command has ended.
fn wait(from: &OwnedFd, stop: &OwnedFd) -> Next {
    loop {
        let mut both = [PollFd::new(from, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        if poll(&mut both, None).is_err() {
            continue;
        }
        let [readable, stopped] = both.map(|one| !one.revents().is_empty());
        if !stopped {
            return Next::Read;
        }
        // whatever came between the two looks is not missed: nothing is written after the end
        let mut one = [PollFd::new(from, PollFlags::IN)];
        let readable = readable || poll(&mut one, Some(&Timespec::default())).is_ok_and(|ready| ready > 0);
        return if readable { Next::ReadLast } else { Next::Nothing };
    }
}

/// Writes everything, also to somebody who shares its end with us and made it not wait.
fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::AGAIN) => {
                let _interrupted = poll(&mut [PollFd::from_borrowed_fd(to, PollFlags::OUT)], None);
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Leaves the rest of a stream to a process of its own, so that the command's end is not held up by its children.
fn leave(from: OwnedFd, to: BorrowedFd<'_>) -> io::Result<()> {
    use std::os::unix::process::CommandExt;
    let mut relay = Command::new(std::env::current_exe()?);
    relay.arg("relay").stdin(from).stdout(to.try_clone_to_owned()?).stderr(Stdio::null());
    // Ctrl-C is for those who print; without them it ends by itself
    relay.process_group(0).spawn().map(drop)
}

/// Copies input to output until its end.
pub(super) fn copy_to_end() {
    let file = |fd: BorrowedFd<'_>| fd.try_clone_to_owned().map(File::from);
    if let (Ok(mut input), Ok(mut output)) = (file(io::stdin().as_fd()), file(io::stdout().as_fd())) {
        // the end of a pseudo-terminal, or nobody who reads: the end either way
        let _end = io::copy(&mut input, &mut output);
    }
}

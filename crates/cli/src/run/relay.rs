//! One stream of the command's output on its way to ours: a thread that reads, writes, and keeps the end of it.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustix::io::Errno;

use super::tail::Tail;
use super::terminal::Modes;
use crate::child::passing::{AFTER_END, Next, is_readable, leave, wait, write_all};
use crate::child::say;

/// A stream that is being relayed.
pub(super) struct Relay {
    thread: JoinHandle<End>,
    to: BorrowedFd<'static>,
}

/// How a relay ended.
struct End {
    tail: Tail,
    /// Somebody still holds the other side: a child of the command's that outlives it.
    left: Option<Arc<OwnedFd>>,
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
        from: Arc<OwnedFd>,
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
            && let Err(error) = left.try_clone().and_then(|left| leave(left, self.to))
        {
            say(&format!("what the command's own children still print is lost: {error}"));
        }
        Kept { tail: end.tail.bytes(), reader_gone: end.reader_gone }
    }
}

fn relay(from: Arc<OwnedFd>, to: BorrowedFd<'static>, stop: &OwnedFd, mut modes: Option<&mut Modes>) -> End {
    let mut tail = Tail::default();
    let mut left = AFTER_END;
    loop {
        match wait(&from, stop, Some(to)) {
            Next::Read => {}
            Next::ReadLast if left > 0 => left = left.saturating_sub(64 * 1024),
            Next::ReadLast | Next::Nothing => return End { tail, left: Some(from), reader_gone: false },
            Next::ReaderGone => {
                // what the command has said by then is known all the same
                let _nothing = is_readable(&from).then(|| tail.read(&from).is_ok());
                return End { tail, left: None, reader_gone: true };
            }
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
            let reader_gone = error == Errno::PIPE || error == Errno::IO;
            if !reader_gone {
                say(&format!("cannot pass on what the command prints: {error}"));
            }
            // `from` is closed with this: the command hears of it as it would without us
            return End { tail, left: None, reader_gone };
        }
    }
}

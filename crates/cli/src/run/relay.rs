//! The relay of one output stream: a thread that reads from the command, writes on, and keeps the last bytes.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustix::io::Errno;
use rustix::stdio::{stderr, stdout};

use super::tail::Tail;
use super::terminal::Modes;
use crate::child::passing::{AFTER_END, Next, is_readable, leave, wait, write_all};
use crate::child::{LastReads, say};

/// One of this process's own output streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Standard,
    Error,
}

impl Output {
    fn stream(self) -> BorrowedFd<'static> {
        match self {
            Self::Standard => stdout(),
            Self::Error => stderr(),
        }
    }
}

/// A stream that is being relayed.
pub(super) struct Relay {
    thread: JoinHandle<End>,
    to: Output,
}

/// Result of the relay thread.
struct End {
    tail: Tail,
    /// The stream, if a child of the command still holds its other side and may print more.
    unfinished: Option<Arc<OwnedFd>>,
    reader_gone: bool,
    lost: Option<Errno>,
}

/// Result of one relay.
pub(super) struct Finished {
    /// The last bytes of the stream.
    pub(super) tail: Vec<u8>,
    /// The last reads from the stream.
    pub(super) last_reads: LastReads,
    /// True if the reader of this process's output has gone.
    pub(super) reader_gone: bool,
    /// True if the file takes no more bytes.
    pub(super) is_full: bool,
    /// The error with which standard output was lost after the command had written it.
    pub(super) lost: Option<Errno>,
}

impl Finished {
    fn unknown() -> Self {
        Self { tail: Vec::new(), last_reads: LastReads::default(), reader_gone: false, is_full: false, lost: None }
    }
}

impl Relay {
    /// Starts to relay. The relay ends when the other side is closed, or when `stop` is closed and nothing is left to
    /// read.
    pub(super) fn start(from: Arc<OwnedFd>, to: Output, stop: OwnedFd, mut modes: Option<Modes>) -> io::Result<Self> {
        let thread = std::thread::Builder::new().name("relay".to_owned());
        let thread = thread.spawn(move || relay(from, to, &stop, modes.as_mut()))?;
        Ok(Self { thread, to })
    }

    /// Waits for the output of the command itself. Output of its children that comes later is left to another process.
    pub(super) fn finish(self) -> Finished {
        let Ok(end) = self.thread.join() else { return Finished::unknown() };
        if let Some(unfinished) = end.unfinished
            && let Err(error) = unfinished.try_clone().and_then(|unfinished| leave(unfinished, self.to.stream()))
        {
            say(&format!("what the command's own children still print is lost: {error}"));
        }
        let last_reads = end.tail.last_reads().clone();
        Finished {
            tail: end.tail.bytes(),
            last_reads,
            reader_gone: end.reader_gone,
            is_full: end.lost == Some(Errno::NOSPC),
            lost: end.lost,
        }
    }
}

fn relay(from: Arc<OwnedFd>, output: Output, stop: &OwnedFd, mut modes: Option<&mut Modes>) -> End {
    let mut tail = Tail::default();
    let mut remaining = AFTER_END;
    // none once standard error takes no more bytes
    let mut to = Some(output.stream());
    let end = |tail, unfinished| End { tail, unfinished, reader_gone: false, lost: None };
    loop {
        match wait(&from, stop, to) {
            Next::Read => {}
            Next::ReadLast if remaining > 0 => remaining = remaining.saturating_sub(64 * 1024),
            Next::ReadLast | Next::Nothing => return end(tail, to.map(|_| from)),
            Next::ReaderGone => {
                // output that the command has already written still belongs in the report
                let _nothing = is_readable(&from).then(|| tail.read(&from).is_ok());
                return End { reader_gone: true, ..end(tail, None) };
            }
        }
        let bytes = match tail.read(&from) {
            Ok(bytes) => bytes,
            Err(Errno::INTR | Errno::AGAIN) => continue,
            // a pseudo-terminal ends with an error
            Err(_) => return end(tail, None),
        };
        if bytes.is_empty() {
            return end(tail, None);
        }
        if let Some(modes) = modes.as_mut() {
            modes.follow();
        }
        match to.map_or(Ok(()), |to| write_all(to, bytes)) {
            Ok(()) => {}
            Err(Errno::PIPE | Errno::IO) => return End { reader_gone: true, ..end(tail, None) },
            // most programs ignore that an error message cannot be written, and would not survive a closed pipe
            Err(_) if output == Output::Error => to = None,
            Err(error) => {
                say(&format!("cannot pass on what the command prints: {error}"));
                // this closes `from`, so that the command's next write fails
                return End { lost: Some(error), ..end(tail, None) };
            }
        }
    }
}

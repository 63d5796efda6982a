//! Steps of relaying a stream: wait for bytes or the end, write all bytes, and leave the rest to another process.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Command, Stdio};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::stdio::{stdin, stdout};

/// Maximum number of bytes relayed after the command's end, before another process takes over. The command's own output
/// fits into its pipe, which is smaller.
pub(crate) const AFTER_END: usize = 4 * 1024 * 1024;

/// Size of pipes where the system allows it, in bytes. Larger pipes cost fewer context switches.
#[cfg(target_os = "linux")]
const PIPE_BYTES: usize = 256 * 1024;

/// Opens a pipe of [`PIPE_BYTES`].
pub(crate) fn wide_pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    // the system limits large pipes; beyond the limit the size stays as it is
    #[cfg(target_os = "linux")]
    let _limited = rustix::pipe::fcntl_setpipe_size(&writer, PIPE_BYTES);
    Ok((reader, writer))
}

/// The next step on a stream.
pub(crate) enum Next {
    /// There are bytes to read.
    Read,
    /// The command has ended, and there are bytes left.
    ReadLast,
    /// The command has ended, and nothing is left.
    Nothing,
    /// The reader of the relayed bytes has gone.
    ReaderGone,
}

/// Waits until there are bytes to read, the command has ended (`stop` is closed), or the reader of `to` has gone.
pub(crate) fn wait(from: impl AsFd, stop: &OwnedFd, to: Option<BorrowedFd<'_>>) -> Next {
    let from = from.as_fd();
    let reading = PollFd::from_borrowed_fd(from, PollFlags::IN);
    // without events to wait for, poll still reports that a reader has gone
    let writing = PollFd::from_borrowed_fd(to.unwrap_or(stop.as_fd()), PollFlags::empty());
    loop {
        let mut all = [reading.clone(), PollFd::new(stop, PollFlags::IN), writing.clone()];
        if poll(&mut all, None).is_err() {
            continue;
        }
        let [readable, stopped, gone] = all.map(|one| !one.revents().is_empty());
        if to.is_some() && gone {
            return Next::ReaderGone;
        }
        if !stopped {
            return Next::Read;
        }
        // checked again, because bytes may have come since the poll; none come after the end
        return if readable || is_readable(from) { Next::ReadLast } else { Next::Nothing };
    }
}

/// Whether a read would return now, with bytes or with the end.
pub(crate) fn is_readable(from: impl AsFd) -> bool {
    let reading = PollFd::from_borrowed_fd(from.as_fd(), PollFlags::IN);
    poll(&mut [reading], Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Writes all bytes; waits where another process that shares the stream has made it non-blocking.
pub(crate) fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
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

/// Starts a process that relays the rest of a stream, so that the command's children do not delay the command's end.
pub(crate) fn leave(from: OwnedFd, to: BorrowedFd<'_>) -> io::Result<()> {
    use std::os::unix::process::CommandExt;
    // an update may have replaced the executable's file; this link still leads to the running one
    #[cfg(target_os = "linux")]
    let executable = std::path::PathBuf::from("/proc/self/exe");
    #[cfg(not(target_os = "linux"))]
    let executable = std::env::current_exe()?;
    let mut relay = Command::new(executable);
    relay.arg0("autoheal").arg("relay").stdin(from).stdout(to.try_clone_to_owned()?).stderr(Stdio::null());
    // in a process group of its own, so that Ctrl-C ends only the children that print; the relay then ends as well
    relay.process_group(0).spawn().map(drop)
}

/// Copies input to output until its end.
pub(crate) fn copy_to_end() {
    let mut buffer = Vec::with_capacity(64 * 1024);
    loop {
        buffer.clear();
        match rustix::io::read(stdin(), spare_capacity(&mut buffer)) {
            Ok(1..) => {}
            Err(Errno::INTR) => continue,
            // a pseudo-terminal ends with an error
            Ok(0) | Err(_) => return,
        }
        if write_all(stdout(), &buffer).is_err() {
            return;
        }
    }
}

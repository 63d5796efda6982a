//! Passing a stream on: waiting for what comes or for the end, writing all of it, and leaving the rest to others.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Command, Stdio};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::stdio::{stdin, stdout};

/// After the command's end, at most this much is taken over before a process of its own goes on: what the command itself
/// wrote fits into its pipe, and that is smaller.
pub(crate) const AFTER_END: usize = 4 * 1024 * 1024;

/// What pipes are enlarged to where the system lets us: fewer switches between those who write and read.
#[cfg(target_os = "linux")]
const PIPE: usize = 256 * 1024;

/// A pipe for much at once.
pub(crate) fn wide_pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = io::pipe()?;
    // a process may not have many large ones; then it stays as it is
    #[cfg(target_os = "linux")]
    let _limited = rustix::pipe::fcntl_setpipe_size(&writer, PIPE);
    Ok((reader, writer))
}

/// What there is to do on a stream.
pub(crate) enum Next {
    /// Something to read.
    Read,
    /// The command has ended, and something of it is left.
    ReadLast,
    /// The command has ended, and all of it is read.
    Nothing,
    /// Nobody reads what is passed on.
    ReaderGone,
}

/// Waits until there is something to read, or the command has ended, or nobody reads at `to` any more.
pub(crate) fn wait(from: impl AsFd, stop: &OwnedFd, to: Option<BorrowedFd<'_>>) -> Next {
    let from = from.as_fd();
    let reading = PollFd::from_borrowed_fd(from, PollFlags::IN);
    // of a writing side only its end is told, asked or not
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
        // whatever came between the two looks is not missed: nothing is written after the end
        return if readable || is_readable(from) { Next::ReadLast } else { Next::Nothing };
    }
}

/// Whether there is something to read at this moment, or its end.
pub(crate) fn is_readable(from: impl AsFd) -> bool {
    let reading = PollFd::from_borrowed_fd(from.as_fd(), PollFlags::IN);
    poll(&mut [reading], Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Writes everything, also to somebody who shares its end with us and made it not wait.
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

/// Leaves the rest of a stream to a process of its own, so that the command's end is not held up by its children.
pub(crate) fn leave(from: OwnedFd, to: BorrowedFd<'_>) -> io::Result<()> {
    use std::os::unix::process::CommandExt;
    // what we were started from may be replaced meanwhile; we are still there
    #[cfg(target_os = "linux")]
    let ourselves = std::path::PathBuf::from("/proc/self/exe");
    #[cfg(not(target_os = "linux"))]
    let ourselves = std::env::current_exe()?;
    let mut relay = Command::new(ourselves);
    relay.arg0("autoheal").arg("relay").stdin(from).stdout(to.try_clone_to_owned()?).stderr(Stdio::null());
    // Ctrl-C is for those who print; without them it ends by itself
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
            // the end of a pseudo-terminal is an error
            Ok(0) | Err(_) => return,
        }
        if write_all(stdout(), &buffer).is_err() {
            return;
        }
    }
}

//! Whether anybody still reads what the program prints: if not, its end is no failure.

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The reader of standard output or standard error has seen enough.
pub(super) fn is_gone() -> bool {
    let (output, errors) = (std::io::stdout(), std::io::stderr());
    // nothing is asked for: only what is always told, that the other end is closed
    let mut streams = [PollFd::new(&output, PollFlags::empty()), PollFd::new(&errors, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut streams, Some(&now)).is_ok() && streams.iter().any(|stream| stream.revents().contains(PollFlags::ERR))
}

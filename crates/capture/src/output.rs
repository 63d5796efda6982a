//! Checks whether the reader of the program's output has closed it. Printing then fails, which is no failure of the
//! program.

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// True if the reader of standard output or standard error has closed it.
pub(super) fn is_closed() -> bool {
    let (output, errors) = (std::io::stdout(), std::io::stderr());
    // without requested events, poll reports errors only: the other end is closed
    let mut streams = [PollFd::new(&output, PollFlags::empty()), PollFd::new(&errors, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut streams, Some(&now)).is_ok() && streams.iter().any(|stream| stream.revents().contains(PollFlags::ERR))
}

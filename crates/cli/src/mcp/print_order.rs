//! `PrintOrder`: which bytes of standard error the server printed before each message. Two pipes have no common order, so
//! before a message is passed on, the bytes that wait in the pipe of standard error are counted.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use autoheal_watch::Moment;
use rustix::buffer::spare_capacity;
use rustix::io::{Errno, ioctl_fionread, read};

/// Maximum number of marks. They are removed as the bytes before them are read.
const MAX_MARKS: usize = 4_096;

/// The order of standard error and of messages.
pub(super) struct PrintOrder(Mutex<State>);

struct State {
    /// The pipe; none once it is closed.
    errors: Option<OwnedFd>,
    /// Number of bytes read so far.
    read: u64,
    /// Positions in standard error, each with the moment by which the server had printed so much.
    marks: VecDeque<(u64, Moment)>,
}

impl PrintOrder {
    /// The order of a pipe's bytes. Holds a copy of its descriptor until [`Self::close`].
    pub(super) fn of(errors: OwnedFd) -> Self {
        Self(Mutex::new(State { errors: Some(errors), read: 0, marks: VecDeque::new() }))
    }

    /// Marks how much the server has printed before a message that is not passed on yet. Returns the message's moment.
    pub(super) fn mark(&self, now: impl FnOnce() -> Moment) -> Moment {
        let mut state = self.lock();
        let waiting = state.errors.as_ref().and_then(|errors| ioctl_fionread(errors).ok()).unwrap_or(0);
        let now = now();
        if waiting > 0 && state.marks.len() < MAX_MARKS {
            let position = state.read + waiting;
            state.marks.push_back((position, now.before()));
        }
        now
    }

    /// Reads from standard error.
    pub(super) fn read(&self, buffer: &mut Vec<u8>) -> Result<usize, Errno> {
        let mut state = self.lock();
        let Some(errors) = &state.errors else { return Ok(0) };
        let length = read(errors, spare_capacity(buffer))?;
        state.read += length as u64;
        Ok(length)
    }

    /// Passes on the bytes that were just read, in parts, each with the moment by which it was printed.
    pub(super) fn each<'a>(&self, mut bytes: &'a [u8], now: Moment, mut printed: impl FnMut(&'a [u8], Moment)) {
        let mut parts = Vec::new();
        {
            let mut state = self.lock();
            while let Some((position, moment)) = state.marks.front().copied().filter(|_| !bytes.is_empty()) {
                let consumed = state.read - bytes.len() as u64;
                let length = usize::try_from(position.saturating_sub(consumed)).unwrap_or(usize::MAX);
                if length > bytes.len() {
                    parts.push((bytes, moment));
                    bytes = &[];
                    break;
                }
                state.marks.pop_front();
                if length > 0 {
                    let (before, after) = bytes.split_at(length);
                    parts.push((before, moment));
                    bytes = after;
                }
            }
        }
        // not under the lock, because the watch may take a while
        parts.into_iter().for_each(|(part, moment)| printed(part, moment));
        if !bytes.is_empty() {
            printed(bytes, now);
        }
    }

    /// Closes the copy of the descriptor, so that the server notices when its reader closes.
    pub(super) fn close(&self) {
        self.lock().errors = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use autoheal_watch::Clocks;

    use super::*;

    #[test]
    fn what_was_printed_before_a_message_is_earlier_than_the_message_however_late_it_is_read() {
        let clocks = Clocks::start();
        let (reader, mut writer) = std::io::pipe().unwrap();
        let order = PrintOrder::of(reader.into());
        let request = order.mark(|| clocks.now());
        writer.write_all(b"of the first\n").unwrap();
        let first = order.mark(|| clocks.now());
        writer.write_all(b"between\n").unwrap();
        let second = order.mark(|| clocks.now());
        writer.write_all(b"after\n").unwrap();
        // in reads of every length
        let (mut parts, mut buffer) = (Vec::new(), Vec::with_capacity(5));
        while parts.iter().map(|(text, _): &(String, Moment)| text.len()).sum::<usize>() < 27 {
            buffer.clear();
            order.read(&mut buffer).unwrap();
            let now = clocks.now();
            order.each(&buffer, now, |bytes, at| parts.push((String::from_utf8(bytes.to_vec()).unwrap(), at)));
        }
        let text = |from: Moment, to: Moment| {
            parts.iter().filter(|(_, at)| (from..to).contains(at)).map(|(text, _)| text.as_str()).collect::<String>()
        };
        assert_eq!(text(request, first), "of the first\n");
        assert_eq!(text(first, second), "between\n");
        assert_eq!(text(second, Moment::LAST), "after\n");
    }

    #[test]
    fn a_closed_pipe_has_no_order() {
        let clocks = Clocks::start();
        let (reader, writer) = std::io::pipe().unwrap();
        let order = PrintOrder::of(reader.into());
        order.close();
        assert!((&writer).write_all(b"x").is_err(), "the reader has gone");
        assert!(order.mark(|| clocks.now()) <= clocks.now());
    }
}

//! The last bytes of a stream, kept while it flows: two buffers in turn, so that nothing is copied to be kept.

use rustix::buffer::spare_capacity;
use rustix::fd::AsFd;

/// How much one buffer holds. What is kept is between one and two of them, however much flows.
const BUFFER: usize = 256 * 1024;
/// A read that could bring less than this is not worth its system call.
const LEAST: usize = 64 * 1024;

/// The last bytes that were read.
#[derive(Default)]
pub(super) struct Tail {
    older: Vec<u8>,
    newer: Vec<u8>,
}

impl Tail {
    /// Reads what is there; returns the new bytes, none at the end.
    pub(super) fn read(&mut self, from: impl AsFd) -> rustix::io::Result<&[u8]> {
        if self.newer.capacity() == 0 {
            self.newer.reserve_exact(BUFFER);
        } else if self.newer.capacity() - self.newer.len() < LEAST {
            std::mem::swap(&mut self.older, &mut self.newer);
            self.newer.clear();
            self.newer.reserve_exact(BUFFER);
        }
        let known = self.newer.len();
        rustix::io::read(from, spare_capacity(&mut self.newer))?;
        Ok(&self.newer[known..])
    }

    /// What is kept, oldest first.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.older.as_slice(), &self.newer].concat()
    }
}

//! The last bytes of a stream. Reads go to one of two buffers in turn, so that no byte is copied.

use std::time::SystemTime;

use rustix::buffer::spare_capacity;
use rustix::fd::AsFd;

use crate::child::LastReads;

/// Size of one buffer, in bytes. Once the first buffer is full, the tail has one to two times this size.
const BUFFER: usize = 256 * 1024;
/// Minimum capacity of a read, in bytes. A smaller read is not worth its system call.
const MIN_READ: usize = 64 * 1024;

/// The last bytes that were read.
#[derive(Default)]
pub(super) struct Tail {
    older: Vec<u8>,
    newer: Vec<u8>,
    last_reads: LastReads,
}

impl Tail {
    /// Reads available bytes and returns them; an empty slice at the end.
    pub(super) fn read(&mut self, from: impl AsFd) -> rustix::io::Result<&[u8]> {
        if self.newer.capacity() == 0 {
            self.newer.reserve_exact(BUFFER);
        } else if self.newer.capacity() - self.newer.len() < MIN_READ {
            std::mem::swap(&mut self.older, &mut self.newer);
            self.newer.clear();
            self.newer.reserve_exact(BUFFER);
        }
        let before = self.newer.len();
        let at = SystemTime::now();
        rustix::io::read(from, spare_capacity(&mut self.newer))?;
        self.last_reads.push(at, &self.newer[before..]);
        Ok(&self.newer[before..])
    }

    /// The last reads.
    pub(super) fn last_reads(&self) -> &LastReads {
        &self.last_reads
    }

    /// The last bytes, oldest first.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.older.as_slice(), &self.newer].concat()
    }
}

//! Checks that the write-ahead log still holds what was written to it.
//!
//! SQLite verifies the checksums of the log only when a store is opened. A log that is damaged meanwhile would be read as
//! it is, and after a crash everything behind the damage would be gone.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Size of the log's header, in bytes.
pub(super) const HEADER: usize = 32;
/// Size of a frame's header, in bytes. A page follows.
const FRAME_HEADER: usize = 24;
/// First four bytes of a log; the last bit is set if its checksums are of big-endian words.
const MAGIC: u32 = 0x377f_0682;

/// True if this log begins with this number of frames whose checksums are right.
pub(super) fn is_whole(log: &File, frames: u32) -> io::Result<bool> {
    let mut header = [0; HEADER];
    if frames == 0 {
        return Ok(true);
    }
    if !read(log, &mut header, 0)? {
        return Ok(false);
    }
    let magic = word(&header, 0);
    let page = word(&header, 8) as usize;
    if magic & !1 != MAGIC || !page.is_power_of_two() || !(512..=65_536).contains(&page) {
        return Ok(false);
    }
    let big_endian = magic & 1 == 1;
    let mut sum = Checksum::default();
    sum.add(&header[..24], big_endian);
    if !sum.is(&header[24..]) {
        return Ok(false);
    }
    let mut frame = vec![0; FRAME_HEADER + page];
    let length = frame.len() as u64;
    for number in 0..u64::from(frames) {
        if !read(log, &mut frame, HEADER as u64 + number * length)? || frame[8..16] != header[16..24] {
            return Ok(false);
        }
        sum.add(&frame[..8], big_endian);
        sum.add(&frame[FRAME_HEADER..], big_endian);
        if !sum.is(&frame[16..24]) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Fills the buffer; returns false at the end of the file.
fn read(file: &File, buffer: &mut [u8], at: u64) -> io::Result<bool> {
    match file.read_exact_at(buffer, at) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// The running checksum of <https://sqlite.org/fileformat2.html#checksum_algorithm>.
#[derive(Default)]
struct Checksum(u32, u32);

impl Checksum {
    fn add(&mut self, bytes: &[u8], big_endian: bool) {
        for pair in bytes.chunks_exact(8) {
            let word = |at: usize| {
                let bytes = [pair[at], pair[at + 1], pair[at + 2], pair[at + 3]];
                if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
            };
            self.0 = self.0.wrapping_add(word(0)).wrapping_add(self.1);
            self.1 = self.1.wrapping_add(word(4)).wrapping_add(self.0);
        }
    }

    /// True if these eight bytes are this checksum.
    fn is(&self, bytes: &[u8]) -> bool {
        (word(bytes, 0), word(bytes, 4)) == (self.0, self.1)
    }
}

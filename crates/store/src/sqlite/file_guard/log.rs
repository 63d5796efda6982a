//! Checks that the write-ahead log still holds what was written to it.
//!
//! SQLite verifies the checksums of the log only when a store is opened, and then forgets what is behind a wrong one. A log that is damaged meanwhile would be read as
//! it is, and after a crash everything behind the damage would be gone.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Size of the log's header, in bytes.
pub(super) const HEADER: usize = 32;
/// Size of a frame's header, in bytes. A page follows.
const FRAME_HEADER: usize = 24;
/// Size of the header of the log's index, which is there twice, in bytes.
const INDEX_HEADER: usize = 48;
/// Place of the number of committed frames in that header.
const INDEX_FRAMES: usize = 16;
/// Place of the log's salt in that header.
const INDEX_SALT: usize = 32;
/// First four bytes of a log; the last bit is set if its checksums are of big-endian words.
const MAGIC: u32 = 0x377f_0682;

/// True if the frames of this range of the log have the right checksums, which include those of the frame before them.
pub(super) fn is_whole(log: &File, range: Range<u32>) -> io::Result<bool> {
    if range.is_empty() {
        return Ok(true);
    }
    let Some(mut frames_of_log) = Frames::of(log)? else { return Ok(false) };
    if range.start > 0 && !frames_of_log.skip(range.start)? {
        return Ok(false);
    }
    for _ in range {
        if frames_of_log.next()? != Frame::Valid {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What an earlier process left in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sqlite) enum Left {
    /// All transactions are whole, but the last one may be unfinished.
    InOrder,
    /// Behind this number of frames of whole transactions, something is wrong.
    Damaged { good_frames: u32 },
}

/// Checks a log that no process has open, and its index, if there is one.
///
/// A killed process leaves a last transaction that is unfinished. Its frames may be cut or wrong, because SQLite writes a
/// page of a large transaction several times to the same frame, and makes the checksums right at the end. Frames of an
/// earlier use of the log follow behind them. So a wrong frame is damage only if it, or a frame of this use behind it, ends
/// a transaction. A kill while the checksums are made right leaves one such frame, which the index does not count.
pub(in crate::sqlite) fn left_log(log: &File, index: Option<&File>) -> io::Result<Left> {
    let Some(mut frames) = Frames::of(log)? else { return Ok(Left::Damaged { good_frames: 0 }) };
    let (mut number, mut good_frames) = (0, 0);
    let mut found = frames.next()?;
    while found == Frame::Valid {
        number += 1;
        if frames.ends_transaction() {
            good_frames = number;
        }
        found = frames.next()?;
    }
    let mut ends_behind = 0;
    while found != Frame::Absent {
        ends_behind += u32::from(frames.is_of_this_use() && frames.ends_transaction());
        found = frames.next()?;
    }
    let is_uncommitted = || index.and_then(|index| frames.committed(index)).is_some_and(|frames| frames <= good_frames);
    match ends_behind {
        0 => Ok(Left::InOrder),
        1 if is_uncommitted() => Ok(Left::InOrder),
        _ => Ok(Left::Damaged { good_frames }),
    }
}

/// A frame of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Valid,
    Wrong,
    /// The log ends before the end of the frame.
    Absent,
}

/// Reads a log frame by frame.
struct Frames<'a> {
    log: &'a File,
    salt: [u8; 8],
    big_endian: bool,
    sum: Checksum,
    /// The last frame that was read.
    frame: Vec<u8>,
    at: u64,
}

impl<'a> Frames<'a> {
    /// Returns none if the header is wrong.
    fn of(log: &'a File) -> io::Result<Option<Self>> {
        let mut header = [0; HEADER];
        if !read(log, &mut header, 0)? {
            return Ok(None);
        }
        let magic = word(&header, 0);
        let page = word(&header, 8) as usize;
        if magic & !1 != MAGIC || !page.is_power_of_two() || !(512..=65_536).contains(&page) {
            return Ok(None);
        }
        let big_endian = magic & 1 == 1;
        let mut sum = Checksum::default();
        sum.add(&header[..24], big_endian);
        if !sum.is(&header[24..]) {
            return Ok(None);
        }
        let mut salt = [0; 8];
        salt.copy_from_slice(&header[16..24]);
        Ok(Some(Self { log, salt, big_endian, sum, frame: vec![0; FRAME_HEADER + page], at: HEADER as u64 }))
    }

    /// Goes on behind this number of frames, with the checksum in the last of them. Returns false if that one is absent or
    /// of another use.
    fn skip(&mut self, frames: u32) -> io::Result<bool> {
        self.at = HEADER as u64 + u64::from(frames - 1) * self.frame.len() as u64;
        let is_there = read(self.log, &mut self.frame, self.at)? && self.is_of_this_use();
        self.at += self.frame.len() as u64;
        self.sum = Checksum(word(&self.frame, 16), word(&self.frame, 20));
        Ok(is_there)
    }

    fn next(&mut self) -> io::Result<Frame> {
        if !read(self.log, &mut self.frame, self.at)? {
            return Ok(Frame::Absent);
        }
        self.at += self.frame.len() as u64;
        self.sum.add(&self.frame[..8], self.big_endian);
        self.sum.add(&self.frame[FRAME_HEADER..], self.big_endian);
        let is_valid = self.is_of_this_use() && self.sum.is(&self.frame[16..24]);
        Ok(if is_valid { Frame::Valid } else { Frame::Wrong })
    }

    /// True if the last frame was written since the log was last begun anew.
    fn is_of_this_use(&self) -> bool {
        self.frame[8..16] == self.salt
    }

    /// Number of committed frames, as the index of the log says; none if it is torn or of another use of the log. A power
    /// cut may leave an index that is too old.
    fn committed(&self, index: &File) -> Option<u32> {
        let mut copies = [0; 2 * INDEX_HEADER];
        let is_read = read(index, &mut copies, 0).unwrap_or(false);
        let (header, copy) = copies.split_at(INDEX_HEADER);
        let is_of_this_log = is_read && header == copy && header[INDEX_SALT..][..8] == self.salt;
        let number = header[INDEX_FRAMES..][..4].try_into().ok().map(u32::from_ne_bytes);
        number.filter(|_| is_of_this_log)
    }

    /// True if the last frame is the last one of a transaction.
    fn ends_transaction(&self) -> bool {
        word(&self.frame, 4) != 0
    }
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

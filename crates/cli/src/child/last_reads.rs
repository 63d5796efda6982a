//! The last reads from a stream, with their times: what a command printed after some time.

use std::collections::VecDeque;
use std::time::SystemTime;

/// Number of reads that are kept.
const READS: usize = 8;
/// Maximum number of bytes that are kept of a read. What a shell or `npm` prints about a failed command is shorter.
const READ_BYTES: usize = 2048;

/// The last reads from a stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastReads {
    /// Oldest first.
    reads: VecDeque<(SystemTime, Vec<u8>)>,
    /// Time of the last read that is no longer kept.
    left_out: Option<SystemTime>,
    /// The file, if the stream is one that the command writes to itself.
    file: Option<(WrittenFile, Vec<u8>)>,
}

/// The part of a file that was written during a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WrittenFile {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    /// Where the command began to write.
    pub(crate) start: u64,
    /// Size of the file at the command's end.
    pub(crate) end: u64,
}

/// Size of a file at the time of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileMark {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) size: u64,
}

impl LastReads {
    /// Adds the bytes of a read that began at this time.
    pub(crate) fn push(&mut self, at: SystemTime, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        // one byte more, so that a longer read is known
        let kept = bytes.get(..=READ_BYTES).unwrap_or(bytes).to_vec();
        self.reads.push_back((at, kept));
        if self.reads.len() > READS {
            self.left_out = self.reads.pop_front().map(|(at, _)| at);
        }
    }

    /// The end of what was written to a file. Its bytes have places instead of times.
    pub(crate) fn of_file(file: WrittenFile, tail: &[u8]) -> Self {
        let last = &tail[tail.len().saturating_sub(READ_BYTES)..];
        Self { file: Some((file, last.to_vec())), ..Self::default() }
    }

    /// The bytes that were read after this time; for a file, those beyond its mark. None if there are too many, or a file has
    /// no mark.
    pub(crate) fn after(&self, time: SystemTime, marks: &[FileMark]) -> Option<Vec<u8>> {
        if let Some((file, last)) = &self.file {
            if file.start == file.end {
                return Some(Vec::new());
            }
            let mark = marks.iter().find(|mark| (mark.device, mark.inode) == (file.device, file.inode))?;
            let later = usize::try_from(file.end.checked_sub(mark.size)?).ok()?;
            return last.get(last.len().checked_sub(later)?..).map(<[u8]>::to_vec);
        }
        let later = self.reads.iter().filter(|(at, _)| *at > time).map(|(_, bytes)| bytes.as_slice());
        let bytes: Vec<u8> = later.collect::<Vec<_>>().concat();
        (self.left_out.is_none_or(|at| at <= time) && bytes.len() <= READ_BYTES).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn what_was_read_after_a_time_is_known_unless_it_is_much() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let mut reads = LastReads::default();
        assert_eq!(reads.after(at(0), &[]), Some(Vec::new()));
        for second in 1..=9 {
            reads.push(at(second), format!("{second}").as_bytes());
        }
        reads.push(at(10), b"");
        assert_eq!(reads.after(at(9), &[]), Some(Vec::new()));
        assert_eq!(reads.after(at(7), &[]), Some(b"89".to_vec()));
        assert_eq!(reads.after(at(1), &[]), Some(b"23456789".to_vec()));
        assert_eq!(reads.after(at(0), &[]), None);
        reads.push(at(11), &[b'x'; READ_BYTES + 1]);
        assert_eq!(reads.after(at(10), &[]), None);
    }
    #[test]
    fn what_was_written_to_a_file_after_a_report_is_known_by_its_size() {
        let file = WrittenFile { device: 1, inode: 2, start: 10, end: 20 };
        let reads = LastReads::of_file(file, b"0123456789");
        let after = |marks: &[FileMark]| reads.after(SystemTime::now(), marks);
        let mark = |inode, size| FileMark { device: 1, inode, size };
        assert_eq!(after(&[mark(3, 5), mark(2, 20)]), Some(Vec::new()));
        assert_eq!(after(&[mark(2, 17)]), Some(b"789".to_vec()));
        for unknown in [&[][..], &[mark(3, 20)], &[mark(2, 21)], &[mark(2, 5)]] {
            assert_eq!(after(unknown), None, "{unknown:?}");
        }
        let unchanged = LastReads::of_file(WrittenFile { end: 10, ..file }, b"");
        assert_eq!(unchanged.after(SystemTime::now(), &[]), Some(Vec::new()));
    }
}

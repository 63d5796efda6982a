//! The last reads from a stream, with their times: what a command printed after some time.

use std::collections::VecDeque;
use std::time::SystemTime;

/// Number of reads that are kept.
const READS: usize = 4;
/// Maximum number of bytes that are kept of a read. A line of the shell about a signal is shorter.
const READ_BYTES: usize = 512;

/// The last reads from a stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastReads {
    /// Oldest first.
    reads: VecDeque<(SystemTime, Vec<u8>)>,
    /// Time of the last read that is no longer kept.
    left_out: Option<SystemTime>,
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

    /// The bytes that were read after this time. None if there are too many.
    pub(crate) fn after(&self, time: SystemTime) -> Option<Vec<u8>> {
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
        assert_eq!(reads.after(at(0)), Some(Vec::new()));
        for second in 1..=5 {
            reads.push(at(second), format!("{second}").as_bytes());
        }
        reads.push(at(6), b"");
        assert_eq!(reads.after(at(5)), Some(Vec::new()));
        assert_eq!(reads.after(at(3)), Some(b"45".to_vec()));
        assert_eq!(reads.after(at(1)), Some(b"2345".to_vec()));
        assert_eq!(reads.after(at(0)), None);
        reads.push(at(7), &[b'x'; READ_BYTES + 1]);
        assert_eq!(reads.after(at(6)), None);
    }
}

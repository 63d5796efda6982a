//! The text that the rules read. Reading outside of it returns nothing, so no function here panics.

use crate::set::{ALPHANUMERIC, Set};

/// The text and `floor`, the end of the last replacement. Rules that read backwards stop at the floor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) text: &'a str,
    pub(crate) floor: usize,
}

impl<'a> Input<'a> {
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The byte at an index; 0 outside of the text.
    pub(crate) fn at(&self, index: usize) -> u8 {
        self.bytes().get(index).copied().unwrap_or(0)
    }

    /// The byte before an index; 0 at the floor.
    pub(crate) fn before(&self, index: usize) -> u8 {
        if index > self.floor { self.at(index - 1) } else { 0 }
    }

    /// The bytes between two indexes.
    pub(crate) fn part(&self, start: usize, end: usize) -> &'a [u8] {
        self.bytes().get(start..end).unwrap_or_default()
    }

    /// The characters between two indexes.
    pub(crate) fn chars(&self, start: usize, end: usize) -> std::str::Chars<'a> {
        self.text.get(start..end).unwrap_or_default().chars()
    }

    /// True if these bytes stand at an index.
    pub(crate) fn has(&self, index: usize, expected: &[u8]) -> bool {
        self.part(index, index + expected.len()) == expected
    }

    /// True if these bytes stand directly before an index.
    pub(crate) fn has_before(&self, index: usize, expected: &[u8]) -> bool {
        self.part(self.floor, index).ends_with(expected)
    }

    /// The first index of these bytes within a part. The standard library's search would add 2 KB to the browser module,
    /// which is too much for a few short needles.
    pub(crate) fn find(&self, start: usize, end: usize, needle: &[u8]) -> Option<usize> {
        let last = end.min(self.text.len()).checked_sub(needle.len())?;
        (start..=last).find(|index| self.has(*index, needle))
    }

    /// The number of consecutive bytes of a set from an index on, at most `limit`.
    pub(crate) fn run(&self, start: usize, limit: usize, set: &Set) -> usize {
        set.run(self.bytes(), start, limit)
    }

    /// The end of the run of a set's bytes at an index.
    pub(crate) fn run_end(&self, start: usize, set: &Set) -> usize {
        set.end(self.bytes(), start)
    }

    /// The start of the run of a set's bytes before an index, at most `limit` bytes back.
    pub(crate) fn run_start(&self, end: usize, limit: usize, set: &Set) -> usize {
        let head = self.part(self.floor, end);
        end - head.iter().rev().take(limit).take_while(|byte| set.has(**byte)).count()
    }

    /// True if a word may begin at an index: the byte before it is neither a letter nor a digit, or it ends an escape
    /// such as `\n` or `%20`.
    pub(crate) fn begins_word(&self, start: usize) -> bool {
        start >= self.floor
            && (!ALPHANUMERIC.has(self.before(start))
                || start >= 2 && self.at(start - 2) == b'\\'
                || start >= 3 && self.at(start - 3) == b'%')
    }
}

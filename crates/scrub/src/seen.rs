//! The text as the rules see it: reading beyond its ends finds nothing, and nothing here can panic.

use crate::set::{ALPHANUMERIC, Set};

/// The text and how far it is already dealt with: rules that look back must not look behind `floor`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) text: &'a str,
    pub(crate) floor: usize,
}

impl<'a> Seen<'a> {
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The byte at a place, or 0 outside of the text.
    pub(crate) fn at(&self, index: usize) -> u8 {
        self.bytes().get(index).copied().unwrap_or(0)
    }

    /// The byte before a place, or 0 at the floor.
    pub(crate) fn before(&self, index: usize) -> u8 {
        if index > self.floor { self.at(index - 1) } else { 0 }
    }

    /// The bytes between two places.
    pub(crate) fn part(&self, start: usize, end: usize) -> &'a [u8] {
        self.bytes().get(start..end).unwrap_or_default()
    }

    /// The characters between two places.
    pub(crate) fn chars(&self, start: usize, end: usize) -> std::str::Chars<'a> {
        self.text.get(start..end).unwrap_or_default().chars()
    }

    /// Whether the text goes on with these bytes.
    pub(crate) fn has(&self, index: usize, expected: &[u8]) -> bool {
        self.part(index, index + expected.len()) == expected
    }

    /// Whether these bytes stand right before a place.
    pub(crate) fn ends(&self, index: usize, expected: &[u8]) -> bool {
        self.part(self.floor, index).ends_with(expected)
    }

    /// Where these bytes stand first within a part. For our few short needles the standard library's search is 2 KB of
    /// module too much.
    pub(crate) fn find(&self, start: usize, end: usize, needle: &[u8]) -> Option<usize> {
        let last = end.min(self.text.len()).checked_sub(needle.len())?;
        (start..=last).find(|index| self.has(*index, needle))
    }

    /// How many bytes of a set stand at a place, counted up to `limit`.
    pub(crate) fn run(&self, start: usize, limit: usize, set: &Set) -> usize {
        set.run(self.bytes(), start, limit)
    }

    /// Where the bytes of a set that stand at a place end.
    pub(crate) fn run_end(&self, start: usize, set: &Set) -> usize {
        set.end(self.bytes(), start)
    }

    /// Where the bytes of a set that stand before a place begin, at most `limit` of them.
    pub(crate) fn run_start(&self, end: usize, limit: usize, set: &Set) -> usize {
        let head = self.part(self.floor, end);
        end - head.iter().rev().take(limit).take_while(|byte| set.has(**byte)).count()
    }

    /// Whether a word may begin here: no letter or digit stands before, save as the end of an escape (`\n`, `%20`).
    pub(crate) fn begins_word(&self, start: usize) -> bool {
        start >= self.floor
            && (!ALPHANUMERIC.has(self.before(start))
                || start >= 2 && self.at(start - 2) == b'\\'
                || start >= 3 && self.at(start - 3) == b'%')
    }
}

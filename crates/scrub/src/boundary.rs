//! Where words begin, in plain text and inside encoded text.

use crate::scanner::Seen;

/// Whether a word may begin here: no letter or digit stands before, save as the end of an escape (`\n`, `%20`).
pub(crate) fn begins_word(seen: &Seen<'_>, start: usize) -> bool {
    if start < seen.floor {
        return false;
    }
    let before = seen.before(start);
    !before.is_ascii_alphanumeric()
        || start >= 2 && seen.bytes[start - 2] == b'\\'
        || start >= 3 && seen.bytes[start - 3] == b'%'
}

/// The bytes from `start` on that belong, at most `limit` of them.
pub(crate) fn run(bytes: &[u8], start: usize, limit: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    rest.iter().take(limit).take_while(|byte| belongs(**byte)).count()
}

/// The end of the run of bytes that belong.
pub(crate) fn run_end(bytes: &[u8], start: usize, belongs: impl Fn(u8) -> bool) -> usize {
    start + run(bytes, start, usize::MAX, belongs)
}

/// Where these bytes stand first. For our few short needles the standard library's search is 2 KB of module too much.
pub(crate) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

/// Letters, digits, `_` and `-`: base64 as URLs carry it.
pub(crate) fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

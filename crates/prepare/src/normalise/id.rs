//! Recognises ids and hashes, and distinguishes them from words with digits.

use super::number::is_one_of;
use super::{bundle_name, code, continues_word};

/// Returns the length of a UUID, `8-4-4-4-12` hexadecimal digits, at the beginning of the text. It may be part of a name
/// with underscores: `job_550e8400-e29b-41d4-a716-446655440000_1`.
pub(super) fn uuid(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes().get(..36)?;
    let fits = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    (bytes.iter().enumerate().all(fits) && !rest[36..].starts_with(|c: char| continues_word(c) && c != '_'))
        .then_some(36)
}

/// Returns the length of `0x…` at the beginning of the text.
pub(super) fn address(rest: &str) -> Option<usize> {
    let digits = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"))?;
    let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
    (length > 0 && !continues(digits, length)).then_some(length + 2)
}

fn continues(text: &str, at: usize) -> bool {
    text[at..].starts_with(continues_word)
}

/// Words before a revision, which may consist of letters alone.
const REVISIONS: &str = "commit revision rev sha ref hash checkout object changeset";

/// Returns true for a word that a label before it makes an id: `id=zz9yy8`, `commit abcdef1`.
pub(super) fn is_labelled(word: &str, before: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || digits == word.len() || !word.is_ascii() {
        return false;
    }
    let label = code::last_word(before, &[' ', '=', ':', '"', '\'']);
    let is_revision = (7..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_revision && is_one_of(REVISIONS, label)
        || label.len() < before.len() && word.len() > 3 && (label == "id" || label == "ID" || label.ends_with("Id"))
}

/// Words before numbers in technical terms: `utf_8`, `x86_64`, `iso_8859_1`.
const TERMS: [&str; 22] = [
    "utf", "x86", "sha", "md", "aes", "rsa", "int", "uint", "float", "base", "arm", "aarch", "amd", "win", "iso",
    "latin", "cp", "ipv", "es", "http", "h", "8859",
];

/// Copies a word and replaces each part between underscores that is an id or a number: in `req_8f3a9c1d` and
/// `worker_7`, but not in `x86_64`. `before` is the part before the word.
pub(super) fn without_ids(word: &str, before: &str, out: &mut String) {
    let mut before = before;
    for (index, part) in word.split('_').enumerate() {
        if index > 0 {
            out.push('_');
        }
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_term = before.len() < 2 || TERMS.iter().any(|term| term.eq_ignore_ascii_case(before));
        out.push_str(match () {
            () if is_id(part) => "<id>",
            () if is_number && !is_term => "<n>",
            () => part,
        });
        before = if part.is_empty() { before } else { part };
    }
}

/// Copies a file's name and replaces a bundler's hash in it: `main.3f2a1b9c.js`, `index-BkX3d9Zq.js`.
pub(super) fn without_hashes(name: &str, out: &mut String) {
    let name = bundle_name(name);
    if name.contains('<') {
        out.push_str(&name);
        return;
    }
    let mut rest = name.as_ref();
    loop {
        let length = rest.find(['.', '-', '_', '~']).unwrap_or(rest.len());
        let part = &rest[..length];
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let in_version =
            rest[length..].starts_with('.') && rest[length + 1..].starts_with(|c: char| c.is_ascii_digit());
        out.push_str(match () {
            () if is_id(part) || length == 8 && is_short_hash(part) => "<hash>",
            () if is_number && (length > 3 || out.ends_with(['-', '_']) && !in_version) => "<n>",
            () => part,
        });
        let Some(separator) = rest[length..].chars().next() else { return };
        out.push(separator);
        rest = &rest[length + 1..];
    }
}

/// Returns true for seven or more hexadecimal digits, as short hashes of Git have, and for a word of twelve or more characters that often changes
/// between digits, small and capital letters, as random words do. Both contain decimal digits and other characters.
fn is_id(word: &str) -> bool {
    if word.len() < 7 || !word.is_ascii() {
        return false;
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let is_hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_mixed = digits > 0 && digits < word.len();
    is_mixed && (is_hexadecimal && (word.len() > 7 || digits > 1) || word.len() >= 12 && changes(word) >= 5)
}

/// Returns true for a hash of Vite or Rollup. The caller checks its length, eight characters.
fn is_short_hash(word: &str) -> bool {
    let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let small = word.len() - capitals - digits;
    word.is_ascii() && changes(word) >= 3 && (digits > 0 && capitals + small > 0 || capitals >= 3 && small > 0)
}

/// Counts the changes between digits, capital and other letters.
fn changes(word: &str) -> usize {
    let kind = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    word.as_bytes().windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count()
}

//! The name before a `:` or `=`: bare, quoted, in an index, of two words, or with a type after it.

use crate::foreign;
use crate::full;
use crate::input::Input;
use crate::key;
use crate::set::{ALPHANUMERIC, BACKSLASH, BLANKS, DIGITS, LETTERS, QUOTES, Set};
use crate::words::{self, ANY_CASE};

/// Second words of names in two words: `API key: …`, `session id = …`.
static SECOND_WORDS: &[u8] = &words::list(b" key id code number phrase");

/// Types between a name and its `=`, as in Go and Rust: `var password string = "…"`.
static TYPES_BEFORE: &[u8] = &words::list(b" string str text nsstring");

/// In other languages, names have letters outside of ASCII.
static NAMES: Set = if cfg!(feature = "full") { ASCII_NAMES.with_others() } else { ASCII_NAMES };
const ASCII_NAMES: Set = ALPHANUMERIC.with(b"_-.$%");
static PHRASE: Set = NAMES.with(b" ");

/// The key before a `:` or `=`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) start: usize,
    pub(crate) text: &'a [u8],
    /// The closing quote of the key, as a range; empty for a key without quotes. A bare JSON value gets the same quotes.
    pub(crate) quote: (usize, usize),
}

impl Key<'_> {
    /// True for a key without quotes.
    pub(crate) fn is_bare(&self) -> bool {
        self.quote.0 == self.quote.1
    }
}

/// The key before a sign.
pub(crate) fn key_before<'a>(input: &Input<'a>, sign: usize) -> Option<Key<'a>> {
    let sign = if input.before(sign) == b':' { sign - 1 } else { sign };
    let mut end = input.run_start(sign, 4, &BLANKS);
    // `headers["x-api-key"] =`, `user[password]=`, `char password[32] =`
    let mut is_index = input.before(end) == b']';
    end -= usize::from(is_index);
    let size = input.run_start(end, 6, &DIGITS);
    if is_index && input.before(size) == b'[' {
        (end, is_index) = (size - 1, false);
    }
    let mark = input.before(end);
    let quote_end = end;
    if QUOTES.has(mark) {
        end = input.run_start(end - 1, 15, &BACKSLASH);
    }
    let mut start = input.run_start(end, key::MAX_NAME_BYTES, &NAMES);
    // in `\npassword` the `n` belongs to the escape
    if input.before(start) == b'\\' && matches!(input.at(start), b'n' | b'r' | b't') && end > start + 1 {
        start += 1;
    }
    if cfg!(feature = "full") && QUOTES.has(mark) && input.before(start) == b' ' {
        // `"API key": …`
        start = input.run_start(start, 48, &PHRASE);
    }
    if start == end || QUOTES.has(mark) && input.before(start) != mark {
        return None;
    }
    let quote = if is_index { (end, end) } else { (end, quote_end) };
    let text = input.part(start, end);
    if quote.0 == quote.1 && input.before(start) == b' ' && text.len() < if cfg!(feature = "full") { 20 } else { 9 } {
        if words::has(TYPES_BEFORE, text, ANY_CASE) {
            let name = input.run_start(start - 1, key::MAX_NAME_BYTES, &NAMES);
            return Some(Key { start: name, text: input.part(name, start - 1), quote });
        }
        if words::has(SECOND_WORDS, text, ANY_CASE) {
            let first = input.run_start(start - 1, 16, &LETTERS);
            return Some(Key { start: first, text: input.part(first, end), quote });
        }
        if cfg!(feature = "full") && text.len() < 3 && text.iter().all(u8::is_ascii_digit) {
            // `Unseal Key 1: …`
            static WORDS: Set = LETTERS.with(b" ");
            let first = input.run_start(start - 1, 16, &WORDS);
            return Some(Key { start: first, text: input.part(first, start - 1), quote });
        }
        if let Some(first) = full(|| foreign::phrase_start(input, start, end)) {
            return Some(Key { start: first, text: input.part(first, end), quote });
        }
    }
    Some(Key { start, text, quote })
}

//! How far a value reaches: quoted at any depth of escaping, bare, or in a URL's query.

use crate::seen::Seen;
use crate::set::{ALPHANUMERIC, BACKSLASH, DIGITS, QUOTES, Set};
use crate::words;

/// An opening quote: `"`, `'` or a backtick, behind the backslashes of the JSON strings it is nested in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quote {
    /// Where its backslashes begin.
    pub(crate) start: usize,
    /// Where the quoted text begins.
    pub(crate) body: usize,
}

const DEEPEST: usize = 15;

static NAMES: Set = ALPHANUMERIC.with(b"_-. ");
/// What may stand behind the end of a value, beside everything up to the blank.
static CLOSING: Set = QUOTES.with(b")]},;\\<");

/// What we, and those before us, write in place of values.
static PLACEHOLDERS: &[u8] =
    &words::list(b" <secret> <token> <credentials> <email> <card> <private-key> <value> <path> <host>");

pub(crate) fn quote_at(seen: &Seen<'_>, start: usize) -> Option<Quote> {
    let mark = start + seen.run(start, DEEPEST, &BACKSLASH);
    QUOTES.has(seen.at(mark)).then_some(Quote { start, body: mark + 1 })
}

/// Where the quoted text ends; text that was cut off ends with its line.
pub(crate) fn quoted_end(seen: &Seen<'_>, quote: Quote) -> usize {
    let escapes = quote.body - 1 - quote.start;
    let mark = seen.at(quote.body - 1);
    // one level of nesting doubles the backslashes of everything within
    let nested = (2 * (escapes + 1)).max(1);
    let mut backslashes = 0;
    let mut at = quote.body;
    for &byte in seen.part(at, seen.text.len()) {
        match byte {
            b'\\' => backslashes += 1,
            b'\n' => return at,
            _ if byte == mark && backslashes % nested == escapes => return at - escapes,
            // text that leaves the nesting was cut off within it
            _ if byte == mark && backslashes < escapes => return at - backslashes,
            _ => backslashes = 0,
        }
        at += 1;
    }
    at
}

/// Where an unquoted value ends. Separators are part of it unless something that is no value follows: a password may
/// hold them, and it is better to take out too much than half of it.
pub(crate) fn bare_end(seen: &Seen<'_>, start: usize, in_url: bool) -> usize {
    let mut at = start;
    loop {
        let stops = match seen.at(at) {
            0 => at >= seen.text.len(),
            b'"' | b'\'' | b'`' | b'&' => true,
            b'<' => at > start,
            b'#' => in_url,
            b'\\' => matches!(seen.at(at + 1), b'n' | b'r' | b't' | b'"' | b'\'' | b'\\'),
            b',' | b';' | b'|' => is_closed(seen, at + 1) || begins_assignment(seen, at + 1),
            b')' => is_closed(seen, at + 1) && (at == start || seen.at(at - 1) != b'('),
            b']' | b'}' => is_closed(seen, at + 1),
            b':' => in_url && is_position(seen, at),
            byte => byte <= b' ',
        };
        if stops {
            return at;
        }
        at += 1;
    }
}

/// Where a header's value ends: with its line, an escaped line end, or the quote around the header.
pub(crate) fn line_end(seen: &Seen<'_>, start: usize, quote: u8) -> usize {
    let mut at = start;
    while at < seen.text.len() {
        let (byte, next) = (seen.at(at), seen.at(at + 1));
        let ends = match byte {
            b'\n' | b'\r' => true,
            b'\\' => matches!(next, b'n' | b'r') || next == quote,
            _ => byte == quote,
        };
        if ends {
            break;
        }
        at += 1;
    }
    at
}

/// Whether a value says that it was taken out already, by us or by someone before us.
pub(crate) fn is_placeholder(text: &[u8]) -> bool {
    words::has(PLACEHOLDERS, text, words::EXACT) || text.iter().all(|byte| *byte == b'*')
}

fn is_closed(seen: &Seen<'_>, at: usize) -> bool {
    let byte = seen.at(at);
    byte <= b' ' || CLOSING.has(byte)
}

fn begins_assignment(seen: &Seen<'_>, at: usize) -> bool {
    let name = seen.run(at, 32, &NAMES);
    name > 0 && matches!(seen.at(at + name), b'=' | b':')
}

/// `:12:34` at the end of a frame's URL.
fn is_position(seen: &Seen<'_>, at: usize) -> bool {
    let line = seen.run(at + 1, 10, &DIGITS);
    let second = at + 1 + line;
    let column = if seen.at(second) == b':' { seen.run(second + 1, 10, &DIGITS) } else { 0 };
    line > 0 && column > 0 && is_closed(seen, second + 1 + column)
}

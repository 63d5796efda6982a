//! The ends of values: quoted at any depth of escaping, bare, or in a URL's query.

use crate::input::Input;
use crate::set::{ALPHANUMERIC, BACKSLASH, DIGITS, QUOTES, Set};
use crate::words;

/// An opening quote: `"`, `'` or a backtick, after the backslashes of the JSON strings around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quote {
    /// The index of its first backslash.
    pub(crate) start: usize,
    /// The start of the quoted text.
    pub(crate) body: usize,
}

/// Maximum number of backslashes before a quote: as many as a quote has within four nested JSON strings.
const MAX_BACKSLASHES: usize = 15;

static NAMES: Set = ALPHANUMERIC.with(b"_-. ");
/// Bytes that may follow a value, in addition to the space and the control characters.
static CLOSING: Set = QUOTES.with(b")]},;\\<");

/// Placeholders that this program and others write in place of values.
static PLACEHOLDERS: &[u8] =
    &words::list(b" <secret> <token> <credentials> <email> <card> <private-key> <value> <path> <host>");

/// The opening quote at an index.
pub(crate) fn quote_at(input: &Input<'_>, start: usize) -> Option<Quote> {
    let mark = start + input.run(start, MAX_BACKSLASHES, &BACKSLASH);
    QUOTES.has(input.at(mark)).then_some(Quote { start, body: mark + 1 })
}

/// The end of the quoted text. Text that is cut off ends with its line.
pub(crate) fn quoted_end(input: &Input<'_>, quote: Quote) -> usize {
    let escapes = quote.body - 1 - quote.start;
    let mark = input.at(quote.body - 1);
    // a JSON string doubles the backslashes of its content and adds one before a quote
    let nested = (2 * (escapes + 1)).max(1);
    let mut backslashes = 0;
    let mut at = quote.body;
    for &byte in input.part(at, input.text.len()) {
        match byte {
            b'\\' => backslashes += 1,
            b'\n' => return at,
            _ if byte == mark && backslashes % nested == escapes => return at - escapes,
            // a quote with fewer backslashes ends a string around this one, so this one was cut off
            _ if byte == mark && backslashes < escapes => return at - backslashes,
            _ => backslashes = 0,
        }
        at += 1;
    }
    at
}

/// The end of an unquoted value. Separators are part of it, unless a closing character or an assignment follows:
/// passwords contain separators, and removing too much is better than leaving half a password.
pub(crate) fn bare_end(input: &Input<'_>, start: usize, in_url: bool) -> usize {
    let mut at = start;
    loop {
        let stops = match input.at(at) {
            0 => at >= input.text.len(),
            b'"' | b'\'' | b'`' | b'&' => true,
            b'<' => at > start,
            b'#' => in_url,
            b'\\' => matches!(input.at(at + 1), b'n' | b'r' | b't' | b'"' | b'\'' | b'\\'),
            b',' | b';' | b'|' => is_closed(input, at + 1) || begins_assignment(input, at + 1),
            b')' => is_closed(input, at + 1) && (at == start || input.at(at - 1) != b'('),
            b']' | b'}' => is_closed(input, at + 1),
            b':' => in_url && is_position(input, at),
            byte => byte <= b' ',
        };
        if stops {
            return at;
        }
        at += 1;
    }
}

/// The end of a header's value: a line end, an escaped line end, or the quote around the header.
pub(crate) fn line_end(input: &Input<'_>, start: usize, quote: u8) -> usize {
    let mut at = start;
    while at < input.text.len() {
        let (byte, next) = (input.at(at), input.at(at + 1));
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

/// True if a value is a placeholder already.
pub(crate) fn is_placeholder(text: &[u8]) -> bool {
    words::has(PLACEHOLDERS, text, words::EXACT) || text.iter().all(|byte| *byte == b'*')
}

fn is_closed(input: &Input<'_>, at: usize) -> bool {
    let byte = input.at(at);
    byte <= b' ' || CLOSING.has(byte)
}

fn begins_assignment(input: &Input<'_>, at: usize) -> bool {
    let name = input.run(at, 32, &NAMES);
    name > 0 && matches!(input.at(at + name), b'=' | b':')
}

/// True if `:12:34` stands here, as at the end of a frame's URL.
fn is_position(input: &Input<'_>, at: usize) -> bool {
    let line = input.run(at + 1, 10, &DIGITS);
    let second = at + 1 + line;
    let column = if input.at(second) == b':' { input.run(second + 1, 10, &DIGITS) } else { 0 };
    line > 0 && column > 0 && is_closed(input, second + 1 + column)
}

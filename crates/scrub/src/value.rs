//! How far a value reaches: quoted at any depth of escaping, bare, or in a URL's query.

use crate::boundary::run;
use crate::scanner::Seen;

/// An opening quote: `"`, `'` or a backtick, behind the backslashes of the JSON strings it is nested in.
pub(crate) struct Quote<'a> {
    /// The quote with its backslashes.
    pub(crate) text: &'a str,
    /// Where the quoted text begins.
    pub(crate) body: usize,
}

const DEEPEST: usize = 15;

pub(crate) fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

pub(crate) fn quote_at<'a>(seen: &Seen<'a>, at: usize) -> Option<Quote<'a>> {
    let mark = at + run(seen.bytes, at, DEEPEST, |byte| byte == b'\\');
    is_quote(seen.at(mark)).then(|| Quote { text: &seen.text[at..=mark], body: mark + 1 })
}

/// Where the quoted text ends; text that was cut off ends with its line.
pub(crate) fn quoted_end(seen: &Seen<'_>, quote: &Quote<'_>) -> usize {
    let escapes = quote.text.len() - 1;
    let mark = seen.at(quote.body - 1);
    let mut backslashes = 0;
    for (at, &byte) in seen.bytes.iter().enumerate().skip(quote.body) {
        match byte {
            b'\\' => backslashes += 1,
            b'\n' => return at,
            // one level of nesting doubles the backslashes of everything within
            _ if byte == mark && backslashes % (2 * (escapes + 1)) == escapes => return at - escapes,
            // text that leaves the nesting was cut off within it
            _ if byte == mark && backslashes < escapes => return at - backslashes,
            _ => backslashes = 0,
        }
    }
    seen.bytes.len()
}

/// Where an unquoted value ends. Separators are part of it unless something that is no value follows: a password may
/// hold them, and it is better to take out too much than half of it.
pub(crate) fn bare_end(seen: &Seen<'_>, start: usize, in_url: bool) -> usize {
    let mut at = start;
    loop {
        let stops = match seen.at(at) {
            0 => at >= seen.bytes.len(),
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
    let ends = |at: &usize| match seen.at(*at) {
        b'\n' | b'\r' => true,
        b'\\' => matches!(seen.at(*at + 1), b'n' | b'r') || seen.at(*at + 1) == quote,
        byte => byte == quote,
    };
    (start..seen.bytes.len()).find(ends).unwrap_or(seen.bytes.len())
}

/// Whether a value says that it was taken out already, by us or by someone before us.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let known = "<secret> <token> <credentials> <email> <card> <private-key> <value> <path> <host>";
    known.split(' ').any(|placeholder| placeholder == text) || text.bytes().all(|byte| byte == b'*')
}

fn is_closed(seen: &Seen<'_>, at: usize) -> bool {
    matches!(seen.at(at), 0..=b' ' | b'"' | b'\'' | b'`' | b')' | b']' | b'}' | b',' | b';' | b'\\' | b'<')
}

fn begins_assignment(seen: &Seen<'_>, at: usize) -> bool {
    let name =
        run(seen.bytes, at, 32, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b' '));
    name > 0 && matches!(seen.at(at + name), b'=' | b':')
}

/// `:12:34` at the end of a frame's URL.
fn is_position(seen: &Seen<'_>, at: usize) -> bool {
    let digits = |from: usize| run(seen.bytes, from, 10, |byte| byte.is_ascii_digit());
    let line = digits(at + 1);
    let second = at + 1 + line;
    let column = if seen.at(second) == b':' { digits(second + 1) } else { 0 };
    line > 0 && column > 0 && is_closed(seen, second + 1 + column)
}

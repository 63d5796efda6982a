//! The ends of values: quoted at any depth of escaping, bare, or in a URL's query.

use crate::input::Input;
use crate::set::{ALPHANUMERIC, BACKSLASH, DIGITS, LETTERS, QUOTES, Set};
use crate::words;

/// An opening quote: `"`, `'` or a backtick, after the backslashes of the JSON strings around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quote {
    /// The index of its first backslash.
    pub(crate) start: usize,
    /// The index of the quote itself.
    pub(crate) mark: usize,
    /// The start of the quoted text.
    pub(crate) body: usize,
}

/// Maximum number of backslashes before a quote: as many as a quote has within four nested JSON strings.
const MAX_BACKSLASHES: usize = 15;

/// Maximum length of a text in triple quotes.
const MAX_TRIPLE_BYTES: usize = 4096;

static NAMES: Set = ALPHANUMERIC.with(b"_-. ");
/// Bytes that may follow a value, in addition to the space and the control characters.
static CLOSING: Set = QUOTES.with(b")]},;\\<");

/// Placeholders that this program and others write in place of values.
static PLACEHOLDERS: &[u8] = &words::list(
    b" <secret> <token> <credentials> <email> <card> <private-key> <value> <path> <host> <iban> <ssn> \
    <phone>",
);

/// The opening quote at an index.
pub(crate) fn quote_at(input: &Input<'_>, start: usize) -> Option<Quote> {
    let mark = start + input.run(start, MAX_BACKSLASHES, &BACKSLASH);
    let quote = input.part(start, mark + 1);
    let is_triple = input.has(mark + 1, quote) && input.has(mark + 1 + quote.len(), quote);
    let body = mark + 1 + if is_triple { 2 * quote.len() } else { 0 };
    QUOTES.has(input.at(mark)).then_some(Quote { start, mark, body })
}

/// The start of a string, after a prefix such as `b` or `rf`.
pub(crate) fn string_start(input: &Input<'_>, start: usize) -> usize {
    static PREFIXES: Set = Set::of(b"bBrRfFuULN@$&");
    let prefix = input.run(start, 2, &PREFIXES);
    if QUOTES.has(input.at(start + prefix)) { start + prefix } else { start }
}

/// The end of the quoted text. Text that is cut off ends with its line. Text in triple quotes has several lines.
pub(crate) fn quoted_end(input: &Input<'_>, quote: Quote) -> usize {
    let escapes = quote.mark - quote.start;
    let mark = input.at(quote.mark);
    if quote.body > quote.mark + 1 {
        let limit = quote.body + MAX_TRIPLE_BYTES;
        let close = input.part(quote.start, quote.body);
        return input.find(quote.body, limit, close).unwrap_or_else(|| line_end(input, quote.body, 0));
    }
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
        let escapes = input.run(at, MAX_BACKSLASHES, &BACKSLASH);
        let byte = input.at(at + escapes);
        let ends =
            byte == quote || if escapes > 0 { matches!(byte, b'n' | b'r') } else { matches!(byte, b'\n' | b'\r') };
        if ends {
            break;
        }
        at += escapes.max(1);
    }
    at
}

/// The end of a line's end, which may be escaped; the index itself if there is none.
pub(crate) fn after_line(input: &Input<'_>, start: usize) -> usize {
    let mark = start + input.run(start, MAX_BACKSLASHES, &BACKSLASH);
    let is_end = match input.at(mark) {
        b'n' | b'r' => mark > start,
        b'\n' | b'\r' => mark == start,
        _ => false,
    };
    if is_end { mark + 1 } else { start }
}

/// True if a value is a placeholder already: of this program, or masked by another one, as in `[FILTERED]` and `****`.
pub(crate) fn is_placeholder(text: &[u8]) -> bool {
    static MASKS: &[u8] = &words::list(b" redacted filtered masked hidden scrubbed secret");
    let mark = text.iter().position(|byte| LETTERS.has(*byte)).unwrap_or(0);
    let is_mask = || {
        let rest = text.get(mark..).unwrap_or_default();
        let word = words::find(MASKS, rest, words::Place::Start, words::ANY_CASE);
        mark > 0 && mark < 4 && word > 0 && !ALPHANUMERIC.has(rest.get(word).copied().unwrap_or(0))
    };
    words::has(PLACEHOLDERS, text, words::EXACT)
        || cfg!(feature = "full") && matches!(text, [b'%', b'a'..=b'z'])
        || text.iter().all(|byte| *byte == b'*')
        || text.len() > 2 && text.iter().all(|byte| matches!(byte, b'x' | b'X' | b'.'))
        || is_metavariable(text)
        || is_variable(text)
        || text.windows(3).next() == Some("•".as_bytes())
        || text.first().is_some_and(|byte| b"[<(*{".contains(byte)) && is_mask()
}

/// True for `<your-token>`, as in a description of arguments.
fn is_metavariable(text: &[u8]) -> bool {
    let name = text.strip_prefix(b"<").and_then(|text| text.strip_suffix(b">")).unwrap_or_default();
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphabetic() || b"-_ ".contains(byte))
}

/// True for a variable that a shell or a template replaces: `$TOKEN`, `${token}`, `{{ token }}`, `{token}`.
fn is_variable(text: &[u8]) -> bool {
    match text {
        [b'$', b'{' | b'(', ..] | [b'{', b'{', ..] => true,
        [b'$', name @ ..] => name.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_'),
        [b'{', name @ .., b'}'] => name.iter().all(|byte| byte.is_ascii_alphabetic() || b"_.".contains(byte)),
        _ => false,
    }
}

/// True if the text has a digit and a letter.
pub(crate) fn has_digit_and_letter(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit) && text.iter().any(u8::is_ascii_alphabetic)
}

/// True if a text looks like a password: at least six characters of two kinds. Words, names and numbers do not.
pub(crate) fn looks_like_password(text: &[u8]) -> bool {
    let is_mixed = text.iter().skip(1).any(u8::is_ascii_uppercase) && text.iter().any(u8::is_ascii_lowercase);
    let has_sign = text.iter().any(|byte| b"!#$%^*?~+".contains(byte)) && text.iter().any(u8::is_ascii_alphabetic);
    text.len() >= 6 && (has_digit_and_letter(text) || is_mixed || has_sign)
}

/// True if a text looks like a random token: at least 16 characters in which letters and digits alternate.
pub(crate) fn looks_random(text: &[u8]) -> bool {
    let is_change = |pair: &&[u8]| matches!(pair, [a, b] if a.is_ascii_digit() && b.is_ascii_alphabetic());
    text.len() >= 16 && text.windows(2).filter(is_change).count() >= 3
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

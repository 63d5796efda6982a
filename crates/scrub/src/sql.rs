//! Secrets in the tuples of SQL: `INSERT INTO users (name, password) VALUES ('ada', '…')`, also as parameters of the
//! statement, and the rows of `COPY users (name, password) FROM stdin`; and `IDENTIFIED WITH … AS '…'`.

use std::ops::Range;

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::key::names_secret;
use crate::set::{ALPHANUMERIC, BACKSLASH, BLANKS, Set, WHITESPACE};
use crate::value::{after_line, is_placeholder, line_end, quote_at, quoted_end};
use crate::words::{self, ANY_CASE, Place};

/// Enough for the columns of a table. The limit keeps the work linear.
const MAX_BYTES: usize = 2048;

static NAME: Set = ALPHANUMERIC.with(b"_").with_others();
static GAP: Set = WHITESPACE.with(b"\\nr");

/// Adds the secrets of all statements.
pub(crate) fn tuples(input: &Input<'_>, found: &mut Vec<Range<usize>>) {
    static WORDS: &[u8] = &words::list(b" values from");
    let mut floor = 0;
    let mut at = 0;
    while let Some(length) =
        input.part(at, input.text.len()).iter().position(|byte| matches!(byte, b'v' | b'V' | b'f' | b'F'))
    {
        at += length;
        let word = words::find(WORDS, input.part(at, input.text.len()), Place::Start, ANY_CASE);
        if word == 0 || NAME.has(input.before(at)) && !GAP.has(input.before(at)) || NAME.has(input.at(at + word)) {
            at += 1;
            continue;
        }
        let columns = columns(input, at, floor);
        let start = at + word;
        floor = start;
        at = start;
        if columns.iter().any(|is_secret| *is_secret) {
            at = if word == 4 {
                copied_rows(input, start, &columns, found)
            } else {
                values(input, start, &columns, found)
            };
        }
    }
}

/// Checks the `I` of `IDENTIFIED VIA ed25519 USING '…'` and `IDENTIFIED WITH … AS '…'`.
#[cfg_attr(not(feature = "full"), expect(dead_code, reason = "the browser module has no trigger for it"))]
pub(crate) fn identified(input: &Input<'_>, at: usize) -> Option<Found> {
    static PLUGIN: Set = ALPHANUMERIC.with(b"_\"'`\\");
    let word = |start: usize, list: &[u8]| {
        words::find(list, input.part(start, (start + 16).min(input.text.len())), Place::Start, ANY_CASE)
    };
    let skip = |start: usize| start + input.run(start, 8, &WHITESPACE);
    // a shortcut: most words with `id` have other letters after them
    if input.at(at + 2) | 0x20 != b'e' || input.at(at + 3) | 0x20 != b'n' || !input.begins_word(at) {
        return None;
    }
    let mut start = at + Some(word(at, &words::list(b",identified "))).filter(|length| *length > 0)?;
    // Oracle's `IDENTIFIED BY '…' REPLACE '…'`
    if word(skip(start), &words::list(b",by ")) > 0 {
        let first = quote_at(input, skip(skip(start) + 3))?;
        let after = skip(quoted_end(input, first) + first.body - first.start);
        let length = Some(word(after, &words::list(b",replace "))).filter(|length| *length > 0)?;
        let second = quote_at(input, skip(after + length))?;
        // one at a time: the next pass replaces the second one
        let first_end = quoted_end(input, first);
        return replace_unless_placeholder(input, first.body, first_end, SECRET)
            .or_else(|| replace_unless_placeholder(input, second.body, quoted_end(input, second), SECRET));
    }
    // further plugins follow an `OR`
    for link in [&words::list(b",via ,with ")[..], &words::list(b",or ")[..], &words::list(b",or ")[..]] {
        start = skip(start);
        start += Some(word(start, link)).filter(|length| *length > 0)?;
        start = skip(start);
        let plugin = start + input.run(start, 48, &PLUGIN);
        let text = skip(plugin);
        let length = word(text, &words::list(b",using password(,using ,as ,by "));
        let Some(quote) = quote_at(input, skip(text + length)).filter(|_| plugin > start && length > 0) else {
            start = plugin;
            continue;
        };
        let end = quoted_end(input, quote);
        if let Some(found) = replace_unless_placeholder(input, quote.body, end, SECRET) {
            return Some(found);
        }
        start = end + quote.body - quote.start;
        start += usize::from(input.at(start) == b')');
    }
    None
}

/// For each column in the brackets before an index, whether it is secret.
fn columns(input: &Input<'_>, end: usize, floor: usize) -> Vec<bool> {
    let close = input.run_start(end, 32, &GAP);
    if input.before(close) != b')' {
        return Vec::new();
    }
    let floor = floor.max(close.saturating_sub(MAX_BYTES));
    let head = input.part(floor, close - 1);
    let Some(open) = head.iter().rposition(|byte| *byte == b'(') else { return Vec::new() };
    head.get(open + 1..).unwrap_or_default().split(|byte| *byte == b',').map(names_secret).collect()
}

/// The tuples after `VALUES`. Returns the end of the last one.
fn values(input: &Input<'_>, start: usize, columns: &[bool], found: &mut Vec<Range<usize>>) -> usize {
    static BETWEEN: Set = WHITESPACE.with(b",\\nr");
    let mut at = start;
    let mut has_parameters = false;
    loop {
        let open = at + input.run(at, 64, &BETWEEN);
        if input.at(open) != b'(' {
            break;
        }
        let end = tuple(input, open, columns, found, &mut has_parameters);
        if end <= open {
            break;
        }
        at = end;
    }
    if !has_parameters {
        return at;
    }
    // `[parameters: ('ada', '…')]`
    let window = input.text.floor_char_boundary(at + 400);
    let Some(word) = input.find(at, window, b"param").or_else(|| input.find(at, window, b"PARAM")) else { return at };
    let rest = input.part(word, window);
    let open = rest.iter().position(|byte| matches!(byte, b'(' | b'[' | b'{')).map_or(at, |length| word + length);
    if matches!(input.at(open), b'(' | b'[') { tuple(input, open, columns, found, &mut false).max(at) } else { at }
}

/// One tuple, from its bracket on. Returns its end, or the bracket if it does not end.
fn tuple(
    input: &Input<'_>,
    open: usize,
    columns: &[bool],
    found: &mut Vec<Range<usize>>,
    has_parameters: &mut bool,
) -> usize {
    let (mut at, mut column, mut depth) = (open + 1, 0, 0);
    let mut start = at;
    while at < input.text.len() {
        let escapes = input.run(at, 15, &BACKSLASH);
        let byte = input.at(at + escapes);
        match byte {
            b'\'' | b'"' => {
                let body = at + escapes + 1;
                let Some(end) = string_end(input, body, byte, escapes) else { return open };
                let is_secret = columns.get(column).is_some_and(|is_secret| *is_secret);
                if is_secret && body < end && !is_placeholder(input.part(body, end)) {
                    found.push(body..end);
                }
                at = end + escapes + 1;
                continue;
            }
            b'(' => depth += 1,
            b')' | b',' | b']' if depth == 0 => {
                let text = input.part(start, at).trim_ascii();
                let is_secret = columns.get(column).is_some_and(|is_secret| *is_secret);
                if is_secret && text.len() >= 4 && text.iter().all(u8::is_ascii_digit) {
                    let from = at - input.part(start, at).trim_ascii_start().len();
                    found.push(from..from + text.len());
                }
                *has_parameters |= is_secret && matches!(text.first(), Some(b'?' | b'$' | b'%' | b':' | b'@'));
                column += 1;
                start = at + 1;
                if byte != b',' {
                    return at + 1;
                }
            }
            b')' => depth -= 1,
            b';' => return open,
            _ => {}
        }
        at += escapes + 1;
    }
    // a text that was cut off
    at
}

/// The end of a string of SQL, in which a doubled quote or a backslash before it stands for a quote.
fn string_end(input: &Input<'_>, body: usize, quote: u8, escapes: usize) -> Option<usize> {
    let mut at = body;
    while at < input.text.len() {
        let backslashes = input.run(at, 15, &BACKSLASH);
        let mark = at + backslashes;
        if input.at(mark) == quote && backslashes == escapes {
            let is_doubled = input.at(mark + 1) == quote && escapes == 0;
            if !is_doubled {
                return Some(mark - escapes);
            }
            at = mark + 2;
            continue;
        }
        at = mark + 1;
    }
    // a text that was cut off ends with its line
    Some(line_end(input, body, 0)).filter(|end| *end >= input.text.len())
}

/// The rows of `COPY … FROM stdin`, until the line `\.`. Returns their end.
fn copied_rows(input: &Input<'_>, start: usize, columns: &[bool], found: &mut Vec<Range<usize>>) -> usize {
    let word = start + input.run(start, 8, &BLANKS);
    if words::find(&words::list(b" stdin"), input.part(word, (word + 5).min(input.text.len())), Place::Whole, ANY_CASE)
        == 0
    {
        return start;
    }
    let mut line = after_line(input, line_end(input, word, 0));
    while line < input.text.len() && !input.has(line, b"\\.") && !input.has(line, b"\\\\.") {
        let end = line_end(input, line, b'"');
        let mut cell = line;
        for is_secret in columns {
            let (mut to, mut after) = (cell, end);
            while to < end {
                let escapes = input.run(to, 7, &BACKSLASH);
                if input.at(to + escapes) == if escapes > 0 { b't' } else { b'\t' } {
                    after = to + escapes + 1;
                    break;
                }
                to += escapes.max(1);
            }
            let is_empty = cell >= to || input.at(cell) == b'\\' || is_placeholder(input.part(cell, to));
            if *is_secret && !is_empty {
                found.push(cell..to);
            }
            cell = after;
        }
        let next = after_line(input, end);
        if next == end {
            return end;
        }
        line = next;
    }
    line
}

/// Checks the `F` of a row that PostgreSQL refuses, and shows without the names of its columns: `Failing row contains (1, …).`
pub(crate) fn failing_row(input: &Input<'_>, at: usize) -> Option<Found> {
    const START: &[u8] = b"Failing row contains (";
    if !input.has(at, START) {
        return None;
    }
    let start = at + START.len();
    let line = line_end(input, start, b'"');
    let end = start + input.part(start, line).iter().rposition(|byte| *byte == b')')?;
    replace_unless_placeholder(input, start, end, SECRET)
}

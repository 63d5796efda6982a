//! Values in brackets, braces and blocks: `tokens: ["…", "…"]`, `apikey=[…]`, `PWD={…}`, and the lines below `key: |`.

use crate::SECRET;
use crate::assignment::{MESSAGES, credential_start, replace_unless_placeholder};
use crate::found::Found;
use crate::input::Input;
use crate::name_before::Key;
use crate::set::{BLANKS, DIGITS, Set, WHITESPACE};
use crate::value::{after_line, is_placeholder, line_end, looks_like_password, quote_at, quoted_end};
use crate::words::{self, ANY_CASE, Place};

static BETWEEN: Set = WHITESPACE.with(b",");

/// A list of strings with a secret's name; it becomes a list of one placeholder.
pub(crate) fn list(input: &Input<'_>, start: usize) -> Option<Found> {
    /// Enough for any list of headers. A longer list is replaced up to this length.
    const MAX_LIST_BYTES: usize = 2048;
    let length = input.text.len();
    let skip = |from: usize| from + input.run(from, MAX_LIST_BYTES, &BETWEEN);
    let first = skip(start);
    let quote = quote_at(input, first)?;
    if words::has(MESSAGES, words::first(input.part(quote.body, length)), ANY_CASE) {
        return None;
    }
    let mut at = first;
    while let Some(next) = quote_at(input, at).filter(|_| at < start + MAX_LIST_BYTES) {
        let end = quoted_end(input, next);
        at = skip((end + next.body - next.start).min(length));
    }
    let between = input.part(0, at).iter().rev().take_while(|byte| BETWEEN.has(**byte)).count();
    let is_list = input.at(at) == b']' || at >= length || at >= start + MAX_LIST_BYTES;
    let found = Found::new(first, (at - between).max(quote.body), SECRET);
    is_list.then_some(Found { quote: (quote.start, quote.body), ..found })
}

/// A list without quotes, as Java and Go print headers: `apikey=[…]`, `map[X-Api-Key:[…]]`.
pub(crate) fn brackets(input: &Input<'_>, sign: usize, open: usize) -> Option<Found> {
    static INSIDE: Set = Set::of(b"]\"'`<>").others();
    static KINDS: &[u8] = &words::list(b"|object|array|native code|function|circular|native|...");
    let start = open + 1;
    let body = credential_start(input, start).unwrap_or(start);
    let end = body + input.run(body, 2048, &INSIDE);
    let text = input.part(body, end);
    let is_kind = input.at(sign) == b':' && open != sign + 1 || words::find(KINDS, text, Place::Start, ANY_CASE) > 0;
    let is_number = text.iter().all(u8::is_ascii_digit) && text.len() < 4;
    (!is_kind && !is_number && input.at(end) == b']').then_some(())?;
    (!is_placeholder(input.part(open, end + 1))).then_some(())?;
    replace_unless_placeholder(input, body, end, SECRET)
}

/// A value in braces, as ODBC takes it: `PWD={…};`.
pub(crate) fn braces(input: &Input<'_>, open: usize) -> Option<Found> {
    static INSIDE: Set = Set::of(b"{}\"'`:").others();
    let end = open + 1 + input.run(open + 1, 256, &INSIDE);
    let is_secret = input.at(end) == b'}' && looks_like_password(input.part(open + 1, end));
    is_secret.then(|| replace_unless_placeholder(input, open + 1, end, SECRET)).flatten()
}

/// A block of YAML, `key: |`, whose lines are indented deeper than the key.
pub(crate) fn block(input: &Input<'_>, key: &Key<'_>, mark: usize) -> Option<Found> {
    static MARKS: Set = DIGITS.with(b"|>+-");
    let line = input.run_start(key.start, 64, &BLANKS);
    let indent = key.start - line;
    let mut at = input.run_end(mark, &MARKS);
    let (mut start, mut end) = (0, 0);
    while after_line(input, at) > at {
        at = after_line(input, at);
        let text = at + input.run(at, 256, &BLANKS);
        let line_end = line_end(input, text, b'"');
        if text < line_end && text - at <= indent {
            break;
        }
        if text < line_end {
            start = if end == 0 { text } else { start };
            end = line_end;
        }
        at = line_end;
    }
    replace_unless_placeholder(input, start, end, SECRET)
}

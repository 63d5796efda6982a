//! Secrets on command lines: `--password value`, and `-u user:password` as curl takes it.

use crate::found::Found;
use crate::key::names_secret;
use crate::seen::Seen;
use crate::set::{BASE64URL, BLANKS, DIGITS, Set, WHITESPACE};
use crate::{SECRET, value};

/// What a flag stands behind.
static BEFORE: Set = WHITESPACE.with(b"\"'`([");
static CLOSING: Set = Set::of(b"\\\"'");

/// Asked at the first dash; `--password=value` is an assignment and not dealt with here.
pub(crate) fn value(seen: &Seen<'_>, dash: usize) -> Option<Found> {
    if dash > 0 && !BEFORE.has(seen.before(dash)) {
        return None;
    }
    let start = dash + if seen.at(dash + 1) == b'-' { 2 } else { 1 };
    let end = start + seen.run(start, 48, &BASE64URL);
    let name = seen.part(start, end);
    let argument = argument_start(seen, end)?;
    if matches!(name, b"u" | b"user") {
        return user_and_password(seen, argument);
    }
    if !names_secret(name) || matches!(seen.at(argument), b'-' | b'=' | b':') {
        return None;
    }
    let (start, end) = match value::quote_at(seen, argument) {
        Some(quote) => (quote.body, value::quoted_end(seen, quote)),
        None => (argument, value::bare_end(seen, argument, false)),
    };
    (end > start && !value::is_placeholder(seen.part(start, end))).then(|| Found::new(start, end, SECRET))
}

/// The next word, or the next string of a list: `"--password", "value"`.
fn argument_start(seen: &Seen<'_>, end: usize) -> Option<usize> {
    let blank = seen.run(end, 8, &BLANKS);
    if blank > 0 {
        return Some(end + blank);
    }
    let close = end + seen.run(end, 4, &CLOSING);
    if close == end || seen.at(close) != b',' {
        return None;
    }
    let open = close + 1 + seen.run(close + 1, 32, &WHITESPACE);
    value::quote_at(seen, open).map(|quote| quote.start)
}

/// Both sides there and not both numbers, since `-u 1000:1000` is a user and a group.
fn user_and_password(seen: &Seen<'_>, start: usize) -> Option<Found> {
    let start = value::quote_at(seen, start).map_or(start, |quote| quote.body);
    let end = value::bare_end(seen, start, false);
    let colon = seen.find(start, end, b":")?;
    let password = colon + 1;
    let is_pair = colon > start && password < end && !matches!(seen.at(password), b'/' | b'\\');
    let are_numbers = seen.run_end(start, &DIGITS) >= colon && seen.run_end(password, &DIGITS) >= end;
    (is_pair && !are_numbers).then(|| Found::new(start, end, "<credentials>"))
}

//! Secrets on command lines: `--password value`, and `-u user:password` as curl takes it.

use crate::boundary::run;
use crate::key::is_secret_key;
use crate::scanner::{Found, Seen};
use crate::{SECRET, value};

/// Asked at the first dash; `--password=value` is an assignment and not dealt with here.
pub(crate) fn value<'a>(seen: &Seen<'a>, dash: usize) -> Option<Found<'a>> {
    let before = seen.before(dash);
    if dash > 0 && !(before.is_ascii_whitespace() || matches!(before, b'"' | b'\'' | b'`' | b'(' | b'[')) {
        return None;
    }
    let start = dash + if seen.at(dash + 1) == b'-' { 2 } else { 1 };
    let length = run(seen.bytes, start, 48, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let name = &seen.text[start..start + length];
    let argument = argument_start(seen, start + length)?;
    if name == "u" || name == "user" {
        return user_and_password(seen, argument);
    }
    if !is_secret_key(name) || matches!(seen.at(argument), b'-' | b'=' | b':') {
        return None;
    }
    let (start, end) = match value::quote_at(seen, argument) {
        Some(quote) => (quote.body, value::quoted_end(seen, &quote)),
        None => (argument, value::bare_end(seen, argument, false)),
    };
    (end > start && !value::is_placeholder(&seen.text[start..end])).then(|| Found::new(start, end, SECRET))
}

/// The next word, or the next string of a list: `"--password", "value"`.
fn argument_start(seen: &Seen<'_>, end: usize) -> Option<usize> {
    let is_blank = |byte: u8| byte == b' ' || byte == b'\t';
    let blank = run(seen.bytes, end, 8, is_blank);
    if blank > 0 {
        return Some(end + blank);
    }
    let close = end + run(seen.bytes, end, 4, |byte| matches!(byte, b'\\' | b'"' | b'\''));
    if close == end || seen.at(close) != b',' {
        return None;
    }
    let open = close + 1 + run(seen.bytes, close + 1, 32, |byte| byte.is_ascii_whitespace());
    value::quote_at(seen, open).map(|_| open)
}

/// Both sides there and not both numbers, since `-u 1000:1000` is a user and a group.
fn user_and_password<'a>(seen: &Seen<'a>, start: usize) -> Option<Found<'a>> {
    let start = value::quote_at(seen, start).map_or(start, |quote| quote.body);
    let end = value::bare_end(seen, start, false);
    let (user, password) = seen.text[start..end].split_once(':')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_pair = !user.is_empty() && !password.is_empty() && !password.starts_with(['/', '\\']);
    (is_pair && !(is_number(user) && is_number(password))).then(|| Found::new(start, end, "<credentials>"))
}

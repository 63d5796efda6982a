//! Secrets on command lines: `--password value`, and curl's `-u user:password`.

use crate::found::Found;
use crate::input::Input;
use crate::key::names_secret;
use crate::set::{BASE64URL, BLANKS, DIGITS, Set, WHITESPACE};
use crate::{CREDENTIALS, SECRET, below, command, full, program, value, words};

/// Bytes that may stand before a flag.
static BEFORE: Set = WHITESPACE.with(b"\"'`([");
static CLOSING: Set = Set::of(b"\\\"'");

/// Checks the first dash of a flag. `--password=value` is left to the rule for assignments.
pub(crate) fn value(input: &Input<'_>, dash: usize) -> Option<Found> {
    if dash > 0 && !BEFORE.has(input.before(dash)) {
        return None;
    }
    let start = dash + if input.at(dash + 1) == b'-' { 2 } else { 1 };
    let end = start + input.run(start, 48, &BASE64URL);
    let name = input.part(start, end);
    if name == b"user" && input.at(end) == b'=' {
        return full(|| user_and_password(input, end + 1));
    }
    if dash + 1 == start && name.starts_with(b"u") && input.at(end) == b':' {
        static PROGRAMS: &[u8] = &words::list(b" curl wget");
        return full(|| {
            program::follows(input, dash, b'u', PROGRAMS).then(|| user_and_password(input, start + 1)).flatten()
        });
    }
    if dash + 1 == start && matches!(name, [b'p' | b'a' | b'P' | b'w' | b'U' | b'k' | b'A' | b'X' | b'N', ..])
        || cfg!(feature = "full")
            && dash + 1 == start
            && matches!(name, [b'c' | b's' | b't' | b'E' | b'n', ..] | [b'h', b'p', ..])
    {
        let found = full(|| program::option(input, dash).or_else(|| program::login(input, dash)));
        if found.is_some() {
            return found;
        }
    }
    let Some(argument) = argument_start(input, end) else {
        return full(|| names_secret(name).then(|| below::value(input, end, false)).flatten());
    };
    if matches!(name, b"u" | b"user") {
        return user_and_password(input, argument).or_else(|| full(|| program::login(input, dash)));
    }
    if cfg!(feature = "full")
        && matches!(name, b"proxy-user" | b"creds" | b"src-creds" | b"dest-creds" | b"cert" | b"proxy-cert")
    {
        return user_and_password(input, argument);
    }
    let is_key = || full(|| names_key(name).then_some(())).is_some() && key_end(input, argument).is_some();
    let is_value =
        || cfg!(feature = "full") && matches!(name, b"value" | b"secret-string") && command::sets_secret(input, dash);
    if !(names_secret(name) || is_value() || is_key()) || matches!(input.at(argument), b'-' | b'=' | b':') {
        return None;
    }
    let argument = if cfg!(feature = "full") && input.has(argument, b"<<< ") { argument + 4 } else { argument };
    let (start, end) = match value::quote_at(input, argument) {
        Some(quote) => (quote.body, value::quoted_end(input, quote)),
        None => (argument, value::bare_end(input, argument, false)),
    };
    // `pulumi config set --secret dbPassword …`
    if cfg!(feature = "full") && name == b"secret" && names_secret(input.part(start, end)) {
        let next = argument_start(input, end)?;
        let end = value::bare_end(input, next, false);
        return value::looks_like_password(input.part(next, end)).then(|| Found::new(next, end, SECRET));
    }
    (end > start && !value::is_placeholder(input.part(start, end))).then(|| Found::new(start, end, SECRET))
}

/// True for an option such as `--key` and `--oauth2-bearer`, whose value may be a secret or the name of a file.
fn names_key(name: &[u8]) -> bool {
    static KEYS: &[u8] = &words::list(b" key bearer");
    words::find(KEYS, name, words::Place::End, words::ANY_CASE) > 0
}

/// The end of a word that is a key: no name and no file.
fn key_end(input: &Input<'_>, start: usize) -> Option<usize> {
    let start = value::quote_at(input, start).map_or(start, |quote| quote.body);
    let end = value::bare_end(input, start, false);
    let text = input.part(start, end);
    let is_word = text.iter().all(|byte| BASE64URL.has(*byte) || matches!(byte, b'+' | b'=' | b'.'));
    let is_file = text.iter().rposition(|byte| *byte == b'.').is_some_and(|dot| text.len() - dot <= 5);
    let is_bearer = text.len() >= 8 && value::looks_like_password(text) && input.before(start) == b' ' && {
        let name = input.part(start.saturating_sub(7), start);
        words::find(&words::list(b" bearer"), name, words::Place::Start, words::ANY_CASE) > 0
    };
    (is_word && !is_file && (is_bearer || value::looks_random(text))).then_some(end)
}

/// The start of the next word, or of the next string of a list: `"--password", "value"`.
pub(crate) fn argument_start(input: &Input<'_>, end: usize) -> Option<usize> {
    let blank = input.run(end, 8, &BLANKS);
    // a backslash continues the command on the next line
    if let Some(next) = full(|| (blank > 0).then(|| below::continued(input, end + blank)).flatten()) {
        return Some(next);
    }
    if blank > 0 {
        return Some(end + blank);
    }
    let close = end + input.run(end, 4, &CLOSING);
    if close == end || input.at(close) != b',' {
        return None;
    }
    let open = close + 1 + input.run(close + 1, 32, &WHITESPACE);
    value::quote_at(input, open).map(|quote| quote.start)
}

/// The value of `-u`: two parts that are not both numbers, because `-u 1000:1000` is a user and a group.
fn user_and_password(input: &Input<'_>, start: usize) -> Option<Found> {
    let start = value::quote_at(input, start).map_or(start, |quote| quote.body);
    let end = value::bare_end(input, start, false);
    let colon = input.find(start, end, b":")?;
    let password = colon + 1;
    let is_pair = colon > start && password < end && !matches!(input.at(password), b'/' | b'\\');
    let are_numbers = input.run_end(start, &DIGITS) >= colon && input.run_end(password, &DIGITS) >= end;
    (is_pair && !are_numbers).then(|| Found::new(start, end, CREDENTIALS))
}

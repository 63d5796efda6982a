//! Secrets that commands read from a pipe or print: `echo … | sudo -S`, `ConvertTo-SecureString "…"`, `::add-mask::…`; and
//! hashes of passwords.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::key::names_secret;
use crate::set::{ALPHANUMERIC, BLANKS, Set};
use crate::value::{bare_end, line_end, looks_like_password, quote_at, quoted_end};
use crate::words::{self, EXACT, Place};

/// Checks the dash of an option: `… | sudo -S`, `… | docker login --password-stdin`, `ConvertTo-SecureString`.
pub(crate) fn option(input: &Input<'_>, dash: usize) -> Option<Found> {
    /// Enough for the commands on both sides of the pipe. The limit keeps the work linear.
    const MAX_BYTES: usize = 160;
    static PASSWORD: Set = Set::of(b"\\\"'`|").others();
    static CLOSING: Set = BLANKS.with(b"\"'\\");
    if input.has(dash, b"-SecureString ") && input.has_before(dash, b"ConvertTo") {
        let start = input.run_end(dash + 14, &BLANKS);
        let start = if input.has(start, b"-String ") { start + 8 } else { start };
        let quote = quote_at(input, start)?;
        let end = quoted_end(input, quote);
        return replace_unless_placeholder(input, quote.body, end, SECRET);
    }
    let reads = input.has(dash, b"-S") && input.has_before(dash, b"sudo ")
        || input.has(dash, b"--password-stdin")
        || input.has(dash, b"-stdin") && input.has_before(dash, b" --password");
    if !reads {
        return None;
    }
    let floor = input.floor.max(dash.saturating_sub(MAX_BYTES));
    let head = input.part(floor, dash);
    let pipe = floor + head.iter().rposition(|byte| *byte == b'|')?;
    let end = input.run_start(pipe, 8, &CLOSING);
    let start = input.run_start(end, 64, &PASSWORD);
    let head = input.part(floor, start);
    let is_printed =
        [&b"echo "[..], b"printf ", b"<<< "].iter().any(|name| head.windows(name.len()).any(|it| it == *name));
    (is_printed && looks_like_password(input.part(start, end)))
        .then(|| replace_unless_placeholder(input, start, end, SECRET))
        .flatten()
}

/// Checks the first `<` of a here-string for a program that asks for a password: `kinit ada <<< …`.
pub(crate) fn here_string(input: &Input<'_>, at: usize) -> Option<Found> {
    /// Enough for the command. The limit keeps the work linear.
    const MAX_BYTES: usize = 160;
    static PROGRAMS: [&[u8]; 16] = [
        b"kinit ",
        b"cryptsetup ",
        b"sudo -S",
        b"passwd",
        b"login ",
        b"-stdin",
        b"--with-token",
        b"gpg ",
        b"ssh-add",
        b"ssh-keygen ",
        b"openssl ",
        b"veracrypt ",
        b"secret-tool ",
        b"pass insert",
        b"su ",
        b"secrets set",
    ];
    if !input.has(at, b"<<<") || input.before(at) == b'<' {
        return None;
    }
    let start = at + 3 + input.run(at + 3, 4, &BLANKS);
    let (start, end) = match quote_at(input, start) {
        Some(quote) => (quote.body, quoted_end(input, quote)),
        None => (start, bare_end(input, start, false)),
    };
    let text = input.part(start, end);
    if !looks_like_password(text) || text.starts_with(b"$") || text.contains(&b' ') {
        return None;
    }
    let head = input.part(input.floor.max(at.saturating_sub(MAX_BYTES)), at);
    let line = head.iter().rposition(|byte| matches!(byte, b'\n' | b';' | b'|')).map_or(0, |index| index + 1);
    let head = head.get(line..).unwrap_or_default();
    let is_command = PROGRAMS.iter().any(|name| head.windows(name.len()).any(|part| part == *name));
    is_command.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// Checks the last colon of `::add-mask::…`, by which a step of GitHub Actions hides a value.
pub(crate) fn mask(input: &Input<'_>, colon: usize) -> Option<Found> {
    static NAME: Set = ALPHANUMERIC.with(b"_-");
    let is_output = || {
        let name = input.run_start(colon - 1, 48, &NAME);
        (input.has_before(name, b"::set-output name=") || input.has_before(name, b"::save-state name="))
            && names_secret(input.part(name, colon - 1))
    };
    let is_command = input.at(colon) == b':' && input.before(colon) == b':';
    let is_mask = is_command && (input.has_before(colon, b"::add-mask:") || is_output());
    is_mask.then(|| replace_unless_placeholder(input, colon + 1, line_end(input, colon + 1, b'"'), SECRET)).flatten()
}

/// Checks the `$` of a password's hash, as `crypt` and Argon2 write it.
pub(crate) fn hash(input: &Input<'_>, at: usize) -> Option<Found> {
    static KINDS: &[u8] = &words::list(b" $2a$ $2b$ $2x$ $2y$ $5$ $6$ $y$ $argon2i$ $argon2d$ $argon2id$");
    static HASH: Set = ALPHANUMERIC.with(b"$./=,+-_");
    let length = input.run(at, 256, &HASH);
    let text = input.part(at, at + length);
    let is_hash = length >= 40 && words::find(KINDS, text, Place::Start, EXACT) > 0;
    is_hash.then(|| Found::new(at, at + length, SECRET))
}

//! Secrets that commands take as a word in a certain place: `htpasswd -b file ada …`, `rabbitmqctl add_user ada …`,
//! `net user ada …`, `echo ada:… | chpasswd`.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::program;
use crate::set::{BLANKS, LETTERS, Set};
use crate::value::{bare_end, looks_like_password, quote_at, quoted_end};
use crate::words::{self, ANY_CASE, Place};

/// Enough for the words before a password. The limit keeps the work linear.
const MAX_BYTES: usize = 160;
static WORD: Set = Set::of(b"\"'`|;<>").others();

/// The word or quoted text at an index, after some words.
fn word(input: &Input<'_>, start: usize, skipped: usize) -> Option<(usize, usize)> {
    let mut start = start + input.run(start, 8, &BLANKS);
    for _ in 0..skipped {
        let end = start + input.run(start, 256, &WORD);
        let blanks = input.run(end, 8, &BLANKS);
        if end == start || blanks == 0 {
            return None;
        }
        start = end + blanks;
    }
    Some(match quote_at(input, start) {
        Some(quote) => (quote.body, quoted_end(input, quote)),
        None => (start, bare_end(input, start, false)),
    })
}

fn secret(input: &Input<'_>, word: Option<(usize, usize)>) -> Option<Found> {
    let (start, end) = word?;
    let text = input.part(start, end);
    let is_secret = text.len() >= 4 && !text.starts_with(b"-") && !text.starts_with(b"$") && !text.starts_with(b"/");
    is_secret.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// True if a command stands in the text before an index, on the same line.
fn is_within(input: &Input<'_>, at: usize, names: &[&[u8]]) -> bool {
    let head = input.part(input.floor.max(at.saturating_sub(MAX_BYTES)), at);
    let line = head.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
    let head = head.get(line..).unwrap_or_default();
    names.iter().any(|name| head.windows(name.len()).any(|part| part == *name))
}

/// True if a command before an option stores a secret: `az keyvault secret set --value …`.
pub(crate) fn sets_secret(input: &Input<'_>, dash: usize) -> bool {
    is_within(input, dash, &[b"secret set ", b"create-secret ", b"put-secret-value ", b"update-secret "])
        || is_within(input, dash, &[b"put-parameter "])
            && is_within(input, dash, &[b"password", b"secret", b"token", b"SecureString"])
}

/// Checks the `_` of commands with such a name.
pub(crate) fn underscore(input: &Input<'_>, at: usize) -> Option<Found> {
    let (name, before): (&[u8], &[u8]) = match input.at(at + 1) {
        b'u' => (b"_user ", b"rabbitmqctl add"),
        b'p' if input.has(at, b"_passphrase ") => (b"_passphrase ", b"wpa"),
        b'p' => (b"_password ", b"rabbitmqctl change"),
        _ => return None,
    };
    let is_command = input.has(at, name) && input.has_before(at, before);
    is_command.then(|| secret(input, word(input, at + name.len(), 1))).flatten()
}

/// Checks the dash of `htpasswd -b file ada …` and of `composer config http-basic.example.org ada …`.
pub(crate) fn dash(input: &Input<'_>, dash: usize) -> Option<Found> {
    if input.has(dash, b"-basic.") && input.has_before(dash, b"http") {
        return secret(input, word(input, bare_end(input, dash, false), 1));
    }
    let end = dash + 1 + input.run(dash + 1, 5, &LETTERS);
    let is_batch = input.before(dash) == b' ' && input.part(dash, end).contains(&b'b');
    let is_command = is_batch && program::follows(input, dash, b'b', &words::list(b" htpasswd"));
    is_command.then(|| secret(input, word(input, end, 2))).flatten()
}

/// Checks the `p` of `echo ada:… | chpasswd`.
pub(crate) fn changed_password(input: &Input<'_>, at: usize) -> Option<Found> {
    if !input.has(at, b"passwd") || !input.has_before(at, b"ch") || !is_within(input, at, &[b"echo ", b"printf "]) {
        return None;
    }
    let floor = input.floor.max(at.saturating_sub(MAX_BYTES));
    let head = input.part(floor, at);
    let pipe = floor + head.iter().rposition(|byte| *byte == b'|')?;
    let start = floor + input.part(floor, pipe).iter().rposition(|byte| *byte == b':')? + 1;
    secret(input, Some((start, bare_end(input, start, false).min(pipe))))
}

/// Checks the `/` of an option of Windows: `net user ada … /add`, `schtasks /rp …`.
pub(crate) fn slash(input: &Input<'_>, at: usize) -> Option<Found> {
    if input.has(at, b"/rp ") && is_within(input, at, &[b"schtasks", b"SCHTASKS"]) {
        return secret(input, word(input, at + 4, 0));
    }
    if input.has(at, b"/add") && is_within(input, at, &[b"net user ", b"NET USER "]) {
        return last_word(input, at, b"user ");
    }
    None
}

/// Checks the `:` of `net use … /user:ada` and of `xfreerdp /p:…`.
pub(crate) fn colon(input: &Input<'_>, at: usize) -> Option<Found> {
    if input.has_before(at, b" /p") && is_within(input, at, &[b"freerdp", b"mstsc", b"rdp", b"cmdkey", b"net "]) {
        return secret(input, word(input, at + 1, 0));
    }
    let is_use = input.has_before(at, b"/user") || input.has_before(at, b"/USER");
    if !is_use || !is_within(input, at, &[b"net use ", b"NET USE ", b"net.exe use "]) {
        return None;
    }
    let after = word(input, at + 1, 1).filter(|(start, end)| looks_like_password(input.part(*start, *end)));
    last_word(input, at - 5, b"use ").or_else(|| secret(input, after))
}

/// The word before an option, if it is neither a share, a drive nor the command itself.
fn last_word(input: &Input<'_>, at: usize, command: &[u8]) -> Option<Found> {
    let end = input.run_start(at, 8, &BLANKS);
    let start = input.run_start(end, 64, &WORD);
    let text = input.part(start, end);
    let is_other =
        text.starts_with(b"\\") || text.ends_with(b":") || text.contains(&b'\\') || input.has_before(start, command);
    let is_name = words::find(&words::list(b" use user"), text, Place::Whole, ANY_CASE) > 0;
    (!is_other && !is_name).then(|| secret(input, Some((start, end)))).flatten()
}

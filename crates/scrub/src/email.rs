//! E-mail addresses, told apart from stack frames, package versions and file names that also hold an `@`.

use crate::found::Found;
use crate::seen::Seen;
use crate::set::{ALPHANUMERIC, DIGITS, LETTERS, Set};
use crate::words;

/// Last labels that are file endings and no top-level domains: `fn@app.bundle`, `logo@2x.png`.
static FILE_ENDINGS: &[u8] = &words::list(
    b" js mjs cjs jsx ts mts cts tsx json html htm css scss map wasm bundle vue svelte png jpg jpeg gif svg webp ico \
    txt xml yaml yml toml lock hbc jsbundle",
);

static LOCAL: Set = ALPHANUMERIC.with(b"._+-");
static DOMAIN: Set = ALPHANUMERIC.with(b".-");
static VERSION: Set = Set::of(b"v");

/// Asked at `@`, or at `%` for the `%40` of URLs.
pub(crate) fn address(seen: &Seen<'_>, at: usize) -> Option<Found> {
    let domain = if seen.at(at) == b'@' { at + 1 } else { seen.has(at, b"%40").then_some(at + 3)? };
    let start = local_start(seen, at);
    let end = domain_end(seen, domain);
    if start == at || seen.part(start, at) == b"git" || !is_domain(seen, domain, end) {
        return None;
    }
    // `f@host.bundle:12:34` is a frame
    if position_end(seen, end).is_some_and(|line| position_end(seen, line).is_some()) {
        return None;
    }
    Some(Found::new(start, end, "<email>"))
}

/// Whether an address may hold this character: one of the set, or one of another script that passes for a letter.
fn belongs(character: char, set: &Set, is_letter: fn(char) -> bool) -> bool {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => set.has(byte),
        _ => is_letter(character),
    }
}

/// No `@` belongs to a local part, so no byte is looked at for two addresses.
fn local_start(seen: &Seen<'_>, at: usize) -> usize {
    let mut start = at;
    let belongs = |character: &char| belongs(*character, &LOCAL, char::is_alphanumeric);
    for character in seen.chars(seen.floor, at).rev().take_while(belongs) {
        start -= character.len_utf8();
    }
    // the letter of an escape, `\nname@host`, is not the name's
    if start > 0 && seen.before(start) == b'\\' && matches!(seen.at(start), b'n' | b'r' | b't') {
        start += 1;
    }
    // a local part neither begins with a dot nor a dash
    while start < at && matches!(seen.at(start), b'.' | b'-') {
        start += 1;
    }
    start
}

fn domain_end(seen: &Seen<'_>, start: usize) -> usize {
    let mut end = start;
    let belongs = |character: &char| belongs(*character, &DOMAIN, char::is_alphanumeric);
    for character in seen.chars(start, seen.text.len()).take_while(belongs) {
        end += character.len_utf8();
    }
    // a full stop or dash after the address is the sentence's
    while end > start && matches!(seen.at(end - 1), b'.' | b'-') {
        end -= 1;
    }
    end
}

fn is_domain(seen: &Seen<'_>, start: usize, end: usize) -> bool {
    let domain = seen.part(start, end);
    let Some(dot) = domain.iter().position(|byte| *byte == b'.') else { return false };
    let last = domain.iter().rposition(|byte| *byte == b'.').map_or(end, |dot| start + dot + 1);
    let mut length = 0;
    let is_word = seen.chars(last, end).all(|character| {
        length += 1;
        belongs(character, &LETTERS, char::is_alphabetic)
    });
    // `package@1.2.3-rc.one`, `module@v0.1.0-beta`
    let number = seen.run_end(start, &VERSION);
    let is_version = DIGITS.has(seen.at(number)) && DIGITS.has(seen.at(start + dot + 1));
    is_word && (2..=24).contains(&length) && !is_version && !is_file_ending(seen.part(last, end)) && dot > 0
}

pub(crate) fn is_file_ending(label: &[u8]) -> bool {
    words::has(FILE_ENDINGS, label, words::ANY_CASE)
}

/// The end of `:digits`.
fn position_end(seen: &Seen<'_>, start: usize) -> Option<usize> {
    let digits = seen.run(start + 1, 12, &DIGITS);
    (seen.at(start) == b':' && digits > 0).then_some(start + 1 + digits)
}

//! JSON web tokens, and credentials after `Bearer` and `Basic` in running text.

use crate::found::Found;
use crate::input::Input;
use crate::set::{BASE64URL, BLANK, Set};
use crate::words::{self, Place};

pub(crate) const TOKEN: &str = "<token>";

static TOKEN68: Set = BASE64URL.with(b".~+/=");

/// The last run of Base64 characters that was checked and is no web token. No web token begins within it, so it is not
/// read again.
#[derive(Default)]
pub(crate) struct RejectedRun {
    end: usize,
}

/// Checks the `J` of a JSON web token, `eyJ….….…`. A token without its signature counts too, because it
/// identifies a user.
pub(crate) fn web_token(input: &Input<'_>, letter: usize, rejected: &mut RejectedRun) -> Option<Found> {
    let start = letter.checked_sub(2)?;
    if letter < rejected.end || !input.has_before(letter, b"ey") || !input.begins_word(start) {
        return None;
    }
    let header = input.run_end(start, &BASE64URL);
    let mut end = part_end(input, header);
    // every header in JSON has a digit or ends with a `Q`; a name such as `eyJsonFactory` does not
    let part = input.part(start, header);
    let is_header = header - start >= 10 && (part.ends_with(b"Q") || part.iter().any(u8::is_ascii_digit));
    if !is_header || end - header < 4 {
        rejected.end = header;
        return None;
    }
    // up to three parts more: a signed token has three parts, an encrypted one five
    for _ in 0..3 {
        end = part_end(input, end);
    }
    Some(Found::new(start, end, TOKEN))
}

fn part_end(input: &Input<'_>, dot: usize) -> usize {
    if input.at(dot) == b'.' { input.run_end(dot + 1, &BASE64URL) } else { dot }
}

/// Checks the `b` of `Bearer …` and `Basic …` in running text. Prose stays; after `Authorization:` any value is replaced.
pub(crate) fn scheme(input: &Input<'_>, start: usize) -> Option<Found> {
    static SCHEMES: &[u8] = &words::list(b" bearer basic");
    // a shortcut: most words with a `b` differ in the next letter
    if !matches!(input.at(start + 1) | 0x20, b'e' | b'a') {
        return None;
    }
    let name = words::find(SCHEMES, input.part(start, input.text.len()), Place::Start, words::ANY_CASE);
    if name == 0 || !input.begins_word(start) {
        return None;
    }
    let blank = start + name;
    let body = blank + if input.has(blank, b"%20") { 3 } else { input.run(blank, 4, &BLANK) };
    let end = input.run_end(body, &TOKEN68);
    (body > blank && looks_random(input.part(body, end.min(body + 64)))).then(|| Found::new(body, end, TOKEN))
}

/// True if the text after a scheme is a credential and not prose, as in `Bearer token`. Credentials are long or mix
/// kinds of characters.
fn looks_random(credential: &[u8]) -> bool {
    let has_digit = credential.iter().any(u8::is_ascii_digit);
    let is_mixed =
        credential.iter().skip(1).any(u8::is_ascii_uppercase) && credential.iter().any(u8::is_ascii_lowercase);
    let is_padded = credential.len().is_multiple_of(4) && credential.ends_with(b"=");
    credential.len() >= 20 || credential.len() >= 6 && (has_digit || is_mixed || is_padded)
}

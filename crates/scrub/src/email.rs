//! E-mail addresses, but not stack frames, package versions and file names with an `@`.

use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, DIGITS, LETTERS, Set};
use crate::words;

/// Last labels that are file extensions and no top-level domains: `fn@app.bundle`, `logo@2x.png`.
static FILE_EXTENSIONS: &[u8] = &words::list(
    b" js mjs cjs jsx ts mts cts tsx json html htm css scss map wasm bundle vue svelte png jpg jpeg gif svg webp ico \
    txt xml yaml yml toml lock hbc jsbundle",
);

static LOCAL: Set = ALPHANUMERIC.with(b"._+-");
static DOMAIN: Set = ALPHANUMERIC.with(b".-");
static VERSION: Set = Set::of(b"v");

/// Checks an `@`, or a `%` for the `%40` of URLs.
pub(crate) fn address(input: &Input<'_>, at: usize) -> Option<Found> {
    let domain = if input.at(at) == b'@' { at + 1 } else { input.has(at, b"%40").then_some(at + 3)? };
    let start = local_start(input, at);
    let end = domain_end(input, domain);
    // the user of a URL stays
    let is_user = input.has_before(start, b"://");
    if start == at || is_user || input.part(start, at) == b"git" || !is_domain(input, domain, end) {
        return None;
    }
    // `f@host.bundle:12:34` is a frame
    if position_end(input, end).is_some_and(|line| position_end(input, line).is_some()) {
        return None;
    }
    Some(Found::new(start, end, "<email>"))
}

/// True if an address may contain the character: an ASCII character of the set, or a letter of another script.
fn belongs(character: char, set: &Set) -> bool {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => set.has(byte),
        _ if cfg!(feature = "full") => character.is_alphanumeric(),
        _ => is_foreign_letter(character),
    }
}

/// True for a character outside of ASCII that is in none of the usual blocks of punctuation, symbols and emojis.
///
/// For the browser module, because the standard library's tables of letters would be a twentieth of it.
const fn is_foreign_letter(character: char) -> bool {
    !matches!(
        character,
        '\u{80}'..='\u{bf}' | '×' | '÷' | '\u{2000}'..='\u{2bff}' | '\u{3000}'..='\u{3020}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fe10}'..='\u{fe6f}' | '\u{feff}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}'
            | '\u{ff5b}'..='\u{ff65}' | '\u{fff0}'..='\u{ffff}' | '\u{1f000}'..='\u{1ffff}' | '\u{e0000}'..
    )
}

/// The start of the local part. It contains no `@`, so no byte is read for two addresses.
fn local_start(input: &Input<'_>, at: usize) -> usize {
    let mut start = at;
    let belongs = |character: &char| belongs(*character, &LOCAL);
    for character in input.chars(input.floor, at).rev().take_while(belongs) {
        start -= character.len_utf8();
    }
    // in `\nname@host` the `n` belongs to the escape
    if start > 0 && input.before(start) == b'\\' && matches!(input.at(start), b'n' | b'r' | b't') {
        start += 1;
    }
    // a local part begins with no dot and no dash
    while start < at && matches!(input.at(start), b'.' | b'-') {
        start += 1;
    }
    start
}

fn domain_end(input: &Input<'_>, start: usize) -> usize {
    let mut end = start;
    let belongs = |character: &char| belongs(*character, &DOMAIN);
    for character in input.chars(start, input.text.len()).take_while(belongs) {
        end += character.len_utf8();
    }
    // a full stop or dash after the address belongs to the sentence
    while end > start && matches!(input.at(end - 1), b'.' | b'-') {
        end -= 1;
    }
    end
}

fn is_domain(input: &Input<'_>, start: usize, end: usize) -> bool {
    let domain = input.part(start, end);
    let Some(dot) = domain.iter().position(|byte| *byte == b'.') else { return false };
    let last = domain.iter().rposition(|byte| *byte == b'.').map_or(end, |dot| start + dot + 1);
    let mut length = 0;
    let is_word = input.chars(last, end).all(|character| {
        length += 1;
        belongs(character, &LETTERS)
    });
    // `package@1.2.3-rc.one`, `module@v0.1.0-beta`
    let number = input.run_end(start, &VERSION);
    let is_version = DIGITS.has(input.at(number)) && DIGITS.has(input.at(start + dot + 1));
    is_word && (2..=24).contains(&length) && !is_version && !is_file_extension(input.part(last, end)) && dot > 0
}

/// True if a last label is a file extension.
pub(crate) fn is_file_extension(label: &[u8]) -> bool {
    words::has(FILE_EXTENSIONS, label, words::ANY_CASE)
}

/// The end of a line or column number, `:digits`.
fn position_end(input: &Input<'_>, start: usize) -> Option<usize> {
    let digits = input.run(start + 1, 12, &DIGITS);
    (input.at(start) == b':' && digits > 0).then_some(start + 1 + digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_other_scripts_but_no_signs_and_no_emojis() {
        for letter in "äßéøłžαяїאعहกあアー漢字한ｱ４𠮷".chars() {
            assert!(is_foreign_letter(letter) && letter.is_alphanumeric(), "{letter}");
        }
        for sign in "\u{a0}«»¿·×÷–—“”„…€™→✓■、。「」【】（）：！，＠｡\u{200b}\u{feff}\u{fffd}🙂🚀".chars()
        {
            assert!(!is_foreign_letter(sign) && !sign.is_alphanumeric(), "{sign}");
        }
    }
}

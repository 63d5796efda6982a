//! Build hashes in the names of bundles, recognised by where they stand: `name-HASH.js`, `name.HASH.js`, `HASH.bundle`,
//! `chunk-HASH`. Their letters are those of any word.

use std::borrow::Cow;

/// Endings of files that bundlers write.
const BUNDLE_ENDINGS: [&str; 7] = [".js", ".mjs", ".cjs", ".css", ".wasm", ".bundle", ".html"];

/// Words between the hash and the ending: `3f2a1b9c.chunk.js`.
const MIDDLE_WORDS: [&str; 7] = [".chunk", ".bundle", ".min", ".module", ".async", ".lazy", ".entry"];

/// Lengths to which bundlers cut their hashes.
const USUAL_LENGTHS: [usize; 9] = [8, 10, 12, 16, 20, 24, 32, 40, 64];

/// Returns the name of a file or folder with the hash of a build replaced by `<hash>`.
pub(crate) fn bundle_name(name: &str) -> Cow<'_, str> {
    if is_uuid(name) {
        return Cow::Borrowed("<id>");
    }
    let Some((stem, ending)) = split_ending(name) else { return Cow::Borrowed(name) };
    let (stem, middle) = split_middle(stem);
    if is_whole_hash(stem) {
        return Cow::Owned(format!("<hash>{middle}{ending}"));
    }
    if !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Owned(format!("<n>{middle}{ending}"));
    }
    let Some(at) = hash_at(stem) else { return Cow::Borrowed(name) };
    // the name before it may be the number or the hash of a chunk
    let before = &stem[..at - 1];
    let before = match before {
        _ if before.bytes().all(|byte| byte.is_ascii_digit()) => "<n>",
        _ if is_whole_hash(before) => "<hash>",
        _ => before,
    };
    Cow::Owned(format!("{before}{}<hash>{middle}{ending}", &stem[at - 1..at]))
}

fn split_ending(name: &str) -> Option<(&str, &str)> {
    let name_without_map = name.strip_suffix(".map").unwrap_or(name);
    let ending = BUNDLE_ENDINGS.iter().find(|ending| name_without_map.ends_with(**ending))?;
    Some(name.split_at(name_without_map.len() - ending.len()))
}

fn split_middle(stem: &str) -> (&str, &str) {
    let middle = MIDDLE_WORDS.iter().find(|word| stem.ends_with(**word)).map_or(0, |word| word.len());
    stem.split_at(stem.len() - middle)
}

/// Finds the beginning of the hash at the end of a bundle's name, after `-` or `.`.
fn hash_at(stem: &str) -> Option<usize> {
    // the hashes of Rollup have eight characters, of which each may be `-` or `_`
    for length in [8, 12, 10, 16] {
        let Some(at) = stem.len().checked_sub(length).filter(|at| *at > 1 && stem.is_char_boundary(*at)) else {
            continue;
        };
        let separated = matches!(stem.as_bytes()[at - 1], b'-' | b'.');
        if separated && is_base64_hash(&stem[at..], length == 8) {
            return Some(at);
        }
    }
    let at = stem.rfind(['-', '.', '_', '~'])? + 1;
    (at > 1 && is_hash(&stem[at..])).then_some(at)
}

/// Returns true for characters of base64 that are neither words nor a number.
fn is_base64_hash(text: &str, is_usual: bool) -> bool {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let capitals = text.bytes().filter(u8::is_ascii_uppercase).count();
    if !text.bytes().all(belongs) || digits == text.len() && !is_usual {
        return false;
    }
    let has_separator = text.contains(['-', '_']);
    match is_usual {
        true if has_separator => digits + capitals > 1 && !is_words_and_numbers(text),
        true if digits == 0 => !is_words(text),
        true => true,
        false if has_separator => false,
        false if digits == 0 => capitals > 0 && !is_words(text),
        false => capitals > 0 || is_hexadecimal(text),
    }
}

/// Returns true for `cart-v2`, `step-12` and the like: words of small letters, and numbers at their ends.
fn is_words_and_numbers(text: &str) -> bool {
    text.split(['-', '_']).all(|word| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let tail = letters.get(1..).unwrap_or_default();
        tail.bytes().all(|byte| byte.is_ascii_lowercase()) && word.len() - letters.len() <= 2
    })
}

/// Returns true for a part that is a hash by its length and its characters.
fn is_hash(text: &str) -> bool {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) || text.len() < 6 {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if is_hexadecimal(text) {
        return digits > 0 || text.len() >= 8;
    }
    let is_usual = USUAL_LENGTHS.contains(&text.len());
    digits > 0 && digits < text.len() && (is_usual || digits > 1 && !ends_in_its_only_number(text))
}

/// Returns true for `step12`, a word and a number.
fn ends_in_its_only_number(text: &str) -> bool {
    text.trim_end_matches(|c: char| c.is_ascii_digit()).bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Returns true for a whole name that is a hash: hexadecimal digits, or the characters of a long random word.
fn is_whole_hash(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_long = text.len() >= 8 && digits > 0 && digits < text.len();
    is_long && (is_hexadecimal(text) || USUAL_LENGTHS[3..].contains(&text.len()) && is_hash(text))
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Returns true for `checkout` and `CartView`: letters that may be words, of which all but the first begin with a
/// capital.
fn is_words(text: &str) -> bool {
    let mut start = 0;
    let mut ends = text.char_indices().skip(1).filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at);
    loop {
        let end = ends.next().unwrap_or(text.len());
        let word = &text[start..end];
        if word.len() < 3 || word.len() > 5 && !is_pronounceable(&word.to_ascii_lowercase()) {
            return false;
        }
        if end == text.len() {
            return true;
        }
        start = end;
    }
}

/// Returns true for letters that may be a word: at least two vowels, and no four consonants in a row.
fn is_pronounceable(text: &str) -> bool {
    let is_vowel = |byte: u8| matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
    let vowels = text.bytes().filter(|byte| is_vowel(*byte)).count();
    vowels > 1 && text.as_bytes().split(|byte| is_vowel(*byte)).all(|run| run.len() < 4)
}

/// Returns true for a UUID, `8-4-4-4-12` hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let dashes = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match dashes.contains(&at) {
            true => byte == b'-',
            false => byte.is_ascii_hexdigit(),
        })
}

//! Recognises numbers and versions, and tries what begins with a number: dates, quantities, codes and ids.

use super::{Found, Match, UNCHANGED, code, continues_word, date, found, id, quantity};

/// Units. A number before one of these is a count, even if it looks like a protocol code: `503 ms`.
pub(super) const UNITS: &str = "ms s sec secs second seconds m min mins minute minutes h hr hrs hour hours day days week weeks byte bytes b kb \
    mb gb kib mib gib kbit mbit px em rem pt deg hz khz mhz item items row rows line lines column columns char chars \
    character characters record records time times retry retries attempt attempts entry entries element elements \
    request requests user users file files x";

/// Maximum length of a number with separators, in bytes. Without it, a long chain such as `1.1.1…` would be read again
/// from each of its parts.
const MAX_BYTES: usize = 64;

/// Matches a number, date, version or id at `at`, where a word begins. `previous` is the character before it.
pub(super) fn find(text: &str, at: usize, previous: char) -> Match {
    let rest = &text[at..];
    if let Some(length) = id::uuid(rest) {
        return found(length, "<id>", "uuid");
    }
    if let Some(length) = id::address(rest) {
        let is_code = code::is_hexadecimal_code(&rest[..length], &text[..at]);
        return if is_code { found(length, UNCHANGED, "code") } else { found(length, "<id>", "address") };
    }
    let is_signed = rest.starts_with(['-', '+']) && !previous.is_alphanumeric() && !")]>".contains(previous);
    let digits_at = usize::from(is_signed) + usize::from(rest.starts_with('v'));
    if !rest.as_bytes().get(digits_at)?.is_ascii_digit() {
        return foreign_digits(rest);
    }
    let dated = || date::find(rest).map(|length| Found::new(length, "<date>", "date"));
    let measured = || quantity::find(rest, digits_at);
    let versioned = || version(rest).map(|length| Found::new(length, "<version>", "version"));
    let numbered = || {
        let length = digits_at + number(&rest[digits_at..]).filter(|_| !rest.starts_with('v'))?;
        let is_code = code::is_code(&rest[..length], &rest[length..], &text[..at]);
        if is_code { found(length, UNCHANGED, "code") } else { found(length, "<n>", "number") }
    };
    dated().or_else(measured).or_else(versioned).or_else(numbered)
}

/// Matches the digits of other scripts, such as Arabic ones.
fn foreign_digits(rest: &str) -> Match {
    let is_digit = |c: char| super::is_wide(c) && c.is_numeric();
    let length = rest.find(|c| !is_digit(c)).unwrap_or(rest.len());
    if length > 0 { found(length, "<n>", "number") } else { None }
}

/// Returns the length of `12`, `1,234,567`, `1.5` or `1e-7`. A unit may follow directly; with other letters after it,
/// the number is part of a word (`2fa8x`).
fn number(rest: &str) -> Option<usize> {
    let mut end = digits(rest);
    while end < MAX_BYTES && rest[end..].starts_with([',', '.']) && digits(&rest[end + 1..]) > 0 {
        end += 1 + digits(&rest[end + 1..]);
    }
    if let Some(exponent) = rest[end..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['-', '+']));
        let power = digits(&exponent[sign..]);
        end += if power > 0 { 1 + sign + power } else { 0 };
    }
    let letters = letters(&rest[end..]);
    let ends_word = !rest[end + letters..].starts_with(continues_word);
    (ends_word && (letters == 0 || is_one_of(UNITS, &rest[end..end + letters]))).then_some(end)
}

/// Returns the length of `1.2.3`, `v2.1` or `1.2.3-rc.1+build`. Two numbers without a `v` are a decimal fraction.
fn version(rest: &str) -> Option<usize> {
    let start = usize::from(rest.starts_with('v'));
    let (mut end, mut parts) = (start + digits(&rest[start..]), 1);
    while end < MAX_BYTES && rest[end..].starts_with('.') && digits(&rest[end + 1..]) > 0 {
        end += 1 + digits(&rest[end + 1..]);
        parts += 1;
    }
    if parts < 2 || parts < 3 && start == 0 {
        return None;
    }
    if rest[end..].starts_with(['-', '+']) {
        let label = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
        let tail = rest[end + 1..].chars().take(MAX_BYTES).take_while(|c| label(*c)).count();
        let tail = rest[end + 1..end + 1 + tail].trim_end_matches(['.', '-', '+']).len();
        end += if tail > 0 { 1 + tail } else { 0 };
    }
    (!rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_')).then_some(end)
}

pub(super) fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

pub(super) fn letters(text: &str) -> usize {
    text.bytes().take(12).take_while(u8::is_ascii_alphabetic).count()
}

pub(super) fn is_one_of(words: &str, word: &str) -> bool {
    !word.is_empty() && words.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(word))
}

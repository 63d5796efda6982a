//! Recognises numbers: counts, protocol codes, versions, dates and times.

use super::{Match, UNCHANGED, id};

/// Units. A number before one of these is a count, even if it looks like a protocol code: `503 ms`.
const UNITS: &str = "ms s sec secs second seconds m min mins minute minutes h hr hrs hour hours day days week weeks byte bytes b kb \
    mb gb kib mib gib kbit mbit px em rem pt deg hz khz mhz item items row rows line lines column columns char chars \
    character characters record records time times retry retries attempt attempts entry entries element elements \
    request requests user users file files x";

/// Labels. A number after one of these is not a protocol code: `line 404`.
const LABELS: &str = "line column col position pos index row offset length size limit timeout page port pid after byte bytes id chunk \
    module width height";

/// Maximum length of a number with separators, in bytes. Without it, a long chain such as `1.1.1…` would be read again
/// from each of its parts.
const MAX_BYTES: usize = 64;

/// Matches a number, date, version or id at `at`, where a word begins. `previous` is the character before it.
pub(super) fn find(text: &str, at: usize, previous: char) -> Match {
    let rest = &text[at..];
    if let Some(length) = id::uuid(rest).or_else(|| id::address(rest)) {
        return Some((length, "<id>"));
    }
    let is_signed = rest.starts_with(['-', '+']) && !previous.is_alphanumeric() && !")]>".contains(previous);
    let digits_at = usize::from(is_signed) + usize::from(rest.starts_with('v'));
    if !rest.as_bytes().get(digits_at)?.is_ascii_digit() {
        return None;
    }
    let dated = || date(rest).map(|length| (length, "<date>"));
    let versioned = || version(rest).map(|length| (length, "<version>"));
    let numbered = || {
        let length = digits_at + number(&rest[digits_at..]).filter(|_| !rest.starts_with('v'))?;
        let is_code = is_code(&rest[..length], &rest[length..], &text[..at]);
        Some((length, if is_code { UNCHANGED } else { "<n>" }))
    };
    dated().or_else(versioned).or_else(numbered)
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
    let ends_word = !rest[end + letters..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (ends_word && (letters == 0 || is_one_of(UNITS, &rest[end..end + letters]))).then_some(end)
}

/// Returns true for JSON-RPC's reserved range, and for HTTP's registered error statuses that are not a count.
fn is_code(number: &str, after: &str, before: &str) -> bool {
    match number.parse::<i32>() {
        Ok(-32768..=-32000) => true,
        Ok(400..=418 | 421..=426 | 428 | 429 | 431 | 451 | 500..=508 | 510 | 511) => {
            let unit = after.strip_prefix([' ', '-']).unwrap_or(after);
            let is_count = after.starts_with('%') || unit.starts_with('%') || is_one_of(UNITS, &unit[..letters(unit)]);
            number.len() == 3
                && !is_count
                && !is_one_of(LABELS, last_word(before))
                && !before.ends_with(['#', '/', '.', '$'])
        }
        _ => false,
    }
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

/// Returns the length of `2024-01-31`, `31/01/2024`, `10:20:30.5Z`, or a date with its time and zone.
fn date(rest: &str) -> Option<usize> {
    let day =
        pattern(rest, "dddd-dd-dd").or_else(|| pattern(rest, "dddd/dd/dd")).or_else(|| pattern(rest, "dd/dd/dddd"));
    let day = day
        .or_else(|| pattern(rest, "d/d/dddd"))
        .or_else(|| pattern(rest, "d/dd/dddd"))
        .or_else(|| pattern(rest, "dd.dd.dddd"));
    let time_at = match day {
        Some(end) if rest[end..].starts_with(['T', ' ', 't']) => end + 1,
        Some(end) if rest[end..].starts_with(", ") => end + 2,
        Some(end) => return is_end(rest, end).then_some(end),
        None => 0,
    };
    match time(&rest[time_at..]) {
        Some(length) => Some(time_at + length),
        None => day.filter(|end| is_end(rest, *end)),
    }
}

fn time(rest: &str) -> Option<usize> {
    let mut end = pattern(rest, "dd:dd:dd").or_else(|| pattern(rest, "d:dd:dd")).or_else(|| pattern(rest, "dd:dd"))?;
    if rest[end..].starts_with(['.', ',']) && digits(&rest[end + 1..]) > 0 {
        end += 1 + digits(&rest[end + 1..]);
    }
    let zone = &rest[end..];
    end += match () {
        () if zone.starts_with(['Z', 'z']) => 1,
        () if zone.starts_with(" AM") || zone.starts_with(" PM") => 3,
        () if zone.starts_with(['+', '-']) => {
            pattern(&zone[1..], "dd:dd").or_else(|| pattern(&zone[1..], "dddd")).map_or(0, |zone| zone + 1)
        }
        () => 0,
    };
    is_end(rest, end).then_some(end)
}

/// Returns the pattern's length if the text begins like it; `d` in the pattern stands for a digit.
fn pattern(rest: &str, pattern: &str) -> Option<usize> {
    let fits = |(byte, expected): (&u8, u8)| if expected == b'd' { byte.is_ascii_digit() } else { *byte == expected };
    let text = rest.as_bytes().get(..pattern.len())?;
    text.iter().zip(pattern.bytes()).all(fits).then_some(pattern.len())
}

fn is_end(rest: &str, end: usize) -> bool {
    !rest[end..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '/'))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn letters(text: &str) -> usize {
    text.bytes().take(12).take_while(u8::is_ascii_alphabetic).count()
}

fn last_word(text: &str) -> &str {
    let text = text.trim_end_matches([' ', ':', '=']);
    let length = text.bytes().rev().take(12).take_while(u8::is_ascii_alphabetic).count();
    &text[text.len() - length..]
}

fn is_one_of(words: &str, word: &str) -> bool {
    !word.is_empty() && words.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(word))
}

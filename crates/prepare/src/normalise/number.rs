//! Numbers in all their dress: counts, protocol codes, versions, dates and times.

use super::{KEPT, Match, id};

/// What makes a number a count although it looks like a protocol code: `503 ms`.
const UNITS: &str = "ms s sec secs second seconds m min mins minute minutes h hr hrs hour hours day days week weeks byte bytes b kb \
    mb gb kib mib gib kbit mbit px em rem pt deg hz khz mhz item items row rows line lines column columns char chars \
    character characters record records time times retry retries attempt attempts entry entries element elements \
    request requests user users file files x";

/// Words in front of a number that is no protocol code.
const COUNTED: &str = "line column col position pos index row offset length size limit timeout page port pid after byte bytes id chunk \
    module width height";

/// Numbers in parts are looked at this far, so that a long chain of them is not read again from each of its links.
const LONGEST: usize = 64;

/// A number, date, version or id at `at`, where a word begins.
pub(super) fn find(text: &str, at: usize, before: char) -> Match {
    let rest = &text[at..];
    if let Some(length) = id::uuid(rest).or_else(|| id::address(rest)) {
        return Some((length, "<id>"));
    }
    let is_signed = rest.starts_with(['-', '+']) && !before.is_alphanumeric() && !")]>".contains(before);
    let digits_at = usize::from(is_signed) + usize::from(rest.starts_with('v'));
    if !rest.as_bytes().get(digits_at)?.is_ascii_digit() {
        return None;
    }
    let dated = || date(rest).map(|length| (length, "<date>"));
    let versioned = || version(rest).map(|length| (length, "<version>"));
    let numbered = || {
        let length = digits_at + number(&rest[digits_at..]).filter(|_| !rest.starts_with('v'))?;
        let is_code = is_code(&rest[..length], &rest[length..], &text[..at]);
        Some((length, if is_code { KEPT } else { "<n>" }))
    };
    dated().or_else(versioned).or_else(numbered)
}

/// `12`, `1,234,567`, `1.5`, `1e-7`; a unit may follow directly, a longer word makes the whole a word (`2fa8x`).
fn number(rest: &str) -> Option<usize> {
    let mut end = digits(rest);
    while end < LONGEST && rest[end..].starts_with([',', '.']) && digits(&rest[end + 1..]) > 0 {
        end += 1 + digits(&rest[end + 1..]);
    }
    if let Some(exponent) = rest[end..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['-', '+']));
        let power = digits(&exponent[sign..]);
        end += if power > 0 { 1 + sign + power } else { 0 };
    }
    let letters = letters(&rest[end..]);
    let is_free = !rest[end + letters..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (is_free && (letters == 0 || is_one_of(UNITS, &rest[end..end + letters]))).then_some(end)
}

/// JSON-RPC's reserved range, and HTTP's registered errors that stand alone.
fn is_code(number: &str, after: &str, head: &str) -> bool {
    match number.parse::<i32>() {
        Ok(-32768..=-32000) => true,
        Ok(400..=418 | 421..=426 | 428 | 429 | 431 | 451 | 500..=508 | 510 | 511) => {
            let unit = after.strip_prefix([' ', '-']).unwrap_or(after);
            let counts = after.starts_with('%') || unit.starts_with('%') || is_one_of(UNITS, &unit[..letters(unit)]);
            number.len() == 3
                && !counts
                && !is_one_of(COUNTED, last_word(head))
                && !head.ends_with(['#', '/', '.', '$'])
        }
        _ => false,
    }
}

/// `1.2.3`, `v2.1`, `1.2.3-rc.1+build`; two numbers without a `v` are a decimal fraction.
fn version(rest: &str) -> Option<usize> {
    let start = usize::from(rest.starts_with('v'));
    let (mut end, mut parts) = (start + digits(&rest[start..]), 1);
    while end < LONGEST && rest[end..].starts_with('.') && digits(&rest[end + 1..]) > 0 {
        end += 1 + digits(&rest[end + 1..]);
        parts += 1;
    }
    if parts < 2 || parts < 3 && start == 0 {
        return None;
    }
    if rest[end..].starts_with(['-', '+']) {
        let label = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
        let tail = rest[end + 1..].chars().take(LONGEST).take_while(|c| label(*c)).count();
        let tail = rest[end + 1..end + 1 + tail].trim_end_matches(['.', '-', '+']).len();
        end += if tail > 0 { 1 + tail } else { 0 };
    }
    (!rest[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_')).then_some(end)
}

/// `2024-01-31`, `31/01/2024`, `10:20:30.5Z`, and a date with its time and zone.
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

fn pattern(rest: &str, pattern: &str) -> Option<usize> {
    let fits = |(byte, wanted): (&u8, u8)| if wanted == b'd' { byte.is_ascii_digit() } else { *byte == wanted };
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

fn last_word(head: &str) -> &str {
    let head = head.trim_end_matches([' ', ':', '=']);
    let length = head.bytes().rev().take(12).take_while(u8::is_ascii_alphabetic).count();
    &head[head.len() - length..]
}

fn is_one_of(words: &str, word: &str) -> bool {
    !word.is_empty() && words.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(word))
}

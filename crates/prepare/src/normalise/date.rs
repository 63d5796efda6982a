//! Recognises dates and times, of digits (`2024-01-31T10:20:30Z`) and with names (`Thu, 26 Nov 2026 10:20:30 GMT`).

use super::number::digits;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// Ends of the long names: `Thursday`, `November`.
const LONG_ENDS: [&str; 18] = [
    "day", "sday", "nesday", "rsday", "urday", "uary", "ruary", "ch", "il", "e", "y", "ust", "t", "tember", "ober",
    "ember", "", ".",
];

/// Maximum number of bytes of a date with names, with its time and zone.
const MAX_BYTES: usize = 100;

/// Returns the length of the date or time at the beginning of the text.
pub(super) fn find(rest: &str) -> Option<usize> {
    numeric(rest).or_else(|| compact(rest)).or_else(|| named(rest))
}

/// Returns true if a date with names may begin here: with a day or a month.
pub(super) fn may_be_named(rest: &str) -> bool {
    let Some(start) = rest.as_bytes().first_chunk::<3>() else { return false };
    is_name(start)
}

/// Returns true for the three letters that a day or a month begins with.
fn is_name(start: &[u8; 3]) -> bool {
    // checked by the last letter first, because this is done at each word of a message
    matches!(
        start[2] | 0x20,
        b'n' | b'e' | b'd' | b'u' | b'i' | b't' | b'b' | b'r' | b'y' | b'l' | b'g' | b'p' | b'v' | b'c'
    ) && (is_one_of(&DAYS, start) || is_one_of(&MONTHS, start))
}

fn is_one_of(names: &[&str], start: &[u8]) -> bool {
    let first = start[0] | 0x20;
    names.iter().any(|name| name.as_bytes()[0] == first && name.as_bytes().eq_ignore_ascii_case(start))
}

/// Returns the length of a date with the name of its month, its day, and its year or its time.
pub(super) fn named(rest: &str) -> Option<usize> {
    let (mut end, mut at) = (0, 0);
    let (mut month, mut day, mut year, mut has_time) = (false, false, false, false);
    while at < MAX_BYTES {
        let text = &rest[at..];
        let length = if let Some(name) = name(text) {
            let is_month = is_one_of(&MONTHS, &text.as_bytes()[..3]);
            if is_month && month {
                break;
            }
            month |= is_month;
            name
        } else if let Some(length) = time(text).filter(|_| !has_time && (month || day)) {
            has_time = true;
            length
        } else if digits(text) == 4 && !year && month {
            year = true;
            4
        } else if (1..=2).contains(&digits(text)) && !day && !month_is_over(year, has_time) {
            day = true;
            digits(text)
        } else if let Some(length) = zone(text).filter(|_| has_time) {
            length
        } else {
            break;
        };
        end = at + length;
        let separator = match &rest[end..] {
            // a day of one digit is padded by some
            after if after.starts_with(", ") || after.starts_with("  ") => 2,
            after => usize::from(after.starts_with([' ', '-', '/', ':', ','])),
        };
        if separator == 0 {
            break;
        }
        at = end + separator;
    }
    let is_date = month && day && (year || has_time);
    (is_date && is_end(rest, end)).then_some(end)
}

fn month_is_over(year: bool, has_time: bool) -> bool {
    year || has_time
}

/// Returns the length of the name of a day or a month.
fn name(text: &str) -> Option<usize> {
    text.as_bytes().first_chunk::<3>().filter(|start| is_name(start))?;
    let letters = text.bytes().take(10).take_while(u8::is_ascii_alphabetic).count();
    let end = text.get(3..letters)?;
    LONG_ENDS.iter().any(|known| known.eq_ignore_ascii_case(end)).then_some(letters)
}

/// Returns the length of `GMT`, `UTC+01:00`, `+0100`, `PM`, or a zone's name in brackets.
fn zone(text: &str) -> Option<usize> {
    if let Some(inner) = text.strip_prefix('(') {
        let length = inner.bytes().take(50).take_while(|byte| byte.is_ascii_alphabetic() || *byte == b' ').count();
        return (length > 2 && inner[length..].starts_with(')')).then_some(length + 2);
    }
    let letters = text.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
    let is_zone = (2..=5).contains(&letters) && !text[letters..].starts_with(|c: char| c.is_ascii_lowercase());
    let after = if is_zone { letters } else { 0 };
    let offset =
        text[after..].strip_prefix(['+', '-']).and_then(|it| pattern(it, "dd:dd").or_else(|| pattern(it, "dddd")));
    let end = after + offset.map_or(0, |length| length + 1);
    (end > 0).then_some(end)
}

/// Returns the length of `20261126T102030Z`, `20261126-1020` or `20261126`.
fn compact(rest: &str) -> Option<usize> {
    let day = pattern(rest, "dddddddd").filter(|end| digits(rest) == *end)?;
    let number = |range: std::ops::Range<usize>| rest[range].parse::<u32>().unwrap_or(0);
    if !(1990..2100).contains(&number(0..4)) || !(1..=12).contains(&number(4..6)) || !(1..=31).contains(&number(6..8)) {
        return None;
    }
    let time = rest[day..].strip_prefix(['T', '-', '_']).map_or(0, digits);
    let end = if matches!(time, 4 | 6 | 9) { day + 1 + time } else { day };
    let end = end + usize::from(end > day && rest[end..].starts_with('Z'));
    is_end(rest, end).then_some(end)
}

/// Returns the length of `2024-01-31`, `31/01/2024`, `10:20:30.5Z`, or a date with its time and zone.
fn numeric(rest: &str) -> Option<usize> {
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
        () if zone.starts_with(" UTC") || zone.starts_with(" GMT") => {
            let offset = zone[4..].strip_prefix(['+', '-']);
            4 + offset
                .and_then(|it| pattern(it, "dd:dd").or_else(|| pattern(it, "dddd")))
                .map_or(0, |length| length + 1)
        }
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

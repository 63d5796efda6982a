//! Recognises quantities whose unit varies with their size: durations (`1m30.5s`, `PT2H`) and sizes (`12.5 MiB`).

use super::number::digits;
use super::{Found, Match, continues_word};

/// Units of time that may be parts of one duration.
const TIMES: [&str; 15] =
    ["ns", "us", "\u{b5}s", "\u{3bc}s", "ms", "secs", "sec", "mins", "min", "hrs", "h", "m", "s", "d", "w"];
/// Units of a duration of one part. A number before the others is rather a word: `3d`.
const SINGLE: [&str; 12] = ["ns", "us", "\u{b5}s", "\u{3bc}s", "ms", "secs", "sec", "mins", "min", "h", "m", "s"];
const SIZES: [&str; 22] = [
    "KiB", "MiB", "GiB", "TiB", "PiB", "kiB", "kB", "KB", "MB", "GB", "TB", "PB", "kb", "mb", "gb", "Ki", "Mi", "Gi",
    "Ti", "bytes", "byte", "B",
];
/// Units of sizes that are glued to the number: `512M`.
const GLUED_SIZES: [&str; 5] = ["K", "M", "G", "T", "k"];

/// Maximum number of parts of a duration. Without it, a long chain such as `1.1h1.1h…` would be read again from each of
/// its parts.
const MAX_PARTS: usize = 8;

/// Matches a quantity; `digits_at` is the length of its sign.
pub(super) fn find(rest: &str, digits_at: usize) -> Match {
    if rest.starts_with('v') {
        return None;
    }
    let (mut end, mut parts) = (digits_at, 0);
    let mut unit = "";
    while parts < MAX_PARTS
        && let Some((length, its_unit)) = part(&rest[end..], &TIMES)
    {
        end += length;
        parts += 1;
        unit = its_unit;
    }
    let is_duration = parts > 1 || parts == 1 && SINGLE.contains(&unit);
    if is_duration && !rest[end..].starts_with(continues_word) {
        return Some(Found::new(end, "<duration>", "duration"));
    }
    size(&rest[digits_at..]).map(|length| Found::new(digits_at + length, "<size>", "size"))
}

/// Matches a duration of ISO 8601: `PT1H30M`, `P3DT4H`.
pub(super) fn iso_duration(rest: &str) -> Match {
    let inner = rest.strip_prefix('P')?;
    let mut end = 0;
    let mut parts = 0;
    while parts < MAX_PARTS {
        end += usize::from(inner[end..].starts_with('T'));
        let length = decimal(&inner[end..]);
        if length == 0 || !inner[end + length..].starts_with(['Y', 'M', 'W', 'D', 'H', 'S']) {
            break;
        }
        end += length + 1;
        parts += 1;
    }
    (parts > 0 && !inner[end..].starts_with(continues_word)).then(|| Found::new(end + 1, "<duration>", "duration"))
}

/// Returns the length of a number with its unit, and the unit.
fn part<'a>(rest: &str, units: &[&'a str]) -> Option<(usize, &'a str)> {
    let length = decimal(rest);
    if length == 0 {
        return None;
    }
    let unit = units.iter().find(|unit| rest[length..].starts_with(**unit))?;
    Some((length + unit.len(), unit))
}

fn size(rest: &str) -> Option<usize> {
    let length = decimal(rest);
    if length == 0 {
        return None;
    }
    let glued = &rest[length..];
    let ends = |text: &str, unit: &str| text.strip_prefix(unit).is_some_and(|after| !after.starts_with(continues_word));
    let spaced = glued.strip_prefix(' ').unwrap_or(glued);
    let space = glued.len() - spaced.len();
    if let Some(unit) = SIZES.iter().find(|unit| ends(spaced, unit)) {
        return Some(length + space + unit.len());
    }
    GLUED_SIZES.iter().find(|unit| ends(glued, unit)).map(|unit| length + unit.len())
}

/// Returns the length of `12`, `1,024` or `1.5`.
fn decimal(rest: &str) -> usize {
    let mut end = digits(rest);
    while end > 0 && end < 32 && rest[end..].starts_with(['.', ',']) && digits(&rest[end + 1..]) > 0 {
        end += 1 + digits(&rest[end + 1..]);
    }
    end
}

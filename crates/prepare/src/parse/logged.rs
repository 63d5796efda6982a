//! Log records: their level, and whether a line begins one.

/// Level of a log record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Info,
    Warning,
    Error,
}

/// Names of the levels, in capitals as loggers write them before the message.
const NAMES: [(&str, Level); 24] = [
    ("ERROR", Level::Error),
    ("ERR", Level::Error),
    ("FATAL", Level::Error),
    ("CRITICAL", Level::Error),
    ("CRIT", Level::Error),
    ("SEVERE", Level::Error),
    ("PANIC", Level::Error),
    ("ALERT", Level::Error),
    ("EMERG", Level::Error),
    ("ERRO", Level::Error),
    ("EROR", Level::Error),
    ("FTL", Level::Error),
    ("CRT", Level::Error),
    ("WARNING", Level::Warning),
    ("WARN", Level::Warning),
    ("WRN", Level::Warning),
    ("INFO", Level::Info),
    ("INF", Level::Info),
    ("NOTICE", Level::Info),
    ("DEBUG", Level::Info),
    ("DBG", Level::Info),
    ("TRACE", Level::Info),
    ("VERBOSE", Level::Info),
    ("FINE", Level::Info),
];
/// Maximum distance of the level from the beginning of the line, in bytes.
const MAX_DISTANCE: usize = 120;
/// Maximum number of words before the level.
const MAX_WORDS: usize = 16;

/// Returns the level of the record that a line begins.
pub(super) fn level(line: &str) -> Option<Level> {
    find_level(line).map(|(level, _)| level)
}

/// Returns the message of a record, without time and level.
pub(super) fn message(line: &str) -> &str {
    let line = line.trim();
    let Some((_, end)) = find_level(line) else { return line };
    let rest = line[end..].trim_start_matches([']', ')', ':', ' ', '\t', '-', '|', '>', '"']);
    if rest.is_empty() { line } else { rest.trim_end() }
}

/// Removes the date and the time at the beginning of a line.
pub(super) fn without_time(line: &str) -> &str {
    let mut rest = line.trim();
    // a date, a time, or both in two words
    for _ in 0..2 {
        match rest.split_once(' ') {
            Some((word, after)) if is_time(word) => rest = after.trim_start(),
            _ => break,
        }
    }
    rest
}

/// Returns true for a date or a time in digits: `2026/11/26`, `10:00:00.123`, `2026-11-26T10:00:00Z`.
fn is_time(word: &str) -> bool {
    word.len() > 4
        && word.contains(['/', ':', '-'])
        && word.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|byte| byte.is_ascii_digit() || b"/:-.,TZ+".contains(&byte))
}

/// Returns true if a line begins with the time or the level of a record.
pub(super) fn starts_record(line: &str) -> bool {
    let line = line.trim_start_matches(['[', '(']);
    starts_with_time(line)
        || find_level(line).is_some_and(|(_, end)| line[..end].bytes().all(|b| b.is_ascii_uppercase()))
}

/// Returns the level, and the byte offset of the end of its name.
fn find_level(line: &str) -> Option<(Level, usize)> {
    let mut from = 0;
    for _ in 0..MAX_WORDS {
        let start = line[from..].find(|c: char| c.is_ascii_alphabetic()).map(|at| from + at)?;
        if start > MAX_DISTANCE {
            return None;
        }
        let length = line[start..].find(|c: char| !c.is_alphanumeric() && c != '_');
        let end = length.map_or(line.len(), |length| start + length);
        if let Some((_, level)) = NAMES.iter().find(|(name, _)| is_level(line, start..end, name)) {
            return Some((*level, end));
        }
        if let Some(level) = klog(line, start..end) {
            return Some((level, end));
        }
        from = end;
    }
    None
}

/// Returns true if the word is the name of a level: in capitals, or in brackets, or after `level=`.
fn is_level(line: &str, word: std::ops::Range<usize>, name: &str) -> bool {
    if !line[word.clone()].eq_ignore_ascii_case(name) {
        return false;
    }
    let (before, after) = (&line[..word.start], &line[word.end..]);
    if line[word].bytes().all(|byte| byte.is_ascii_uppercase()) {
        // `npm ERR! x` and `ERROR 1045 (28000)` are no records
        return !after.starts_with('!') && (!before.is_empty() || !starts_with_number(after) || name != "ERROR");
    }
    let bracketed = before.ends_with(['[', '<', '(']) && after.starts_with([']', '>', ')', ' ', '/']);
    bracketed || before.ends_with("level=") || before.ends_with("lvl=") || before.ends_with("severity=")
}

/// Returns true for a number behind a blank.
fn starts_with_number(text: &str) -> bool {
    text.strip_prefix(' ').is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit()))
}

/// Parses klog's level: `E1126 10:00:00.123456`.
fn klog(line: &str, word: std::ops::Range<usize>) -> Option<Level> {
    let (level, date) = line[word.clone()].split_at_checked(1)?;
    let is_klog = word.start == 0 && date.len() == 4 && date.bytes().all(|byte| byte.is_ascii_digit());
    match level {
        _ if !is_klog => None,
        "E" | "F" => Some(Level::Error),
        "W" => Some(Level::Warning),
        "I" => Some(Level::Info),
        _ => None,
    }
}

/// Returns true for text that begins with a date or a time.
fn starts_with_time(text: &str) -> bool {
    let shape: String =
        text.bytes().take(10).map(|byte| if byte.is_ascii_digit() { '0' } else { char::from(byte) }).collect();
    let month = shape.get(..3).is_some_and(|name| MONTHS.contains(&name)) && shape.get(3..4) == Some(" ");
    month && shape.get(4..).is_some_and(|day| day.trim_start().starts_with('0'))
        || shape.starts_with("0000-00-00")
        || shape.starts_with("0000/00/00")
        || shape.starts_with("00:00:00")
        || shape.starts_with("00/00/00")
        || shape.starts_with("00/") && shape.get(3..6).is_some_and(|name| MONTHS.contains(&name))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_messages_of_records() {
        for (line, expected, text) in [
            ("ERROR:sync:sync failed", Some(Level::Error), "sync:sync failed"),
            ("2026-11-26 10:00:00,123 ERROR [web-1] sync failed", Some(Level::Error), "[web-1] sync failed"),
            ("2026-11-27T00:27:01Z  WARN app: low", Some(Level::Warning), "app: low"),
            ("[2026-11-26 10:00:00] [error] [pid 7] no", Some(Level::Error), "[pid 7] no"),
            ("time=2026-11-26 level=error msg=\"no\"", Some(Level::Error), "msg=\"no\""),
            ("E1126 10:00:00.123456   1 a.go:12] no", Some(Level::Error), "10:00:00.123456   1 a.go:12] no"),
            ("[10:00:00 ERR] no", Some(Level::Error), "no"),
            ("10:00:00.123 [main] INFO  shop.Cart - added", Some(Level::Info), "shop.Cart - added"),
            ("the error is here", None, "the error is here"),
            ("ERROR [shop.db] no", Some(Level::Error), "[shop.db] no"),
            ("ERROR 1045 (28000): no", None, "ERROR 1045 (28000): no"),
            ("npm ERR! no", None, "npm ERR! no"),
            ("", None, ""),
        ] {
            assert_eq!((level(line), message(line)), (expected, text), "{line}");
        }
    }

    #[test]
    fn date_and_time_are_removed() {
        for (line, expected) in [
            ("2026/11/26 10:00:00 listen tcp :80", "listen tcp :80"),
            ("2026-11-26T10:00:00Z no price", "no price"),
            ("12:30 is late", "is late"),
            ("127 rows were lost", "127 rows were lost"),
            ("10.1.2.3 is down", "10.1.2.3 is down"),
        ] {
            assert_eq!(without_time(line), expected);
        }
    }

    #[test]
    fn records_begin_with_a_time_or_a_level() {
        for line in ["2026-11-26 x", "[2026-11-26T10", "10:00:01 x", "Nov 26 10:00", "ERROR:sync:x", "[INFO] x"] {
            assert!(starts_record(line), "{line}");
        }
        for line in ["in file orders.csv", "hint: x", "Key (email) exists", "12 rows", "Nov is cold", "ERRORS: 3", ""] {
            assert!(!starts_record(line), "{line}");
        }
    }
}

//! Reads text from JSON. A lone surrogate, which Rust's strings cannot hold, becomes visible text instead of an error.

use std::borrow::Cow;

use autoheal_contract::limits::CUT_MARK;
use serde_json::value::RawValue;

/// Returns the text of a raw JSON string, or `None` for another type.
pub(super) fn read_text(raw: &RawValue) -> Option<String> {
    let json = raw.get();
    if !json.starts_with('"') {
        return None;
    }
    serde_json::from_str(json).ok().or_else(|| serde_json::from_str(&show_lone_surrogates(json)).ok())
}

/// Cuts text to this many characters and adds a visible mark; returns true if it was too long.
pub(super) fn cut(text: &mut String, characters: usize) -> bool {
    // A text of n bytes has at most n characters, so the common case costs one comparison.
    if text.len() <= characters {
        return false;
    }
    match text.char_indices().nth(characters) {
        Some((at, _)) => {
            text.truncate(at);
            text.push_str(CUT_MARK);
            true
        }
        None => false,
    }
}

/// Replaces each escape of half a surrogate pair by visible text, such as `\u{d800}`.
///
/// Browsers write such escapes when a string was cut in the middle of an emoji. JSON allows them; Rust's strings do
/// not.
pub(super) fn show_lone_surrogates(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut rewritten = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let Some(first) = escaped_unit(json, at) else {
            at += 2;
            continue;
        };
        let second = escaped_unit(json, at + 6);
        match (first, second) {
            (0xD800..=0xDBFF, Some(0xDC00..=0xDFFF)) => at += 12,
            (0xD800..=0xDFFF, _) => {
                rewritten.push_str(&json[copied..at]);
                rewritten.push_str(&format!("\\\\u{{{first:x}}}"));
                at += 6;
                copied = at;
            }
            _ => at += 6,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    rewritten.push_str(&json[copied..]);
    Cow::Owned(rewritten)
}

/// Returns the code unit of a `\uXXXX` escape that starts at this offset.
fn escaped_unit(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_emoji_becomes_visible_and_a_whole_one_stays() {
        let read = |json: &str| read_text(&RawValue::from_string(json.to_owned()).unwrap());
        assert_eq!(read(r#""a\ud83db""#).as_deref(), Some("a\\u{d83d}b"));
        assert_eq!(read(r#""\udc00\ud83d\ude00""#).as_deref(), Some("\\u{dc00}😀"));
        assert_eq!(read(r#""\\ud83d""#).as_deref(), Some("\\ud83d"), "an escaped backslash starts no escape");
        assert_eq!(read("5"), None);
    }

    #[test]
    fn text_is_cut_by_characters() {
        let mut text = "ääää".to_owned();
        assert!(!cut(&mut text, 4));
        assert!(cut(&mut text, 3));
        assert_eq!(text, "äää<cut>");
    }
}

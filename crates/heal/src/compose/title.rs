//! Titles, names and slugs from closed alphabets and without links, because they are outside of fences.

use super::inert::{MAX_MARKS, is_hidden, is_mark};
use super::links::{slug_without_links, without_links};

/// Maximum length of a title, in characters. GitHub's limit is 256.
const TITLE_CHARS: usize = 200;
/// Maximum length of a slug, in characters.
const SLUG_CHARS: usize = 40;

/// `[Auto-Generated] {type}: {message}`: letters, digits, spaces and `.,:;'()=_/-`, one line, at most 200 characters.
#[must_use]
pub fn issue_title(error_type: &str, message: &str) -> String {
    title_before(error_type, message, "")
}

/// The same with an end from a closed set, which is never cut off.
pub(super) fn title_before(error_type: &str, message: &str, end: &str) -> String {
    let text = format!("[Auto-Generated] {}: {}", plain(error_type), plain(message));
    let title = without_links(&text, TITLE_CHARS - end.len());
    format!("{}{end}", title.trim_end_matches([' ', ':']))
}

/// `{type}: {message}` in the alphabet of titles, at most `characters` long.
pub(super) fn summary(error_type: &str, message: &str, characters: usize) -> String {
    let text = without_links(&format!("{}: {}", plain(error_type), plain(message)), characters);
    text.trim_end_matches([' ', ':']).to_owned()
}

/// Replaces characters outside the alphabet by spaces, and runs of spaces by one. Drops combining marks after the
/// third.
fn plain(text: &str) -> String {
    let mut marks = 0;
    let few_marks = |c: &char| {
        marks = if is_mark(*c) { marks + 1 } else { 0 };
        marks <= MAX_MARKS
    };
    let allowed = |c: char| if allowed_in_title(c) { c } else { ' ' };
    let spaced: String = text.chars().filter(few_marks).map(allowed).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn allowed_in_title(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || ".,:;'()=_/-".contains(c);
    }
    // Letters written right to left would reverse the words around them.
    let right_to_left = matches!(u32::from(c), 0x590..=0x8FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF);
    c.is_alphanumeric() && !right_to_left && !is_hidden(c)
}

/// A name from `[A-Za-z0-9._:/-]` with `_` for other characters, without links; at most `characters` long, never empty.
pub(crate) fn safe_name(text: &str, characters: usize) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "._:/-".contains(c) { c } else { '_' };
    let name: String = text.trim().chars().take(characters).map(allowed).collect();

    if name.is_empty() { "unknown".to_owned() } else { without_links(&name, characters) }
}

/// A slug of an error type for a branch: `[a-z0-9-]{1,40}`.
pub(crate) fn slug(error_type: &str) -> String {
    let lower = error_type.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let slug = slug_without_links(&words.join("-"), SLUG_CHARS);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "error".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_hold_no_markup() {
        let title = issue_title("TypeError", "fixes #1 @ada `x` <!-- y --> \u{202e}a\u{200b}b\n[l](u) {price=2}");
        assert_eq!(title, "[Auto-Generated] TypeError: fixes 1 ada x -- y -- a b l (u) price=2");
        assert_eq!(issue_title("E", &"x".repeat(500)).chars().count(), 200);
        assert_eq!(issue_title("E", "\u{202e}"), "[Auto-Generated] E");
    }

    #[test]
    fn slugs_are_branch_safe() {
        assert_eq!(slug("TypeError"), "typeerror");
        assert_eq!(slug("requests.exceptions.Timeout"), "requests-exceptions-timeout");
        assert_eq!(slug("../../etc"), "etc");
        assert_eq!(slug("日本"), "error");
        assert_eq!(slug(&"abc ".repeat(40)), ["abc"; 10].join("-"));
    }

    #[test]
    fn names_are_safe() {
        assert_eq!(safe_name("a`b@c d#1", 80), "a_b_c_d_1");
        assert_eq!(safe_name("  ", 80), "unknown");
    }
}

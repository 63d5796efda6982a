//! The one function that all report text passes on its way to GitHub: it makes hidden characters visible.

use std::fmt::Write;

/// Makes text inert: line ends become `\n`, and every control, invisible or direction-changing character becomes a
/// visible escape such as `\u{200b}`.
///
/// Characters are escaped and not deleted, so that the evidence stays. Must run before the length of a fence is chosen.
#[must_use]
pub fn inert(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' => {
                characters.next_if_eq(&'\n');
                shown.push('\n');
            }
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => shown.push('\n'),
            c if hidden(c) => {
                let _always = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Characters that are invisible or look like a space: default-ignorable and blank ones of Unicode. A model or a renderer
/// may act on them.
fn hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(u32::from(c),
        0x80..=0xA0 | 0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x1680 | 0x17B4..=0x17B5 | 0x180B..=0x180F
        | 0x2000..=0x200F | 0x202A..=0x202F | 0x205F..=0x206F | 0x2800 | 0x3000 | 0x3164 | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF
        | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF
        | 0xF0000..=0x10_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_shown_and_plain_text_is_kept() {
        let check = |text: &str, expected: &str| assert_eq!(inert(text), expected);
        check("plain `text` äö 漢字 😀\ttab\nline", "plain `text` äö 漢字 😀\ttab\nline");
        check("a\u{200b}b\u{202e}c", "a\\u{200b}b\\u{202e}c");
        check("nul\0 esc\u{1b}[31m", "nul\\u{0} esc\\u{1b}[31m");
        check("tag\u{e0041}", "tag\\u{e0041}");
        check("a\u{2800}\u{200a}\u{a0}\u{3000}\u{1bca0}b", "a\\u{2800}\\u{200a}\\u{a0}\\u{3000}\\u{1bca0}b");
        check("a\r\nb\rc\u{2028}d", "a\nb\nc\nd");
    }
}

//! The one function that all report text passes on its way to GitHub: it makes hidden characters visible.

use std::fmt::Write;

use unicode_general_category::{GeneralCategory, get_general_category};

/// Maximum number of combining marks on one character. Languages need up to three; many more hide the text around them.
pub(super) const MAX_MARKS: usize = 3;

/// Makes text inert: line ends become `\n`, and every control, invisible or direction-changing character becomes a
/// visible escape such as `\u{200b}`. So does each of more than three combining marks in a row.
///
/// Characters are escaped and not deleted, so that the evidence stays. Must run before the length of a fence is chosen.
#[must_use]
pub fn inert(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut marks = String::new();
    while let Some(c) = characters.next() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' => {
                characters.next_if_eq(&'\n');
                shown.push('\n');
            }
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => shown.push('\n'),
            c if is_hidden(c) => push_escape(&mut shown, c),
            c if is_mark(c) => {
                marks.push(c);
                marks.extend(std::iter::from_fn(|| characters.next_if(|c| is_mark(*c) && !is_hidden(*c))));
                if marks.chars().nth(MAX_MARKS).is_none() {
                    shown.push_str(&marks);
                } else {
                    marks.chars().for_each(|mark| push_escape(&mut shown, mark));
                }
                marks.clear();
            }
            c => shown.push(c),
        }
    }
    shown
}

fn push_escape(shown: &mut String, c: char) {
    let _always = write!(shown, "\\u{{{:x}}}", u32::from(c));
}

/// True for a combining mark that takes no place of its own.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii() && matches!(get_general_category(c), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

/// True for characters that are invisible or look like a space, because a model or a renderer may act on them: controls,
/// default-ignorable and blank characters, joiners of hieroglyphs, the place of an object, private use and noncharacters.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let code = u32::from(c);
    code & 0xFFFE == 0xFFFE
        || matches!(code,
            0x80..=0xA0 | 0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x1680 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x2000..=0x200F | 0x2028..=0x202F | 0x205F..=0x206F | 0x2800 | 0x3000 | 0x3164 | 0xE000..=0xF8FF
            | 0xFDD0..=0xFDEF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFC | 0x1107F | 0x13430..=0x1343F
            | 0x13441..=0x13442 | 0x16FE4 | 0x1BCA0..=0x1BCA3 | 0x1D159 | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF
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
        check("null \u{1d159}\u{13441}\u{fffc}\u{1ffff}", "null \\u{1d159}\\u{13441}\\u{fffc}\\u{1ffff}");
        check("a\r\nb\rc\u{2028}d", "a\nb\nc\nd");
    }

    #[test]
    fn many_combining_marks_in_a_row_are_shown() {
        // Vietnamese, Hebrew, Thai and Devanagari without composed characters
        for text in
            ["e\u{302}\u{323}", "\u{5e9}\u{5bc}\u{5c1}\u{5b8}", "\u{e19}\u{e49}\u{e33}", "\u{915}\u{94d}\u{937}\u{93f}"]
        {
            assert_eq!(inert(text), text);
        }
        assert_eq!(inert("a\u{301}\u{302}\u{303}\u{304}b"), "a\\u{301}\\u{302}\\u{303}\\u{304}b");
        assert_eq!(inert(&"\u{488}".repeat(500)), "\\u{488}".repeat(500));
        // a hidden character does not begin a new run: it is shown itself
        assert_eq!(inert("\u{301}\u{200b}\u{301}"), "\u{301}\\u{200b}\u{301}");
    }

    /// `Default_Ignorable_Code_Point` of Unicode 17, from DerivedCoreProperties.txt.
    #[test]
    fn default_ignorable_characters_and_spaces_are_shown() {
        let ignorable = [
            0xAD..=0xAD,
            0x34F..=0x34F,
            0x61C..=0x61C,
            0x115F..=0x1160,
            0x17B4..=0x17B5,
            0x180B..=0x180F,
            0x200B..=0x200F,
            0x202A..=0x202E,
            0x2060..=0x206F,
            0x3164..=0x3164,
            0xFE00..=0xFE0F,
            0xFEFF..=0xFEFF,
            0xFFA0..=0xFFA0,
            0xFFF0..=0xFFF8,
            0x1BCA0..=0x1BCA3,
            0x1D173..=0x1D17A,
            0xE0000..=0xE0FFF,
        ];
        for c in ignorable.into_iter().flatten().filter_map(char::from_u32) {
            assert_eq!(inert(&c.to_string()), format!("\\u{{{:x}}}", u32::from(c)));
        }
        for c in ('\u{80}'..=char::MAX).filter(|c| c.is_whitespace() || c.is_control()) {
            assert_ne!(inert(&c.to_string()), c.to_string());
        }
    }
}

//! Functions for text, without the standard library's formatting, which would be a tenth of the module.

use std::borrow::Cow;

use autoheal_contract::limits::CUT_MARK;
use autoheal_scrub::scrub;

/// An integer in decimal digits.
pub(crate) fn decimal(number: u64) -> String {
    let mut text = if number < 10 { String::new() } else { decimal(number / 10) };
    text.push(char::from(b'0' + (number % 10) as u8));
    text
}

/// The integer that a text of decimal digits has; `None` for any other text.
pub(crate) fn whole_number(digits: &[u8]) -> Option<u32> {
    let mut number = digits.first().map(|_| 0_u32);
    for byte in digits {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number = number?.checked_mul(10)?.checked_add(digit);
    }
    number
}

/// The texts joined.
pub(crate) fn concat(parts: &[&str]) -> String {
    let mut text = String::new();
    parts.iter().for_each(|part| text.push_str(part));
    text
}

/// True if the text contains these words, in either case.
pub(crate) fn contains(text: &str, words: &str) -> bool {
    text.as_bytes().windows(words.len().max(1)).any(|window| window.eq_ignore_ascii_case(words.as_bytes()))
}

/// The text without secrets, cut to `limit` characters and a mark.
///
/// Scrubbing comes before the cut, because half a secret would not be recognised. Only twice the limit is scrubbed, so
/// that huge texts cost no more.
pub(crate) fn scrubbed(text: &str, limit: usize) -> Cow<'_, str> {
    let clean = scrub(first_chars(text, limit.saturating_mul(2)));
    let length = first_chars(&clean, limit).len();
    if length == clean.len() { clean } else { Cow::Owned(concat(&[clean.get(..length).unwrap_or_default(), CUT_MARK])) }
}

/// The first `limit` characters.
fn first_chars(text: &str, limit: usize) -> &str {
    let mut chars = 0;
    let end = text.bytes().position(|byte| {
        // all other bytes continue a character of UTF-8
        chars += usize::from(byte & 0xc0 != 0x80);
        chars > limit
    });
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!([0, 7, 10, 4096, u64::MAX].map(decimal), ["0", "7", "10", "4096", "18446744073709551615"]);
    }

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(scrubbed("äöü", 3), "äöü");
        assert_eq!(scrubbed("äöüß", 3), "äöü<cut>");
    }

    #[test]
    fn secrets_are_replaced_before_the_cut() {
        assert_eq!(scrubbed("password=hunter2hunter2", 12), "password=<se<cut>");
    }
}

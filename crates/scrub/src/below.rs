//! Values on the line after their name: `password:⏎  …`, also in a list, after a comment, and after a backslash that
//! continues a command.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::set::{BACKSLASH, BLANKS, Set};
use crate::value::{after_line, bare_end, has_digit_and_letter, quote_at, quoted_end};

/// The start of the next text, if the line ends at an index or a comment follows; at most two empty lines are skipped.
pub(crate) fn next_text(input: &Input<'_>, start: usize) -> Option<usize> {
    let has_comment = input.at(start) == b'#' && input.at(start + 1) == b' ';
    let comment =
        if has_comment { (0..160).find(|length| after_line(input, start + length) > start + length)? } else { 0 };
    let end = start + comment;
    let end = if input.at(end) == b'\\' && after_line(input, end + 1) == end + 2 { end + 1 } else { end };
    let mut at = end;
    for _ in 0..4 {
        let next = after_line(input, at + input.run(at, 64, &BLANKS));
        if next == at {
            break;
        }
        let line = at + input.run(at, 64, &BLANKS);
        if after_line(input, line) == line {
            break;
        }
        at = next;
    }
    (at > end).then(|| at + input.run(at, 64, &BLANKS))
}

/// The start of the next line after a backslash that continues a command.
pub(crate) fn continued(input: &Input<'_>, start: usize) -> Option<usize> {
    (input.at(start) == b'\\').then(|| next_text(input, start)).flatten()
}

/// The value on the next line. `is_open` is true if the name is quoted or a `=` follows it, so that any text may follow.
pub(crate) fn value(input: &Input<'_>, start: usize, is_open: bool) -> Option<Found> {
    static MARKS: Set = Set::of(b"-|>$#*");
    let mut start = next_text(input, start)?;
    if MARKS.has(input.at(start)) && input.at(start + 1) == b' ' {
        start += 1 + input.run(start + 1, 8, &BLANKS);
    }
    if let Some(quote) = quote_at(input, start) {
        let end = quoted_end(input, quote);
        let text = input.part(quote.body, end);
        let is_secret = !text.contains(&b' ') && (is_open || is_word(text));
        return is_secret.then(|| replace_unless_placeholder(input, quote.body, end, SECRET)).flatten();
    }
    let end = only_word(input, start)?;
    is_word(input.part(start, end)).then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// The end of a word that is alone on its line.
pub(crate) fn only_word(input: &Input<'_>, start: usize) -> Option<usize> {
    let end = bare_end(input, start, false);
    let rest = end + input.run(end, 8, &BLANKS);
    let close = rest + input.run(rest, 15, &BACKSLASH);
    // the end of the text, of the line, or of the string around it
    let is_alone =
        rest >= input.text.len() || after_line(input, rest) > rest || matches!(input.at(close), b'"' | b'\'' | b'`');
    (is_alone && end > start).then_some(end)
}

/// True if a word alone on a line is rather a password than a name, a date, a path, a version or code.
pub(crate) fn is_word(text: &[u8]) -> bool {
    let has_sign = text.iter().any(|byte| b"!$^~".contains(byte)) && text.iter().any(u8::is_ascii_alphabetic);
    let is_code =
        text.iter().any(|byte| b"(=:<>/\\{}[],;|&".contains(byte)) || text.starts_with(b"-") || text.starts_with(b"$");
    let dot = text.iter().rposition(|byte| *byte == b'.');
    let is_file_or_version =
        dot.is_some_and(|dot| text.len() - dot < 6 || text.get(dot + 1).is_some_and(u8::is_ascii_digit));
    text.len() >= 6 && (has_digit_and_letter(text) || has_sign) && !is_code && !is_file_or_version && !is_numbered(text)
}

/// True for a name with a number at its end, `line12`, or a number with a unit, `1500ms`.
fn is_numbered(text: &[u8]) -> bool {
    let letters = text.iter().take_while(|byte| byte.is_ascii_alphabetic() || b"_-".contains(byte)).count();
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_name = |head: usize, digits: bool| {
        let rest = text.get(head..).unwrap_or_default();
        head > 0 && rest.iter().all(|byte| if digits { byte.is_ascii_digit() } else { byte.is_ascii_lowercase() })
    };
    // passwords such as `hunter42` have this form too, but so have most names
    let has_capital = text.iter().any(u8::is_ascii_uppercase) && text.first().is_some_and(u8::is_ascii_lowercase);
    (is_name(letters, true) && !has_capital && text.len() < 8 + usize::from(letters < 8)) || is_name(digits, false)
}

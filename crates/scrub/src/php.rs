//! Values as PHP prints them: `["password"]=>⏎  string(8) "…"`, `[password:protected] => …`, `s:8:"password";s:8:"…";`.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::key::{is_plain, names_secret};
use crate::set::{ALPHANUMERIC, BACKSLASH, BLANKS, DIGITS, QUOTES, Set};
use crate::value::{Quote, after_line, bare_end, is_placeholder, line_end, quote_at, quoted_end};
use crate::words::{self, EXACT, Place};

static NAMES: Set = ALPHANUMERIC.with(b"_-.$");
static CLASS: Set = ALPHANUMERIC.with(b"_\\");
/// What follows a name within the brackets: `:protected`, `:"App\User":private`.
static VISIBILITY: Set = ALPHANUMERIC.with(b"_\\:\"");

/// Checks the `=` of an arrow after brackets.
pub(crate) fn member(input: &Input<'_>, sign: usize) -> Option<Found> {
    let bracket = input.run_start(sign, 2, &BLANKS).checked_sub(1).filter(|_| input.at(sign + 1) == b'>')?;
    if input.at(bracket) != b']' || bracket < input.floor {
        return None;
    }
    /// Enough for a name and a class. The limit keeps the work linear.
    const MAX_BYTES: usize = 128;
    let floor = input.floor.max(bracket.saturating_sub(MAX_BYTES));
    let open = floor + input.part(floor, bracket).iter().rposition(|byte| *byte == b'[')?;
    let quote = quote_at(input, open + 1);
    let name = quote.map_or(open + 1, |quote| quote.body);
    let end = name + input.run(name, 64, &NAMES);
    let close = end + quote.map_or(0, |quote| quote.body - quote.start);
    let is_member = close == bracket || input.at(close) == b':' && input.run_end(close, &VISIBILITY) == bracket;
    let name = input.part(name, end);
    if !is_member || !names_secret(name) {
        return None;
    }
    let mut start = sign + 2;
    for _ in 0..3 {
        start = after_line(input, start + input.run(start, 64, &BLANKS));
    }
    start += usize::from(input.at(start) == b'&');
    if input.has(start, b"int(") {
        let end = input.run_end(start + 4, &DIGITS);
        let is_secret = !is_plain(name, input.part(start + 4, end), false);
        return is_secret.then(|| replace_unless_placeholder(input, start + 4, end, SECRET)).flatten();
    }
    if let Some(quote) = string(input, start) {
        return text(input, quote, start + 7);
    }
    // `print_r` writes names without quotes; what is no secret is found without reading the line
    let start = sign + 2 + input.run(sign + 2, 8, &BLANKS);
    let word = start + input.run(start, 96, &CLASS);
    let is_object = input.has(word, b" Object") || input.part(start, word) == b"Array";
    let is_masked = || is_placeholder(input.part(start, bare_end(input, start, false)));
    if quote.is_some() || start == sign + 2 || is_object || is_masked() {
        return None;
    }
    let line = input.part(start, line_end(input, start, b'"'));
    let end = start + line.iter().position(|byte| QUOTES.has(*byte)).unwrap_or(line.len());
    let is_secret = !is_plain(name, input.part(start, end), true);
    is_secret.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// True if a colon within brackets comes before the visibility of a member, so that its value stands elsewhere.
pub(crate) fn is_visibility(input: &Input<'_>, colon: usize) -> bool {
    let end = colon + input.run(colon, 96, &VISIBILITY);
    let text = input.part(colon, end);
    input.at(end) == b']' && words::find(&words::list(b" :protected :private"), text, Place::End, EXACT) > 0
}

/// The quote of `string(8) "…"`.
fn string(input: &Input<'_>, start: usize) -> Option<Quote> {
    let digits = start + 7;
    let end = digits + input.run(digits, 8, &DIGITS);
    let is_string = input.has(start, b"string(") && input.at(end) == b')';
    is_string.then(|| quote_at(input, end + 1 + input.run(end + 1, 2, &BLANKS))).flatten()
}

/// A text after its length, by which it may contain quotes.
fn text(input: &Input<'_>, quote: Quote, digits: usize) -> Option<Found> {
    let length = input.part(digits, digits + input.run(digits, 8, &DIGITS)).iter();
    let length = length.fold(0_usize, |number, digit| number * 10 + usize::from(digit - b'0'));
    let counted = quote.body + length;
    let closes =
        input.has(counted, input.part(quote.start, quote.body)) && length > 0 && input.text.is_char_boundary(counted);
    let end = if closes { counted } else { quoted_end(input, quote) };
    replace_unless_placeholder(input, quote.body, end, SECRET)
}

/// Checks a colon before a quoted name, as `serialize` writes it: `s:8:"password";s:8:"…";`.
pub(crate) fn serialized(input: &Input<'_>, colon: usize) -> Option<Found> {
    let number = input.run_start(colon, 4, &DIGITS);
    let quote = quote_at(input, colon + 1).filter(|_| number < colon && input.has_before(number, b"s:"))?;
    static TEXT: Set = ALPHANUMERIC.with(b"_-.*\\\0 ");
    let end = quote.body + input.run(quote.body, 96, &TEXT);
    // the quote's backslashes are in the set
    let end = input.run_start(end, 15, &BACKSLASH);
    let after = end + quote.body - quote.start;
    if !input.has(end, input.part(quote.start, quote.body)) || !input.has(after, b";s:") {
        return None;
    }
    let digits = after + 3;
    let colon = digits + input.run(digits, 8, &DIGITS);
    let value = quote_at(input, colon + 1).filter(|_| input.at(colon) == b':')?;
    names_secret(input.part(quote.body, end)).then(|| text(input, value, digits)).flatten()
}

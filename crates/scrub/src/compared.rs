//! Secrets that failing tests and databases print: `password == "…"`, `assert_eq!(token, "…")`, `Key (token)=(…)`; and values
//! within one more object: `"password": {"value": "…"}`.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::key::names_secret;
use crate::name_before::key_before;
use crate::pair::is_value_key;
use crate::set::{ALPHANUMERIC, BLANKS, QUOTES, Set, WHITESPACE};
use crate::value::{Quote, looks_like_password, quote_at, quoted_end, string_start};
use crate::words::{self, ANY_CASE, Place};

/// Enough for a comparison. The limit keeps the work linear.
const MAX_BYTES: usize = 512;
/// Calls that compare two values.
static COMPARISONS: &[u8] = &words::list(
    b" assert_eq! assert_ne! assertequal assertequals assertnotequal assert_equal assert_not_equal assertsame equal \
    notequal strictequal deepequal deepstrictequal areequal expect_eq assert_streq expect_streq require_eq eq",
);
/// Calls on what is compared: `expect(token).toBe(…)`.
static EXPECTATIONS: &[u8] =
    &words::list(b" tobe toequal tostrictequal tomatch tocontain eq equal equals eql isequalto be");

static NAMES: Set = ALPHANUMERIC.with(b"_-.");
static CALLS: Set = ALPHANUMERIC.with(b"_!");
static SIGNS: Set = Set::of(b"=!");

/// The text up to a limit after an index, so that a rule that finds nothing reads no more than that.
fn window<'a>(input: &Input<'a>, start: usize) -> Option<Input<'a>> {
    let end = input.text.floor_char_boundary(start + MAX_BYTES);
    Some(Input { text: input.text.get(..end)?, floor: input.floor })
}

fn password(input: &Input<'_>, quote: Quote) -> Option<Found> {
    let end = quoted_end(input, quote);
    let text = input.part(quote.body, end);
    let is_secret = looks_like_password(text) && !text.contains(&b' ') && !names_secret(text);
    is_secret.then(|| replace_unless_placeholder(input, quote.body, end, SECRET)).flatten()
}

/// Checks an `=`: the first of `==` and `===`, that of `!=` and `!==`, and that between brackets.
pub(crate) fn sign(input: &Input<'_>, at: usize) -> Option<Found> {
    let (before, after) = (input.before(at), input.at(at + 1));
    if before == b')' && after == b'(' {
        return detail(input, at);
    }
    let is_first = after == b'=' && before != b'=' || before == b'!';
    if !is_first {
        return None;
    }
    let input = &window(input, at)?;
    let key = key_before(input, at - usize::from(before == b'!'))?;
    let start = string_start(input, input.run_end(at + input.run(at, 3, &SIGNS), &BLANKS));
    let quote = quote_at(input, start)?;
    names_secret(key.text).then(|| password(input, quote)).flatten()
}

/// `Key (api_token)=(…) already exists.`
fn detail(input: &Input<'_>, at: usize) -> Option<Found> {
    let name_end = at - 1;
    let name = input.run_start(name_end, 64, &NAMES);
    if input.before(name) != b'(' || !names_secret(input.part(name, name_end)) {
        return None;
    }
    let end = input.find(at + 2, at + MAX_BYTES, b")")?;
    replace_unless_placeholder(input, at + 2, end, SECRET)
}

/// Checks the `k` of `Duplicate entry '…' for key 'users.api_token'`.
pub(crate) fn duplicate(input: &Input<'_>, at: usize) -> Option<Found> {
    let mark = at.checked_sub(6)?;
    if !input.has(at, b"key ") || !input.has_before(at, b"' for ") {
        return None;
    }
    let name = quote_at(input, at + 4)?;
    let name_end = name.body + input.run(name.body, 64, &NAMES);
    let is_secret = names_secret(input.part(name.body, name_end));
    let head = input.part(input.floor.max(mark.saturating_sub(MAX_BYTES)), mark);
    let length = head.windows(7).rev().position(|part| part == b"entry '").filter(|_| is_secret)?;
    replace_unless_placeholder(input, mark - length, mark, SECRET)
}

/// Checks a comma after a name: `assert_eq!(token, "…")`.
pub(crate) fn argument(input: &Input<'_>, comma: usize) -> Option<Found> {
    let name = input.run_start(comma, 64, &NAMES);
    let open = name.checked_sub(1).filter(|open| input.at(*open) == b'(' && *open >= input.floor)?;
    let callee = input.part(input.run_start(open, 32, &CALLS), open);
    if words::find(COMPARISONS, callee, Place::End, ANY_CASE) == 0 || !names_secret(input.part(name, comma)) {
        return None;
    }
    let input = &window(input, comma)?;
    password(input, quote_at(input, string_start(input, input.run_end(comma + 1, &WHITESPACE)))?)
}

/// Checks a bracket before a quoted text: `expect(token).toBe("…")`.
pub(crate) fn expected(input: &Input<'_>, open: usize) -> Option<Found> {
    let start = input.run_start(open, 24, &CALLS);
    let is_chained = input.has_before(start, b").") || input.has_before(start, b").not.");
    if !is_chained || !words::has(EXPECTATIONS, input.part(start, open), ANY_CASE) {
        return None;
    }
    let end = start - if input.has_before(start, b").not.") { 6 } else { 2 };
    let name = input.run_start(end, 64, &NAMES);
    if input.before(name) != b'(' || !names_secret(input.part(name, end)) {
        return None;
    }
    let input = &window(input, open)?;
    password(input, quote_at(input, open + 1)?)
}

/// The value in an object, or in the first object of a list, under a secret's name: `{"value": "…"}`.
pub(crate) fn object(input: &Input<'_>, start: usize) -> Option<Found> {
    let input = &window(input, start)?;
    let mut open = start;
    if input.at(open) == b'[' {
        open = input.run_end(open + 1, &WHITESPACE);
    }
    if input.at(open) != b'{' {
        return None;
    }
    let name = quote_at(input, input.run_end(open + 1, &WHITESPACE))?;
    let end = name.body + input.run(name.body, 24, &NAMES);
    let close = quote_at(input, end)?;
    let colon = input.run_end(close.body, &BLANKS);
    if input.at(colon) != b':' || !is_value_key(input.part(name.body, end)) || !QUOTES.has(input.at(close.mark)) {
        return None;
    }
    let quote = quote_at(input, input.run_end(colon + 1, &WHITESPACE))?;
    replace_unless_placeholder(input, quote.body, quoted_end(input, quote), SECRET)
}

//! Values within types and calls: `key: str = "…"`, `key: Some("…")`, `get("KEY", "…")`, `login("ada", "…")`.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::key::names_secret;
use crate::set::{ALPHANUMERIC, BACKSLASH, BLANKS, QUOTES, Set, WHITESPACE};
use crate::value::{Quote, looks_like_password, quote_at, quoted_end, string_start};
use crate::words::{self, ANY_CASE, Place};

/// A value that does not begin with its text.
pub(crate) enum Wrapped {
    /// It has no type and no call.
    Nothing,
    /// It reads the secret from elsewhere, and contains none.
    Code,
    Text(Quote),
    /// The value starts here, without quotes.
    Bare(usize),
}

/// Types of texts, in the languages that write a type after a name.
static TYPES: &[u8] = &words::list(
    b" string str &str &'static text secretstring secretstr optional option final any nsstring charsequence char cow \
    const std::string",
);
/// Constructors that take the secret itself.
static WRAPPERS: &[u8] = &words::list(
    b" some ok just right sensitive secret secretstr secretstring secretbox string str bytes password token from of new literal \
    optional box arc rc cow owned borrowed b64decode atob value stringvalue nsstring",
);
/// Calls that take a user and a password.
static LOGINS: &[u8] = &words::list(
    b" login log_in authenticate signin sign_in basicauth basic_auth setbasicauth set_basic_auth httpbasicauth \
    httpdigestauth usernamepasswordcredentials usernamepasswordcredential passwordauthentication networkcredential \
    passwordcredential set_credentials setcredentials username_pw_set auth= \
    pgp_sym_encrypt pgp_sym_decrypt aes_encrypt aes_decrypt",
);
/// Calls that take a name and a value.
static SETTERS: &[u8] = &words::list(
    b" set put get add append header headers define setenv putenv getenv getordefault get_or fetch env setproperty \
    getproperty setheader addheader set_header setrequestheader addrequestheader setitem insert param var variable \
    setstring withheader addqueryparameter replace",
);

static CALLEES: Set = ALPHANUMERIC.with(b"_.$:");
static TYPE: Set = ALPHANUMERIC.with(b"_&'<>[]?.:|* ");
static AFTER_TYPE: Set = Set::of(b" =,;)}]>[<?|&\n");
static CALL: Set = ALPHANUMERIC.with(b"_=");

/// The value at an index.
pub(crate) fn value(input: &Input<'_>, start: usize, is_colon: bool) -> Wrapped {
    let types = input.part(start, (start + 24).min(input.text.len()));
    let length = words::find(TYPES, types, Place::Start, ANY_CASE);
    if is_colon && length > 0 && AFTER_TYPE.has(input.at(start + length)) {
        let sign = start + input.run(start, 64, &TYPE);
        if input.at(sign) == b'=' {
            let text = string_start(input, input.run_end(sign + 1, &BLANKS));
            return quote_at(input, text).map_or_else(|| text_of_call(input, text), Wrapped::Text);
        }
    }
    call(input, start)
}

/// The text of a call; anything else after a type is code.
fn text_of_call(input: &Input<'_>, start: usize) -> Wrapped {
    match call(input, start) {
        Wrapped::Text(quote) => Wrapped::Text(quote),
        _ => Wrapped::Code,
    }
}

/// The text within a call, at most four calls deep.
fn call(input: &Input<'_>, start: usize) -> Wrapped {
    let mut start = start;
    for depth in 0..4 {
        let end = start + input.run(start, 80, &CALLEES);
        let open = input.at(end);
        let first = input.at(start);
        if end == start || !first.is_ascii_alphabetic() && first != b'_' {
            return if depth > 0 { Wrapped::Bare(start) } else { Wrapped::Nothing };
        }
        let callee = input.part(start, end);
        let is_wrapper = words::has(WRAPPERS, last_name(callee), ANY_CASE);
        // `tokens[0]`, `row["password"]`
        let inner = end + 1;
        if open == b'[' && !is_wrapper && (quote_at(input, inner).is_some() || input.at(inner).is_ascii_digit()) {
            return Wrapped::Code;
        }
        if open != b'(' && open != b'[' || open == b'[' && !is_wrapper {
            return if depth > 0 { Wrapped::Bare(start) } else { Wrapped::Nothing };
        }
        let inner = string_start(input, input.run_end(inner, &BLANKS));
        if let Some(quote) = quote_at(input, inner) {
            return match (is_wrapper, next_text(input, quote)) {
                (true, _) => Wrapped::Text(quote),
                (false, Some(second)) => Wrapped::Text(second),
                (false, None) => Wrapped::Code,
            };
        }
        if !is_wrapper {
            return Wrapped::Code;
        }
        start = inner;
    }
    Wrapped::Code
}

fn last_name(callee: &[u8]) -> &[u8] {
    let start = callee.iter().rposition(|byte| matches!(byte, b'.' | b':')).map_or(0, |dot| dot + 1);
    callee.get(start..).unwrap_or_default()
}

/// The quoted text after a quoted text and a comma, or `??` and similar signs.
fn next_text(input: &Input<'_>, quote: Quote) -> Option<Quote> {
    let close = quoted_end(input, quote);
    let comma = close + (quote.body - quote.start);
    if input.at(comma) != b',' {
        return None;
    }
    quote_at(input, string_start(input, comma + 1 + input.run(comma + 1, 32, &WHITESPACE)))
}

/// A pair after a secret's name: `auth=("ada", "…")`.
pub(crate) fn pair(input: &Input<'_>, open: usize) -> Option<Found> {
    let first = string_start(input, open + 1 + input.run(open + 1, 8, &WHITESPACE));
    let quote = quote_at(input, first)?;
    let text = next_text(input, quote).unwrap_or(quote);
    replace_unless_placeholder(input, text.body, quoted_end(input, text), SECRET)
}

/// Checks a bracket before a quoted text: `setPassword("…")`, `ApiKey("…")`.
pub(crate) fn only_argument(input: &Input<'_>, open: usize) -> Option<Found> {
    static READERS: &[u8] = &words::list(
        b" get has is find load read remove delete fetch use parse validate check hash test expect describe need require \
        missing prompt ask invalid generate create make print log",
    );
    let quote = quote_at(input, open + 1)?;
    let callee = input.part(input.run_start(open, 40, &CALLEES), open);
    let name = last_name(callee);
    if !names_secret(name) || words::find(READERS, name, Place::Start, ANY_CASE) > 0 {
        return None;
    }
    let end = quoted_end(input, quote);
    let text = input.part(quote.body, end);
    let is_only = input.at(end + quote.body - quote.start) == b')' && !text.contains(&b' ');
    (is_only && looks_like_password(text)).then(|| replace_unless_placeholder(input, quote.body, end, SECRET)).flatten()
}

/// Checks a comma after a quoted text: `set("X-Api-Key", "…")`, `login("ada", "…")`.
pub(crate) fn second_argument(input: &Input<'_>, comma: usize) -> Option<Found> {
    let mark = input.before(comma);
    if !QUOTES.has(mark) {
        return None;
    }
    let value = string_start(input, comma + 1 + input.run(comma + 1, 32, &WHITESPACE));
    let quote = match (quote_at(input, value), input.at(value)) {
        (Some(quote), _) => quote,
        (None, byte) if byte.is_ascii_alphabetic() => match call(input, value) {
            Wrapped::Text(quote) => quote,
            _ => return None,
        },
        _ => return None,
    };
    let end = input.run_start(comma - 1, 15, &BACKSLASH);
    let head = input.part(input.floor.max(end.saturating_sub(64)), end);
    let length = head.iter().rev().position(|byte| *byte == mark || *byte == b'\n')?;
    let (open, name) = (end - length - 1, input.part(end - length, end));
    let before = input.run_start(input.run_start(open, 15, &BACKSLASH), 4, &WHITESPACE);
    if !matches!(input.before(before), b'(' | b'[') {
        return None;
    }
    let bracket = before - 1;
    let callee = input.part(input.run_start(bracket, 40, &CALL), bracket);
    let text_end = quoted_end(input, quote);
    let is_login = words::find(LOGINS, callee, Place::End, ANY_CASE) > 0;
    let is_named = || {
        let is_setter = words::find(SETTERS, callee, Place::End, ANY_CASE) > 0;
        names_secret(name) && (is_setter || looks_like_password(input.part(quote.body, text_end)))
    };
    let text = input.part(quote.body, text_end);
    // sentences and names of headers are no secrets
    let is_text = text.contains(&b' ') && !text.starts_with(b"Bearer ") && !text.starts_with(b"Basic ");
    if is_text || !is_login && (!is_named() || names_secret(text)) {
        return None;
    }
    replace_unless_placeholder(input, quote.body, text_end, SECRET)
}

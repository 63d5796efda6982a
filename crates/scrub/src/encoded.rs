//! Values in text that is encoded for a URL or for HTML: `%22password%22%3A%22…%22`, `&quot;token&quot;:&quot;…&quot;`.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::key::names_secret;
use crate::set::{ALPHANUMERIC, BACKSLASH, Set};
use crate::words::{self, EXACT, Place};

/// Encoded quotes.
static QUOTES: &[u8] = &words::list(b" %5C%22 %22 %27 &quot; &#34; &#39; &#x27; \\u0022 \\u0027 %2522");
/// Encoded separators, which end a value without quotes.
static ENDS: &[u8] = &words::list(b" %26 %20 %0A %0D %2C %7D %3B %22 %27 %5D &amp; &quot; %2526");
static NAMES: Set = ALPHANUMERIC.with(b"_-.");
static ENDING: Set = Set::of(b"&+\"'`<>,;)}\\#");
/// Maximum length of a value.
const MAX_BYTES: usize = 1024;

/// Checks a `%`: an encoded sign.
pub(crate) fn percent(input: &Input<'_>, at: usize) -> Option<Found> {
    // `%253A` is a `%3A` that was encoded again
    let mut sign = at + 1;
    while input.has(sign, b"25") {
        sign += 2;
    }
    if input.at(sign) != b'3' || !matches!(input.at(sign + 1), b'A' | b'D' | b'a' | b'd') {
        return None;
    }
    value(input, at, sign + 2, true).or_else(|| userinfo(input, sign + 2))
}

/// Checks a `:` or `=` after an encoded quote.
pub(crate) fn sign(input: &Input<'_>, at: usize) -> Option<Found> {
    // a shortcut: the ends of `&quot;`, `&#34;`, `%22` and `\u0022`
    let (second, third) =
        (at.checked_sub(2).map_or(0, |at| input.at(at)), at.checked_sub(3).map_or(0, |at| input.at(at)));
    let is_quote = match input.before(at) {
        b';' => matches!(second, b't' | b'4' | b'7' | b'9'),
        b'2' | b'7' => second == b'2' && matches!(third, b'%' | b'0' | b'5'),
        _ => false,
    };
    is_quote.then(|| value(input, at, at + 1, false)).flatten()
}

fn value(input: &Input<'_>, sign: usize, after: usize, is_encoded: bool) -> Option<Found> {
    let head = input.part(input.floor, sign);
    let length = words::find(QUOTES, head, Place::End, EXACT);
    let end = input.run_start(sign - length, 7, &BACKSLASH);
    let mut start = input.run_start(end, 64, &NAMES);
    let quote = input.part(sign - length, sign);
    if length == 0 {
        // without quotes, `%3Fpassword` begins after the escape
        start += if input.before(start) == b'%' { 2 } else { 0 };
    } else if !input.has_before(start, quote) {
        // a quote such as `%22` ends with digits, which belong to names too
        let tail = quote.get(1..).unwrap_or_default();
        if !input.has(start, tail) && !input.has(start, b"22") {
            return None;
        }
        start += if input.has(start, tail) { tail.len() } else { 2 };
    }
    if !(length > 0 || is_encoded) || !names_secret(input.part(start, end)) {
        return None;
    }
    let mut body = after;
    while matches!(input.at(body), b'+' | b' ') || input.has(body, b"%20") {
        body += if input.at(body) == b'%' { 3 } else { 1 };
    }
    // a JSON string doubles the backslash of `\u0022`
    while input.at(body) == b'\\' && input.at(body + 1) == b'\\' {
        body += 1;
    }
    let is_quoted = length > 0 && input.has(body, quote);
    if is_quoted {
        body += length;
        let mut end = input.find(body, body + MAX_BYTES, quote).unwrap_or_else(|| bare_end(input, body));
        while end > body && input.at(end - 1) == b'\\' {
            end -= 1;
        }
        return replace_unless_placeholder(input, body, end, SECRET);
    }
    let end = bare_end(input, body);
    let text = input.part(body, end);
    let is_plain = text.len() < 4 || matches!(text, b"null" | b"true" | b"false") || text.starts_with(b"%");
    if is_plain { None } else { replace_unless_placeholder(input, body, end, SECRET) }
}

fn bare_end(input: &Input<'_>, start: usize) -> usize {
    let mut end = start;
    while end < input.text.len() && end < start + MAX_BYTES {
        let byte = input.at(end);
        let is_escape = matches!(byte, b'%' | b'&')
            && words::find(ENDS, input.part(end, input.text.len()), Place::Start, EXACT) > 0;
        if byte <= b' ' || ENDING.has(byte) || is_escape {
            break;
        }
        end += 1;
    }
    while !input.text.is_char_boundary(end) {
        end += 1;
    }
    end
}

/// Encoded credentials before a host: `postgres%3A%2F%2Fada%3A…%40db`.
fn userinfo(input: &Input<'_>, after: usize) -> Option<Found> {
    if !input.has(after, b"%2F%2F") && !input.has(after, b"%2f%2f") {
        return None;
    }
    let start = after + 6;
    let end = bare_end(input, start);
    let at = input.find(start, end.min(start + 256), b"%40")?;
    let has_password = input.find(start, at, b"%3A").or_else(|| input.find(start, at, b"%3a")).is_some();
    has_password.then(|| Found::new(start, at, "<credentials>"))
}

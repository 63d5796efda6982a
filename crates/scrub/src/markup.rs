//! Secrets in attributes, blocks and codes that have their name elsewhere: `<input type=password value=…>`,
//! `variable "db_password" { default = "…" }`, `WIFI:S:net;P:…;;`, private members of JSON web keys.

use crate::SECRET;
use crate::assignment::replace_unless_placeholder;
use crate::found::Found;
use crate::input::Input;
use crate::key::names_secret;
use crate::set::{ALPHANUMERIC, BASE64URL, BLANKS, QUOTES, Set, WHITESPACE};
use crate::value::{is_placeholder, looks_like_password, quote_at, quoted_end, string_start};
use crate::words::{self, ANY_CASE, Place};

/// Enough for an element or a block. The limit keeps the work linear.
const MAX_BYTES: usize = 512;

/// Checks the `=` of an attribute's value: `<input type=password value=…>`.
pub(crate) fn attribute(input: &Input<'_>, sign: usize) -> Option<Found> {
    if !input.has_before(sign, b"value") {
        return None;
    }
    let floor = input.floor.max(sign.saturating_sub(MAX_BYTES));
    let open = floor + input.part(floor, sign).iter().rposition(|byte| *byte == b'<')?;
    let name = input.part(open + 1, (open + 6).min(input.text.len()));
    if !words::has(&words::list(b" input"), name, ANY_CASE) {
        return None;
    }
    let quote = quote_at(input, sign + 1);
    static BARE: Set = WHITESPACE.with(b"\"'>\\");
    let start = quote.map_or(sign + 1, |quote| quote.body);
    let end = match quote {
        Some(quote) => quoted_end(input, quote),
        None => {
            start
                + input
                    .part(start, (start + MAX_BYTES).min(input.text.len()))
                    .iter()
                    .position(|byte| BARE.has(*byte))?
        }
    };
    let close = (end + 256).min(input.text.len());
    let after = input.part(end, close);
    let after = after.split(|byte| *byte == b'>').next().unwrap_or_default();
    let is_password = |text: &[u8]| {
        text.windows(5).enumerate().any(|(index, part)| {
            let rest = text.get(index + 5..).unwrap_or_default();
            let quotes = rest.iter().take_while(|byte| QUOTES.has(**byte) || **byte == b'\\').count();
            let rest = rest.get(quotes..).unwrap_or_default();
            part == b"type=" && words::find(&words::list(b" password"), rest, Place::Start, ANY_CASE) > 0
        })
    };
    let is_secret = is_password(input.part(open, sign)) || is_password(after);
    is_secret.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

/// Checks the `=` within a block whose labels name a secret, as in Terraform's language.
pub(crate) fn block(input: &Input<'_>, sign: usize) -> Option<Found> {
    static NAMES: &[u8] = &words::list(b" default value result content plaintext initial");
    static NAME: Set = ALPHANUMERIC.with(b"_");
    let quote = quote_at(input, string_start(input, input.run_end(sign + 1, &BLANKS)))?;
    let name_end = input.run_start(sign, 16, &BLANKS);
    let name = input.part(input.run_start(name_end, 16, &NAME), name_end);
    if !words::has(NAMES, name, ANY_CASE) {
        return None;
    }
    let floor = input.floor.max(sign.saturating_sub(MAX_BYTES));
    let head = input.part(floor, sign);
    // a `}` ends the block before
    let open =
        head.iter().rposition(|byte| matches!(byte, b'{' | b'}')).filter(|open| head.get(*open) == Some(&b'{'))?;
    let head = head.get(..open).unwrap_or_default();
    let line = head.iter().rposition(|byte| matches!(byte, b'\n' | b'{' | b'}')).map_or(0, |index| index + 1);
    let labels = head.get(line..).unwrap_or_default();
    let is_label = |part: &[u8]| !part.contains(&b' ') && names_secret(part);
    let is_secret = labels.contains(&b'"') && labels.split(|byte| matches!(byte, b'"' | b'\\')).any(is_label);
    if !is_secret || input.has(quote.body, b"${") {
        return None;
    }
    replace_unless_placeholder(input, quote.body, quoted_end(input, quote), SECRET)
}

/// Checks the `-` of an arrow between an old and a new secret, as Terraform prints a change: `"<secret>" -> "…"`.
pub(crate) fn changed(input: &Input<'_>, dash: usize) -> Option<Found> {
    static BEFORE: Set = QUOTES.with(b" \\");
    let head = input.part(0, dash);
    let blanks = head.iter().rev().take(16).take_while(|byte| BEFORE.has(**byte)).count();
    if !input.has(dash, b"-> ") || !input.part(0, dash - blanks).ends_with(SECRET.as_bytes()) {
        return None;
    }
    let quote = quote_at(input, dash + 3)?;
    replace_unless_placeholder(input, quote.body, quoted_end(input, quote), SECRET)
}

/// Checks the colon of `P:` within the code of a wireless network, `WIFI:T:WPA;S:net;P:…;;`.
pub(crate) fn network(input: &Input<'_>, colon: usize) -> Option<Found> {
    let mark = colon.checked_sub(2)?;
    if input.at(colon - 1) != b'P' || !matches!(input.at(mark), b';' | b':') {
        return None;
    }
    let floor = input.floor.max(colon.saturating_sub(160));
    let around = input.part(floor, (colon + 160).min(input.text.len()));
    let has = |mark: &[u8]| around.windows(mark.len()).any(|part| part == mark);
    let begins = |name: &[u8]| {
        let head = input.part(floor, colon);
        let start = head.windows(name.len()).position(|part| part == name);
        start.is_some_and(|start| matches!(head.get(start + name.len()), Some(b'S' | b'T' | b'P' | b'H' | b'R')))
    };
    let is_code = (begins(b"WIFI:") || begins(b"wifi:")) && (has(b";S:") || has(b":S:"));
    if !is_code {
        return None;
    }
    let mut end = colon + 1;
    // a backslash stands before a separator within a value
    while end < input.text.len() && !matches!(input.at(end), b';' | b'\n' | b'"' | b'\'') {
        end += if input.at(end) == b'\\' && matches!(input.at(end + 1), b';' | b':' | b',' | b'\\') { 2 } else { 1 };
    }
    replace_unless_placeholder(input, colon + 1, end, SECRET)
}

/// Checks the colon after a private member of a JSON web key: `{"kty":"oct","k":"…"}`.
pub(crate) fn web_key(input: &Input<'_>, colon: usize) -> Option<Found> {
    let quote = quote_at(input, input.run_end(colon + 1, &BLANKS))?;
    let close = input.run_start(colon, 8, &QUOTES_AND_BACKSLASHES);
    let name = input.part(input.run_start(close, 3, &ALPHANUMERIC), close);
    if !matches!(name, b"k" | b"d" | b"p" | b"q" | b"dp" | b"dq" | b"qi") || close == colon {
        return None;
    }
    let end = quote.body + input.run(quote.body, 4096, &BASE64URL);
    let text = input.part(quote.body, end);
    let around = input.part(colon.saturating_sub(MAX_BYTES * 2), (end + MAX_BYTES).min(input.text.len()));
    let is_key = around.windows(3).any(|part| part == b"kty");
    let is_secret = is_key && looks_like_password(text) && !is_placeholder(text);
    is_secret.then(|| Found::new(quote.body, end, SECRET))
}

static QUOTES_AND_BACKSLASHES: Set = QUOTES.with(b"\\");

/// Checks a comma after a quoted name outside of brackets: `'X-Api-Key', '…'`.
pub(crate) fn listed(input: &Input<'_>, comma: usize) -> Option<Found> {
    static NAME: Set = ALPHANUMERIC.with(b"_-");
    static TOKEN: Set = ALPHANUMERIC.with(b"_-.~+/=");
    if !QUOTES.has(input.before(comma)) {
        return None;
    }
    let close = input.run_start(comma, 8, &QUOTES_AND_BACKSLASHES);
    let name = input.run_start(close, 48, &NAME);
    let quote = quote_at(input, comma + 1 + input.run(comma + 1, 8, &WHITESPACE))?;
    let text = input.part(quote.body, quote.body + input.run(quote.body, MAX_BYTES, &TOKEN));
    // only a text as long as a token: lists have names of fields side by side
    let is_header = names_secret(input.part(name, close));
    let is_token = crate::protocol::is_random(text);
    (is_header && is_token)
        .then(|| replace_unless_placeholder(input, quote.body, quote.body + text.len(), SECRET))
        .flatten()
}

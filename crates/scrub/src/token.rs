//! Tokens of a known form: tokens with an issuer's prefix, JSON web tokens, and credentials after `Bearer` and `Basic`.

use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, BASE64URL, BLANK, CAPITALS_AND_DIGITS, Set};
use crate::words::{self, Place};

const TOKEN: &str = "<token>";

static TOKEN68: Set = BASE64URL.with(b".~+/=");
static PATH: Set = BASE64URL.with(b"/");

/// Prefixes that end with `_` or `-`, the minimum length of the token after them, and its alphabet. `npm_` needs more
/// characters because names of npm's environment variables begin with it.
static PREFIXES: [(&[u8], usize, &Set); 6] = [
    (&words::list(b" ghp_ gho_ ghu_ ghs_ ghr_"), 10, &ALPHANUMERIC),
    (&words::list(b" npm_"), 24, &ALPHANUMERIC),
    (&words::list(b" sk_live_ pk_live_ rk_live_ sk_test_ rk_test_"), 8, &ALPHANUMERIC),
    (&words::list(b" whsec_"), 16, &ALPHANUMERIC),
    (&words::list(b" glpat-"), 12, &BASE64URL),
    (&words::list(b" github_pat_ xoxa- xoxb- xoxp- xoxo- xoxs- xoxr-"), 10, &BASE64URL),
];

const PREFIX_FILTER: u64 = {
    let mut filter = 0;
    let mut index = 0;
    while index < PREFIXES.len() {
        filter |= words::filter(PREFIXES[index].0, Place::End);
        index += 1;
    }
    filter
};

/// Checks a `_` or `-`, which end most prefixes, or an `A`, which begins the others.
pub(crate) fn prefixed(input: &Input<'_>, at: usize) -> Option<Found> {
    if input.at(at) == b'A' {
        return access_key(input, at);
    }
    let body = at + 1;
    if input.has_before(body, b"sk-") {
        return secret_key(input, body);
    }
    let head = input.part(input.floor, body);
    if !words::may_end(head, PREFIX_FILTER) {
        return None;
    }
    let (length, min_length, set) = PREFIXES.iter().find_map(|(list, min_length, set)| {
        let length = words::find(list, head, Place::End, words::EXACT);
        (length > 0).then_some((length, *min_length, *set))
    })?;
    let (start, end) = (body - length, input.run_end(body, set));
    (end - body >= min_length && input.begins_word(start)).then(|| Found::new(start, end, TOKEN))
}

/// An access key of Amazon (`AKIA…`, `ASIA…`) or Google (`AIza…`).
fn access_key(input: &Input<'_>, start: usize) -> Option<Found> {
    let body = start + 4;
    let (set, limit, lengths) = match input.part(start, body) {
        b"AKIA" | b"ASIA" => (&CAPITALS_AND_DIGITS, 17, 16..=16),
        b"AIza" => (&BASE64URL, 35, 30..=35),
        _ => return None,
    };
    let length = input.run(body, limit, set);
    (lengths.contains(&length) && input.begins_word(start)).then(|| Found::new(start, body + length, TOKEN))
}

/// A key `sk-…`. It must be long or have a digit, because words end with `sk-` and CSS classes begin with it.
fn secret_key(input: &Input<'_>, body: usize) -> Option<Found> {
    let start = body - 3;
    let length = input.run(body, 48, &BASE64URL);
    let has_digit = input.part(body, body + length).iter().any(u8::is_ascii_digit);
    let is_key = length >= 48 || length >= 16 && has_digit;
    (is_key && input.begins_word(start)).then(|| Found::new(start, input.run_end(body, &BASE64URL), TOKEN))
}

/// The last run of Base64 characters that was checked and is no web token. No web token begins within it, so it is not
/// read again.
#[derive(Default)]
pub(crate) struct RejectedRun {
    end: usize,
}

/// Checks the `J` of a JSON web token, `eyJ….….…`. A token without its signature counts too, because it
/// identifies a user.
pub(crate) fn web_token(input: &Input<'_>, letter: usize, rejected: &mut RejectedRun) -> Option<Found> {
    let start = letter.checked_sub(2)?;
    if letter < rejected.end || !input.has_before(letter, b"ey") || !input.begins_word(start) {
        return None;
    }
    let header = input.run_end(start, &BASE64URL);
    let mut end = part_end(input, header);
    if header - start < 10 || end - header < 4 {
        rejected.end = header;
        return None;
    }
    // up to three parts more: a signed token has three parts, an encrypted one five
    for _ in 0..3 {
        end = part_end(input, end);
    }
    Some(Found::new(start, end, TOKEN))
}

fn part_end(input: &Input<'_>, dot: usize) -> usize {
    if input.at(dot) == b'.' { input.run_end(dot + 1, &BASE64URL) } else { dot }
}

/// Checks the `b` of `Bearer …` and `Basic …` in running text. Prose stays; after `Authorization:` any value is replaced.
pub(crate) fn scheme(input: &Input<'_>, start: usize) -> Option<Found> {
    static SCHEMES: &[u8] = &words::list(b" bearer basic");
    // a shortcut: most words with a `b` differ in the next letter
    if !matches!(input.at(start + 1) | 0x20, b'e' | b'a') {
        return None;
    }
    let name = words::find(SCHEMES, input.part(start, input.text.len()), Place::Start, words::ANY_CASE);
    if name == 0 || !input.begins_word(start) {
        return None;
    }
    let blank = start + name;
    let body = blank + if input.has(blank, b"%20") { 3 } else { input.run(blank, 4, &BLANK) };
    let end = input.run_end(body, &TOKEN68);
    (body > blank && looks_random(input.part(body, end.min(body + 64)))).then(|| Found::new(body, end, TOKEN))
}

/// True if the text after a scheme is a credential and not prose, as in `Bearer token`. Credentials are long or mix
/// kinds of characters.
fn looks_random(credential: &[u8]) -> bool {
    let has_digit = credential.iter().any(u8::is_ascii_digit);
    let is_mixed =
        credential.iter().skip(1).any(u8::is_ascii_uppercase) && credential.iter().any(u8::is_ascii_lowercase);
    let is_padded = credential.len().is_multiple_of(4) && credential.ends_with(b"=");
    credential.len() >= 20 || credential.len() >= 6 && (has_digit || is_mixed || is_padded)
}

/// Checks the `B` of `hooks.slack.com/services/T…/B…/…`, where the path is the secret.
pub(crate) fn webhook(input: &Input<'_>, at: usize) -> Option<Found> {
    if input.before(at) != b'/' {
        return None;
    }
    let start = input.run_start(at - 1, 24, &ALPHANUMERIC);
    input.has_before(start, b"hooks.slack.com/services/").then(|| Found::new(start, input.run_end(at, &PATH), TOKEN))
}

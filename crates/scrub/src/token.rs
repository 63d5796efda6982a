//! Tokens that give themselves away: by an issuer's prefix, as a JSON web token, or behind `Bearer` and `Basic`.

use crate::boundary::{begins_word, is_base64url, run, run_end};
use crate::scanner::{Found, Seen};

const TOKEN: &str = "<token>";

/// An issuer's prefix, up to the byte at which it is recognised, and how much must follow it.
struct Prefix {
    text: &'static [u8],
    least: usize,
    belongs: fn(u8) -> bool,
}

const fn prefix(text: &'static [u8], least: usize, belongs: fn(u8) -> bool) -> Prefix {
    Prefix { text, least, belongs }
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// Prefixes that end in `_` or `-`. `npm_` also begins the names of npm's variables, hence its length.
static PREFIXES: [Prefix; 20] = [
    prefix(b"ghp_", 10, is_alphanumeric),
    prefix(b"gho_", 10, is_alphanumeric),
    prefix(b"ghu_", 10, is_alphanumeric),
    prefix(b"ghs_", 10, is_alphanumeric),
    prefix(b"ghr_", 10, is_alphanumeric),
    prefix(b"github_pat_", 10, is_base64url),
    prefix(b"npm_", 24, is_alphanumeric),
    prefix(b"sk_live_", 8, is_alphanumeric),
    prefix(b"pk_live_", 8, is_alphanumeric),
    prefix(b"rk_live_", 8, is_alphanumeric),
    prefix(b"sk_test_", 8, is_alphanumeric),
    prefix(b"rk_test_", 8, is_alphanumeric),
    prefix(b"whsec_", 16, is_alphanumeric),
    prefix(b"glpat-", 12, is_base64url),
    prefix(b"xoxa-", 10, is_base64url),
    prefix(b"xoxb-", 10, is_base64url),
    prefix(b"xoxp-", 10, is_base64url),
    prefix(b"xoxo-", 10, is_base64url),
    prefix(b"xoxs-", 10, is_base64url),
    prefix(b"xoxr-", 10, is_base64url),
];

/// Asked at `_` and `-`, which end most prefixes, and at `A`, which begins the others.
pub(crate) fn prefixed<'a>(seen: &Seen<'a>, at: usize) -> Option<Found<'a>> {
    if seen.at(at) == b'A' {
        return access_key(seen, at);
    }
    let body = at + 1;
    if seen.ends(body, b"sk-") {
        return secret_key(seen, body);
    }
    // the letter before turns nearly all away, for one comparison each
    let letter = seen.before(at);
    let prefix =
        PREFIXES.iter().find(|prefix| prefix.text[prefix.text.len() - 2] == letter && seen.ends(body, prefix.text))?;
    let start = body - prefix.text.len();
    let end = run_end(seen.bytes, body, prefix.belongs);
    (begins_word(seen, start) && end - body >= prefix.least).then(|| Found::new(start, end, TOKEN))
}

/// `AKIA…`, `ASIA…` (Amazon) and `AIza…` (Google).
fn access_key<'a>(seen: &Seen<'a>, start: usize) -> Option<Found<'a>> {
    let body = start + 4;
    let is_amazon = seen.has(start, b"AKIA") || seen.has(start, b"ASIA");
    let end = if is_amazon {
        body + run(seen.bytes, body, 17, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    } else if seen.has(start, b"AIza") {
        body + run(seen.bytes, body, 35, is_base64url)
    } else {
        return None;
    };
    let is_long = if is_amazon { end - body == 16 } else { end - body >= 30 };
    (is_long && begins_word(seen, start)).then(|| Found::new(start, end, TOKEN))
}

/// `sk-…`: many words end like this and CSS classes begin like this, so there must be length and a digit.
fn secret_key<'a>(seen: &Seen<'a>, body: usize) -> Option<Found<'a>> {
    let start = body - 3;
    let shown = run(seen.bytes, body, 48, is_base64url);
    let has_digit = seen.bytes[body..body + shown].iter().any(u8::is_ascii_digit);
    let is_key = shown >= 48 || shown >= 16 && has_digit;
    (is_key && begins_word(seen, start)).then(|| Found::new(start, run_end(seen.bytes, body, is_base64url), TOKEN))
}

/// Where the last futile search for a web token ended: other beginnings within the same run are as futile.
#[derive(Default)]
pub(crate) struct Memo {
    futile_until: usize,
}

/// `eyJ….….…`, asked at `J`; a cut one, without its signature, still tells who someone is.
pub(crate) fn web_token<'a>(seen: &Seen<'a>, letter: usize, memo: &mut Memo) -> Option<Found<'a>> {
    let start = letter.checked_sub(2)?;
    if letter < memo.futile_until || !seen.ends(letter, b"ey") || !begins_word(seen, start) {
        return None;
    }
    let header = run_end(seen.bytes, start, is_base64url);
    let mut end = part_end(seen, header);
    if header - start < 10 || end - header < 4 {
        memo.futile_until = header;
        return None;
    }
    // the signature; an encrypted token has five parts
    for _ in 0..3 {
        end = part_end(seen, end);
    }
    Some(Found::new(start, end, TOKEN))
}

fn part_end(seen: &Seen<'_>, dot: usize) -> usize {
    if seen.at(dot) != b'.' { dot } else { run_end(seen.bytes, dot + 1, is_base64url) }
}

/// `Bearer …` and `Basic …` in running text; behind an `Authorization:` key any value goes, so prose is spared here.
pub(crate) fn scheme<'a>(seen: &Seen<'a>, start: usize) -> Option<Found<'a>> {
    let word = match seen.at(start + 1) | 0x20 {
        b'e' => "bearer",
        b'a' => "basic",
        _ => return None,
    };
    let length = is_word(seen, start, word).then_some(word.len())?;
    let blank = run(seen.bytes, start + length, 4, |byte| byte == b' ');
    let escaped = if seen.has(start + length, b"%20") { 3 } else { blank };
    let body = start + length + escaped;
    let end = run_end(seen.bytes, body, is_token68);
    (escaped > 0 && looks_random(&seen.bytes[body..end.min(body + 64)])).then(|| Found::new(body, end, TOKEN))
}

fn is_word(seen: &Seen<'_>, start: usize, word: &str) -> bool {
    let text = seen.bytes.get(start..start + word.len()).unwrap_or_default();
    text.eq_ignore_ascii_case(word.as_bytes()) && begins_word(seen, start)
}

fn is_token68(byte: u8) -> bool {
    is_base64url(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'=')
}

/// `Bearer token`, `Basic authentication` and `Bearer realm="…"` are prose; credentials are long or mixed.
fn looks_random(credential: &[u8]) -> bool {
    let has_digit = credential.iter().any(u8::is_ascii_digit);
    let is_mixed =
        credential.iter().skip(1).any(u8::is_ascii_uppercase) && credential.iter().any(u8::is_ascii_lowercase);
    let is_padded = credential.len().is_multiple_of(4) && credential.ends_with(b"=");
    credential.len() >= 20 || credential.len() >= 6 && (has_digit || is_mixed || is_padded)
}

/// `hooks.slack.com/services/T…/B…/…`, asked at the `B`: the path is the password.
pub(crate) fn webhook<'a>(seen: &Seen<'a>, at: usize) -> Option<Found<'a>> {
    const HOST: &[u8] = b"hooks.slack.com/services/";
    if seen.before(at) != b'/' {
        return None;
    }
    let team = seen.bytes[seen.floor..at - 1].iter().rev().take(24).take_while(|byte| is_alphanumeric(**byte)).count();
    let start = at - 1 - team;
    seen.ends(start, HOST)
        .then(|| Found::new(start, run_end(seen.bytes, at, |byte| is_base64url(byte) || byte == b'/'), TOKEN))
}

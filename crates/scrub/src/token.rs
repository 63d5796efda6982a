//! Tokens that give themselves away: by an issuer's prefix, as a JSON web token, or behind `Bearer` and `Basic`.

use crate::found::Found;
use crate::seen::Seen;
use crate::set::{ALPHANUMERIC, BASE64URL, BLANK, CAPITALS_AND_DIGITS, Set};
use crate::words::{self, Place};

const TOKEN: &str = "<token>";

static TOKEN68: Set = BASE64URL.with(b".~+/=");
static PATH: Set = BASE64URL.with(b"/");

/// Prefixes that end in `_` or `-`, how much must follow them, and what that is made of. `npm_` also begins the names
/// of npm's variables, hence its length.
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

/// Asked at `_` and `-`, which end most prefixes, and at `A`, which begins the others.
pub(crate) fn prefixed(seen: &Seen<'_>, at: usize) -> Option<Found> {
    if seen.at(at) == b'A' {
        return access_key(seen, at);
    }
    let body = at + 1;
    if seen.ends(body, b"sk-") {
        return secret_key(seen, body);
    }
    let head = seen.part(seen.floor, body);
    if !words::may_end(head, PREFIX_FILTER) {
        return None;
    }
    let (length, least, set) = PREFIXES.iter().find_map(|(list, least, set)| {
        let length = words::find(list, head, Place::End, words::EXACT);
        (length > 0).then_some((length, *least, *set))
    })?;
    let (start, end) = (body - length, seen.run_end(body, set));
    (end - body >= least && seen.begins_word(start)).then(|| Found::new(start, end, TOKEN))
}

/// `AKIA…`, `ASIA…` (Amazon) and `AIza…` (Google).
fn access_key(seen: &Seen<'_>, start: usize) -> Option<Found> {
    let body = start + 4;
    let (set, limit, lengths) = match seen.part(start, body) {
        b"AKIA" | b"ASIA" => (&CAPITALS_AND_DIGITS, 17, 16..=16),
        b"AIza" => (&BASE64URL, 35, 30..=35),
        _ => return None,
    };
    let length = seen.run(body, limit, set);
    (lengths.contains(&length) && seen.begins_word(start)).then(|| Found::new(start, body + length, TOKEN))
}

/// `sk-…`: many words end like this and CSS classes begin like this, so there must be length and a digit.
fn secret_key(seen: &Seen<'_>, body: usize) -> Option<Found> {
    let start = body - 3;
    let shown = seen.run(body, 48, &BASE64URL);
    let has_digit = seen.part(body, body + shown).iter().any(u8::is_ascii_digit);
    let is_key = shown >= 48 || shown >= 16 && has_digit;
    (is_key && seen.begins_word(start)).then(|| Found::new(start, seen.run_end(body, &BASE64URL), TOKEN))
}

/// Where the last futile search for a web token ended: other beginnings within the same run are as futile.
#[derive(Default)]
pub(crate) struct Memo {
    futile_until: usize,
}

/// `eyJ….….…`, asked at `J`; a cut one, without its signature, still tells who someone is.
pub(crate) fn web_token(seen: &Seen<'_>, letter: usize, memo: &mut Memo) -> Option<Found> {
    let start = letter.checked_sub(2)?;
    if letter < memo.futile_until || !seen.ends(letter, b"ey") || !seen.begins_word(start) {
        return None;
    }
    let header = seen.run_end(start, &BASE64URL);
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
    if seen.at(dot) == b'.' { seen.run_end(dot + 1, &BASE64URL) } else { dot }
}

/// `Bearer …` and `Basic …` in running text; behind an `Authorization:` key any value goes, so prose is spared here.
pub(crate) fn scheme(seen: &Seen<'_>, start: usize) -> Option<Found> {
    static SCHEMES: &[u8] = &words::list(b" bearer basic");
    // most words with a `b` are turned away by their next letter
    if !matches!(seen.at(start + 1) | 0x20, b'e' | b'a') {
        return None;
    }
    let name = words::find(SCHEMES, seen.part(start, seen.text.len()), Place::Start, words::ANY_CASE);
    if name == 0 || !seen.begins_word(start) {
        return None;
    }
    let blank = start + name;
    let body = blank + if seen.has(blank, b"%20") { 3 } else { seen.run(blank, 4, &BLANK) };
    let end = seen.run_end(body, &TOKEN68);
    (body > blank && looks_random(seen.part(body, end.min(body + 64)))).then(|| Found::new(body, end, TOKEN))
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
pub(crate) fn webhook(seen: &Seen<'_>, at: usize) -> Option<Found> {
    if seen.before(at) != b'/' {
        return None;
    }
    let start = seen.run_start(at - 1, 24, &ALPHANUMERIC);
    seen.ends(start, b"hooks.slack.com/services/").then(|| Found::new(start, seen.run_end(at, &PATH), TOKEN))
}

//! Values under names of secrets: `key=value`, `key: value`, `"key": "value"`, also as JSON within a string.

use crate::SECRET;
use crate::found::Found;
use crate::key::{self, names_secret};
use crate::seen::Seen;
use crate::set::{ALPHANUMERIC, BACKSLASH, BLANK, BLANKS, LETTERS, QUOTES, Set, WHITESPACE};
use crate::value::{Quote, bare_end, is_placeholder, line_end, quote_at, quoted_end};
use crate::words::{self, ANY_CASE, EXACT, Place};

/// `Unexpected token: '}'`, `missing secret: NAME`: what follows is what was found or is wanted, no secret.
static PROSE_BEFORE: &[u8] =
    &words::list(b" unexpected missing expected unknown required no unset reserved illegal undefined unresolved");

/// First words after `key: ` that go on with a sentence or name a type.
static PROSE_AFTER: &[u8] = &words::list(
    b" is are was were be must should shall may can cannot could would will has have had needs need does do did not no \
    too only at least a an the and or for from in of on to with by please provided given required expected expired \
    invalid incorrect wrong missing failed failure denied revoked rejected mismatch unknown unset empty blank \
    optional disabled enabled unauthorized forbidden unsupported malformed already string number boolean object \
    array function any never void str int bool bytes",
);

/// Values that hide nothing.
static LITERALS: &[u8] = &words::list(b" null undefined true false none nil nan yes no");

/// How code begins that fetches a secret instead of holding one.
static CODE: &[u8] = &words::list(b"|this.|self.|process.env|os.environ|import.meta|await |new |${");

/// What may stand before a credential in an `Authorization` header; the word stays.
static SCHEMES: &[u8] = &words::list(b" bearer basic token apikey dpop negotiate ntlm digest hawk aws4-hmac-sha256");

/// The second of two words that are one name: `API key: …`, `session id = …`.
static SECOND_WORDS: &[u8] = &words::list(b" key id code number");

/// Variables of shells in which `PWD` means a folder.
static FOLDERS: &[u8] = &words::list(b" PWD OLDPWD INIT_CWD");

/// Headers whose value holds blanks and separators.
static HEADERS: &[u8] = &words::list(b" cookie authorization");

static NAMES: Set = ALPHANUMERIC.with(b"_-.$%");
static SCHEME: Set = ALPHANUMERIC.with(b"-");
static CALLEES: Set = ALPHANUMERIC.with(b"_.$");
static BETWEEN: Set = WHITESPACE.with(b",");
static SENTENCE: Set = Set::of(b".,;:!?)");

#[derive(Debug, Clone, Copy)]
struct Key<'a> {
    start: usize,
    text: &'a [u8],
    /// Where the quote stands that is around it, and that a bare JSON value gets as well.
    quote: (usize, usize),
}

impl Key<'_> {
    fn is_bare(&self) -> bool {
        self.quote.0 == self.quote.1
    }
}

/// Asked at `:` and `=`.
pub(crate) fn value(seen: &Seen<'_>, sign: usize) -> Option<Found> {
    let (before, after) = (seen.before(sign), seen.at(sign + 1));
    let is_colon = seen.at(sign) == b':';
    let is_path =
        is_colon && (matches!(after, b':' | b'=') || before == b':' || after == b'/' && seen.at(sign + 2) == b'/');
    let is_position = is_colon && before.is_ascii_digit() && after.is_ascii_digit();
    let is_comparison = !is_colon && (after == b'=' || matches!(before, b'=' | b'!' | b'<' | b'>' | b'+' | b'-'));
    if is_path || is_position || is_comparison {
        return None;
    }
    let key = key_before(seen, sign)?;
    // most colons of a stack stand behind a file's ending
    let is_ending = is_colon && after.is_ascii_digit();
    let ending = key.text.iter().rposition(|byte| is_ending && *byte == b'.').map_or(0, |dot| dot + 1);
    if !names_secret(key.text.get(ending..).unwrap_or_default()) || is_prose(seen, &key) {
        return None;
    }
    let is_arrow = !is_colon && after == b'>';
    let start = seen.run_end(sign + if is_arrow { 2 } else { 1 }, &BLANKS);
    match (quote_at(seen, start), seen.at(start)) {
        (Some(quote), _) => quoted(seen, quote),
        // `token => …` is a function
        _ if is_arrow => None,
        (None, b'{' | b'(') => None,
        (None, b'[') => list(seen, start + 1),
        (None, _) => bare(seen, &key, start, is_colon),
    }
}

fn key_before<'a>(seen: &Seen<'a>, sign: usize) -> Option<Key<'a>> {
    let sign = if seen.before(sign) == b':' { sign - 1 } else { sign };
    let mut end = seen.run_start(sign, 4, &BLANKS);
    // `headers["x-api-key"] =`, `user[password]=`
    let is_index = seen.before(end) == b']';
    end -= usize::from(is_index);
    let mark = seen.before(end);
    let quote_end = end;
    if QUOTES.has(mark) {
        end = seen.run_start(end - 1, 15, &BACKSLASH);
    }
    let start = seen.run_start(end, key::LONGEST, &NAMES);
    if start == end || QUOTES.has(mark) && seen.before(start) != mark {
        return None;
    }
    let quote = if is_index { (end, end) } else { (end, quote_end) };
    let first = if quote.0 == quote.1 { first_of_two(seen, start, end) } else { start };
    Some(Key { start: first, text: seen.part(first, end), quote })
}

/// In prose a name may be two words.
fn first_of_two(seen: &Seen<'_>, start: usize, end: usize) -> usize {
    if seen.before(start) != b' ' || !words::has(SECOND_WORDS, seen.part(start, end), ANY_CASE) {
        return start;
    }
    seen.run_start(start - 1, 16, &LETTERS)
}

fn is_prose(seen: &Seen<'_>, key: &Key<'_>) -> bool {
    if !key.is_bare() {
        return false;
    }
    let sign = key.start + key.text.len();
    // `/src/token:12:3` is a place in a file
    let is_place = matches!(seen.before(key.start), b'/' | b'\\' | b'@') && seen.at(sign + 1).is_ascii_digit();
    let is_word = || {
        let end = key.start - 1;
        let start = seen.run_start(end, 12, &LETTERS);
        end > start + 1 && words::has(PROSE_BEFORE, seen.part(start, end), ANY_CASE)
    };
    is_place || seen.before(key.start) == b' ' && is_word()
}

fn quoted(seen: &Seen<'_>, quote: Quote) -> Option<Found> {
    let end = quoted_end(seen, quote);
    match credential_start(seen, quote.body) {
        Some(start) if start < end => keep_placeholder(seen, start, end, "<token>"),
        _ => keep_placeholder(seen, quote.body, end, SECRET),
    }
}

fn bare(seen: &Seen<'_>, key: &Key<'_>, start: usize, is_colon: bool) -> Option<Found> {
    let in_url = matches!(seen.before(key.start), b'?' | b'&' | b'#');
    let is_header = words::find(HEADERS, key.text, Place::End, ANY_CASE) > 0;
    if let Some(credential) = credential_start(seen, start) {
        // digests are lists with quotes of their own
        let has_parts = is_header && matches!(seen.at(start) | 0x20, b'd' | b'h') || seen.at(start + 3) == b'4';
        let around = Some(seen.before(key.start)).filter(|byte| QUOTES.has(*byte)).unwrap_or(0);
        let end = if has_parts { line_end(seen, credential, around) } else { bare_end(seen, credential, in_url) };
        return keep_placeholder(seen, credential, end, "<token>");
    }
    let end = bare_end(seen, start, in_url);
    let text = seen.part(start, end);
    let is_statement = is_colon && key.is_bare() && words::has(PROSE_AFTER, first_word(text), ANY_CASE);
    if is_statement || words::has(LITERALS, text, ANY_CASE) || is_code(seen, start, end) || is_folder(key, text) {
        return None;
    }
    if is_colon && key.is_bare() && is_header {
        let around = if seen.before(key.start) == b'\'' { b'\'' } else { b'"' };
        return keep_placeholder(seen, start, line_end(seen, start, around), SECRET);
    }
    Some(Found { quote: key.quote, ..keep_placeholder(seen, start, end, SECRET)? })
}

/// A list of strings under a secret's name becomes a list of one placeholder.
fn list(seen: &Seen<'_>, start: usize) -> Option<Found> {
    /// Far enough for any header list; a longer one is hidden up to here, then read on.
    const FARTHEST: usize = 2048;
    let length = seen.text.len();
    let skip = |from: usize| from + seen.run(from, FARTHEST, &BETWEEN);
    let first = skip(start);
    let quote = quote_at(seen, first)?;
    let mut at = first;
    while let Some(next) = quote_at(seen, at).filter(|_| at < start + FARTHEST) {
        let end = quoted_end(seen, next);
        at = skip((end + next.body - next.start).min(length));
    }
    let between = seen.part(0, at).iter().rev().take_while(|byte| BETWEEN.has(**byte)).count();
    let is_list = seen.at(at) == b']' || at >= length || at >= start + FARTHEST;
    let found = Found::new(first, (at - between).max(quote.body), SECRET);
    is_list.then_some(Found { quote: (quote.start, quote.body), ..found })
}

/// Where the credential begins behind a scheme's name.
fn credential_start(seen: &Seen<'_>, start: usize) -> Option<usize> {
    let end = start + seen.run(start, 17, &SCHEME);
    let blank = seen.run(end, 4, &BLANK);
    (blank > 0 && words::has(SCHEMES, seen.part(start, end), ANY_CASE)).then_some(end + blank)
}

fn keep_placeholder(seen: &Seen<'_>, start: usize, end: usize, placeholder: &'static str) -> Option<Found> {
    (start < end && !is_placeholder(seen.part(start, end))).then(|| Found::new(start, end, placeholder))
}

/// A call without arguments or a look-up, as source lines and templates show them.
fn is_code(seen: &Seen<'_>, start: usize, end: usize) -> bool {
    let callee = seen.run_end(start, &CALLEES);
    let is_call = callee + 2 <= end && seen.has(callee, b"()");
    is_call || words::find(CODE, seen.part(start, seen.text.len()), Place::Start, EXACT) > 0
}

/// `PWD=/home/…` is where a shell stands.
fn is_folder(key: &Key<'_>, text: &[u8]) -> bool {
    words::has(FOLDERS, key.text, EXACT) && matches!(text, [b'/' | b'~' | b'\\', ..] | [_, b':', ..])
}

/// Nothing if the word goes on with something that sentences have not, as in `a=b`.
fn first_word(text: &[u8]) -> &[u8] {
    let end = LETTERS.end(text, 0);
    if SENTENCE.end(text, end) == text.len() { text.get(..end).unwrap_or_default() } else { b"" }
}

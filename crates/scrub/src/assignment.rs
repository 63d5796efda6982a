//! Values under names of secrets: `key=value`, `key: value`, `"key": "value"`, also as JSON within a string.

use crate::SECRET;
use crate::boundary::{find, run};
use crate::key::{self, is_secret_key};
use crate::scanner::{Found, Seen};
use crate::value::{Quote, bare_end, is_placeholder, is_quote, line_end, quote_at, quoted_end};

/// `Unexpected token: '}'`, `missing secret: NAME`: what follows is what was found or is wanted, no secret.
const PROSE_BEFORE: &str =
    "unexpected missing expected unknown required no unset reserved illegal undefined unresolved";

/// First words after `key: ` that go on with a sentence or name a type.
const PROSE_AFTER: &str = "is are was were be must should shall may can cannot could would will has have had needs need does do did not no \
    too only at least a an the and or for from in of on to with by please provided given required expected expired \
    invalid incorrect wrong missing failed failure denied revoked rejected mismatch unknown unset empty blank \
    optional disabled enabled unauthorized forbidden unsupported malformed already string number boolean object \
    array function any never void str int bool bytes";

/// Values that hide nothing.
const LITERALS: &str = "null undefined true false none nil nan yes no";

/// How code begins that fetches a secret instead of holding one.
const CODE: [&str; 8] = ["this.", "self.", "process.env", "os.environ", "import.meta", "await ", "new ", "${"];

/// What may stand before a credential in an `Authorization` header; the word stays.
const SCHEMES: &str = "Bearer Basic Token ApiKey DPoP Negotiate NTLM Digest Hawk AWS4-HMAC-SHA256";

struct Key<'a> {
    start: usize,
    text: &'a str,
    /// The quote around it, which a bare JSON value gets as well.
    quote: &'a str,
}

/// Asked at `:` and `=`.
pub(crate) fn value<'a>(seen: &Seen<'a>, sign: usize) -> Option<Found<'a>> {
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
    let name = if is_colon && after.is_ascii_digit() { key.text.rsplit('.').next()? } else { key.text };
    if !is_secret_key(name) || is_prose(seen, &key) {
        return None;
    }
    let is_arrow = !is_colon && after == b'>';
    let start = sign + if is_arrow { 2 } else { 1 };
    let start = start + run(seen.bytes, start, usize::MAX, |byte| byte == b' ' || byte == b'\t');
    match (quote_at(seen, start), seen.at(start)) {
        (Some(quote), _) => quoted(seen, &quote),
        // `token => …` is a function
        _ if is_arrow => None,
        (None, b'{' | b'(') => None,
        (None, b'[') => list(seen, start + 1),
        (None, _) => bare(seen, &key, start, is_colon),
    }
}

fn key_before<'a>(seen: &Seen<'a>, sign: usize) -> Option<Key<'a>> {
    let back = |from: usize, limit: usize, belongs: fn(u8) -> bool| {
        let bytes = &seen.bytes[seen.floor.min(from)..from];
        from - bytes.iter().rev().take(limit).take_while(|byte| belongs(**byte)).count()
    };
    let sign = if seen.before(sign) == b':' { sign - 1 } else { sign };
    let mut end = back(sign, 4, |byte| byte == b' ' || byte == b'\t');
    // `headers["x-api-key"] =`, `user[password]=`
    let is_index = seen.before(end) == b']';
    end -= usize::from(is_index);
    let mark = seen.before(end);
    let quote_end = end;
    if is_quote(mark) {
        end = back(end - 1, 15, |byte| byte == b'\\');
    }
    let start = back(end, key::LONGEST, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$' | b'%')
    });
    if start == end || is_quote(mark) && seen.before(start) != mark {
        return None;
    }
    let quote = if is_index { "" } else { &seen.text[end..quote_end] };
    let first = if quote.is_empty() { first_of_two(seen, start, end) } else { start };
    Some(Key { start: first, text: &seen.text[first..end], quote })
}

/// In prose a name may be two words: `API key: …`, `session id = …`.
fn first_of_two(seen: &Seen<'_>, start: usize, end: usize) -> usize {
    if seen.before(start) != b' ' || !is_one_of("key id code number", &seen.bytes[start..end]) {
        return start;
    }
    let head = seen.bytes[seen.floor..start - 1].iter().rev();
    start - 1 - head.take(16).take_while(|byte| byte.is_ascii_alphabetic()).count()
}

fn is_prose(seen: &Seen<'_>, key: &Key<'_>) -> bool {
    if !key.quote.is_empty() {
        return false;
    }
    let sign = key.start + key.text.len();
    // `/src/token:12:3` is a place in a file
    let is_place = matches!(seen.before(key.start), b'/' | b'\\' | b'@') && seen.at(sign + 1).is_ascii_digit();
    let head = seen.bytes[seen.floor..key.start].strip_suffix(b" ").unwrap_or_default();
    let letters = head.iter().rev().take(12).take_while(|byte| byte.is_ascii_alphabetic()).count();
    is_place || letters > 1 && is_one_of(PROSE_BEFORE, &head[head.len() - letters..])
}

fn quoted<'a>(seen: &Seen<'a>, quote: &Quote<'a>) -> Option<Found<'a>> {
    let end = quoted_end(seen, quote);
    let (start, placeholder) = match credential_start(seen, quote.body) {
        Some(start) if start < end => (start, "<token>"),
        _ => (quote.body, SECRET),
    };
    keep_placeholder(seen, Found::new(start, end, placeholder))
}

fn bare<'a>(seen: &Seen<'a>, key: &Key<'a>, start: usize, is_colon: bool) -> Option<Found<'a>> {
    let in_url = matches!(seen.before(key.start), b'?' | b'&' | b'#');
    if let Some(credential) = credential_start(seen, start) {
        // digests are lists with quotes of their own
        let has_parts =
            is_header(key.text) && matches!(seen.at(start) | 0x20, b'd' | b'h') || seen.at(start + 3) == b'4';
        let around = Some(seen.before(key.start)).filter(|byte| is_quote(*byte)).unwrap_or(0);
        let end = if has_parts { line_end(seen, credential, around) } else { bare_end(seen, credential, in_url) };
        return keep_placeholder(seen, Found::new(credential, end, "<token>"));
    }
    let end = bare_end(seen, start, in_url);
    let text = &seen.text[start..end];
    let is_statement = is_colon && key.quote.is_empty() && is_one_of(PROSE_AFTER, first_word(text));
    if is_statement
        || is_one_of(LITERALS, text.as_bytes())
        || is_code(&seen.text[start..], text)
        || is_folder(key, text)
    {
        return None;
    }
    if is_colon && key.quote.is_empty() && is_header(key.text) {
        let around = if seen.before(key.start) == b'\'' { b'\'' } else { b'"' };
        return keep_placeholder(seen, Found::new(start, line_end(seen, start, around), SECRET));
    }
    Some(Found { quote: key.quote, ..keep_placeholder(seen, Found::new(start, end, SECRET))? })
}

/// A list of strings under a secret's name becomes a list of one placeholder.
fn list<'a>(seen: &Seen<'a>, start: usize) -> Option<Found<'a>> {
    /// Far enough for any header list; a longer one is hidden up to here, then read on.
    const FARTHEST: usize = 2048;
    let is_between = |byte: u8| byte.is_ascii_whitespace() || byte == b',';
    let skip = |from: usize| from + run(seen.bytes, from, FARTHEST, is_between);
    let first = skip(start);
    let quote = quote_at(seen, first)?;
    let mut at = first;
    while let Some(next) = quote_at(seen, at).filter(|_| at < start + FARTHEST) {
        let end = quoted_end(seen, &next);
        at = skip((end + next.text.len()).min(seen.bytes.len()));
    }
    let end = at - seen.bytes[..at].iter().rev().take_while(|byte| is_between(**byte)).count();
    let is_list = seen.at(at) == b']' || at >= seen.bytes.len() || at >= start + FARTHEST;
    is_list.then_some(Found { quote: quote.text, ..Found::new(first, end.max(quote.body), SECRET) })
}

/// Where the credential begins behind a scheme's name.
fn credential_start(seen: &Seen<'_>, start: usize) -> Option<usize> {
    let length = run(seen.bytes, start, 17, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let blank = run(seen.bytes, start + length, 4, |byte| byte == b' ');
    let is_scheme = blank > 0 && is_one_of(SCHEMES, &seen.bytes[start..start + length]);
    is_scheme.then_some(start + length + blank)
}

fn keep_placeholder<'a>(seen: &Seen<'a>, found: Found<'a>) -> Option<Found<'a>> {
    (found.start < found.end && !is_placeholder(&seen.text[found.start..found.end])).then_some(found)
}

/// Headers whose value holds blanks and separators.
fn is_header(key: &str) -> bool {
    let ends = |end: &str| {
        key.len() >= end.len() && key.as_bytes()[key.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
    };
    ends("cookie") || ends("authorization")
}

/// A call without arguments or a look-up, as source lines and templates show them.
fn is_code(rest: &str, text: &str) -> bool {
    let is_call = find(text.as_bytes(), b"()").is_some_and(|call| {
        call == run(text.as_bytes(), 0, call, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$'))
    });
    is_call || CODE.iter().any(|code| rest.starts_with(code))
}

/// `PWD=/home/…` is where a shell stands.
fn is_folder(key: &Key<'_>, text: &str) -> bool {
    let is_shell = ["PWD", "OLDPWD", "INIT_CWD"].contains(&key.text);
    is_shell && (text.starts_with(['/', '~', '\\']) || text.as_bytes().get(1) == Some(&b':'))
}

/// Nothing if the word goes on with something that sentences have not, as in `a=b`.
fn first_word(text: &str) -> &[u8] {
    let end = text.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(text.len());
    let is_whole = text[end..].bytes().all(|byte| b".,;:!?)".contains(&byte));
    if is_whole { &text.as_bytes()[..end] } else { b"" }
}

fn is_one_of(words: &str, word: &[u8]) -> bool {
    !word.is_empty() && words.split_ascii_whitespace().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

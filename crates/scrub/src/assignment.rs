//! Values with a secret's name: `key=value`, `key: value`, `"key": "value"`, also as JSON within a string.

use crate::SECRET;
use crate::found::Found;
use crate::input::Input;
use crate::key::{self, names_secret};
use crate::set::{ALPHANUMERIC, BACKSLASH, BLANK, BLANKS, LETTERS, QUOTES, Set, WHITESPACE};
use crate::value::{Quote, bare_end, is_placeholder, line_end, quote_at, quoted_end};
use crate::words::{self, ANY_CASE, EXACT, Place};

/// Words before a key that make it prose, as in `Unexpected token: '}'` and `missing secret: NAME`.
static PROSE_BEFORE: &[u8] =
    &words::list(b" unexpected missing expected unknown required no unset reserved illegal undefined unresolved");

/// First words after `key: ` that continue a sentence or name a type.
static PROSE_AFTER: &[u8] = &words::list(
    b" is are was were be must should shall may can cannot could would will has have had needs need does do did not no \
    too only at least a an the and or for from in of on to with by please provided given required expected expired \
    invalid incorrect wrong missing failed failure denied revoked rejected mismatch unknown unset empty blank \
    optional disabled enabled unauthorized forbidden unsupported malformed already string number boolean object \
    array function any never void str int bool bytes",
);

/// Values that reveal nothing.
static LITERALS: &[u8] = &words::list(b" null undefined true false none nil nan yes no");

/// Beginnings of code that reads a secret from elsewhere.
static CODE: &[u8] = &words::list(b"|this.|self.|process.env|os.environ|import.meta|await |new |${");

/// Schemes of the `Authorization` header. They stay; the credential after them is replaced.
static SCHEMES: &[u8] = &words::list(b" bearer basic token apikey dpop negotiate ntlm digest hawk aws4-hmac-sha256");

/// Second words of names in two words: `API key: …`, `session id = …`.
static SECOND_WORDS: &[u8] = &words::list(b" key id code number");

/// Shell variables whose `PWD` means a folder.
static FOLDERS: &[u8] = &words::list(b" PWD OLDPWD INIT_CWD");

/// Headers whose values contain blanks and separators.
static HEADERS: &[u8] = &words::list(b" cookie authorization");

static NAMES: Set = ALPHANUMERIC.with(b"_-.$%");
static SCHEME: Set = ALPHANUMERIC.with(b"-");
static CALLEES: Set = ALPHANUMERIC.with(b"_.$");
static BETWEEN: Set = WHITESPACE.with(b",");
static SENTENCE: Set = Set::of(b".,;:!?)");

/// The key before a `:` or `=`.
#[derive(Debug, Clone, Copy)]
struct Key<'a> {
    start: usize,
    text: &'a [u8],
    /// The closing quote of the key, as a range; empty for a key without quotes. A bare JSON value gets the same quotes.
    quote: (usize, usize),
}

impl Key<'_> {
    fn is_bare(&self) -> bool {
        self.quote.0 == self.quote.1
    }
}

/// Checks a `:` or `=`.
pub(crate) fn value(input: &Input<'_>, sign: usize) -> Option<Found> {
    let (before, after) = (input.before(sign), input.at(sign + 1));
    let is_colon = input.at(sign) == b':';
    let is_path =
        is_colon && (matches!(after, b':' | b'=') || before == b':' || after == b'/' && input.at(sign + 2) == b'/');
    let is_position = is_colon && before.is_ascii_digit() && after.is_ascii_digit();
    let is_comparison = !is_colon && (after == b'=' || matches!(before, b'=' | b'!' | b'<' | b'>' | b'+' | b'-'));
    if is_path || is_position || is_comparison {
        return None;
    }
    let key = key_before(input, sign)?;
    // in `file.js:12` only the extension counts as the key; most colons of a stack are of this kind
    let is_extension = is_colon && after.is_ascii_digit();
    let extension = key.text.iter().rposition(|byte| is_extension && *byte == b'.').map_or(0, |dot| dot + 1);
    if !names_secret(key.text.get(extension..).unwrap_or_default()) || is_prose(input, &key) {
        return None;
    }
    let is_arrow = !is_colon && after == b'>';
    let start = input.run_end(sign + if is_arrow { 2 } else { 1 }, &BLANKS);
    match (quote_at(input, start), input.at(start)) {
        (Some(quote), _) => quoted(input, quote),
        // `token => …` is a function
        _ if is_arrow => None,
        (None, b'{' | b'(') => None,
        (None, b'[') => list(input, start + 1),
        (None, _) => bare(input, &key, start, is_colon),
    }
}

fn key_before<'a>(input: &Input<'a>, sign: usize) -> Option<Key<'a>> {
    let sign = if input.before(sign) == b':' { sign - 1 } else { sign };
    let mut end = input.run_start(sign, 4, &BLANKS);
    // `headers["x-api-key"] =`, `user[password]=`
    let is_index = input.before(end) == b']';
    end -= usize::from(is_index);
    let mark = input.before(end);
    let quote_end = end;
    if QUOTES.has(mark) {
        end = input.run_start(end - 1, 15, &BACKSLASH);
    }
    let start = input.run_start(end, key::MAX_NAME_BYTES, &NAMES);
    if start == end || QUOTES.has(mark) && input.before(start) != mark {
        return None;
    }
    let quote = if is_index { (end, end) } else { (end, quote_end) };
    let first = if quote.0 == quote.1 { first_of_two(input, start, end) } else { start };
    Some(Key { start: first, text: input.part(first, end), quote })
}

/// The start of a name in two words, as prose has them.
fn first_of_two(input: &Input<'_>, start: usize, end: usize) -> usize {
    if input.before(start) != b' ' || !words::has(SECOND_WORDS, input.part(start, end), ANY_CASE) {
        return start;
    }
    input.run_start(start - 1, 16, &LETTERS)
}

fn is_prose(input: &Input<'_>, key: &Key<'_>) -> bool {
    if !key.is_bare() {
        return false;
    }
    let sign = key.start + key.text.len();
    // `/src/token:12:3` is a position in a file
    let is_position = matches!(input.before(key.start), b'/' | b'\\' | b'@') && input.at(sign + 1).is_ascii_digit();
    let is_word = || {
        let end = key.start - 1;
        let start = input.run_start(end, 12, &LETTERS);
        end > start + 1 && words::has(PROSE_BEFORE, input.part(start, end), ANY_CASE)
    };
    is_position || input.before(key.start) == b' ' && is_word()
}

fn quoted(input: &Input<'_>, quote: Quote) -> Option<Found> {
    let end = quoted_end(input, quote);
    match credential_start(input, quote.body) {
        Some(start) if start < end => replace_unless_placeholder(input, start, end, "<token>"),
        _ => replace_unless_placeholder(input, quote.body, end, SECRET),
    }
}

fn bare(input: &Input<'_>, key: &Key<'_>, start: usize, is_colon: bool) -> Option<Found> {
    let in_url = matches!(input.before(key.start), b'?' | b'&' | b'#');
    let is_header = words::find(HEADERS, key.text, Place::End, ANY_CASE) > 0;
    if let Some(credential) = credential_start(input, start) {
        // `digest`, `hawk` and `aws4-hmac-sha256` take a list of quoted parameters, so the value ends with the line
        let has_parts = is_header && matches!(input.at(start) | 0x20, b'd' | b'h') || input.at(start + 3) == b'4';
        let quote = Some(input.before(key.start)).filter(|byte| QUOTES.has(*byte)).unwrap_or(0);
        let end = if has_parts { line_end(input, credential, quote) } else { bare_end(input, credential, in_url) };
        return replace_unless_placeholder(input, credential, end, "<token>");
    }
    let end = bare_end(input, start, in_url);
    let text = input.part(start, end);
    let is_statement = is_colon && key.is_bare() && words::has(PROSE_AFTER, first_word(text), ANY_CASE);
    if is_statement || words::has(LITERALS, text, ANY_CASE) || is_code(input, start, end) || is_folder(key, text) {
        return None;
    }
    if is_colon && key.is_bare() && is_header {
        let quote = if input.before(key.start) == b'\'' { b'\'' } else { b'"' };
        return replace_unless_placeholder(input, start, line_end(input, start, quote), SECRET);
    }
    Some(Found { quote: key.quote, ..replace_unless_placeholder(input, start, end, SECRET)? })
}

/// A list of strings with a secret's name; it becomes a list of one placeholder.
fn list(input: &Input<'_>, start: usize) -> Option<Found> {
    /// Enough for any list of headers. A longer list is replaced up to this length.
    const MAX_LIST_BYTES: usize = 2048;
    let length = input.text.len();
    let skip = |from: usize| from + input.run(from, MAX_LIST_BYTES, &BETWEEN);
    let first = skip(start);
    let quote = quote_at(input, first)?;
    let mut at = first;
    while let Some(next) = quote_at(input, at).filter(|_| at < start + MAX_LIST_BYTES) {
        let end = quoted_end(input, next);
        at = skip((end + next.body - next.start).min(length));
    }
    let between = input.part(0, at).iter().rev().take_while(|byte| BETWEEN.has(**byte)).count();
    let is_list = input.at(at) == b']' || at >= length || at >= start + MAX_LIST_BYTES;
    let found = Found::new(first, (at - between).max(quote.body), SECRET);
    is_list.then_some(Found { quote: (quote.start, quote.body), ..found })
}

/// The start of the credential after a scheme's name.
fn credential_start(input: &Input<'_>, start: usize) -> Option<usize> {
    let end = start + input.run(start, 17, &SCHEME);
    let blank = input.run(end, 4, &BLANK);
    (blank > 0 && words::has(SCHEMES, input.part(start, end), ANY_CASE)).then_some(end + blank)
}

fn replace_unless_placeholder(input: &Input<'_>, start: usize, end: usize, placeholder: &'static str) -> Option<Found> {
    (start < end && !is_placeholder(input.part(start, end))).then(|| Found::new(start, end, placeholder))
}

/// True if a value is code: a call without arguments, or one of [`CODE`]. Source lines and templates have such values.
fn is_code(input: &Input<'_>, start: usize, end: usize) -> bool {
    let callee = input.run_end(start, &CALLEES);
    let is_call = callee + 2 <= end && input.has(callee, b"()");
    is_call || words::find(CODE, input.part(start, input.text.len()), Place::Start, EXACT) > 0
}

/// True if the value is a shell's folder, as in `PWD=/home/…`.
fn is_folder(key: &Key<'_>, text: &[u8]) -> bool {
    words::has(FOLDERS, key.text, EXACT) && matches!(text, [b'/' | b'~' | b'\\', ..] | [_, b':', ..])
}

/// The first word of a sentence; empty if a character follows it that sentences do not have, as in `a=b`.
fn first_word(text: &[u8]) -> &[u8] {
    let end = LETTERS.end(text, 0);
    if SENTENCE.end(text, end) == text.len() { text.get(..end).unwrap_or_default() } else { b"" }
}

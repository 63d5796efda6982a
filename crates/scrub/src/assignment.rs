//! Values with a secret's name: `key=value`, `key: value`, `"key": "value"`, also as JSON within a string.

use crate::SECRET;
use crate::below;
use crate::compared;
use crate::enclosed::{block, braces, brackets, list};
use crate::foreign;
use crate::found::Found;
use crate::full;
use crate::grouped;
use crate::input::Input;
use crate::key::{is_plain, is_variable, names_secret};
use crate::name_before::{Key, key_before};
use crate::pair;
use crate::personal::phone_end;
use crate::php;
use crate::set::{ALPHANUMERIC, BACKSLASH, BLANKS, LETTERS, QUOTES, Set};
use crate::tagged::{self, Tagged};
use crate::url;
use crate::value::{
    Quote, bare_end, is_placeholder, line_end, looks_like_password, looks_random, quote_at, quoted_end, string_start,
};
use crate::words::{self, ANY_CASE, EXACT, Place};
use crate::wrapped::{self, Wrapped};

/// Words before a key that make it prose, as in `Unexpected token: '}'` and `missing secret: NAME`.
pub(crate) static PROSE_BEFORE: &[u8] =
    &words::list(b" unexpected missing expected unknown required no unset reserved illegal undefined unresolved");

/// First words after `key: ` that continue a sentence or name a type.
pub(crate) static PROSE_AFTER: &[u8] = &words::list(
    b" is are was were be must should shall may can cannot could would will has have had needs need does do did not no \
    too only at least a an the and or for from in of on to with by please provided given required expected expired \
    invalid incorrect wrong missing failed failure denied revoked rejected mismatch unknown unset empty blank \
    optional disabled enabled unauthorized forbidden unsupported malformed already string number boolean object \
    array function any never void str int bool bytes auth error",
);

/// First words of messages about a value: `"password": "must not be blank"`.
pub(crate) static MESSAGES: &[u8] =
    &words::list(b" is are must should may cannot can't required missing invalid expected incorrect wrong does");

/// Values that reveal nothing.
static LITERALS: &[u8] = &words::list(b" null undefined true false none nil nan yes no omit include same-origin");

/// Beginnings of code that reads a secret from elsewhere.
static CODE: &[u8] = &words::list(b"|this.|self.|process.env|os.environ|import.meta|await |new |${");

/// Schemes of the `Authorization` header. They stay; the credential after them is replaced.
pub(crate) static SCHEMES: &[u8] =
    &words::list(b" bearer basic token apikey dpop negotiate ntlm digest hawk aws4-hmac-sha256");

/// Parameters of links that log in, if their value looks random.
static LINK_PARAMETERS: &[u8] =
    &words::list(b" code key ticket oobcode samlresponse invite samlrequest magic link hash nonce t k h");

/// Shell variables whose `PWD` means a folder.
static FOLDERS: &[u8] = &words::list(b" pwd oldpwd init_cwd");

/// Headers whose values contain blanks and separators, and phrases of many words.
static HEADERS: &[u8] = &words::list(b" cookie authorization phrase mnemonic");

static LINK_VALUE: Set = ALPHANUMERIC.with(b"_-.%/+=");
static PRINTED: Set = ALPHANUMERIC.with(b"_-!#$%*+/=?@^~");
static SCHEME: Set = ALPHANUMERIC.with(b"-");
static SENTENCE: Set = Set::of(b".,;:!?)");
static URL_SCHEME: Set = ALPHANUMERIC.with(b"+-.");

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
    let is_arrow = !is_colon && after == b'>';
    let start = input.run_end(sign + if is_arrow { 2 } else { 1 }, &BLANKS);
    let is_secret = names_secret(key.text.get(extension..).unwrap_or_default());
    if !is_secret && (is_colon || !is_variable(key.text)) {
        if let Some(found) = full(|| (input.at(start) == b'[').then(|| plural_list(input, &key, start)).flatten()) {
            return Some(found);
        }
        return other(input, &key, start);
    }
    if is_prose(input, &key) {
        return None;
    }
    if cfg!(feature = "full") && is_colon && php::is_visibility(input, sign) {
        return None;
    }
    let found = full(|| below::value(input, start, !is_colon || !key.is_bare()));
    if found.is_some() {
        return found;
    }
    if cfg!(feature = "full") && is_colon && key.is_bare() && tagged::is_report(input, start) {
        return None;
    }
    let found = full(|| tagged::folded(input, start));
    if found.is_some() {
        return found;
    }
    let start = match full(|| tagged::start(input, start)) {
        Some(Tagged::Value(start)) => start,
        Some(Tagged::Reference) => return None,
        None => string_start(input, start),
    };
    match (quote_at(input, start), input.at(start)) {
        (Some(quote), _) => quoted(input, &key, quote),
        // `token => …` is a function
        _ if is_arrow => full(|| printed(input, start)),
        (None, b'{') => {
            full(|| compared::object(input, start).or_else(|| (!is_colon).then(|| braces(input, start)).flatten()))
        }
        (None, b'(') => full(|| wrapped::pair(input, start)),
        (None, b'[') => {
            let in_list = list(input, start + 1).or_else(|| full(|| compared::object(input, start)));
            in_list.or_else(|| full(|| brackets(input, sign, start)))
        }
        (None, b'|' | b'>') if matches!(input.at(start + 1), b'\n' | b'-' | b'+' | b'\\') => {
            full(|| block(input, &key, start))
        }
        (None, _) => match full(|| Some(wrapped::value(input, start, is_colon))).unwrap_or(Wrapped::Nothing) {
            Wrapped::Nothing => bare(input, &key, start, is_colon),
            Wrapped::Code => full(|| fallback(input, &key, start)),
            Wrapped::Text(quote) => quoted(input, &key, quote),
            Wrapped::Bare(start) => {
                let is_text = looks_like_password(input.part(start, bare_end(input, start, false)));
                is_text.then(|| bare(input, &key, start, false)).flatten()
            }
        },
    }
}

/// A list under the plural of a secret's name, if its first text may be one: `API_TOKENS = ["…", "…"]`.
fn plural_list(input: &Input<'_>, key: &Key<'_>, open: usize) -> Option<Found> {
    let name = key.text.strip_suffix(b"s").or_else(|| key.text.strip_suffix(b"S"))?;
    let quote = quote_at(input, input.run_end(open + 1, &BLANKS))?;
    let first = input.part(quote.body, quoted_end(input, quote));
    let is_secret = first.len() >= 8 && looks_like_password(first) && !first.contains(&b' ');
    (names_secret(name) && is_secret).then(|| list(input, open + 1)).flatten()
}

/// A value after an arrow, as PHP prints it; functions and patterns stay.
fn printed(input: &Input<'_>, start: usize) -> Option<Found> {
    let end = input.run_end(start, &PRINTED);
    // `print_r` writes `stdClass Object` in place of an object
    (looks_like_password(input.part(start, end)) && !input.has(end, b" Object")).then_some(())?;
    replace_unless_placeholder(input, start, end, SECRET)
}

/// Values of keys that name no secret: pairs of name and value, links that log in, phone numbers.
fn other(input: &Input<'_>, key: &Key<'_>, start: usize) -> Option<Found> {
    if key.text.len() > 24 {
        return None;
    }
    if cfg!(feature = "full") && words::has(PROVIDED, key.text, ANY_CASE) {
        return provided(input, key, start);
    }
    let is_saml = || words::find(&words::list(b" samlre"), key.text, Place::Start, ANY_CASE) > 0;
    let in_url = matches!(input.before(key.start), b'?' | b'&' | b'#') || cfg!(feature = "full") && is_saml();
    if cfg!(feature = "full")
        && in_url
        && input.run(start, 16, &LINK_VALUE) == 16
        && words::has(LINK_PARAMETERS, key.text, ANY_CASE)
    {
        let end = bare_end(input, start, true);
        let is_token = looks_random(input.part(start, end)) || input.has(start, b"ST-");
        return is_token.then(|| Found::new(start, end, crate::token::TOKEN));
    }
    if let Some(found) = full(|| {
        (in_url && words::has(LINK_PARAMETERS, key.text, ANY_CASE))
            .then(|| url::parameter(input, key.start, start))
            .flatten()
    }) {
        return Some(found);
    }
    let body = quote_at(input, start).map_or(start, |quote| quote.body);
    if let Some(end) = full(|| phone_end(label(input, key), input, body)) {
        return Some(Found::new(body, end, "<phone>"));
    }
    full(|| grouped::value(input, key, body).or_else(|| pair::value(input, key, start)))
}

/// A key with the words before it, as in `Phone no.: …`.
fn label<'a>(input: &Input<'a>, key: &Key<'_>) -> &'a [u8] {
    static WORDS: Set = LETTERS.with(b" _-.");
    let end = key.start + key.text.len();
    input.part(input.run_start(end, 24, &WORDS).min(key.start), end)
}

/// Words between a secret's name and the secret: `invalid api key provided: …`.
static PROVIDED: &[u8] = &words::list(b" provided given supplied received used");

fn provided(input: &Input<'_>, key: &Key<'_>, start: usize) -> Option<Found> {
    static WORDS: Set = LETTERS.with(b" _");
    let end = key.start.checked_sub(1)?;
    let name = input.part(input.run_start(end, 16, &WORDS), end);
    let (start, end) = match quote_at(input, start) {
        Some(quote) => (quote.body, quoted_end(input, quote)),
        None => (start, bare_end(input, start, false)),
    };
    let text = input.part(start, end);
    let is_secret = key.is_bare() && names_secret(name) && looks_like_password(text) && !text.contains(&b' ');
    is_secret.then(|| replace_unless_placeholder(input, start, end, SECRET)).flatten()
}

fn is_prose(input: &Input<'_>, key: &Key<'_>) -> bool {
    if !key.is_bare() {
        return false;
    }
    let sign = key.start + key.text.len();
    // `/src/token:12:3` is a position in a file
    let is_position = matches!(input.before(key.start), b'/' | b'\\' | b'@') && input.at(sign + 1).is_ascii_digit();
    is_position || follows_prose(input, key.start)
}

/// True if the word before an index makes the next one prose.
pub(crate) fn follows_prose(input: &Input<'_>, start: usize) -> bool {
    if input.before(start) != b' ' {
        return false;
    }
    let end = start - 1;
    let start = input.run_start(end, 12, &LETTERS);
    end > start + 1 && words::has(PROSE_BEFORE, input.part(start, end), ANY_CASE)
}

fn quoted(input: &Input<'_>, key: &Key<'_>, quote: Quote) -> Option<Found> {
    if key.is_bare() && ends_text(input, key, quote) {
        return None;
    }
    let end = quoted_end(input, quote);
    let text = input.part(quote.body, end);
    // an old and a new value: `password: "" => "…"`
    let after = end + quote.body - quote.start;
    if cfg!(feature = "full") && text.is_empty() && input.has(after, b" => ") {
        let next = quote_at(input, after + 4)?;
        return replace_unless_placeholder(input, next.body, quoted_end(input, next), SECRET);
    }
    if let Some(start) = credential_start(input, quote.body).filter(|start| *start < end) {
        return replace_unless_placeholder(input, start, end, "<token>");
    }
    if words::has(MESSAGES, words::first(text), ANY_CASE) {
        return None;
    }
    if is_plain(key.text, text, false) || words::has(LITERALS, text, ANY_CASE) || is_folder(key, text) {
        return None;
    }
    if cfg!(feature = "full") && foreign::is_sentence(input, key.text, quote.body, end) {
        return None;
    }
    replace_unless_placeholder(input, quote.body, end, SECRET)
}

/// True if a quote after a bare key ends a text, as in `input("Password: ")`.
fn ends_text(input: &Input<'_>, key: &Key<'_>, quote: Quote) -> bool {
    let first = input.run_start(key.start.saturating_sub(1), 15, &BACKSLASH);
    let is_first = input.part(first, key.start) == input.part(quote.start, quote.mark + 1);
    let is_index = input.at(key.start + key.text.len()) == input.at(quote.mark);
    matches!(input.at(quote.body), b')' | b',' | b';' | b']' | b'}' | b' ' | b'\n') || is_first && !is_index
}

fn bare(input: &Input<'_>, key: &Key<'_>, start: usize, is_colon: bool) -> Option<Found> {
    let in_url = matches!(input.before(key.start), b'?' | b'&' | b'#');
    let is_header = words::find(HEADERS, key.text, Place::End, ANY_CASE) > 0;
    if let Some(credential) = credential_start(input, start) {
        // `Token token="…"`
        if let Some(quote) =
            full(|| input.has(credential, b"token=").then(|| quote_at(input, credential + 6)).flatten())
        {
            return replace_unless_placeholder(input, quote.body, quoted_end(input, quote), "<token>");
        }
        // `digest`, `hawk` and `aws4-hmac-sha256` take a list of quoted parameters, so the value ends with the line
        let has_parts = is_header && matches!(input.at(start) | 0x20, b'd' | b'h') || input.at(start + 3) == b'4';
        let quote = Some(input.before(key.start)).filter(|byte| QUOTES.has(*byte)).unwrap_or(0);
        let word = bare_end(input, credential, in_url);
        let has_parts = has_parts && !is_placeholder(input.part(credential, word));
        let end = if has_parts { line_end(input, credential, quote) } else { word };
        return replace_unless_placeholder(input, credential, end, "<token>");
    }
    let end = bare_end(input, start, in_url);
    let text = input.part(start, end);
    // a scheme alone is no credential
    if cfg!(feature = "full") && is_header && words::has(SCHEMES, text, ANY_CASE) {
        return None;
    }
    // the value of a schema is a type: `"token": number`
    let word = if key.is_bare() { first_word(text) } else { text };
    let is_statement = is_colon && words::has(PROSE_AFTER, word, ANY_CASE);
    let is_literal = words::has(LITERALS, text, ANY_CASE) || is_plain(key.text, text, is_colon && key.is_bare());
    if is_code(input, key, start, end) {
        return full(|| fallback(input, key, start));
    }
    let is_sentence = cfg!(feature = "full") && is_colon && foreign::is_sentence(input, key.text, start, end);
    if is_statement || is_literal || is_sentence || is_folder(key, text) {
        return None;
    }
    // a placeholder is checked before the end of the line is searched, so that lines of placeholders take linear time
    if is_colon && key.is_bare() && is_header && !is_placeholder(text) {
        let quote = if input.before(key.start) == b'\'' { b'\'' } else { b'"' };
        return replace_unless_placeholder(input, start, line_end(input, start, quote), SECRET);
    }
    let end = if cfg!(feature = "full") { grouped::end(input, key, start, end) } else { end };
    Some(Found { quote: key.quote, ..replace_unless_placeholder(input, start, end, SECRET)? })
}

/// The text after `||`, `??` or `or`, which code takes if there is no other value.
fn fallback(input: &Input<'_>, key: &Key<'_>, start: usize) -> Option<Found> {
    /// Enough for the reading of a variable. The limit keeps the work linear.
    const MAX_BYTES: usize = 96;
    let code = input.part(start, (start + MAX_BYTES).min(input.text.len()));
    let end = start + code.iter().position(|byte| *byte == b'\n').unwrap_or(code.len());
    let text = [&b"|| "[..], b"?? ", b" or "].iter().find_map(|sign| {
        let at = input.find(start, end, sign)? + sign.len();
        quote_at(input, string_start(input, at))
    })?;
    quoted(input, key, text)
}

/// The start of the credential after a scheme's name.
pub(crate) fn credential_start(input: &Input<'_>, start: usize) -> Option<usize> {
    let end = start + input.run(start, 17, &SCHEME);
    let blank = input.run(end, 4, &BLANKS);
    (blank > 0 && words::has(SCHEMES, input.part(start, end), ANY_CASE)).then_some(end + blank)
}

pub(crate) fn replace_unless_placeholder(
    input: &Input<'_>,
    start: usize,
    end: usize,
    placeholder: &'static str,
) -> Option<Found> {
    (start < end && !is_placeholder(input.part(start, end))).then(|| Found::new(start, end, placeholder))
}

/// True if a value is code or an address: one of [`CODE`], the name of another secret, or a URL, whose credentials have a
/// rule of their own. Source lines and templates have such values.
fn is_code(input: &Input<'_>, key: &Key<'_>, start: usize, end: usize) -> bool {
    let text = input.part(start, end);
    let is_name = text.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.' | b'$' | b';'));
    let is_compound = text.windows(2).any(|pair| {
        matches!(pair, [a, b'_' | b'.'] if a.is_ascii_alphabetic())
            || matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase())
    });
    let tail = key.text.len().checked_sub(text.len()).and_then(|start| key.text.get(start..));
    let is_same = tail.is_some_and(|tail| tail.eq_ignore_ascii_case(text));
    // JSON has no bare words, so the value is a variable or prose
    let is_same = is_same || !key.is_bare() && input.at(start).is_ascii_alphabetic();
    let is_url = input.has(input.run_end(start, &URL_SCHEME), b"://");
    is_url
        || is_name && (is_same || is_compound && names_secret(text))
        || words::find(CODE, input.part(start, input.text.len()), Place::Start, EXACT) > 0
}

/// True if the value is a shell's folder, as in `PWD=/home/…`.
fn is_folder(key: &Key<'_>, text: &[u8]) -> bool {
    words::has(FOLDERS, key.text, ANY_CASE) && matches!(text, [b'/' | b'~' | b'\\', ..] | [_, b':', ..])
}

/// The first word of a sentence; empty if a character follows it that sentences do not have, as in `a=b`.
fn first_word(text: &[u8]) -> &[u8] {
    let end = LETTERS.end(text, 0);
    if SENTENCE.end(text, end) == text.len() { text.get(..end).unwrap_or_default() } else { b"" }
}

//! Values behind a mark of their format: tags of YAML (`password: !vault …`), binaries of Erlang (`<<"…">>`), a scheme
//! whose credential is on the next line of a header; and sentences about a value (`Authorization: header missing`).

use crate::SECRET;
use crate::assignment::{PROSE_AFTER, SCHEMES, replace_unless_placeholder};
use crate::below;
use crate::found::Found;
use crate::input::Input;
use crate::key::names_secret;
use crate::set::{ALPHANUMERIC, BLANKS, LETTERS, Set, WHITESPACE};
use crate::token::TOKEN;
use crate::value::{bare_end, looks_like_password, quote_at, quoted_end};
use crate::words::{self, ANY_CASE, Place};

/// A value with a tag.
pub(crate) enum Tagged {
    /// The value starts here.
    Value(usize),
    /// The tag refers to a value that stands elsewhere, as in `!Ref DbPassword`.
    Reference,
}

static ANCHOR: Set = ALPHANUMERIC.with(b"_-");
static TAG: Set = ALPHANUMERIC.with(b"!_-:./,<>");

/// The start of the value after a tag; none if there is no tag.
pub(crate) fn start(input: &Input<'_>, start: usize) -> Option<Tagged> {
    static REFERENCES: &[u8] = &words::list(
        b" !ref !sub !getatt !getazs !importvalue !findinmap !join !select !split !if !condition !reference !include \
        !env !env_var !envvar !lookup !var !input !cidr !transform !base64 !param !ssm !keyof !find !format",
    );
    /// Tags of values in the file itself.
    static VALUES: &[u8] = &words::list(
        b" !vault !vault-encrypted !secret !unsafe !encrypted !sensitive !sops !str !string !binary !!str !!binary \
        !<tag:yaml.org,2002:str> !<tag:yaml.org,2002:binary> !plain !literal !password !kms !crypt !gpg",
    );
    if input.has(start, b"<<") && quote_at(input, start + 2).is_some() {
        return Some(Tagged::Value(start + 2));
    }
    // `password: &anchor …`
    if input.at(start) == b'&' && input.before(start) == b' ' {
        let name = input.run(start + 1, 40, &ANCHOR);
        let value = start + 1 + name + input.run(start + 1 + name, 8, &BLANKS);
        let is_text = || {
            let word = below::only_word(input, value);
            quote_at(input, value).is_some() || word.is_some_and(|end| looks_like_password(input.part(value, end)))
        };
        let is_anchor = name > 0 && value > start + 1 + name && is_text();
        return is_anchor.then_some(Tagged::Value(value));
    }
    if input.at(start) != b'!' {
        return None;
    }
    let end = start + input.run(start, 40, &TAG);
    let gap = input.run(end, 8, &BLANKS);
    let tag = input.part(start, end);
    if words::has(REFERENCES, tag, ANY_CASE) {
        return Some(Tagged::Reference);
    }
    // `!encrypted/pkcs1-oaep`
    let name = tag.split(|byte| *byte == b'/').next().unwrap_or_default();
    let value = end + gap;
    // an application's own tag, if a password is alone after it
    let is_own = || {
        let is_name = tag.iter().all(|byte| byte.is_ascii_lowercase() || b"!-_/".contains(byte));
        let word = below::only_word(input, value);
        is_name && word.is_some_and(|word| looks_like_password(input.part(value, word)))
    };
    let is_known = words::has(VALUES, name, ANY_CASE) || words::has(VALUES, tag, ANY_CASE);
    if gap == 0 || !is_known && !is_own() {
        return None;
    }
    // `!secret wifi_password` names an entry of another file
    let text = input.part(value, bare_end(input, value, false));
    let is_name = text.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'));
    let is_named = words::has(&words::list(b" !secret"), tag, ANY_CASE) && !text.is_empty() && is_name;
    Some(if is_named { Tagged::Reference } else { Tagged::Value(value) })
}

/// The credential on the next line of a header whose scheme ends its line: `Authorization: Bearer⏎ …`.
pub(crate) fn folded(input: &Input<'_>, start: usize) -> Option<Found> {
    static SCHEME: Set = ALPHANUMERIC.with(b"-");
    let end = start + input.run(start, 17, &SCHEME);
    if !words::has(SCHEMES, input.part(start, end), ANY_CASE) {
        return None;
    }
    let next = below::next_text(input, end + input.run(end, 4, &BLANKS))?;
    let next = quote_at(input, next).map_or(next, |quote| quote.body);
    let word = bare_end(input, next, false);
    let text = input.part(next, word);
    let is_continued = BLANKS.has(input.before(next)) && text.len() >= 6 && !text.ends_with(b":");
    let is_credential = looks_like_password(text) && (is_continued || below::is_word(text));
    is_credential.then(|| replace_unless_placeholder(input, next, word, TOKEN)).flatten()
}

/// True for a sentence about a value: `header missing`, `token is not valid`.
pub(crate) fn is_report(input: &Input<'_>, start: usize) -> bool {
    static NOUNS: &[u8] = &words::list(
        b" header headers token value scheme credentials credential field parameter param key format prefix bearer cookie",
    );
    let word = start + input.run(start, 12, &LETTERS);
    let next = word + 1;
    let end = next + input.run(next, 14, &LETTERS);
    let has_end = |at: usize| input.at(at) <= b' ' || b"\\\"'.,;:!?)".contains(&input.at(at));
    input.at(word) == b' '
        && has_end(end)
        && words::find(NOUNS, input.part(start, word), Place::Whole, ANY_CASE) > 0
        && words::has(PROSE_AFTER, input.part(next, end), ANY_CASE)
}

/// Checks the comma of a pair in Elixir or Erlang: `{:password, "…"}`, `{password,<<"…">>}`.
pub(crate) fn tuple(input: &Input<'_>, comma: usize) -> Option<Found> {
    static NAMES: Set = ALPHANUMERIC.with(b"_");
    let name = input.run_start(comma, 48, &NAMES);
    let open = name - usize::from(input.before(name) == b':');
    if input.before(open) != b'{' || !names_secret(input.part(name, comma)) {
        return None;
    }
    let start = comma + 1 + input.run(comma + 1, 8, &WHITESPACE);
    let quote = quote_at(input, start + if input.has(start, b"<<") { 2 } else { 0 })?;
    let end = quoted_end(input, quote);
    let text = input.part(quote.body, end);
    let is_secret = looks_like_password(text) && !text.contains(&b' ');
    is_secret.then(|| replace_unless_placeholder(input, quote.body, end, SECRET)).flatten()
}

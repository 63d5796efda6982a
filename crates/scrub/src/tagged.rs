//! Values behind a mark of their format: tags of YAML (`password: !vault …`), binaries of Erlang (`<<"…">>`), a scheme
//! whose credential is on the next line of a header; and sentences about a value (`Authorization: header missing`).

use crate::assignment::{PROSE_AFTER, SCHEMES, replace_unless_placeholder};
use crate::below;
use crate::found::Found;
use crate::input::Input;
use crate::set::{ALPHANUMERIC, BLANKS, LETTERS, Set};
use crate::token::TOKEN;
use crate::value::{bare_end, looks_like_password, quote_at};
use crate::words::{self, ANY_CASE, Place};

/// A value with a tag.
pub(crate) enum Tagged {
    /// The value starts here.
    Value(usize),
    /// The tag refers to a value that stands elsewhere, as in `!Ref DbPassword`.
    Reference,
}

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
    if input.has(start, b"<<\"") {
        return Some(Tagged::Value(start + 2));
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
    if gap == 0 || !words::has(VALUES, name, ANY_CASE) && !words::has(VALUES, tag, ANY_CASE) {
        return None;
    }
    let value = end + gap;
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

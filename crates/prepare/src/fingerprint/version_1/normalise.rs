//! Normalisation of version 1. Frozen: a change would make the fingerprints of stored groups unfindable.

mod file;
mod id;
mod input;
mod number;
mod place;

pub(super) use file::normalise_file;

/// A recogniser's result for the beginning of a text: the length of the match in bytes, and its placeholder. The
/// placeholder [`UNCHANGED`] copies the matched text.
type Match = Option<(usize, &'static str)>;

/// Placeholder of a match that is copied unchanged.
const UNCHANGED: &str = "";

/// Replaces numbers by `<n>`, ids by `<id>`, dates and times by `<date>`, versions by `<version>`, URLs by `<url>`,
/// file paths by `<path>`, hosts by `<host>` and input that pydantic quotes by `<value>`. Runs of whitespace become one
/// space.
///
/// Protocol codes stay, because they name the error: JSON-RPC's -32768 to -32000, and HTTP's registered 4xx and 5xx
/// unless a unit or a word shows that the number is a count. Words with digits (`sha256`, `x86_64`) and placeholders
/// stay too.
pub(super) fn normalise_message(text: &str) -> String {
    let mut normal = pass(text);
    // A placeholder may split a word, so that its neighbour is recognised differently. Repeat until nothing changes, so
    // that normalised text stays the same when it is normalised again. The limit keeps the cost linear.
    for _ in 0..MAX_PASSES {
        let next = pass(&normal);
        if next == normal {
            break;
        }
        normal = next;
    }
    normal
}

/// Maximum number of further passes. The randomised tests never need as many.
const MAX_PASSES: usize = 6;

fn pass(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim_start();
    let mut previous = ' ';
    while let Some(next) = rest.chars().next() {
        let length = if next.is_whitespace() {
            let blank = rest.len() - rest.trim_start().len();
            if blank < rest.len() {
                out.push(' ');
            }
            blank
        } else if let Some(length) = plain_word(rest) {
            out.push_str(&rest[..length]);
            length
        } else if let Some(length) = placeholder(rest) {
            out.push_str(&rest[..length]);
            length
        } else if let Some((length, placeholder)) = recognise(text, text.len() - rest.len(), previous) {
            out.push_str(if placeholder == UNCHANGED { &rest[..length] } else { placeholder });
            length
        } else if next.is_alphanumeric() {
            word(rest, previous, &mut out)
        } else {
            out.push(next);
            next.len_utf8()
        };
        previous = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    out
}

/// Returns the length of a word of letters only. No recogniser matches such a word, and most of a message consists of
/// them.
fn plain_word(rest: &str) -> Option<usize> {
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let ends = matches!(rest.as_bytes().get(length), None | Some(b' ' | b'\n' | b'\'' | b'"' | b')' | b','));
    (length > 0 && ends && &rest[..length] != "localhost").then_some(length)
}

/// Returns the length of a placeholder, which scrubbing or an earlier pass inserted.
fn placeholder(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('<')?;
    let length = inner.bytes().take(16).take_while(|byte| byte.is_ascii_lowercase() || *byte == b'-').count();
    (length > 0 && inner[length..].starts_with('>')).then_some(length + 2)
}

/// Tries the recognisers; a recogniser with longer matches comes first.
fn recognise(text: &str, at: usize, previous: char) -> Match {
    let rest = &text[at..];
    let begins_word = !(previous.is_alphanumeric() || previous == '_');
    let as_place = || may_begin_place(previous).then(|| place::find(rest, previous)).flatten();
    let as_number = || begins_word.then(|| number::find(text, at, previous)).flatten();
    let as_input = || begins_word.then(|| input::find(rest)).flatten();
    as_place().or_else(as_number).or_else(as_input)
}

/// Returns true if a URL, path or host may begin after this character.
fn may_begin_place(previous: char) -> bool {
    previous.is_whitespace() || "\"'`([{,;=|:@".contains(previous)
}

/// Copies a word or a file's name, with its ids replaced. Returns the length of the original.
fn word(rest: &str, previous: char, out: &mut String) -> usize {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    if may_begin_place(previous) {
        let name = place::file_name(rest);
        if name > length {
            id::without_hashes(&rest[..name], out);
            return name;
        }
    }
    id::without_ids(&rest[..length], out);
    length
}

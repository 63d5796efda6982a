//! Normalise: what differs between two users of one error is replaced by what it was, so that one error has one text.

mod file;
mod id;
mod input;
mod number;
mod place;
#[cfg(test)]
mod tests;

use autoheal_contract::Severity;

use crate::scrub::Scrubbed;
use crate::severity::severity;

pub use file::normalise_file;

/// What a recogniser found at the beginning of a text: how long it is and what stands for it, [`KEPT`] for itself.
type Match = Option<(usize, &'static str)>;

/// In place of a placeholder: what was found stays.
const KEPT: &str = "";

/// A scrubbed report with its message normalised and its severity judged.
#[derive(Debug)]
pub struct Normalised {
    pub(crate) scrubbed: Scrubbed,
    pub(crate) normalised_message: String,
    pub(crate) severity: Severity,
}

/// Normalises the message and judges the severity.
pub(crate) fn normalise(scrubbed: Scrubbed) -> Normalised {
    let normalised_message = normalise_message(&scrubbed.report.error_message);
    let severity = severity(&scrubbed.report);
    Normalised { scrubbed, normalised_message, severity }
}

/// Replaces numbers by `<n>`, ids by `<id>`, dates and times by `<date>`, versions by `<version>`, URLs by `<url>`,
/// file paths by `<path>`, hosts by `<host>` and input that pydantic shows by `<value>`; runs of whitespace become one space.
///
/// Protocol codes stay, since they say what went wrong: JSON-RPC's -32768 to -32000, and HTTP's registered 4xx and
/// 5xx where the digits stand alone and count nothing. Words with digits (`sha256`, `x86_64`) and placeholders stay
/// too.
pub fn normalise_message(text: &str) -> String {
    let mut normal = pass(text);
    // A placeholder may end a word that went on before, and so change what its neighbour is. Passes until nothing
    // changes make normal text stay as it is; the count keeps the work linear.
    for _ in 0..MAX_PASSES {
        let next = pass(&normal);
        if next == normal {
            break;
        }
        normal = next;
    }
    normal
}

/// The randomised tests never need as many.
const MAX_PASSES: usize = 6;

fn pass(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim_start();
    let mut before = ' ';
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
        } else if let Some((length, placeholder)) = recognise(text, text.len() - rest.len(), before) {
            out.push_str(if placeholder == KEPT { &rest[..length] } else { placeholder });
            length
        } else if next.is_alphanumeric() {
            word(rest, before, &mut out)
        } else {
            out.push(next);
            next.len_utf8()
        };
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    out
}

/// Most of a message is words of letters only, which no recogniser wants.
fn plain_word(rest: &str) -> Option<usize> {
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let ends = matches!(rest.as_bytes().get(length), None | Some(b' ' | b'\n' | b'\'' | b'"' | b')' | b','));
    (length > 0 && ends && &rest[..length] != "localhost").then_some(length)
}

/// A placeholder of the scrubbing, or of an earlier normalisation.
fn placeholder(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('<')?;
    let length = inner.bytes().take(16).take_while(|byte| byte.is_ascii_lowercase() || *byte == b'-').count();
    (length > 0 && inner[length..].starts_with('>')).then_some(length + 2)
}

/// Asks the recognisers, those first that want most.
fn recognise(text: &str, at: usize, before: char) -> Match {
    let rest = &text[at..];
    let begins_place = before.is_whitespace() || "\"'`([{,;=|:@".contains(before);
    let begins_word = !(before.is_alphanumeric() || before == '_');
    let as_place = || begins_place.then(|| place::find(rest, before)).flatten();
    let as_number = || begins_word.then(|| number::find(text, at, before)).flatten();
    let as_input = || begins_word.then(|| input::find(rest)).flatten();
    as_place().or_else(as_number).or_else(as_input)
}

/// Copies a word, or a file's name, without the ids in it; returns its length.
fn word(rest: &str, before: char, out: &mut String) -> usize {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    if before.is_whitespace() || "\"'`([{,;=|:@".contains(before) {
        let name = place::file_name(rest);
        if name > length {
            id::without_hashes(&rest[..name], out);
            return name;
        }
    }
    id::without_ids(&rest[..length], out);
    length
}

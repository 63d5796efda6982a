//! Normalise: replaces the parts of a message that differ between occurrences by placeholders, and rates the severity.

mod build_hash;
mod code;
mod date;
mod id;
mod input;
mod name;
mod number;
mod place;
mod program_file;
mod quantity;
mod quoted;
#[cfg(test)]
mod tests;
mod wording;

use std::borrow::Cow;

use autoheal_contract::Severity;

use crate::arguments::{Within, without_own_arguments};
use crate::scrub::Scrubbed;
use crate::severity::severity;

pub(crate) use build_hash::bundle_name;
pub(crate) use wording::common_form;

/// A recogniser's result for the beginning of a text.
struct Found {
    /// Length of the match in bytes.
    length: usize,
    /// What stands for it in the normalised text. [`UNCHANGED`] copies the matched text.
    placeholder: Cow<'static, str>,
    /// Name of the rule, for people.
    rule: &'static str,
}

impl Found {
    fn new(length: usize, placeholder: impl Into<Cow<'static, str>>, rule: &'static str) -> Self {
        Self { length, placeholder: placeholder.into(), rule }
    }
}

type Match = Option<Found>;

#[expect(clippy::unnecessary_wraps, reason = "the recognisers return it")]
fn found(length: usize, placeholder: &'static str, rule: &'static str) -> Match {
    Some(Found::new(length, placeholder, rule))
}

/// Placeholder of a match that is copied unchanged.
const UNCHANGED: &str = "";

/// A part of a message that a rule replaced, or kept although it looks like a part that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Name of the rule.
    pub rule: &'static str,
    /// The text before.
    pub before: String,
    /// The text after; the same as before if the rule kept it.
    pub after: String,
}

/// A scrubbed report with its normalised message and its severity.
#[derive(Debug)]
pub(crate) struct Normalised {
    pub(crate) scrubbed: Scrubbed,
    pub(crate) normalised_message: String,
    /// True if the message is an engine's, in its common form.
    pub(crate) has_common_form: bool,
    pub(crate) severity: Severity,
}

/// Normalises the message and rates the severity.
pub(crate) fn normalise(scrubbed: Scrubbed) -> Normalised {
    let report = &scrubbed.report;
    let form = common_form(&report.error_type, &report.error_message);
    let has_common_form = form.is_some();
    let normalised_message =
        form.unwrap_or_else(|| normalise_message(&without_own_arguments(report, &report.error_message, Within::Words)));
    let severity = severity(&scrubbed.report, scrubbed.arrival.sender);
    Normalised { scrubbed, normalised_message, has_common_form, severity }
}

/// Replaces numbers by `<n>`, ids by `<id>`, dates and times by `<date>`, durations by `<duration>`, sizes by `<size>`,
/// versions by `<version>`, URLs by `<url>`, file paths by `<path>`, hosts by `<host>`, and quoted values by `<value>`.
/// Runs of whitespace become one space, and lists of placeholders one placeholder.
///
/// Codes stay, because they name the error: JSON-RPC's -32768 to -32000, HTTP's registered 4xx and 5xx unless a unit or
/// a word shows that the number is a count, and numbers after a word such as `exit code`. Words with digits (`sha256`,
/// `x86_64`), names of the program's own files, and placeholders stay too.
pub fn normalise_message(text: &str) -> String {
    normalise_with(text, &mut None)
}

/// Normalises a message and returns each change with the rule that made it, in order.
#[must_use]
pub fn explain_message(error_type: &str, text: &str) -> (String, Vec<Change>) {
    if let Some(form) = common_form(error_type, text) {
        let change = Change { rule: "wording", before: text.to_owned(), after: form.clone() };
        return (form, vec![change]);
    }
    let mut changes = Some(Vec::new());
    let normal = normalise_with(text, &mut changes);
    (normal, changes.unwrap_or_default())
}

fn normalise_with(text: &str, changes: &mut Option<Vec<Change>>) -> String {
    let mut normal = pass(text, changes);
    // A placeholder may split a word, so that its neighbour is recognised differently. Repeat until nothing changes, so
    // that normalised text stays the same when it is normalised again. The limit keeps the cost linear.
    for _ in 0..MAX_PASSES {
        let next = pass(&normal, changes);
        if next == normal {
            break;
        }
        normal = next;
    }
    normal
}

/// Maximum number of further passes. The randomised tests never need as many.
const MAX_PASSES: usize = 6;

fn pass(text: &str, changes: &mut Option<Vec<Change>>) -> String {
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
        } else if let Some(length) =
            plain_word(rest).filter(|_| quoted::last_value(text, text.len() - rest.len()).is_none())
        {
            out.push_str(&rest[..length]);
            length
        } else if let Some(length) = placeholder(rest) {
            let after = &rest[..length];
            // a list of arguments has the same form whatever its length, as a list of ids has
            if after != "<argument>" || !continues_list(&mut out, after) {
                out.push_str(after);
            }
            length
        } else if let Some(Found { length, placeholder, rule }) = recognise(text, text.len() - rest.len(), previous) {
            let after = if placeholder == UNCHANGED { &rest[..length] } else { &placeholder };
            if let Some(changes) = changes {
                let before = rest[..length].to_owned();
                if placeholder == UNCHANGED || before != after {
                    changes.push(Change { rule, before, after: after.to_owned() });
                }
            }
            if !continues_list(&mut out, after) {
                out.push_str(after);
            }
            length
        } else if next.is_alphanumeric() {
            let start = out.len();
            let length = word(text, text.len() - rest.len(), previous, &mut out);
            if &out[start..] == "<id>" {
                out.truncate(start);
                if !continues_list(&mut out, "<id>") {
                    out.push_str("<id>");
                }
            }
            if let Some(changes) = changes
                && out.get(start..) != Some(&rest[..length])
            {
                let after = out.get(start..).unwrap_or_default().to_owned();
                changes.push(Change { rule: "id", before: rest[..length].to_owned(), after });
            }
            length
        } else {
            out.push(next);
            next.len_utf8()
        };
        previous = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    out
}

/// Removes the separator of a list at the end of the text if the same placeholder stands before it, so that a list has
/// the same form whatever its length. The items may be in quotes. Returns true if the list goes on.
fn continues_list(out: &mut String, placeholder: &str) -> bool {
    if !matches!(placeholder, "<n>" | "<id>" | "<path>" | "<argument>" | "'<value>'" | "\"<value>\"") {
        return false;
    }
    let quote = out.chars().next_back().filter(|c| matches!(c, '\'' | '"'));
    let open = quote.map_or(out.as_str(), |_| &out[..out.len() - 1]);
    let Some(before) = open.trim_end_matches(' ').strip_suffix(',') else { return false };
    let before = quote.map_or(Some(before), |quote| before.strip_suffix(quote));
    let Some(length) = before.filter(|before| before.ends_with(placeholder)).map(str::len) else { return false };
    out.truncate(length);
    true
}

/// Returns true if a number names an error, as normalisation judges.
pub(crate) fn is_code_at(number: &str, after: &str, before: &str) -> bool {
    code::is_code(number, after, before)
}

/// Returns true for a character after which a number or an id is part of a longer word. Scripts without blanks between
/// words do not continue it.
fn continues_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric() && !is_wide(c)
}

/// Returns true for a digit of any script.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || is_wide(c) && c.is_numeric()
}

/// Returns true for characters of scripts from Hebrew on, whose words do not contain western digits.
fn is_wide(c: char) -> bool {
    c >= '\u{590}'
}

/// Returns the length of a word of letters only. No recogniser matches such a word, and most of a message consists of
/// them.
fn plain_word(rest: &str) -> Option<usize> {
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let ends = matches!(rest.as_bytes().get(length), None | Some(b' ' | b'\n' | b'\'' | b'"' | b')' | b','));
    (length > 0 && ends && &rest[..length] != "localhost" && !date::may_be_named(rest)).then_some(length)
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
    match rest.as_bytes()[0] {
        b'\'' | b'"' | b'`' | 0xe2 => {
            if let Some(found) = quoted::find(text, at) {
                return Some(found);
            }
        }
        b'@' => return name::object(rest, previous),
        b'$' => return name::key(rest, previous),
        b'(' => return quoted::key_value(text, at),
        b'-' => {
            if let Some(found) = name::pod(rest, previous) {
                return Some(found);
            }
        }
        _ => {}
    }
    let begins_word = !(continues_word(previous) || previous.is_alphanumeric() && !rest.starts_with(is_digit));
    if begins_word && rest.as_bytes()[0].is_ascii_alphanumeric() {
        let as_date = || date::may_be_named(rest).then(|| date::named(rest)).flatten();
        let named = name::arn(rest)
            .or_else(|| name::mac(rest))
            .or_else(|| as_date().map(|length| Found::new(length, "<date>", "date")))
            .or_else(|| quantity::iso_duration(rest))
            .or_else(|| quoted::last_value(text, at));
        if named.is_some() {
            return named;
        }
    }
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
fn word(text: &str, at: usize, previous: char, out: &mut String) -> usize {
    let (before, rest) = text.split_at(at);
    let mut last = ' ';
    let ends = |c: char| {
        let ends = !(c.is_alphanumeric() || c == '_') || is_wide(last) && !last.is_numeric() && is_digit(c);
        last = c;
        ends
    };
    let length = rest.find(ends).unwrap_or(rest.len());
    if may_begin_place(previous) {
        let name = place::file_name(rest);
        if name > length {
            id::without_hashes(&rest[..name], out);
            return name;
        }
    }
    // an id with hyphens may follow an underscore
    let glued = rest[..length].match_indices('_').map(|(at, _)| at + 1).take(8);
    if let Some((at, uuid)) = glued.filter_map(|at| Some((at, id::uuid(&rest[at..])?))).next() {
        id::without_ids(&rest[..at - 1], "", out);
        out.push_str("_<id>");
        let after = &rest[at + uuid..];
        let tail = after.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(after.len());
        id::without_ids(&after[..tail], "id", out);
        return at + uuid + tail;
    }
    if id::is_labelled(&rest[..length], before) {
        out.push_str("<id>");
    } else {
        id::without_ids(&rest[..length], "", out);
    }
    length
}

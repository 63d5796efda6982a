//! A call's own arguments in the message of its failure. A server repeats them (`no customer called ann`), so they would make
//! a group of each argument, and their values would stand in titles. They are known, and removed by their value.

use std::borrow::Cow;
use std::ops::Range;

use autoheal_contract::{ErrorReport, Json, Rpc};

use crate::normalise::{is_code_at, normalise_message};
use crate::server_failure;

/// Placeholder of an argument.
const ARGUMENT: &str = "<argument>";
/// Maximum number of values that are searched.
const MAX_VALUES: usize = 200;
/// Maximum length of a value, in bytes. Servers quote no longer ones as a whole.
const MAX_VALUE_BYTES: usize = 2_000;
/// Maximum depth at which values are read.
const MAX_DEPTH: usize = 8;
/// Minimum length of a value that is removed without quotes around it, in characters. A shorter one occurs by chance.
const MIN_CHARS: usize = 3;
/// Minimum number of digits of such a number.
const MIN_DIGITS: usize = 3;
/// Quotes, each with its end.
const QUOTES: [(char, char); 7] =
    [('\'', '\''), ('"', '"'), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»'), ('„', '“')];
/// Words that messages consist of. As arguments, they are removed only in quotes.
const COMMON_WORDS: &str = "the and for with from not was are has had have but can could cannot must should may no any all one two \
    error errors failed failure fail fails invalid missing unknown unexpected expected required found denied refused timeout \
    timed out exception warning file files folder directory path name names user users value values key keys item items id ids \
    type types string number integer boolean object array list null none nil undefined true false yes table column row \
    database server client request response query command message text content data input output result argument arguments \
    parameter parameters field tool call calling read write delete update create get set add remove open close connect \
    connection network host port url internal external http https json already exists exist does did only than more less \
    reading writing called empty default default: is in of to on at by or an as it if be";

/// Where a value is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// Everywhere except in paths and URLs, which normalisation replaces as a whole.
    Words,
    /// Everywhere.
    Everything,
}

/// Returns the message of a report about a call without the call's arguments. The call's name before the message stays.
pub(crate) fn without_own_arguments<'a>(report: &ErrorReport, message: &'a str, within: Within) -> Cow<'a, str> {
    let Some(rpc) = &report.rpc else { return Cow::Borrowed(message) };
    let call = server_failure::name(rpc).or(rpc.method.as_deref()).unwrap_or_default();
    let prefix = message.strip_prefix(call).and_then(|rest| rest.strip_prefix(": ")).filter(|_| !call.is_empty());
    match prefix {
        Some(rest) => match removed(rest, &values(rpc, call), within) {
            Cow::Borrowed(_) => Cow::Borrowed(message),
            Cow::Owned(rest) => Cow::Owned(format!("{call}: {rest}")),
        },
        None => removed(message, &values(rpc, call), within),
    }
}

/// Returns a message without the arguments of its call, for the comparison of messages. `params` are those of the request.
#[must_use]
pub fn without_arguments<'a>(message: &'a str, call: &str, params: &Json) -> Cow<'a, str> {
    let mut values = Vec::new();
    add_params(params, call, &mut values);
    removed(message, &values, Within::Words)
}

/// One value of the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    text: String,
    is_number: bool,
}

fn values(rpc: &Rpc, call: &str) -> Vec<Value> {
    let mut values = Vec::new();
    if let Some(params) = &rpc.params {
        add_params(params, call, &mut values);
    }
    if call.contains("://") {
        add_uri(call, &mut values);
    }
    values
}

fn add_params(params: &Json, call: &str, values: &mut Vec<Value>) {
    let Json::Object(members) = params else { return add(params, 0, values) };
    for (name, value) in members {
        let is_call = matches!(name.as_str(), "name" | "uri") && value.as_str() == Some(call);
        if is_call && call.contains("://") {
            add_uri(call, values);
        } else if !is_call && name != "_meta" {
            add(value, 0, values);
        }
    }
}

/// Adds the parts of a resource's address, which are its arguments: `ann` of `users://ann`.
fn add_uri(uri: &str, values: &mut Vec<Value>) {
    let (_, path) = uri.split_once("://").unwrap_or_default();
    for part in path.split(['/', '?', '&', '=', '#']).filter(|part| part.len() >= MIN_CHARS) {
        add_text(part, values);
    }
}

fn add(json: &Json, depth: usize, values: &mut Vec<Value>) {
    if values.len() >= MAX_VALUES || depth > MAX_DEPTH {
        return;
    }
    let number = |number: String| Value { text: number, is_number: true };
    match json {
        Json::Null | Json::Bool(_) => {}
        Json::Whole(value) => values.push(number(value.to_string())),
        Json::Negative(value) => values.push(number(value.to_string())),
        Json::Float(value) => values.push(number(value.to_string())),
        Json::Text(text) => add_text(text, values),
        Json::Array(items) => items.iter().for_each(|item| add(item, depth + 1, values)),
        Json::Object(members) => members.iter().for_each(|(_, value)| add(value, depth + 1, values)),
    }
}

/// Adds a text, and the forms in which JSON and Python print it.
fn add_text(text: &str, values: &mut Vec<Value>) {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_VALUE_BYTES {
        return;
    }
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    values.push(Value { text: text.to_ascii_lowercase(), is_number });
    if let Ok(quoted) = serde_json::to_string(text)
        && quoted.len() > text.len() + 2
    {
        values.push(Value { text: quoted[1..quoted.len() - 1].to_ascii_lowercase(), is_number: false });
    }
    if text.contains('\'') {
        values.push(Value { text: text.replace('\'', "\\'").to_ascii_lowercase(), is_number: false });
    }
}

/// Replaces the values, the longest first.
fn removed<'a>(message: &'a str, values: &[Value], within: Within) -> Cow<'a, str> {
    // the same length as the message in every position
    let lower = message.to_ascii_lowercase();
    let mut found: Vec<(Range<usize>, Cow<'static, str>)> = Vec::new();
    let mut values: Vec<&Value> = values.iter().filter(|value| lower.contains(&value.text)).collect();
    values.sort_by(|one, other| other.text.len().cmp(&one.text.len()).then_with(|| one.text.cmp(&other.text)));
    values.dedup();
    for value in values {
        let mut replacement = None;
        for (at, _) in lower.match_indices(&value.text) {
            let range = at..at + value.text.len();
            let is_free = found.iter().all(|(other, _)| range.end <= other.start || other.end <= range.start);
            if is_free && is_argument(message, &range, value, within) {
                let replacement = replacement.get_or_insert_with(|| replacement_of(&message[range.clone()]));
                found.push((range, replacement.clone()));
            }
        }
    }
    if found.is_empty() {
        return Cow::Borrowed(message);
    }
    found.sort_by_key(|(range, _)| range.start);
    let (mut text, mut end) = (String::with_capacity(message.len()), 0);
    for (range, replacement) in found {
        text.push_str(&message[end..range.start]);
        text.push_str(&replacement);
        end = range.end;
    }
    text.push_str(&message[end..]);
    Cow::Owned(text)
}

/// Placeholder of a value: the one of normalisation for a path, a URL or a host, so that a server that completes a path and
/// one that repeats it make one group.
fn replacement_of(value: &str) -> Cow<'static, str> {
    ["<path>", "<url>", "<host>"]
        .into_iter()
        .find(|placeholder| normalise_message(value) == *placeholder)
        .map_or(Cow::Borrowed(ARGUMENT), Cow::Borrowed)
}

/// True if an occurrence of a value's text is the value, and not a part or a word of the message.
fn is_argument(message: &str, range: &Range<usize>, value: &Value, within: Within) -> bool {
    let (before, after) = (&message[..range.start], &message[range.end..]);
    let (previous, next) = (before.chars().next_back(), after.chars().next());
    let text = &message[range.clone()];
    if is_inside_placeholder(message, range) {
        return false;
    }
    let is_quoted = QUOTES.iter().any(|(open, close)| previous == Some(*open) && next == Some(*close));
    if is_quoted {
        return !(value.is_number && is_code_at(text, after, before) && within == Within::Words);
    }
    if within == Within::Words && is_in_place(before) {
        return false;
    }
    if value.is_number {
        let begins = !previous.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ','));
        let continues_word = next.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let continues_number = after.starts_with(['.', ',']) && after[1..].starts_with(|c: char| c.is_ascii_digit());
        let ends = !continues_word && !continues_number;
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        return begins && ends && digits >= MIN_DIGITS && !is_labelled_code(text, after, before);
    }
    let begins = !continues(previous, text.chars().next());
    let ends = !continues(text.chars().next_back(), next);
    let is_long = text.chars().count() >= MIN_CHARS || !text.is_ascii() && !text.chars().any(char::is_lowercase);
    begins && ends && is_long && !COMMON_WORDS.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case(text))
}

/// True if two neighbours are of one word. Scripts without blanks between words have no such neighbours.
fn continues(one: Option<char>, next: Option<char>) -> bool {
    let is_word = |c: char| (c.is_alphanumeric() || c == '_') && c < '\u{2e80}';
    one.is_some_and(is_word) && next.is_some_and(is_word)
}

/// True if the text before a value is the beginning of an absolute path or a URL.
fn is_in_place(before: &str) -> bool {
    let token = before.rsplit([' ', '\'', '"', '`', '(', '[', '<', '=', '\n', '\t', ',', ';']).next().unwrap_or(before);
    let drive = token.as_bytes().get(1..3).is_some_and(|bytes| bytes == b":\\" || bytes == b":/");
    token.contains("://") || token.starts_with(['/', '~', '\\']) || drive
}

/// True if a label says that a number is a code: `HTTP 404`, `exit code 137`.
fn is_labelled_code(number: &str, after: &str, before: &str) -> bool {
    let words = before.trim_end_matches([' ', ':', '=', '(', '#']);
    let label = words.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
    let is_label = matches!(
        label.as_str(),
        "http" | "status" | "code" | "errno" | "error" | "exit" | "signal" | "http1" | "http2"
    );
    is_label || number.starts_with("-32") && is_code_at(number, after, before)
}

/// True within a placeholder such as `<token>`, which scrubbing inserted.
fn is_inside_placeholder(message: &str, range: &Range<usize>) -> bool {
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let open = message[..range.start].rfind('<').filter(|open| is_name(&message[open + 1..range.start]));
    let close = message[range.end..].find('>').filter(|close| is_name(&message[range.end..range.end + close]));
    open.is_some() && close.is_some() && is_name(&message[range.clone()])
}

#[cfg(test)]
mod tests;

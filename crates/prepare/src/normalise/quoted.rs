//! Recognises quoted values that vary, by the words around them: `Duplicate entry 'ann'`, `For input string: "x"`.
//! Quoted names that the programmer chose (`reading 'total'`) stay.

use super::{Found, Match};

/// Words before a quoted value.
const VALUE_WORDS: &str = "entry string value values input literal parsing data text number integer float double decimal date time timestamp \
    datetime uuid user username account email customer tenant session order boolean bigint smallint numeric duration parse parses \
    convert decode deserialize long";

/// Words after a quoted value.
const AFTER: [&str; 9] = [
    " is not a valid",
    " is not valid",
    " is an invalid",
    " cannot be parsed",
    " could not be parsed",
    " is not a number",
    " does not match format",
    " already exists",
    " is not a member of",
];

/// Maximum length of a value in bytes.
const MAX_BYTES: usize = 200;

/// Matches a value with its quotes at `at`, where a quote stands.
pub(super) fn find(text: &str, at: usize) -> Match {
    let rest = &text[at..];
    let quote = rest.chars().next()?;
    let (close, replacement) = match quote {
        '"' => ('"', "\"<value>\""),
        '\'' => ('\'', "'<value>'"),
        '`' => ('`', "`<value>`"),
        '\u{201c}' => ('\u{201d}', "\u{201c}<value>\u{201d}"),
        _ => return None,
    };
    let inner = &rest[quote.len_utf8()..];
    let before = &text[..at];
    let is_labelled = is_labelled(before);
    if !is_labelled && before.ends_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let (length, _) =
        inner.char_indices().take_while(|(at, c)| *at < MAX_BYTES && *c != '\n').find(|(_, c)| *c == close)?;
    let after = &inner[length + close.len_utf8()..];
    let is_value = is_labelled || AFTER.iter().any(|words| after.starts_with(words)) && !before.ends_with("token ");
    let is_replaced = inner.starts_with("<value>");
    let end = quote.len_utf8() + length + close.len_utf8();
    (is_value && (length > 0 || is_labelled) && !is_replaced).then(|| Found::new(end, replacement, "quoted value"))
}

/// Matches the last word of a message after a label: `Invalid UUID string: abc`.
pub(super) fn last_value(text: &str, at: usize) -> Match {
    let rest = &text[at..];
    if !text[..at].ends_with(": ") {
        return None;
    }
    let is_labelled = ["string: ", "value: ", "literal: "].iter().any(|label| text[..at].ends_with(label));
    let is_word = is_labelled && rest.len() <= 64 && !rest.contains([' ', '\n', '<', '\'', '"']);
    is_word.then(|| Found::new(rest.len(), "<value>", "last value"))
}

/// Matches the value in `Key (email)=(ann@example.com) already exists`, after `)=`.
pub(super) fn key_value(text: &str, at: usize) -> Match {
    let inner = text[at..].strip_prefix('(').filter(|_| text[..at].ends_with(")="))?;
    let (length, _) =
        inner.char_indices().take_while(|(at, c)| *at < MAX_BYTES && *c != '\n').find(|(_, c)| *c == ')')?;
    (length > 0 && !inner.starts_with("<value>")).then(|| Found::new(length + 2, "(<value>)", "quoted value"))
}

fn is_labelled(before: &str) -> bool {
    let mut words = before;
    for _ in 0..3 {
        words = words.strip_suffix([' ', ':', '=']).unwrap_or(words);
    }
    if words.len() == before.len() {
        return false;
    }
    let length = words.bytes().rev().take(12).take_while(u8::is_ascii_alphabetic).count();
    let last = &words[words.len() - length..];
    super::number::is_one_of(VALUE_WORDS, last)
        || words.ends_with("with base 10")
        || words.ends_with("with base <n>")
        || words.ends_with("o such user")
}

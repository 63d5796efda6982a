//! Recognises input that pydantic quotes in its messages, because it differs between calls.

use super::Match;

/// Pydantic ends a message with `[type=int_parsing, input_value='x', input_type=str]`.
const VALUE: &str = "input_value=";
const TYPE: &[u8] = b", input_type=";
const PLACEHOLDER: &str = "input_value=<value>";

/// Maximum length of a quoted value with its type, in bytes. Pydantic quotes at most 50 characters.
const MAX_BYTES: usize = 256;

/// Matches a quoted value and its type at the beginning of the text. The error (`type=…`) comes before them and stays.
pub(super) fn find(rest: &str) -> Match {
    let value = rest.strip_prefix(VALUE)?;
    let search = &value.as_bytes()[..value.len().min(MAX_BYTES)];
    let length = search.windows(TYPE.len()).position(|bytes| bytes == TYPE)?;
    let type_name = &search[length + TYPE.len()..];
    let name = type_name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte)).count();
    // A value that an earlier pass replaced is not matched again, so that normalised text stays the same.
    (!value.starts_with("<value>")).then_some((VALUE.len() + length + TYPE.len() + name, PLACEHOLDER))
}

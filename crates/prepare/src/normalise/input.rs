//! What a program shows of the input it refused: the caller's own words, different each time.

use super::Match;

/// Pydantic's last words on a value: `[type=int_parsing, input_value='x', input_type=str]`.
const VALUE: &str = "input_value=";
const TYPE: &[u8] = b", input_type=";
const SHOWN: &str = "input_value=<value>";

/// Pydantic shows 50 characters of a value; so far the end of it is looked for, in bytes.
const LONGEST: usize = 256;

/// A shown value with its type at the beginning of the text; what is wrong with it (`type=…`) stands before and stays.
pub(super) fn find(rest: &str) -> Match {
    let value = rest.strip_prefix(VALUE)?;
    let near = &value.as_bytes()[..value.len().min(LONGEST)];
    let length = near.windows(TYPE.len()).position(|bytes| bytes == TYPE)?;
    let behind = &near[length + TYPE.len()..];
    let name = behind.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte)).count();
    // What was replaced before stays, so that normal text does.
    (!value.starts_with("<value>")).then_some((VALUE.len() + length + TYPE.len() + name, SHOWN))
}

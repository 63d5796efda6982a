//! Tolerant JSON readers: servers and clients write ids, names and texts in many ways.

use std::borrow::Cow;

use serde::Deserializer;
use serde::de::Visitor;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// Maximum length of a stored name, in characters. A longer name is cut.
pub(crate) const MAX_NAME_CHARS: usize = 500;
/// Maximum length of a stored id, in bytes. A longer id is replaced by its hash.
const MAX_ID_BYTES: usize = 200;
/// Limit (2^53) below which floats represent whole numbers exactly.
const MAX_EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

/// Canonical form of a JSON scalar: a request id, a progress token or an error code.
///
/// Servers that echo an id may escape other characters, or write a whole number as a float.
pub(crate) fn canonical(id: &str) -> Cow<'_, str> {
    if id.len() > MAX_ID_BYTES {
        return Cow::Owned(format!("{:x?}", Sha256::digest(id.as_bytes())));
    }
    if id.starts_with('"') {
        let rewritten = || serde_json::to_string(&serde_json::from_str::<String>(id).ok()?).ok();
        return id.contains('\\').then(rewritten).flatten().map_or(Cow::Borrowed(id), Cow::Owned);
    }
    let float = id.contains(['.', 'e', 'E']).then(|| id.parse::<f64>().ok()).flatten();
    match float.filter(|float| float.fract() == 0.0 && float.abs() < MAX_EXACT_FLOAT) {
        Some(whole) => Cow::Owned(format!("{whole:.0}")),
        None => Cow::Borrowed(id),
    }
}

/// Reads a name and cuts it at [`MAX_NAME_CHARS`]; `None` if the value is not a string.
pub(crate) fn read_name(value: &RawValue) -> Option<String> {
    let mut text = read_string(value)?;
    if let Some((end, _)) = text.char_indices().nth(MAX_NAME_CHARS) {
        text.truncate(end);
        text.shrink_to_fit();
    }
    Some(text)
}

/// Reads a string; `None` if the value is not one.
///
/// Scripts that cut text anywhere leave unpaired surrogates (half an emoji). Each becomes replacement characters.
pub(crate) fn read_string(value: &RawValue) -> Option<String> {
    struct LossyString;
    impl Visitor<'_> for LossyString {
        type Value = String;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a string")
        }

        fn visit_bytes<E>(self, text: &[u8]) -> Result<String, E> {
            Ok(String::from_utf8_lossy(text).into_owned())
        }
    }
    if !value.get().starts_with('"') {
        return None;
    }
    serde_json::Deserializer::from_str(value.get()).deserialize_bytes(LossyString).ok()
}

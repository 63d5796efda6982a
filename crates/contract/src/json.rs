//! `Json`: a JSON value whose depth is limited while it is read, so that hostile nesting cannot overflow the stack.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::limits::{CONTEXT_DEPTH, CUT_MARK};

/// A JSON value; objects keep their order, numbers keep their kind.
///
/// Reading never recurses deeper than [`CONTEXT_DEPTH`]: deeper values are skipped and replaced by [`CUT_MARK`]. A
/// report's `context`, `tags`, `system`, `debug_ids` and `params` have this type.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`; also NaN and the infinities, which JSON lacks.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer below zero.
    Negative(i64),
    /// An integer from zero up.
    Whole(u64),
    /// Any other number; never infinite, never NaN.
    Float(f64),
    /// Text.
    Text(String),
    /// `[…]`
    Array(Vec<Json>),
    /// `{…}` in the order of the input.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The member of an object with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// An upper bound of the size as compact JSON, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Json::Null | Json::Bool(_) => 5,
            Json::Negative(_) | Json::Whole(_) | Json::Float(_) => 24,
            Json::Text(text) => text_size(text),
            Json::Array(items) => 2 + items.iter().map(|item| item.size() + 1).sum::<usize>(),
            Json::Object(members) => {
                2 + members.iter().map(|(key, value)| text_size(key) + value.size() + 2).sum::<usize>()
            }
        }
    }

    /// Cuts the value to about `bytes` of compact JSON. Returns true if its [`Json::size`] was over that limit.
    ///
    /// Long strings are shortened, and one [`CUT_MARK`] replaces the members that do not fit.
    pub fn shrink_to(&mut self, bytes: usize) -> bool {
        if self.size() <= bytes {
            return false;
        }
        let mut left = bytes;
        self.shrink(&mut left);
        true
    }

    fn shrink(&mut self, left: &mut usize) {
        match self {
            Json::Text(text) => {
                let mut used = 2;
                let cut = text.char_indices().find(|(_, c)| {
                    used += escaped_size(*c);
                    used > *left
                });
                if let Some((cut, _)) = cut {
                    text.truncate(cut);
                    text.push_str(CUT_MARK);
                    *left = 0;
                } else {
                    *left = left.saturating_sub(text_size(text));
                }
            }
            Json::Array(items) => {
                let cut = items.iter_mut().position(|item| !shrink_member(left, 1, item));
                if let Some(length) = cut {
                    items.truncate(length);
                    items.push(Json::Text(CUT_MARK.to_owned()));
                }
            }
            Json::Object(members) => {
                let cut = members.iter_mut().position(|(key, value)| !shrink_member(left, text_size(key) + 2, value));
                if let Some(length) = cut {
                    members.truncate(length);
                    members.push((CUT_MARK.to_owned(), Json::Text(CUT_MARK.to_owned())));
                }
            }
            scalar => *left = left.saturating_sub(scalar.size()),
        }
    }
}

/// Shrinks a member to the bytes left. Returns false if not even its beginning fits.
fn shrink_member(left: &mut usize, overhead: usize, value: &mut Json) -> bool {
    if *left <= overhead + CUT_MARK.len() {
        return false;
    }
    *left -= overhead;
    value.shrink(left);
    true
}

fn text_size(text: &str) -> usize {
    2 + text.chars().map(escaped_size).sum::<usize>()
}

fn escaped_size(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        c if (c as u32) < 0x20 => 6,
        c => c.len_utf8(),
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Negative(value) => serializer.serialize_i64(*value),
            Json::Whole(value) => serializer.serialize_u64(*value),
            Json::Float(value) => serializer.serialize_f64(*value),
            Json::Text(value) => serializer.serialize_str(value),
            Json::Array(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> serde::Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DepthReader { depth: 0 }.deserialize(deserializer)
    }
}

/// A reader of one value that is nested this deeply.
#[derive(Clone, Copy)]
struct DepthReader {
    depth: usize,
}

impl DepthReader {
    fn deeper(self) -> Self {
        Self { depth: self.depth + 1 }
    }

    fn too_deep(self) -> bool {
        self.depth >= CONTEXT_DEPTH
    }
}

impl<'de> DeserializeSeed<'de> for DepthReader {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DepthReader {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(u64::try_from(value).map_or(Json::Negative(value), Json::Whole))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Whole(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(if value.is_finite() { Json::Float(value) } else { Json::Null })
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Json, E> {
        Ok(Json::Text(format!("<{} bytes>", value.len())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        if self.too_deep() {
            while access.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Json::Text(CUT_MARK.to_owned()));
        }
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self.deeper())? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        if self.too_deep() {
            while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Json::Text(CUT_MARK.to_owned()));
        }
        let mut members = Vec::new();
        while let Some(key) = access.next_key::<String>()? {
            members.push((key, access.next_value_seed(self.deeper())?));
        }
        Ok(Json::Object(members))
    }
}

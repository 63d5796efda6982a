//! Reads a JavaScript value into the bounded [`Json`], as `JSON.stringify` would see it.
//!
//! By hand, because reading through serde brings the standard library's printing of floating-point numbers along, for
//! error messages nobody sees: 12 KB of the module after compression. Reports are written through serde.

use autoheal_contract::Json;
use autoheal_contract::limits::{CONTEXT_DEPTH, CUT_MARK};
use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};

/// Whole numbers beyond this are not exact in JavaScript.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_991.0;

/// The value; what is nested deeper than the wire allows is replaced by a mark.
pub(crate) fn read(value: &JsValue) -> Json {
    read_at(value, 0)
}

fn read_at(value: &JsValue, depth: usize) -> Json {
    if let Some(text) = value.as_string() {
        return Json::Text(text);
    }
    if let Some(number) = value.as_f64() {
        return read_number(number);
    }
    if let Some(flag) = value.as_bool() {
        return Json::Bool(flag);
    }
    if !value.is_object() {
        return Json::Null;
    }
    if depth >= CONTEXT_DEPTH {
        return Json::Text(CUT_MARK.to_owned());
    }
    if let Some(items) = value.dyn_ref::<Array>() {
        return Json::Array(items.iter().map(|item| read_at(&item, depth + 1)).collect());
    }
    let members = Object::entries(value.unchecked_ref()).into_iter().map(|entry| {
        let entry: Array = entry.unchecked_into();
        (entry.get(0).as_string().unwrap_or_default(), read_at(&entry.get(1), depth + 1))
    });
    Json::Object(members.collect())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and within the exact range")]
fn read_number(number: f64) -> Json {
    if !number.is_finite() {
        Json::Null
    } else if number.fract() != 0.0 || number.abs() > LARGEST_WHOLE {
        Json::Float(number)
    } else if number < 0.0 {
        Json::Negative(number as i64)
    } else {
        Json::Whole(number as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_kind() {
        assert_eq!(read_number(3.0), Json::Whole(3));
        assert_eq!(read_number(-3.0), Json::Negative(-3));
        assert_eq!(read_number(0.5), Json::Float(0.5));
        assert_eq!(read_number(1e300), Json::Float(1e300));
        assert_eq!(read_number(f64::NAN), Json::Null);
    }
}

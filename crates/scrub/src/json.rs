//! Takes secrets out of a JSON value: the one walk, for the page and the service alike.

use autoheal_contract::Json;

use crate::{SECRET, is_secret_key};

/// Numbers below this have fewer digits than any card.
const SHORTEST_CARD: u64 = 1_000_000_000_000;

/// Cleans every text and key by `text`, and hides what stands under a key that names a secret.
///
/// `null`, `true` and `false` stay even there: they hide nothing, and tell whether there was a secret at all.
pub fn scrub_json(json: &mut Json, text: &mut dyn FnMut(&mut String)) {
    match json {
        Json::Text(value) => text(value),
        Json::Array(items) => items.iter_mut().for_each(|item| scrub_json(item, text)),
        Json::Object(members) => {
            for (key, value) in members {
                if is_secret_key(key) && !matches!(value, Json::Null | Json::Bool(_)) {
                    *value = Json::Text(SECRET.to_owned());
                } else {
                    scrub_json(value, text);
                }
                text(key);
            }
        }
        Json::Whole(number) => hide_card(*number, json, text),
        Json::Negative(number) => hide_card(number.unsigned_abs(), json, text),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole; what is too large saturates"
        )]
        Json::Float(number) if number.fract() == 0.0 => hide_card(number.abs() as u64, json, text),
        Json::Null | Json::Bool(_) | Json::Float(_) => {}
    }
}

/// A card number may come as a number: what would be hidden in text is hidden here.
fn hide_card(number: u64, json: &mut Json, text: &mut dyn FnMut(&mut String)) {
    if number < SHORTEST_CARD {
        return;
    }
    let digits = number.to_string();
    let mut clean = digits.clone();
    text(&mut clean);
    if clean != digits {
        *json = Json::Text(clean);
    }
}

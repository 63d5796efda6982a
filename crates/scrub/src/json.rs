//! Removes secrets from a JSON value.

use autoheal_contract::Json;

use crate::{SECRET, is_secret_key};

/// The smallest number with as many digits as a card number.
const MIN_CARD_NUMBER: u64 = 1_000_000_000_000;

/// Calls `scrub` on every string and key, and replaces the value of every key that names a secret.
///
/// `null`, `true` and `false` stay under such keys too, because they show whether a secret was set and do not reveal
/// it.
pub fn scrub_json(json: &mut Json, scrub: &mut dyn FnMut(&mut String)) {
    match json {
        Json::Text(value) => scrub(value),
        Json::Array(items) => items.iter_mut().for_each(|item| scrub_json(item, scrub)),
        Json::Object(members) => {
            for (key, value) in members {
                if is_secret_key(key) && !matches!(value, Json::Null | Json::Bool(_)) {
                    *value = Json::Text(SECRET.to_owned());
                } else {
                    scrub_json(value, scrub);
                }
                scrub(key);
            }
        }
        Json::Whole(number) => hide_card(*number, json, scrub),
        Json::Negative(number) => hide_card(number.unsigned_abs(), json, scrub),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the number is whole and not negative, and the cast saturates"
        )]
        Json::Float(number) if number.fract() == 0.0 => hide_card(number.abs() as u64, json, scrub),
        Json::Null | Json::Bool(_) | Json::Float(_) => {}
    }
}

/// Replaces a number that `scrub` would change in text: card numbers come as numbers too.
fn hide_card(number: u64, json: &mut Json, scrub: &mut dyn FnMut(&mut String)) {
    if number < MIN_CARD_NUMBER {
        return;
    }
    let digits = number.to_string();
    let mut clean = digits.clone();
    scrub(&mut clean);
    if clean != digits {
        *json = Json::Text(clean);
    }
}

//! Removes secrets from a JSON value.

use autoheal_contract::Json;

use crate::input::Input;
use crate::key::is_plain;
use crate::pair::{is_name_key, is_value_key};
use crate::personal::phone_end;
use crate::{SECRET, full, is_secret_key};

/// The smallest number with as many digits as a card number.
const MIN_CARD_NUMBER: u64 = 1_000_000_000_000;

/// True if a value is secret because of a value before it, too; not in the browser module, for its size.
const IS_FULL: bool = cfg!(feature = "full");

/// The values of one object or list that are secret because of their key or of a value before them.
///
/// The browser module writes JSON without a tree, so both walks ask here, value by value.
#[derive(Debug, Clone, Copy, Default)]
pub struct Neighbours {
    /// True after a name such as `"name":"password"` or an option such as `"--token"`.
    is_named: bool,
}

impl Neighbours {
    /// The placeholder for a value; none if the value has no secret's name. `key` is empty in a list. `first` is the
    /// first byte of the value's JSON, and `text` the content of a string or the digits of a number.
    ///
    /// `null`, `true` and `false` stay, because they show whether a secret was set and do not reveal it.
    pub fn placeholder(&mut self, key: Option<&str>, first: u8, text: &str) -> Option<&'static str> {
        let was_named = IS_FULL && self.is_named;
        let is_text = first == b'"';
        let Some(key) = key else {
            self.is_named = IS_FULL && is_text && is_option(text);
            return (was_named && is_text && !text.starts_with('-')).then_some(SECRET);
        };
        self.is_named |= IS_FULL && is_text && is_name_key(key.as_bytes()) && is_secret_key(text);
        if matches!(first, b'n' | b't' | b'f' | 0) {
            return None;
        }
        let input = Input { text, floor: 0 };
        if is_secret_key(key) && !is_plain(key.as_bytes(), text.as_bytes(), false) {
            return Some(SECRET);
        }
        if was_named && is_value_key(key.as_bytes()) {
            return Some(SECRET);
        }
        full(|| (is_text && phone_end(key.as_bytes(), &input, 0) == Some(text.len())).then_some("<phone>"))
    }
}

/// True for `--token` and the like, whose value is the next word.
fn is_option(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|name| is_secret_key(name) && !name.contains(['=', ' ', ':']))
}

/// Calls `scrub` on every string and key, and replaces the value of every key that names a secret.
pub fn scrub_json(json: &mut Json, scrub: &mut dyn FnMut(&mut String)) {
    match json {
        Json::Text(value) => scrub(value),
        Json::Array(items) => {
            let mut neighbours = Neighbours::default();
            for item in items {
                scrub_member(&mut neighbours, None, item, scrub);
            }
        }
        Json::Object(members) => {
            let mut neighbours = Neighbours::default();
            // the name may come after the value
            for (key, value) in members.iter().filter(|(key, _)| is_name_key(key.as_bytes())) {
                let (first, text) = first_and_text(value);
                neighbours.placeholder(Some(key), first, text);
            }
            let is_web_key = IS_FULL && members.iter().any(|(key, _)| key == "kty");
            for (key, value) in members {
                if is_web_key && matches!(key.as_str(), "k" | "d" | "p" | "q" | "dp" | "dq" | "qi") {
                    *value = Json::Text(SECRET.to_owned());
                }
                scrub_member(&mut neighbours, Some(key), value, scrub);
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

fn scrub_member(neighbours: &mut Neighbours, key: Option<&str>, value: &mut Json, scrub: &mut dyn FnMut(&mut String)) {
    let (first, text) = first_and_text(value);
    match neighbours.placeholder(key, first, text) {
        Some(placeholder) => *value = Json::Text(placeholder.to_owned()),
        None => scrub_json(value, scrub),
    }
}

/// The first byte of a value's JSON, and its text. Of a number, only the number of digits counts.
fn first_and_text(value: &Json) -> (u8, &str) {
    match value {
        Json::Null | Json::Bool(_) => (b'n', ""),
        Json::Text(text) => (b'"', text),
        Json::Whole(0..1000) => (b'0', "100"),
        Json::Whole(1000..1_000_000) => (b'0', "100000"),
        _ => (b'0', ""),
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

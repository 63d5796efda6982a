//! Text and values made fit to leave the page: secrets out first, then cut to size.

use autoheal_contract::Json;
use autoheal_contract::limits::CUT_MARK;
use autoheal_scrub::{is_secret_key, scrub};

/// What stands in place of a value whose key names a secret.
const SECRET: &str = "<secret>";

/// Text without secrets, at most `limit` characters and a mark.
///
/// Scrubbing comes before the cut, since half a secret would not be recognised. Only twice the limit is looked at, so
/// that a huge text costs no more than a long one.
pub(crate) fn scrubbed_text(text: &str, limit: usize) -> String {
    let (looked_at, _) = first_chars(text, limit.saturating_mul(2));
    let clean = scrub(looked_at);
    match first_chars(&clean, limit) {
        (kept, true) => format!("{kept}{CUT_MARK}"),
        (kept, false) => kept.to_owned(),
    }
}

/// A value without secrets, about `bytes` of JSON at most.
pub(crate) fn scrubbed_json(mut value: Json, bytes: usize) -> Json {
    clean(&mut value);
    value.shrink_to(bytes);
    value
}

fn clean(value: &mut Json) {
    match value {
        Json::Text(text) => clean_text(text),
        Json::Array(items) => items.iter_mut().for_each(clean),
        Json::Object(members) => {
            for (key, member) in members {
                if is_secret_key(key) {
                    *member = Json::Text(SECRET.to_owned());
                } else {
                    clean(member);
                }
                clean_text(key);
            }
        }
        _ => {}
    }
}

fn clean_text(text: &mut String) {
    if let std::borrow::Cow::Owned(clean) = scrub(text) {
        *text = clean;
    }
}

/// The first `limit` characters, and whether there were more.
fn first_chars(text: &str, limit: usize) -> (&str, bool) {
    match text.char_indices().nth(limit) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(scrubbed_text("äöü", 3), "äöü");
        assert_eq!(scrubbed_text("äöüß", 3), "äöü<cut>");
    }

    #[test]
    fn a_value_under_a_secret_key_goes_whatever_it_is() {
        let secret = Json::Object(vec![("deep".to_owned(), Json::Text("hunter2".to_owned()))]);
        let value = Json::Array(vec![Json::Object(vec![("password".to_owned(), secret)])]);
        let clean = format!("{:?}", scrubbed_json(value, 1000));
        assert!(clean.contains(SECRET) && !clean.contains("hunter2"), "{clean}");
    }

    #[test]
    fn a_huge_value_is_shrunk() {
        let value = Json::Array(vec![Json::Text("x".repeat(100)); 1000]);
        assert!(scrubbed_json(value, 2000).size() < 2100);
    }
}

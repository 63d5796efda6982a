//! Text and values made fit to leave the page: secrets out first, then cut to size.

use std::borrow::Cow;

use autoheal_contract::Json;
use autoheal_contract::limits::CUT_MARK;
use autoheal_scrub::{scrub, scrub_json};

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
    scrub_json(&mut value, &mut |text| {
        if let Cow::Owned(clean) = scrub(text) {
            *text = clean;
        }
    });
    value.shrink_to(bytes);
    value
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
    fn a_card_given_as_a_number_stays_in_the_page() {
        let value = Json::Object(vec![("no".to_owned(), Json::Whole(4_111_111_111_111_111))]);
        assert_eq!(scrubbed_json(value, 1000).get("no").and_then(Json::as_str), Some("<card>"));
    }

    #[test]
    fn a_huge_value_is_shrunk() {
        let value = Json::Array(vec![Json::Text("x".repeat(100)); 1000]);
        assert!(scrubbed_json(value, 2000).size() < 2100);
    }
}

//! `Pattern`: a text in which `*` stands for any characters.

use serde::Deserialize;

/// A text in which `*` stands for any characters, also for none. Everything else stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct Pattern(String);

impl Pattern {
    /// Returns true if the pattern names anything. Stars alone fit every text, and an empty pattern a text that is absent.
    pub(super) fn is_condition(&self) -> bool {
        self.0.contains(|character: char| character != '*')
    }

    /// Returns true if the whole text fits.
    pub(super) fn fits(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text, expected) in [
            ("cart", "cart", true),
            ("cart", "carts", false),
            ("cart*", "carts", true),
            ("*cart", "a/cart", true),
            ("*cart", "carts", false),
            ("*/vendor/*", "/srv/vendor/a.js", true),
            ("*/vendor/*", "vendor/a.js", false),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("é*", "éa", true),
        ] {
            assert_eq!(Pattern(pattern.to_owned()).fits(text), expected, "{pattern} {text}");
        }
    }
}

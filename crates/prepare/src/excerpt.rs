//! Beginning and end of a text that is too long: a stack has its cause at one of them.

/// At most this many characters of a text; what was cut out of its middle is marked.
#[must_use]
pub fn excerpt(text: &str, characters: usize) -> String {
    let count = text.chars().count();
    if count <= characters {
        return text.to_owned();
    }
    let half = characters.saturating_sub(10) / 2;
    let at = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
    format!("{}\n<cut>\n{}", &text[..at(half)], &text[at(count - half)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_kept() {
        assert_eq!(excerpt("short", 5), "short");
        let cut = excerpt(&"ä".repeat(100), 30);
        assert_eq!((cut.chars().count(), cut.contains("<cut>")), (27, true));
    }
}

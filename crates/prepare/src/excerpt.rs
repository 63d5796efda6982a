//! Shortens a text to its beginning and end, because a stack has its cause at one of them.

/// Returns at most this many characters of a text. The middle of a longer text is replaced by `<cut>`.
#[must_use]
pub fn excerpt(text: &str, characters: usize) -> String {
    let count = text.chars().count();
    if count <= characters {
        return text.to_owned();
    }
    let half = characters.saturating_sub(10) / 2;
    let offset = |character: usize| text.char_indices().nth(character).map_or(text.len(), |(offset, _)| offset);
    format!("{}\n<cut>\n{}", &text[..offset(half)], &text[offset(count - half)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_both_ends() {
        assert_eq!(excerpt("short", 5), "short");
        let cut = excerpt(&"ä".repeat(100), 30);
        assert_eq!((cut.chars().count(), cut.contains("<cut>")), (27, true));
    }
}

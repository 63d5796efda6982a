//! Patterns of lines: literal text with `…` for any text, `{n}` for a number, `{type}` for the error's type and, at the
//! end, `{message}` for the rest of the line.

/// Maximum number of places at which the text after `…` is tried. It bounds the time for hostile lines.
const MAX_PLACES: usize = 8;

/// A pattern, split into its parts.
#[derive(Debug)]
pub(in super::super) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(&'static str),
    Any,
    Number,
    Type,
    Message,
}

/// Parts of a line that match a pattern.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct Parts<'a> {
    pub(in super::super) error_type: Option<&'a str>,
    pub(in super::super) message: Option<&'a str>,
}

impl Pattern {
    pub(in super::super) fn new(pattern: &'static str) -> Self {
        const PLACEHOLDERS: [(&str, Token); 4] =
            [("…", Token::Any), ("{n}", Token::Number), ("{type}", Token::Type), ("{message}", Token::Message)];
        let mut tokens = Vec::new();
        let mut rest = pattern;
        while !rest.is_empty() {
            let next = PLACEHOLDERS.iter().filter_map(|(text, token)| Some((rest.find(text)?, text.len(), *token)));
            let (at, length, token) = next.min_by_key(|(at, ..)| *at).unwrap_or((rest.len(), 0, Token::Any));
            if at > 0 {
                tokens.push(Token::Literal(&rest[..at]));
            }
            if length > 0 {
                tokens.push(token);
            }
            rest = &rest[at + length..];
        }
        Self(tokens)
    }

    /// Matches a whole line.
    pub(in super::super) fn parts<'a>(&self, line: &'a str) -> Option<Parts<'a>> {
        match_from(&self.0, line, Parts::default())
    }
}

fn match_from<'a>(tokens: &[Token], line: &'a str, mut parts: Parts<'a>) -> Option<Parts<'a>> {
    let Some((first, rest)) = tokens.split_first() else { return line.is_empty().then_some(parts) };
    match first {
        Token::Literal(literal) => match_from(rest, line.strip_prefix(literal)?, parts),
        Token::Number => {
            let digits = line.bytes().take_while(u8::is_ascii_digit).count();
            match_from(rest, line.get(digits..).filter(|_| digits > 0)?, parts)
        }
        Token::Type => {
            let end = match rest.first() {
                Some(Token::Literal(literal)) => line.find(literal)?,
                _ => line.len(),
            };
            let name = line.get(..end).filter(|name| !name.is_empty() && name.len() <= 200 && !name.contains(' '))?;
            parts.error_type = Some(name);
            match_from(rest, &line[end..], parts)
        }
        Token::Message => {
            parts.message = Some(line.trim());
            (!line.trim().is_empty()).then_some(parts)
        }
        Token::Any => match rest {
            [] => Some(parts),
            [Token::Literal(literal)] => line.ends_with(literal).then_some(parts),
            [Token::Literal(literal), ..] => line
                .match_indices(literal)
                .take(MAX_PLACES)
                .find_map(|(at, _)| match_from(&rest[1..], &line[at + literal.len()..], parts)),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_a_whole_line() {
        for (pattern, line, expected) in [
            ("fatal: {message}", "fatal: no such file", Some((None, Some("no such file")))),
            ("fatal: {message}", "fatal: ", None),
            ("fatal: {message}", "a fatal: x", None),
            ("…:{n}:{n}: error: {message}", "a.c:3:12: error: q: x", Some((None, Some("q: x")))),
            ("…:{n}:{n}: error: {message}", "C:\\a b\\a.c:3:12: error: q", Some((None, Some("q")))),
            ("…:{n}:{n}: error: {message}", "a.c:3: error: q", None),
            ("error[{type}]: {message}", "error[E0308]: mismatched", Some((Some("E0308"), Some("mismatched")))),
            ("error[{type}]: {message}", "error[a b]: mismatched", None),
            ("thrown '{type}'", "thrown 'std::bad_alloc'", Some((Some("std::bad_alloc"), None))),
            ("…Error {n}", "make: *** [all] Error 12", Some((None, None))),
            ("…Error {n}", "make: *** [all] Error 12 (ignored)", None),
            ("…failed", "a failed", Some((None, None))),
            ("…failed", "a failed.", None),
            ("…", "", Some((None, None))),
        ] {
            let found = Pattern::new(pattern).parts(line).map(|parts| (parts.error_type, parts.message));
            assert_eq!(found, expected, "{pattern} {line}");
        }
    }
}

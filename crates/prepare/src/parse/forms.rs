//! Forms of lines: how languages and tools print an error on one line, one row each, and the lines that are never an
//! error. The rows are grouped by language or tool.

mod assertions;
mod build_tools;
mod commands;
mod compilers;
mod decorations;
mod languages;
mod runners;
mod shells;
mod wrappers;

use std::sync::LazyLock;

use super::failure::Rank;
use super::finder::Pattern;

/// One form of an error line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// Name of the tool or language, and of the rule.
    rule: &'static str,
    rank: Rank,
    pattern: &'static str,
    /// The error's type if the line does not contain it; empty if the form has none.
    error_type: &'static str,
    /// A line in this form.
    #[cfg(test)]
    example: &'static str,
}

/// Makes a row. The example is used by a test only.
const fn form(
    rank: Rank,
    rule: &'static str,
    pattern: &'static str,
    error_type: &'static str,
    example: &'static str,
) -> Form {
    #[cfg(not(test))]
    let _ = example;
    Form {
        rule,
        rank,
        pattern,
        error_type,
        #[cfg(test)]
        example,
    }
}

/// An error on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ErrorLine<'a> {
    pub(super) rank: Rank,
    pub(super) rule: &'static str,
    /// Empty if the line names none.
    pub(super) error_type: &'a str,
    pub(super) message: &'a str,
}

static FORMS: LazyLock<Vec<(Pattern, &'static Form)>> = LazyLock::new(|| {
    let tables: [&'static [Form]; 8] = [
        wrappers::FORMS,
        languages::FORMS,
        assertions::FORMS,
        compilers::FORMS,
        runners::FORMS,
        build_tools::FORMS,
        commands::FORMS,
        shells::FORMS,
    ];
    tables.into_iter().flatten().map(|form| (Pattern::new(form.pattern), form)).collect()
});

static DECORATIONS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| decorations::PATTERNS.iter().map(|(pattern, _)| Pattern::new(pattern)).collect());

/// Maximum length of a line that is compared with the forms, in bytes. Of a longer one, the beginning is compared.
const MAX_LINE_BYTES: usize = 2_000;

/// Finds the first form that a line has. The message is the whole line unless the form has a place for it.
pub(super) fn error_line(line: &str) -> Option<ErrorLine<'_>> {
    first_form(line, |_| true)
}

/// Finds the first form of a failed test that a line has.
pub(super) fn failed_test(line: &str) -> Option<ErrorLine<'_>> {
    first_form(line, |form| form.rank == Rank::Test)
}

fn first_form(line: &str, counts: fn(&Form) -> bool) -> Option<ErrorLine<'_>> {
    let whole = if line.is_empty() { "" } else { bare(line) };
    if whole.is_empty() {
        return None;
    }
    let line = cut(whole);
    let mut forms = FORMS.iter().filter(|(_, form)| counts(form));
    let (parts, form) = forms.find_map(|(pattern, form)| Some((pattern.parts(line)?, form)))?;
    if is_decoration(line) {
        return None;
    }
    let error_type = parts.error_type.unwrap_or(form.error_type);
    let message = match parts.message {
        // the rest of a line that was cut
        Some(message) if whole.len() > line.len() => &whole[line.len() - message.len()..],
        Some(message) => message,
        None => whole,
    };
    Some(ErrorLine { rank: form.rank, rule: form.rule, error_type, message })
}

/// Returns true for a line that is never the error: a border, a hint, a version, a counter, a status.
pub(super) fn is_decoration(line: &str) -> bool {
    let line = cut(bare(line));
    !line.contains(char::is_alphabetic) || DECORATIONS.iter().any(|pattern| pattern.parts(line).is_some())
}

/// Removes the blanks and the border of a box around a line.
pub(super) fn bare(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '│', '╷', '╵', '╭', '╰', '┃']).trim_end_matches([' ', '\t', '│', '┃'])
}

fn cut(line: &str) -> &str {
    let mut end = line.len().min(MAX_LINE_BYTES);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    &line[..end]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Each row's example must have this form, and no form above it.
    #[test]
    fn each_form_is_the_first_that_its_example_has() {
        let mut patterns = HashSet::new();
        let mut wrong = Vec::new();
        for (_, form) in FORMS.iter() {
            let first = FORMS.iter().find(|(pattern, _)| pattern.parts(form.example).is_some());
            let first = first.map(|(_, first)| first.pattern);
            if first != Some(form.pattern) || is_decoration(form.example) || !patterns.insert(form.pattern) {
                wrong.push((form.pattern, form.example, first));
            }
        }
        assert_eq!(wrong, [], "an example has another form first, or is a decoration, or a pattern is there twice");
    }

    #[test]
    fn each_decoration_has_its_pattern_and_no_form() {
        let is_wrong = |(pattern, example): &&(&'static str, &str)| {
            Pattern::new(pattern).parts(bare(example)).is_none() || error_line(example).is_some()
        };
        assert_eq!(decorations::PATTERNS.iter().filter(is_wrong).collect::<Vec<_>>(), [] as [&(&str, &str); 0]);
        for line in ["╵", "│", "⎯⎯⎯⎯[2/2]⎯", "      ^~~~", "3 |", "---", "   0:", "1/2"] {
            assert!(is_decoration(line), "{line}");
        }
    }

    #[test]
    fn other_lines_have_no_form() {
        for line in [
            "",
            "at the end of the day",
            "panic: at the disco",
            "The error: it was there",
            "no error: fine",
            "error",
            "0 errors",
            "FAILED to be boring",
            "fatality: none",
            "compiling error.c:3:4",
        ] {
            assert_eq!(error_line(line), None, "{line}");
        }
    }

    #[test]
    fn a_line_in_a_box_and_a_long_line_keep_their_text() {
        let found = error_line("│ Error from server (NotFound): pods \"cart\" not found  │").unwrap();
        assert_eq!((found.error_type, found.message), ("NotFound", "pods \"cart\" not found"));
        let long = format!("fatal: {}", "é".repeat(3_000));
        assert_eq!(error_line(&long).unwrap().message, long);
        let typed = format!("Error from server (NotFound): {}", "é".repeat(3_000));
        assert_eq!(error_line(&typed).unwrap().message.len(), 6_000);
    }
}

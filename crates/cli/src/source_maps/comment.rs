//! The comments at the end of a bundle: `//# sourceMappingURL=…` and `//# debugId=…`.

/// Number of lines at the end in which comments are searched, besides empty ones.
const LINES: usize = 5;

/// The value of the last comment with this name among the last lines.
pub(super) fn value<'a>(code: &'a str, name: &str) -> Option<&'a str> {
    last_lines(code).find_map(|(_, line)| of_line(line, name))
}

/// The code with a comment, before the comment `sourceMappingURL` if there is one, because that one must be last.
pub(super) fn with_comment(code: &str, name: &str, value: &str) -> String {
    let at = last_lines(code).find(|(_, line)| of_line(line, "sourceMappingURL").is_some()).map(|(at, _)| at);
    let (before, after) = code.split_at(at.unwrap_or(code.len()));
    let line_end = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    format!("{before}{line_end}//# {name}={value}\n{after}")
}

/// The last lines with their byte offsets, the last one first.
fn last_lines(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut end = code.len();
    let lines = std::iter::from_fn(move || {
        let rest = code.get(..end)?;
        if rest.is_empty() {
            return None;
        }
        let rest = rest.strip_suffix('\n').unwrap_or(rest);
        let start = rest.rfind('\n').map_or(0, |at| at + 1);
        end = start;
        Some((start, rest.get(start..)?.trim_end_matches('\r')))
    });
    lines.filter(|(_, line)| !line.trim().is_empty()).take(LINES)
}

/// The value of a line that is such a comment. A comment behind code counts too, because minifiers write it there.
fn of_line<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let at = ["//# ", "//@ ", "/*# "].iter().filter_map(|begin| line.rfind(begin)).max()?;
    let value = line.get(at + 4..)?.strip_prefix(name)?.strip_prefix('=')?;
    let value = value.trim().trim_end_matches("*/").trim_end();
    (!value.is_empty() && !value.contains(char::is_whitespace)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_comment_counts() {
        for (code, expected) in [
            ("f()\n//# sourceMappingURL=a.js.map", Some("a.js.map")),
            ("f()\n//# sourceMappingURL=a.js.map\r\n\n", Some("a.js.map")),
            ("f();//# sourceMappingURL=a.js.map\n//# debugId=x\n", Some("a.js.map")),
            ("f()\n/*# sourceMappingURL=a.css.map */", Some("a.css.map")),
            ("//@ sourceMappingURL=old.map", Some("old.map")),
            ("//# sourceMappingURL=early.map\nf()\n//# sourceMappingURL=late.map\n", Some("late.map")),
            ("//# sourceMappingURL=far.map\n1\n2\n3\n4\n5\n", None),
            ("s = 'sourceMappingURL=x'", None),
            ("//# sourceMappingURL=a b.map", None),
            ("", None),
        ] {
            assert_eq!(value(code, "sourceMappingURL"), expected, "{code}");
        }
    }

    #[test]
    fn a_debug_id_stands_before_the_url_of_the_map() {
        for (code, expected) in [
            ("f()\n//# sourceMappingURL=a.map\n", "f()\n//# debugId=1\n//# sourceMappingURL=a.map\n"),
            ("f()", "f()\n//# debugId=1\n"),
            ("f()\n", "f()\n//# debugId=1\n"),
        ] {
            assert_eq!(with_comment(code, "debugId", "1"), expected);
            assert_eq!(value(expected, "debugId"), Some("1"));
        }
    }
}

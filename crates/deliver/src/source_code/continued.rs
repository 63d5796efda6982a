//! Secrets on the lines below their name: a list of tokens, a password in brackets, a block of YAML.

use autoheal_scrub::{Level, SECRET, scrub_with};

/// Maximum number of lines below the name.
const MAX_LINES: usize = 100;
/// Maximum number of assignments on one line that are looked at. Generated lines have hundreds.
const MAX_ASSIGNMENTS: usize = 20;
/// Made-up value by which the scrubber shows whether it takes a name for that of a secret.
const PROBE: &str = "\"q7Zp2xW9kLm4vT8s\"";
/// Quotes within which a text has several lines.
const LONG_QUOTES: [&str; 3] = ["\"\"\"", "'''", "`"];
/// Quotes around a text on one line.
const QUOTES: [char; 2] = ['"', '\''];
/// Collections that are made by a call.
const COLLECTIONS: [&str; 6] = ["dict", "set", "list", "tuple", "frozenset", "vec!"];

/// The beginning of an assignment whose value is on the lines below.
struct Beginning {
    /// The line up to the value, in the singular.
    name: String,
    indent: usize,
    /// Where the value begins in the line.
    value: usize,
    /// The quotes that end the value.
    quotes: Option<&'static str>,
}

/// Replaces the values of secrets that are on the lines below their name.
pub(super) fn without_continued(lines: &[&str], level: Level) -> Vec<String> {
    let mut clean: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    for (index, line) in lines.iter().enumerate() {
        let Some(beginning) = Beginning::of(line, level) else { continue };
        if let Some((name, value)) =
            clean[index].split_at_checked(beginning.value).filter(|(_, it)| it.contains(QUOTES))
        {
            clean[index] = format!("{name}{}", beginning.without_values(value, level));
        }
        let mut is_first = true;
        for at in index + 1..lines.len().min(index + 1 + MAX_LINES) {
            let text = lines[at];
            let is_deeper = indent(text) > beginning.indent || text.trim().is_empty();
            // of a text in quotes, each line; of other values, the first line and those that are indented
            let ends = beginning.quotes.map_or(!is_deeper && !is_first, |quotes| text.contains(quotes));
            if ends && beginning.quotes.is_none() {
                break;
            }
            clean[at] = beginning.without_values(&clean[at], level);
            is_first &= text.trim().is_empty() || is_comment(text);
            if ends {
                break;
            }
        }
    }
    clean
}

impl Beginning {
    fn of(line: &str, level: Level) -> Option<Self> {
        let code = [" #", " //"].iter().fold(line, |line, mark| match line.find(mark) {
            Some(at) if !line[..at].trim().is_empty() => &line[..at],
            _ => line,
        });
        let assigns =
            code.char_indices().filter(|(_, c)| matches!(c, '=' | ':')).map(|(at, _)| at + 1).take(MAX_ASSIGNMENTS);
        assigns.into_iter().find_map(|end| {
            let (name, rest) = code.split_at(end);
            // `:` also begins a type or a block of Python
            let is_key = name
                .trim_start_matches([' ', '-'])
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ':'));
            let is_comparison = ["==", "!=", "<=", ">="].iter().any(|it| name.ends_with(it)) || rest.starts_with('=');
            if is_comparison || name.ends_with(':') && !is_key {
                return None;
            }
            let is_arrow = rest.starts_with('>') && name.ends_with(['"', '\'']);
            let rest = if is_arrow { &rest[1..] } else { rest };
            let (continues, quotes) = continues(rest.trim());
            if !continues {
                return None;
            }
            let it = Self { name: singular(name), indent: indent(line), value: end, quotes };
            it.is_secret(PROBE, level).then_some(it)
        })
    }

    /// True if the scrubber removes the value under the name.
    fn is_secret(&self, value: &str, level: Level) -> bool {
        let assignment = format!("{} {value}", self.name);
        scrub_with(&assignment, level) != assignment
    }

    /// A line of the value without the texts that are secrets under the name.
    fn without_values(&self, line: &str, level: Level) -> String {
        let text = line.trim();
        if self.quotes.is_some() || !text.contains(QUOTES) {
            let is_value = text.chars().any(char::is_alphanumeric) && !is_comment(text);
            let value = text.trim_start_matches("- ").trim_end_matches(',');
            let hides = is_value && (self.is_secret(value, level) || self.quotes.is_some());
            return if hides { format!("{}{SECRET}", &line[..indent(line)]) } else { line.to_owned() };
        }
        let (mut clean, mut rest) = (String::new(), line);
        while let Some(start) = rest.find(QUOTES) {
            let mark = if rest[start..].starts_with('"') { '"' } else { '\'' };
            let body = start + 1;
            let end = rest[body..].find(mark).map_or(rest.len(), |end| body + end);
            clean.push_str(&rest[..body]);
            let value = &rest[body..end];
            clean.push_str(if self.is_secret(&format!("\"{value}\""), level) { SECRET } else { value });
            let after = (end + 1).min(rest.len());
            clean.push_str(&rest[end..after]);
            rest = &rest[after..];
        }
        clean + rest
    }
}

/// True if a value that begins so goes on below, and the quotes that end it.
fn continues(rest: &str) -> (bool, Option<&'static str>) {
    let plain = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    for quotes in LONG_QUOTES {
        if let Some(text) = plain.strip_prefix(quotes) {
            return (!text.contains(quotes), Some(quotes));
        }
    }
    let is_block = rest.starts_with(['|', '>']) && rest[1..].chars().all(|c| matches!(c, '-' | '+' | '0'..='9'));
    if rest.is_empty() || rest == "\\" || is_block {
        return (true, None);
    }
    let bracket = rest.find(['(', '[', '{']).unwrap_or(rest.len());
    let (call, brackets) = rest.split_at(bracket);
    let call = call.trim().trim_start_matches('&').trim_start_matches("new ");
    let is_collection =
        call.is_empty() || COLLECTIONS.contains(&call) || brackets.starts_with("([") || brackets.starts_with("({");
    let depth = brackets.chars().fold(0_i32, |depth, c| match c {
        '(' | '[' | '{' => depth + 1,
        ')' | ']' | '}' => depth - 1,
        _ => depth,
    });
    (is_collection && depth > 0, None)
}

/// The text with each word in the singular, because `tokens` may be a number, but its values on the lines below are not.
fn singular(text: &str) -> String {
    let mut singular = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let ends = chars.peek().is_none_or(|next| !next.is_alphanumeric() && *next != '_');
        if !(matches!(c, 's' | 'S') && ends) {
            singular.push(c);
        }
    }
    singular
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with(['#', '/'])
}

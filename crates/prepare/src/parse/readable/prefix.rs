//! Prefixes that a logger, docker compose or journald writes before each line of a stack.

/// Words that begin a stack. If they are not at the beginning of a line, the text before them may be a prefix.
const HEADS: [&str; 7] = [
    "Traceback (most recent call last):",
    "Exception in thread \"",
    "thread 'main' ",
    "thread '",
    "panic: ",
    "fatal error: ",
    "goroutine 1 [",
];
/// Maximum length of a prefix, in bytes.
const MAX_PREFIX: usize = 120;

/// Removes the prefix of each line of a stack if all lines of the stack have it. Returns none if there is no such stack.
pub(super) fn remove(text: &str) -> Option<String> {
    if !HEADS.iter().any(|head| text.contains(head)) {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    let mut changed = false;
    // the prefix of the stack that the lines belong to
    let mut prefix: Option<&str> = None;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        if let Some(same) = prefix.filter(|prefix| has_prefix(line, prefix)) {
            plain.push_str(&line[same.len()..]);
            continue;
        }
        prefix = prefix_of(line).filter(|prefix| lines.peek().is_some_and(|next| has_prefix(next, prefix)));
        changed |= prefix.is_some();
        plain.push_str(&line[prefix.map_or(0, str::len)..]);
    }
    changed.then_some(plain)
}

/// Returns the text before the head of a stack.
fn prefix_of(line: &str) -> Option<&str> {
    let at = HEADS.iter().filter_map(|head| line.find(head)).min().filter(|at| (1..=MAX_PREFIX).contains(at))?;
    let prefix = &line[..at];
    // the border of a group of exceptions has a meaning
    let is_indent = prefix.len() > 1 && prefix.trim().is_empty();
    (is_indent || prefix.contains(char::is_alphanumeric) && !prefix.ends_with("Group ")).then_some(prefix)
}

/// Returns true if the line begins with the prefix; digits may differ, because the time goes on.
fn has_prefix(line: &str, prefix: &str) -> bool {
    let is_same = |(a, b): (u8, u8)| a == b || a.is_ascii_digit() && b.is_ascii_digit();
    // a blank line may have lost the blank at the end of its prefix
    line.len() >= prefix.len() && line.is_char_boundary(prefix.len()) && line.bytes().zip(prefix.bytes()).all(is_same)
}

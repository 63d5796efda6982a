//! Errors that a program prints with a list of causes: anyhow, eyre, color-eyre and miette of Rust, and the boxes of
//! terraform.

use super::failure::Rank;
use super::forms::{bare, error_line, is_decoration};
use super::{Failure, rust_panic};

/// Maximum number of lines of one report, without its backtrace.
const MAX_LINES: usize = 40;
/// Maximum number of causes in the message.
const MAX_CAUSES: usize = 10;

/// Finds all lines `Error: …`, with their causes and backtraces.
pub(super) fn find_all(output: &str, lines: &[(usize, &str)]) -> Vec<Failure> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        match report(output, lines, at) {
            Some((failure, next)) => {
                found.push(failure);
                at = next;
            }
            None => at += 1,
        }
    }
    found
}

/// Reads the report that begins at line `first`; returns it and the line after it.
fn report(output: &str, lines: &[(usize, &str)], first: usize) -> Option<(Failure, usize)> {
    let (start, line) = lines[first];
    let in_box = line.trim_start().starts_with('│');
    if line.trim_start().starts_with("╭─ Error ─") {
        return titled_box(lines, first);
    }
    let line = bare(line);
    if line == "The application panicked (crashed)." {
        return color_eyre_panic(lines, first);
    }
    let message = line.strip_prefix("Error:").filter(|rest| rest.is_empty() || rest.starts_with(' '))?.trim();
    let message = miette_cause(message).unwrap_or(message);
    // Java's words about a class that it cannot start
    if error_line(line).is_some_and(|found| found.rank == Rank::Ended) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    parts.extend((!message.is_empty()).then_some(message));
    let mut next = first + 1;
    let mut in_causes = message.is_empty();
    let mut location = None;
    let mut details: Vec<&str> = Vec::new();
    while let Some((_, line)) = lines.get(next).filter(|_| next - first < MAX_LINES) {
        let words = line.trim();
        if words == "Caused by:" {
            in_causes = true;
        } else if words == "Location:" {
            location = lines.get(next + 1).map(|(_, line)| line.trim());
            next += 1;
        } else if in_box {
            if !line.trim_start().starts_with('│') {
                break;
            }
            details.extend(Some(bare(line)));
        } else if let Some(cause) = miette_cause(words) {
            parts.push(cause);
        } else if in_causes && (line.starts_with(' ') && !words.is_empty()) {
            let words = numbered(words);
            match parts.last() {
                // anyhow indents the further lines of a cause
                Some(_) if parts.len() > MAX_CAUSES || is_decoration(words) => {}
                _ => parts.push(words),
            }
        } else if !words.is_empty() {
            break;
        }
        next += 1;
    }
    let message = parts.join(": ");
    let details = details.join("\n");
    let whole = [message.as_str(), details.trim()].into_iter().filter(|text| !text.is_empty());
    let whole = whole.collect::<Vec<_>>().join("\n");
    if whole.is_empty() {
        return None;
    }
    // the backtrace, which anyhow prints last
    let has_backtrace = lines.get(next).is_some_and(|(_, line)| rust_panic::is_backtrace_head(line));
    let mut end = next;
    if has_backtrace {
        end += 1 + lines[next + 1..].iter().take_while(|(_, line)| rust_panic::is_backtrace_line(line)).count();
    }
    let last = (first..end).rfind(|at| !lines[*at].1.trim().is_empty()).unwrap_or(first);
    let range = start..lines[last].0 + lines[last].1.len();
    let rule = if in_box { "error in a box" } else { "error with causes" };
    let mut failure = Failure::new("Error", &whole, range).ranked(Rank::Error, rule);
    if has_backtrace {
        failure = failure.ranked(Rank::Ended, "error with a backtrace").with_stack(output);
    } else if let Some(location) = location {
        failure.stack = Some(format!("Error: {message}\n\nLocation:\n    {location}"));
    }
    Some((failure, end.max(first + 1)))
}

/// Reads a box with the title `Error`, as typer draws it.
fn titled_box(lines: &[(usize, &str)], first: usize) -> Option<(Failure, usize)> {
    let rows = lines[first + 1..].iter().take(MAX_LINES).take_while(|(_, line)| line.trim_start().starts_with('│'));
    let rows: Vec<&str> = rows.map(|(_, line)| bare(line)).collect();
    let last = first + rows.len();
    let range = lines[first].0..lines[last].0 + lines[last].1.len();
    let failure = Failure::new("", &rows.join(" "), range).ranked(Rank::Error, "error in a box");
    (!failure.error_message.is_empty()).then_some((failure, last + 1))
}

/// Reads the panic as color-eyre prints it: `Message:  index out of bounds`, `Location: src/main.rs:3`, and a backtrace.
/// The stack becomes one as the standard library prints it.
fn color_eyre_panic(lines: &[(usize, &str)], first: usize) -> Option<(Failure, usize)> {
    let field = |name: &str| {
        let below = lines[first + 1..].iter().take(6);
        below.enumerate().find_map(|(at, (_, line))| Some((first + 1 + at, line.strip_prefix(name)?.trim())))
    };
    let (_, message) = field("Message:")?;
    let (mut last, location) = field("Location:")?;
    let mut stack = format!("thread 'main' panicked at {location}:\n{message}\n");
    let backtrace = lines[last..].iter().take(MAX_LINES).position(|(_, line)| line.contains(" BACKTRACE "));
    if let Some(backtrace) = backtrace {
        last += backtrace;
        let is_part = |line: &str| line.trim().is_empty() || line.starts_with(' ');
        let part: Vec<&str> =
            lines[last + 1..].iter().map(|(_, line)| *line).take_while(|line| is_part(line)).collect();
        last += part.len();
        let frames: Vec<&str> = part.into_iter().filter(|line| rust_panic::is_backtrace_line(line)).collect();
        stack.push_str(&format!("stack backtrace:\n{}", frames.join("\n")));
    }
    let range = lines[first].0..lines[last].0 + lines[last].1.len();
    let mut failure = Failure::new("panic", message, range).ranked(Rank::Ended, "rust panic of color-eyre");
    failure.stack = Some(stack);
    Some((failure, last + 1))
}

/// Removes the number of a cause: `0: cannot read it`.
fn numbered(words: &str) -> &str {
    let rest = words.split_once(": ").filter(|(number, _)| number.parse::<u16>().is_ok());
    rest.map_or(words, |(_, rest)| rest.trim())
}

/// Returns the text of `× oops` and of the causes below it, `├─▶ cause`, `╰─▶ cause`.
fn miette_cause(words: &str) -> Option<&str> {
    words.strip_prefix("× ").or_else(|| words.split_once("─▶ ").map(|(_, cause)| cause)).map(str::trim)
}

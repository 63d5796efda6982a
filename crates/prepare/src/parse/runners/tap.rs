//! Failed tests in the Test Anything Protocol, as `node --test` prints them.

use super::Failure;

/// Completes a failed test by the block of YAML below it.
pub(super) fn complete(test: Failure, name: &str, section: &[(usize, &str)]) -> Failure {
    let error_type = field(section, "name:").unwrap_or_default();
    let message = field(section, "error:").unwrap_or_default();
    let first = message.lines().next().unwrap_or_default().trim().to_owned();
    let frames = field(section, "stack:").unwrap_or_default();
    let frames: Vec<String> = frames.lines().map(|line| format!("    at {}", line.trim())).collect();
    let stack = (!frames.is_empty()).then(|| format!("{error_type}: {message}\n{}", frames.join("\n")));
    let error_message = if first.is_empty() { name.to_owned() } else { format!("{name}: {first}") };
    let end = section.last().map_or(test.range.end, |(start, line)| start + line.len());
    let range = test.range.start..if stack.is_some() { end } else { test.range.end };
    Failure { error_type, error_message, stack, range, ..test }
}

/// Returns the value of a member: on the same line, or the lines below `|-`.
fn field(section: &[(usize, &str)], name: &str) -> Option<String> {
    let (at, value) =
        section.iter().enumerate().find_map(|(at, (_, line))| Some((at, line.trim().strip_prefix(name)?)))?;
    let value = value.trim();
    if value != "|-" && value != "|" {
        return Some(value.trim_matches(['\'', '"']).to_owned());
    }
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(section[at].1);
    let block = section[at + 1..].iter().map(|(_, line)| *line);
    let block = block.take_while(|line| line.trim().is_empty() || depth(line) > own).map(str::trim);
    Some(block.collect::<Vec<_>>().join("\n").trim().to_owned())
}

//! Failed tests: the first one that a test runner names, with its error, message and stack.

mod mocha;
mod pytest;
mod tap;

use super::failure::Rank;
use super::forms::{bare, is_decoration};
use super::{Failure, javascript, type_and_message};

/// Maximum number of lines below the name of a test that are searched for its error.
const MAX_LINES: usize = 80;
/// Maximum number of lines from the name of a test to the first line of its error.
const MAX_BLANK_LINES: usize = 8;

/// Finds the first failed test of runners that print its name on more than one line.
pub(super) fn find(lines: &[(usize, &str)]) -> Option<Failure> {
    mocha::find(lines)
}

/// Completes a failed test by its error. `stacks` are the failures with a stack in the same output, in order; `next` is
/// the byte offset at which the next test is named.
pub(super) fn complete(
    test: Failure,
    next: usize,
    stacks: &[Failure],
    output: &str,
    lines: &[(usize, &str)],
) -> Failure {
    let at = lines.partition_point(|(start, _)| *start <= test.range.start);
    let section = lines[at..].iter().take(MAX_LINES).take_while(|(start, _)| *start < next).count();
    let section = &lines[at..at + section];
    let end = section.last().map_or(test.range.end, |(start, line)| start + line.len());
    let name = without_duration(test.error_message.lines().next().unwrap_or_default());
    if test.rule == "pytest" {
        return pytest::complete(test, lines, output);
    }
    if test.rule == "tap" {
        return tap::complete(test, &name, section);
    }
    if let Some(stack) = stacks.iter().find(|stack| stack.range.start > test.range.start && stack.range.start < end) {
        let mut failure = stack.clone();
        failure.error_message = format!("{name}: {}", failure.error_message);
        failure.range.start = test.range.start;
        return failure.ranked(Rank::Test, test.rule);
    }
    let Some(detail) = section.iter().take(MAX_BLANK_LINES).map(|(_, line)| bare(line)).find(|line| is_detail(line))
    else {
        return Failure { error_message: name, ..test };
    };
    let typed = type_and_message(detail).filter(|(name, _)| name.contains("Error") || name.contains("Exception"));
    let (error_type, message) = typed.unwrap_or(("", detail));
    let frames: Vec<String> = section.iter().filter_map(|(_, line)| frame(line)).collect();
    let stack = (!frames.is_empty()).then(|| format!("{detail}\n{}", frames.join("\n")));
    Failure { error_type: error_type.to_owned(), error_message: format!("{name}: {message}"), stack, ..test }
}

fn is_detail(line: &str) -> bool {
    !line.is_empty() && !is_decoration(line)
}

/// Removes what a runner writes around a test's name, such as its time: `--- FAIL: TestA (0.00s)`.
fn without_duration(line: &str) -> String {
    let line = line.trim();
    // cargo test: `---- cart::tests::adds_up stdout ----`
    let line = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----")).unwrap_or(line);
    let duration = line.strip_suffix("s)").and_then(|rest| rest.rsplit_once(" ("));
    let is_time =
        |text: &str| text.trim_end_matches([' ', 'm']).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    duration.filter(|(_, time)| is_time(time)).map_or(line, |(name, _)| name.trim()).to_owned()
}

/// Reads a frame of vitest, `❯ total cart.js:1:45`, or of jest, `at total (cart.js:1:45)`, as V8 prints it.
fn frame(line: &str) -> Option<String> {
    let line = line.trim();
    if line.starts_with("at ") && javascript::is_v8_frame(line) {
        return Some(format!("    {line}"));
    }
    let call = line.strip_prefix("❯ ")?;
    let call = match call.rsplit_once(' ') {
        Some((function, place)) => format!("at {function} ({place})"),
        None => format!("at {call}"),
    };
    javascript::is_v8_frame(&call).then(|| format!("    {call}"))
}

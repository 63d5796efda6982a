//! Node's output about an uncaught error: the location, the error with its stack and causes, and fatal errors.

use std::ops::Range;

use super::{
    BorrowedFrame, Failure, Frame, after_message, in_app, javascript, lines_with_offsets, parse_stack, type_and_message,
};

/// Maximum number of lines from an error's head to its stack, because messages are short.
const MAX_MESSAGE_LINES: usize = 20;
/// Maximum number of lines from the location, which a source line and a caret follow, to the head.
const MAX_LOCATION_LINES: usize = 6;

/// Returns the frames of the error itself. If none of them is in the application, as for a syntax error, the location
/// above the error becomes the first frame.
pub(super) fn frames(stack: &str, message: &str) -> Vec<Frame> {
    let location = stack.lines().next().and_then(location);
    // the error's head comes after the caret
    let caret =
        location.and_then(|_| lines_with_offsets(stack).take(MAX_LOCATION_LINES).find(|(_, line)| is_caret(line)));
    let error = caret.map_or(stack, |(at, line)| stack[at + line.len()..].trim_start());
    let mut frames = parse_stack(without_properties(after_message(error, message)));
    if let Some(location) = location
        && !frames.iter().any(|frame| frame.in_app)
    {
        frames.insert(0, location.into_frame(in_app::is_in_app(location.file)));
    }
    frames
}

/// Cuts the error's properties, which include its cause, off the stack.
fn without_properties(stack: &str) -> &str {
    let properties = lines_with_offsets(stack).find(|(_, line)| is_frame(line) && line.ends_with(" {"));
    properties.map_or(stack, |(at, line)| &stack[..at + line.len() - 2])
}

/// Finds the last error.
pub(super) fn find(output: &str) -> Option<Failure> {
    let lines: Vec<(usize, &str)> = lines_with_offsets(output).collect();
    let candidates = [with_stack(output, &lines), without_stack(&lines), fatal(&lines)];
    candidates.into_iter().flatten().max_by_key(|failure| failure.range.end)
}

fn with_stack(output: &str, lines: &[(usize, &str)]) -> Option<Failure> {
    let begins_stack = |at: usize| {
        is_outer_frame(lines[at].1) && (at == 0 || !(is_frame(lines[at - 1].1) || is_omission(lines[at - 1].1)))
    };
    // the frames of errors among the properties are indented deeper
    let (first, head) =
        (0..lines.len()).rev().filter(|at| begins_stack(*at)).find_map(|at| Some((at, head_above(lines, at)?)))?;
    let (name, message) = head_of(lines[head].1)?;
    let message = [message].into_iter().chain(lines[head + 1..first].iter().map(|(_, line)| *line));
    let message = message.collect::<Vec<_>>().join("\n");
    let mut last = first;
    while lines.get(last + 1).is_some_and(|(_, line)| is_frame(line) || is_omission(line)) {
        last += 1;
    }
    let properties = if lines[last].1.ends_with(" {") { properties(lines, last) } else { last..last };
    let end = lines[properties.end].0 + lines[properties.end].1.len();
    let mut failure = Failure::new(name, &message, lines[location_above(lines, head)].0..end);
    failure.causes = causes(&lines[properties]).into_iter().map(|cause| cause.into_cause(output)).collect();
    Some(failure)
}

/// Finds an error without a stack, such as `[AggregateError: All promises were rejected] {`, or a thrown value that is
/// not an error.
fn without_stack(lines: &[(usize, &str)]) -> Option<Failure> {
    let caret = (0..lines.len()).rfind(|at| is_caret(lines[*at].1))?;
    let thrown = (caret + 1..lines.len().min(caret + 3)).find(|at| !lines[*at].1.trim().is_empty())?;
    let (start, line) = (lines[location_above(lines, thrown)].0, lines[thrown].1);
    let stackless = line.strip_prefix('[').and_then(|rest| rest.trim_end_matches(" {").strip_suffix(']'));
    if let Some((name, message)) = stackless.and_then(head_of) {
        let end = if line.ends_with(" {") { properties(lines, thrown).end } else { thrown };
        return Some(Failure::new(name, message, start..lines[end].0 + lines[end].1.len()));
    }
    let is_uncaught = lines.get(thrown + 1).is_some_and(|(_, next)| next.starts_with("(Use `node --trace-uncaught"));
    is_uncaught.then(|| Failure::new("Uncaught", line, start..lines[thrown].0 + line.len()))
}

/// Finds a line such as `FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory`.
fn fatal(lines: &[(usize, &str)]) -> Option<Failure> {
    let (at, line) = lines.iter().rfind(|(_, line)| line.starts_with("FATAL ERROR: "))?;
    // the lines below it are the engine's native stack
    let end = lines.last().map_or(at + line.len(), |(at, line)| at + line.len());
    Some(Failure::new("FATAL ERROR", &line["FATAL ERROR: ".len()..], *at..end))
}

/// Finds the line of the error's head above the frame at line `first`.
fn head_above(lines: &[(usize, &str)], first: usize) -> Option<usize> {
    let lowest = first.saturating_sub(MAX_MESSAGE_LINES);
    let above = || (lowest..first).rev();
    let errors = above()
        .find(|at| head_of(lines[*at].1).is_some_and(|(name, _)| name.contains("Error") || name.contains("Exception")));
    // classes with other names are recognised only directly above the stack
    errors.or_else(|| {
        above().next().filter(|at| head_of(lines[*at].1).is_some_and(|(name, _)| name.starts_with(char::is_uppercase)))
    })
}

/// Splits a head such as `TypeError [ERR_INVALID_ARG_TYPE]: …` or `Uncaught Error: …` into class and message.
fn head_of(line: &str) -> Option<(&str, &str)> {
    let head = line.strip_prefix("Uncaught ").unwrap_or(line);
    if let Some((name, message)) = head.split_once("]: ")
        && let Some((name, code)) = name.split_once(" [")
        // a code, or the base class: `Closed [Error]` for `class Closed extends Error`
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return type_and_message(name).map(|(name, _)| (name, message));
    }
    type_and_message(head)
}

/// Returns the line of the location above the head, or the line of the head if there is none.
fn location_above(lines: &[(usize, &str)], head: usize) -> usize {
    let lowest = head.saturating_sub(MAX_LOCATION_LINES);
    (lowest..head).rev().find(|at| location(lines[*at].1).is_some()).unwrap_or(head)
}

/// Parses a location such as `/srv/app.js:3`.
fn location(line: &str) -> Option<BorrowedFrame<'_>> {
    let (file, number) = line.rsplit_once(':')?;
    let is_file = file.starts_with(['/', '\\'])
        || file.starts_with("file://")
        || file.starts_with("node:")
        || file.get(1..3) == Some(":\\");
    let line = number.parse().ok()?;
    is_file.then_some(BorrowedFrame { function: None, file: Some(file), line: Some(line), column: None })
}

fn is_caret(line: &str) -> bool {
    let trimmed = line.trim();
    !trimmed.is_empty() && trimmed.bytes().all(|byte| byte == b'^')
}

fn is_frame(line: &str) -> bool {
    let call = line.trim().trim_end_matches([',', '{']).trim_end();
    line.starts_with(' ') && call.starts_with("at ") && javascript::is_v8_frame(call)
}

fn is_outer_frame(line: &str) -> bool {
    is_frame(line) && line.starts_with("    at ")
}

fn is_omission(line: &str) -> bool {
    line.trim_start().starts_with("... ") && line.contains(" lines matching ")
}

/// Returns the lines from the brace that opens at the end of line `open` to the closing one.
fn properties(lines: &[(usize, &str)], open: usize) -> Range<usize> {
    let close = (open + 1..lines.len()).find(|at| lines[*at].1 == "}");
    open..close.unwrap_or(open)
}

/// Finds the errors among the properties, `[cause]` and the members of `[errors]`, each with its stack.
fn causes(properties: &[(usize, &str)]) -> Vec<Failure> {
    let mut causes: Vec<Failure> = Vec::new();
    let mut open = false;
    for (at, line) in properties.iter().skip(1) {
        let trimmed = line.trim();
        let head = trimmed.strip_prefix("[cause]: ").unwrap_or(trimmed).trim_start_matches('[');
        let end = at + line.len();
        match causes.last_mut().filter(|_| open) {
            Some(cause) if is_frame(line) || is_omission(line) => cause.range.end = end,
            _ => {
                let found = head_of(head.trim_end_matches(" {")).filter(|(name, _)| name.contains("Error"));
                open = found.is_some();
                let start = at + line.len() - line.trim_start().len();
                causes.extend(found.map(|(name, message)| Failure::new(name, message, start..end)));
            }
        }
    }
    causes
}

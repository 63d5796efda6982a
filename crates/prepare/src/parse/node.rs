//! What Node prints when it gives up: the place, the error with its stack, its cause, and its own fatal errors.

use std::ops::Range;

use super::{Borrowed, Failure, Frame, after_message, in_app, javascript, lines, parse_stack, type_and_message};

/// How far above its stack an error's head may stand: a message has few lines.
const MESSAGE_LINES: usize = 20;
/// How far above the head the place and the source line may stand.
const PLACE_LINES: usize = 6;

/// The frames of the error itself; the place above it where a syntax error has no frame of the program.
pub(super) fn frames(stack: &str, message: &str) -> Vec<Frame> {
    let place = stack.lines().next().and_then(place);
    // the head is told from the message by the caret between the place and the error
    let caret = place.and_then(|_| lines(stack).take(PLACE_LINES).find(|(_, line)| is_caret(line)));
    let error = caret.map_or(stack, |(at, line)| stack[at + line.len()..].trim_start());
    let mut frames = parse_stack(own(after_message(error, message)));
    if let Some(place) = place
        && !frames.iter().any(|frame| frame.in_app)
    {
        frames.insert(0, place.into_frame(in_app::is_in_app(place.file)));
    }
    frames
}

/// Up to where the error's properties begin, its cause among them.
fn own(stack: &str) -> &str {
    let properties = lines(stack).find(|(_, line)| is_frame(line) && line.ends_with(" {"));
    properties.map_or(stack, |(at, line)| &stack[..at + line.len() - 2])
}

/// The last error told.
pub(super) fn find(output: &str) -> Option<Failure> {
    let all: Vec<(usize, &str)> = lines(output).collect();
    let candidates = [with_stack(output, &all), without_stack(&all), fatal(&all)];
    candidates.into_iter().flatten().max_by_key(|failure| failure.range.end)
}

fn with_stack(output: &str, all: &[(usize, &str)]) -> Option<Failure> {
    let begins =
        |at: usize| is_outer_frame(all[at].1) && (at == 0 || !(is_frame(all[at - 1].1) || is_omission(all[at - 1].1)));
    // the frames of what is nested in an error's properties are indented deeper
    let (first, head) =
        (0..all.len()).rev().filter(|at| begins(*at)).find_map(|at| Some((at, head_above(all, at)?)))?;
    let (name, message) = head_of(all[head].1)?;
    let message = [message].into_iter().chain(all[head + 1..first].iter().map(|(_, line)| *line));
    let message = message.collect::<Vec<_>>().join("\n");
    let mut last = first;
    while all.get(last + 1).is_some_and(|(_, line)| is_frame(line) || is_omission(line)) {
        last += 1;
    }
    let properties = if all[last].1.ends_with(" {") { properties(all, last) } else { last..last };
    let end = all[properties.end].0 + all[properties.end].1.len();
    let mut failure = Failure::new(name, &message, all[place_above(all, head)].0..end);
    failure.causes = causes(&all[properties]).into_iter().map(|cause| cause.into_cause(output)).collect();
    Some(failure)
}

/// `[AggregateError: All promises were rejected] {`, and thrown values that are no errors.
fn without_stack(all: &[(usize, &str)]) -> Option<Failure> {
    let caret = (0..all.len()).rfind(|at| is_caret(all[*at].1))?;
    let thrown = (caret + 1..all.len().min(caret + 3)).find(|at| !all[*at].1.trim().is_empty())?;
    let (start, line) = (all[place_above(all, thrown)].0, all[thrown].1);
    let stackless = line.strip_prefix('[').and_then(|rest| rest.trim_end_matches(" {").strip_suffix(']'));
    if let Some((name, message)) = stackless.and_then(head_of) {
        let end = if line.ends_with(" {") { properties(all, thrown).end } else { thrown };
        return Some(Failure::new(name, message, start..all[end].0 + all[end].1.len()));
    }
    let says_so = all.get(thrown + 1).is_some_and(|(_, next)| next.starts_with("(Use `node --trace-uncaught"));
    says_so.then(|| Failure::new("Uncaught", line, start..all[thrown].0 + line.len()))
}

/// `FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory`
fn fatal(all: &[(usize, &str)]) -> Option<Failure> {
    let (at, line) = all.iter().rfind(|(_, line)| line.starts_with("FATAL ERROR: "))?;
    // the native stack below it is the engine's
    let end = all.last().map_or(at + line.len(), |(at, line)| at + line.len());
    Some(Failure::new("FATAL ERROR", &line["FATAL ERROR: ".len()..], *at..end))
}

/// The line of the head, above the frame at `first`.
fn head_above(all: &[(usize, &str)], first: usize) -> Option<usize> {
    let lowest = first.saturating_sub(MESSAGE_LINES);
    let above = || (lowest..first).rev();
    let errors = above()
        .find(|at| head_of(all[*at].1).is_some_and(|(name, _)| name.contains("Error") || name.contains("Exception")));
    // classes of other names have their head right above the stack
    errors.or_else(|| {
        above().next().filter(|at| head_of(all[*at].1).is_some_and(|(name, _)| name.starts_with(char::is_uppercase)))
    })
}

/// `TypeError [ERR_INVALID_ARG_TYPE]: …`, `Uncaught Error: …`
fn head_of(line: &str) -> Option<(&str, &str)> {
    let head = line.strip_prefix("Uncaught ").unwrap_or(line);
    if let Some((name, message)) = head.split_once("]: ")
        && let Some((name, code)) = name.split_once(" [")
        // a code, or the class that `class Closed extends Error` comes from
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return type_and_message(name).map(|(name, _)| (name, message));
    }
    type_and_message(head)
}

/// Where `file:line`, the source line and the caret begin, if they stand above the head.
fn place_above(all: &[(usize, &str)], head: usize) -> usize {
    let lowest = head.saturating_sub(PLACE_LINES);
    (lowest..head).rev().find(|at| place(all[*at].1).is_some()).unwrap_or(head)
}

fn place(line: &str) -> Option<Borrowed<'_>> {
    let (file, number) = line.rsplit_once(':')?;
    let is_file = file.starts_with(['/', '\\'])
        || file.starts_with("file://")
        || file.starts_with("node:")
        || file.get(1..3) == Some(":\\");
    let line = number.parse().ok()?;
    is_file.then_some(Borrowed { function: None, file: Some(file), line: Some(line), column: None })
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

/// The lines from the brace that opens here to the one that closes it.
fn properties(all: &[(usize, &str)], open: usize) -> Range<usize> {
    let close = (open + 1..all.len()).find(|at| all[*at].1 == "}");
    open..close.unwrap_or(open)
}

/// Errors among the properties, `[cause]` and the members of `[errors]`, each with its stack.
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

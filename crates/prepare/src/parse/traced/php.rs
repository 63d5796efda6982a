//! Uncaught exceptions of PHP.

use super::super::in_app;
use super::{BorrowedFrame, Failure, Head, Language, Rank};

pub(super) const LANGUAGE: Language =
    Language { rule: "php exception", head, frame, filler, causes_follow: false, finish, frames };

const HEADS: [&str; 3] = ["PHP Fatal error:  Uncaught ", "Fatal error: Uncaught ", "PHP Fatal error: Uncaught "];

/// Parses `PHP Fatal error:  Uncaught Shop\Bad: no price in /srv/a.php:3`, also below a log's time.
fn head(line: &str) -> Option<Head<'_>> {
    let text = HEADS.iter().find_map(|head| line.split_once(head))?.1;
    let (error_type, message) = class_and_message(text)?;
    Some(Head { error_type, message, rank: Rank::Ended, stands_alone: true })
}

fn class_and_message(text: &str) -> Option<(&str, &str)> {
    // an exception without a message is followed by its place
    let (class, message) = text.split_once(": ").unwrap_or((text.split_once(" in ")?.0, text));
    let is_class = class.chars().all(|c| c.is_alphanumeric() || matches!(c, '\\' | '_' | '@'));
    is_class.then(|| (class, place_of(message).map_or(message, |(message, _)| message)))
}

/// Splits `no price in /srv/a.php:3`.
fn place_of(text: &str) -> Option<(&str, BorrowedFrame<'_>)> {
    let (message, place) = text.rsplit_once(" in ")?;
    Some((message, super::position(place.trim_end())?))
}

/// Parses a call: `#0 /srv/a.php(4): Shop\Cart->add()`, `#1 [internal function]: f()` or `#2 {main}`.
fn frame(line: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    let (number, call) = line.strip_prefix('#')?.split_once(' ')?;
    number.parse::<u32>().ok()?;
    if call.trim_end() == "{main}" {
        return Some((BorrowedFrame::default(), false));
    }
    let (place, function) = call.split_once(": ")?;
    let function = Some(function.split('(').next().unwrap_or(function));
    if place.starts_with('[') {
        return Some((BorrowedFrame { function, ..BorrowedFrame::default() }, false));
    }
    let (file, line) = place.strip_suffix(')')?.rsplit_once('(')?;
    let frame = BorrowedFrame { function, file: Some(file), line: Some(line.parse().ok()?), column: None };
    Some((frame, is_in_app(&frame)))
}

fn is_in_app(frame: &BorrowedFrame<'_>) -> bool {
    in_app::is_in_app(frame.file) && !frame.file.is_some_and(|file| file.contains("/vendor/"))
}

fn filler(line: &str) -> bool {
    line == "Stack trace:" || line.is_empty() || line.starts_with("Next ")
}

/// The exception that was not caught is the last one; those before it are its causes.
fn last_exception(stack: &str) -> &str {
    stack.rfind("\nNext ").map_or(stack, |at| &stack[at + 1..])
}

/// A line of the stack has the place of the call, and the function that was called. So the place of a frame is on the
/// line above its function.
fn frames(stack: &str) -> Vec<(BorrowedFrame<'_>, bool)> {
    let stack = last_exception(stack);
    let mut place = stack.lines().find_map(place_of).map(|(_, place)| place).unwrap_or_default();
    let mut frames = Vec::new();
    for (call, _) in stack.lines().filter_map(frame) {
        let current = BorrowedFrame { function: call.function, ..place };
        frames.push((current, is_in_app(&current)));
        place = BorrowedFrame { function: None, ..call };
    }
    frames
}

/// Takes type and message of the last exception, and makes causes of the others.
fn finish(mut failure: Failure, output: &str) -> Failure {
    let Some(stack) = output.get(failure.range.clone()) else { return failure };
    let Some((causes, last)) = stack.rfind("\nNext ").map(|at| stack.split_at(at)) else { return failure };
    let head = last.trim_start().lines().next().and_then(|head| class_and_message(head.strip_prefix("Next ")?));
    let Some((error_type, message)) = head else { return failure };
    let mut next = Failure::new(error_type, message, failure.range.clone()).ranked(failure.rank, failure.rule);
    next.stack = Some(last.trim_start().to_owned());
    failure.error_message.truncate(failure.error_message.find('\n').unwrap_or(failure.error_message.len()));
    let mut cause = failure.into_cause("");
    cause.stack_trace = Some(causes.trim_end().to_owned());
    next.causes.push(cause);
    next
}

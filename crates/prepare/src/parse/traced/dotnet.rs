//! Stack traces of .NET, .NET Framework and Mono, with inner exceptions.

use super::super::type_and_message;
use super::{BorrowedFrame, Failure, Head, Language, Rank};

pub(super) const LANGUAGE: Language =
    Language { rule: "dotnet exception", head, frame, filler, causes_follow: false, finish, frames };

/// Words before an exception that ended the program.
const UNHANDLED: [&str; 3] = ["Unhandled exception. ", "Unhandled Exception: ", "[ERROR] FATAL UNHANDLED EXCEPTION: "];
/// Namespaces of the platform and of test frameworks.
const FOREIGN: [&str; 8] =
    ["System.", "Microsoft.", "Mono.", "Internal.", "NUnit.", "Xunit.", "Castle.", "Newtonsoft.Json."];
const END_OF_INNER: &str = "--- End of inner exception stack trace ---";
/// Classes whose message says only that the inner exception occurred.
const WRAPPERS: [&str; 3] =
    ["System.AggregateException", "System.TypeInitializationException", "System.Reflection.TargetInvocationException"];

fn head(line: &str) -> Option<Head<'_>> {
    let unhandled = UNHANDLED.iter().find_map(|words| line.strip_prefix(words));
    let text = unhandled.unwrap_or(line).trim();
    // Mono and .NET Framework may print the exception on the next line
    let (error_type, message) = type_and_message(text)?;
    let class = error_type.rsplit('.').next()?;
    let is_class = error_type.contains('.') && (class.ends_with("Exception") || class.ends_with("Error"));
    let rank = if unhandled.is_some() { Rank::Ended } else { Rank::LoggedStack };
    (is_class || unhandled.is_some()).then_some(Head { error_type, message, rank, stands_alone: unhandled.is_some() })
}

/// Parses `   at Shop.Cart.Add(Int32 n) in /src/Cart.cs:line 3`, or Mono's
/// `  at A.Main (System.String[] args) [0x00000] in <0123>:0`.
fn frame(line: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    let call = line.trim_end().strip_prefix("  ")?.trim_start().strip_prefix("at ")?;
    let (function, place) = match (call.split_once(") in "), call.split_once("] in ")) {
        (_, Some((mono, place))) => (mono.split_once(" [0x")?.0, place.split_once(':').map(|_| place)),
        (Some((function, place)), None) if place.contains(":line ") => (function, Some(place)),
        // V8 and Mono have a blank before the parenthesis
        _ if call.ends_with(')') && (!call.contains(" (") || call.contains('`')) => (call, None),
        _ => return None,
    };
    let function = function.split('(').next().unwrap_or(function).trim_end();
    if !function.contains('.') || function.contains(['/', ' ', ':']) || function.contains(".java") {
        return None;
    }
    let place = place.and_then(|place| {
        let (file, line) = place.rsplit_once(':')?;
        let line = line.strip_prefix("line ").unwrap_or(line).parse().ok()?;
        Some((file, line)).filter(|(file, _)| !file.starts_with('<'))
    });
    let (file, number) = place.unzip();
    let in_app = !FOREIGN.iter().any(|namespace| function.starts_with(namespace));
    Some((BorrowedFrame { function: Some(function), file, line: number, column: None }, in_app))
}

fn filler(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("---> ") || line == END_OF_INNER || line.starts_with("--- End of stack trace from previous")
}

/// The frames of the exception itself come after those of the inner ones.
fn frames(stack: &str) -> Vec<(BorrowedFrame<'_>, bool)> {
    let own = stack.rfind(END_OF_INNER).map_or(stack, |at| &stack[at..]);
    own.lines().filter_map(frame).collect()
}

/// Adds the inner exceptions as causes. If the exception says nothing of its own, the inner one takes its place.
fn finish(mut failure: Failure, output: &str) -> Failure {
    let Some(stack) = output.get(failure.range.clone()) else { return failure };
    // each inner exception is on a line of its own, and their frames follow, the innermost first
    let inner: Vec<&str> = stack.lines().filter_map(|line| line.trim().strip_prefix("---> ")).collect();
    let mut blocks = stack.split(END_OF_INNER);
    let mut innermost_first = inner.iter().rev().map(|inner| {
        let frames: Vec<&str> =
            blocks.next().into_iter().flat_map(str::lines).filter(|line| frame(line).is_some()).collect();
        let inner = inner
            .split_once("(Inner Exception #")
            .map_or(*inner, |(_, rest)| rest.split_once(") ").map_or(rest, |it| it.1));
        let (error_type, message) = type_and_message(inner).unwrap_or(("Exception", inner));
        let mut cause = Failure::new(error_type, message, 0..0).into_cause("");
        cause.stack_trace = Some(format!("{inner}\n{}", frames.join("\n")));
        cause
    });
    let mut causes: Vec<_> = innermost_first.by_ref().collect();
    causes.reverse();
    failure.causes = causes;
    while WRAPPERS.contains(&failure.error_type.as_str()) && !failure.causes.is_empty() {
        let cause = failure.causes.remove(0);
        (failure.error_type, failure.error_message, failure.stack) =
            (cause.error_type, cause.error_message, cause.stack_trace);
    }
    failure
}

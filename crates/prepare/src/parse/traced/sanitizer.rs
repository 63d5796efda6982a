//! Reports of the sanitizers for C, C++, Rust and Swift, and of Go's race detector.

use super::super::in_app;
use super::{BorrowedFrame, Failure, Head, Language, Rank};

pub(super) const LANGUAGE: Language =
    Language { rule: "sanitizer", head, frame, filler: is_filler, causes_follow: false, finish, frames };

/// Number of lines above a report in which a message of the undefined behaviour sanitizer belongs to it.
const MAX_LINES_ABOVE: usize = 4;
/// Folders and functions of the sanitizers and of the C library.
const FOREIGN: [&str; 9] = [
    "libsanitizer",
    "compiler-rt",
    "/sysdeps/",
    "/csu/",
    "/nptl/",
    "/libstdc++",
    "/include/c++/",
    "/rustc/",
    "/go/src/",
];

/// Parses `==11685==ERROR: AddressSanitizer: heap-use-after-free on address …`, `WARNING: ThreadSanitizer: data race …`,
/// `a.cpp:20:51: runtime error: division by zero` and Go's `WARNING: DATA RACE`.
fn head(line: &str) -> Option<Head<'_>> {
    if line == "WARNING: DATA RACE" {
        return Some(Head { error_type: "DATA RACE", message: "", rank: Rank::Ended, stands_alone: true });
    }
    if let Some((place, message)) = line.split_once(": runtime error: ") {
        super::position(place).filter(|frame| frame.column.is_some() && !place.contains(' '))?;
        let error_type = "UndefinedBehaviorSanitizer";
        return Some(Head { error_type, message, rank: Rank::Ended, stands_alone: true });
    }
    let text = line.trim_start_matches("==").trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches("==");
    let text = ["ERROR: ", "WARNING: "].iter().find_map(|level| text.strip_prefix(level))?;
    let (tool, _) = text.split_once(": ")?;
    let kind = text[tool.len() + 2..].split([' ', '(']).next()?;
    let end = if matches!(kind, "data" | "detected" | "attempting" | "unknown") {
        text.find(" (").or_else(|| text.find(" on ")).unwrap_or(text.len())
    } else {
        tool.len() + 2 + kind.len()
    };
    let message = text.split_once(" at pc ").map_or(text, |(message, _)| message);
    tool.ends_with("Sanitizer").then_some(Head {
        error_type: &text[..end],
        message,
        rank: Rank::Ended,
        stands_alone: true,
    })
}

/// Parses `    #1 0x55ebacba6010 in main /srv/a.cpp:18`, or `    #0 main /srv/a.cpp:18 (a+0x52f0)`, or a function of
/// Go's race detector, whose place is on the next line.
fn frame(line: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    if let Some(frame) = go_frame(line) {
        return Some(frame);
    }
    if let Some((place, _)) = line.split_once(": runtime error: ") {
        let place = super::position(place).filter(|frame| frame.column.is_some() && !place.contains(' '))?;
        return Some((place, in_app::is_in_app(place.file)));
    }
    let (number, rest) = line.strip_prefix("    #")?.split_once(' ')?;
    number.parse::<u16>().ok()?;
    let rest = match rest.strip_prefix("0x") {
        Some(rest) => rest.split_once(" in ")?.1,
        None => rest,
    };
    let rest = rest.trim_end();
    // the module and the offset in it
    let rest = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")).map_or(rest, |(rest, _)| rest);
    // a function may contain blanks: `operator delete(void*, unsigned long)`
    let (function, place) = match rest.rsplit_once(' ') {
        Some((function, place)) if super::position(place).is_some() => (function, super::position(place)),
        _ => (rest, None),
    };
    let place = place.unwrap_or_default();
    let is_foreign =
        place.file.is_none_or(|file| file.starts_with("../") || FOREIGN.iter().any(|part| file.contains(part)));
    let function = function.split('(').next().filter(|name| !name.is_empty()).unwrap_or(function);
    Some((BorrowedFrame { function: Some(function), ..place }, !is_foreign && in_app::is_in_app(place.file)))
}

/// Parses `  main.fill()` of the race detector, or the place below it, `      /srv/main.go:3 +0x34`.
fn go_frame(line: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    let place = line.strip_prefix("      ")?.split_once(" +0x")?.0;
    let place = super::position(place).filter(|place| place.file.is_some_and(|file| file.ends_with(".go")))?;
    let is_foreign = place.file.is_some_and(|file| file.contains("/go/src/") || file.contains("/pkg/mod/"));
    Some((place, !is_foreign))
}

fn is_filler(line: &str) -> bool {
    line.starts_with("  ") && line.ends_with("()")
}

/// Adds what the memory access was, or the message of the undefined behaviour sanitizer, which is printed above.
fn finish(mut failure: Failure, output: &str) -> Failure {
    let above = output[..failure.range.start].lines().rev().take(MAX_LINES_ABOVE);
    if let Some(undefined) = above.into_iter().find(|line| line.contains(": runtime error: ")) {
        failure.error_message = undefined.trim().to_owned();
        return failure;
    }
    let is_sentence = |line: &str| !line.trim().is_empty() && !line.contains("====");
    let lines: Vec<&str> = failure.error_message.lines().map(str::trim).filter(|line| is_sentence(line)).collect();
    failure.error_message = lines.into_iter().take(2).collect::<Vec<_>>().join("; ");
    if failure.error_message.is_empty() {
        failure.error_message.clone_from(&failure.error_type);
    }
    failure
}

/// The first stack of the report is where the error occurred.
fn frames(stack: &str) -> Vec<(BorrowedFrame<'_>, bool)> {
    let first = stack.lines().skip_while(|line| frame(line).is_none() && !is_filler(line));
    let mut frames: Vec<(BorrowedFrame<'_>, bool)> = Vec::new();
    let mut function = None;
    for line in first.take_while(|line| !line.trim().is_empty()) {
        if let Some((frame, in_app)) = frame(line) {
            frames.push((BorrowedFrame { function: frame.function.or(function.take()), ..frame }, in_app));
        } else if is_filler(line) {
            function = line.trim().strip_suffix("()");
        }
    }
    frames
}

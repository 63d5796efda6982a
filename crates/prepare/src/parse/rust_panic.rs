//! Rust panics, with or without a backtrace, and fatal errors of the runtime.

use super::failure::Rank;
use super::{BorrowedFrame, Failure, Frame, MAX_FRAMES, in_app, lines_with_offsets};

/// Heads of a backtrace: of a panic, of anyhow's errors.
const BACKTRACES: [&str; 2] = ["stack backtrace:", "Stack backtrace:"];
/// Message of the panic with which the runtime ends a program that panicked while it unwound.
const IN_CLEANUP: &str = "panic in a destructor during cleanup";
/// Words of the runtime before Rust 1.73 for the same.
const WHILE_PANICKING: &str = "thread panicked while panicking. aborting.";
/// Parts of the runtime's messages about fatal errors that are not panics, each with the error type it becomes.
const FATAL: [(&str, &str); 2] =
    [(" has overflowed its stack", "stack overflow"), ("memory allocation of ", "out of memory")];
/// Prefixes of the functions that handle a panic, and of the functions that call `main`.
const RUNTIME: [&str; 10] =
    ["std::", "core::", "alloc::", "<std::", "<core::", "<alloc::", "__rustc", "rust_begin_unwind", "_start", "__libc"];

pub(super) fn recognises(stack: &str) -> bool {
    stack.lines().any(|line| panic_location(line).is_some() || is_backtrace_head(line))
}

/// Returns the backtrace's frames. If none of them is in the application, the location of the panic becomes the first.
pub(super) fn frames(stack: &str) -> Vec<Frame> {
    let panic = lines_with_offsets(stack).filter(|(_, line)| panic_location(line).is_some()).last();
    let (at, location) = panic.map_or((0, None), |(at, line)| (at, panic_location(line)));
    let mut frames = backtrace(&stack[at..]);
    if !frames.iter().any(|frame| frame.in_app)
        && let Some(location) = location
    {
        frames.insert(0, location.into_frame(is_in_app(&location)));
    }
    if frames.len() > MAX_FRAMES {
        frames.drain(MAX_FRAMES / 2..frames.len() - MAX_FRAMES / 2);
    }
    frames
}

/// Finds all panics. A panic that only reports the panic of another thread is replaced by that one, and a panic while
/// unwinding from another one is told with it.
pub(super) fn find_all(output: &str) -> Vec<Failure> {
    let mut found: Vec<Failure> = Vec::new();
    for panic in panics(output) {
        let is_report = |words: &str| panic.error_message.contains(words);
        let rule = if panic.error_type == "panic" { "rust panic" } else { "rust fatal error" };
        let is_main = thread(&output[panic.range.clone()]).is_none_or(|name| name == "main");
        let rank = if is_main { Rank::Ended } else { Rank::Uncaught };
        if (is_report("Any { .. }") || is_report("JoinError::Panic"))
            && let Some(last) = found.last_mut()
        {
            last.rank = last.rank.max(rank);
            continue;
        }
        found.push(panic.ranked(rank, rule));
    }
    join_unwinding(&mut found, output);
    found.into_iter().map(|failure| failure.with_stack(output)).collect()
}

/// Joins the panic that happened while the program unwound to the panic before it, which began the unwinding.
fn join_unwinding(found: &mut Vec<Failure>, output: &str) {
    let Some(last) = found.len().checked_sub(1) else { return };
    let abort = if found[last].error_message.starts_with(IN_CLEANUP) {
        found.pop().map(|panic| panic.range)
    } else {
        let end = found[last].range.end;
        output[end..].find(WHILE_PANICKING).map(|at| end + at..end + at + WHILE_PANICKING.len())
    };
    let Some(abort) = abort.filter(|_| found.len() > 1) else { return };
    let Some(second) = found.pop() else { return };
    let Some(panic) = found.last_mut() else { return };
    panic.error_message = format!("{}; then, while unwinding: {}", panic.error_message, second.error_message);
    // the standard library prints a backtrace for the abort only
    panic.stack = output.get(panic.range.clone()).map(|stack| stack.trim_end().to_owned());
    panic.range.end = abort.end.max(panic.range.end);
    panic.rank = Rank::Ended;
    panic.causes.push(second.into_cause(output));
}

/// Returns the name of the thread in the head of a panic.
fn thread(panic: &str) -> Option<&str> {
    panic.trim_start().strip_prefix("thread '")?.split_once('\'').map(|(name, _)| name)
}

pub(super) fn is_backtrace_head(line: &str) -> bool {
    BACKTRACES.contains(&line.trim())
}

/// Finds all panics and fatal errors, in order.
fn panics(output: &str) -> Vec<Failure> {
    let mut panics: Vec<Failure> = Vec::new();
    // the part of the newest panic that the lines belong to, if any
    let (mut in_message, mut in_backtrace) = (false, false);
    for (at, line) in lines_with_offsets(output) {
        let range = at..at + line.len();
        if let Some((message, error_type)) = fatal(line) {
            panics.push(Failure::new(error_type, message, range));
            (in_message, in_backtrace) = (false, false);
        } else if panic_location(line).is_some() {
            panics
                .push(Failure { error_message: String::new(), ..Failure::new("panic", message_on_line(line), range) });
            if let (Some(panic), message) = (panics.last_mut(), message_on_line(line)) {
                panic.error_message.push_str(message);
            }
            (in_message, in_backtrace) = (true, false);
        } else if let Some(panic) = panics.last_mut().filter(|_| in_message || in_backtrace) {
            let trimmed = line.trim();
            if is_backtrace_head(line) {
                (in_message, in_backtrace) = (false, true);
            } else if trimmed.starts_with("note: ") || in_backtrace && !is_backtrace_line(line) {
                (in_message, in_backtrace) = (false, trimmed.starts_with("note: ") && in_backtrace);
            } else if in_message && trimmed.is_empty() && !panic.error_message.is_empty() {
                in_message = false;
            } else if in_message {
                panic.error_message.push_str(if panic.error_message.is_empty() { "" } else { "\n" });
                panic.error_message.push_str(line);
            }
            if in_message || in_backtrace {
                panic.range.end = range.end;
            }
        }
    }
    for panic in &mut panics {
        if panic.error_message.trim().is_empty() {
            panic.error_message = "panicked without a message".to_owned();
        }
    }
    panics
}

/// Returns the message and the error type of a fatal error.
fn fatal(line: &str) -> Option<(&str, &'static str)> {
    let (_, error_type) = FATAL.iter().find(|(words, _)| line.contains(words))?;
    let is_message =
        line.starts_with("thread ") || line.starts_with("memory allocation of ") && line.ends_with(" failed");
    is_message.then_some((line, error_type))
}

/// Parses the location in `thread 'main' (12) panicked at src/main.rs:2:5:`, or before Rust 1.73
/// `… panicked at 'message', src/main.rs:2:5`.
fn panic_location(line: &str) -> Option<BorrowedFrame<'_>> {
    let location =
        line.trim_start().strip_prefix("thread '")?.split_once(" panicked at ")?.1.trim_end().trim_end_matches(':');
    let location = location.rsplit_once("', ").map_or(location, |(_, location)| location);
    parse_location(location).map(|frame| BorrowedFrame { function: None, ..frame })
}

/// Returns the message of a panic before Rust 1.73, which is on the same line; else an empty text.
fn message_on_line(line: &str) -> &str {
    let quoted = line.split_once(" panicked at '").and_then(|(_, rest)| rest.rsplit_once("', "));
    quoted.map_or("", |(message, _)| message)
}

/// Parses `file:line:column` or `file:line`.
fn parse_location(text: &str) -> Option<BorrowedFrame<'_>> {
    let (file, last) = text.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    let with_column = file.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?)));
    let (file, line, column) = with_column.map_or((file, last, None), |(file, line)| (file, line, Some(last)));
    Some(BorrowedFrame { function: None, file: Some(file), line: Some(line), column })
}

pub(super) fn is_backtrace_line(line: &str) -> bool {
    line.trim_start().starts_with("at ") || function(line).is_some()
}

/// Returns the function of a line such as `   3: app::main`, or in full backtraces
/// `   3:     0x5626 - app::main::h0123456789abcdef`.
fn function(line: &str) -> Option<&str> {
    let (number, name) = line.trim_start().split_once(": ")?;
    number.parse::<u16>().ok()?;
    let name = name.trim_start();
    let without_address = name.strip_prefix("0x").and_then(|rest| rest.split_once(" - "));
    Some(without_address.map_or(name, |(_, name)| name))
}

fn backtrace(stack: &str) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    for line in stack.lines().skip_while(|line| !is_backtrace_head(line)).skip(1) {
        if let Some(name) = function(line) {
            let function = Some(without_hashes(name));
            let in_app =
                !RUNTIME.iter().any(|runtime| function.as_deref().is_some_and(|name| name.starts_with(runtime)));
            frames.push(Frame { function, file: None, line: None, column: None, in_app });
        } else if let (Some(location), Some(frame)) = (line.trim_start().strip_prefix("at "), frames.last_mut()) {
            let Some(location) = parse_location(location.trim_end()) else { continue };
            frame.in_app &= is_in_app(&location);
            (frame.file, frame.line, frame.column) = (location.file.map(str::to_owned), location.line, location.column);
        }
    }
    // a frame without a file comes from code without debug information, so it does not count as the application's
    frames.iter_mut().for_each(|frame| frame.in_app &= frame.file.is_some());
    frames
}

fn is_in_app(location: &BorrowedFrame<'_>) -> bool {
    let file = location.file.unwrap_or_default();
    let foreign =
        ["/rustc/", "/.cargo/registry/", "/.cargo/git/", "/.rustup/", "/library/std/src/", "/library/core/src/"];
    in_app::is_in_app(location.file) && !foreign.iter().any(|part| file.contains(part))
}

/// Removes the hashes of a build, as in `app[0123456789abcdef]::main` and `app::main::h0123456789abcdef`.
pub(crate) fn without_hashes(name: &str) -> String {
    let is_hash = |text: &str| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = match name.rsplit_once("::h") {
        Some((name, hash)) if is_hash(hash) => name,
        _ => name,
    };
    let mut clean = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('[') {
        clean.push_str(before);
        rest = match after.split_once(']') {
            Some((hash, after)) if is_hash(hash) => after,
            _ => {
                clean.push('[');
                after
            }
        };
    }
    clean.push_str(rest);
    clean
}

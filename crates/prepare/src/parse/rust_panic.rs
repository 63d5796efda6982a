//! Rust panics, with or without a backtrace, and fatal errors of the runtime.

use super::{BorrowedFrame, Failure, Frame, MAX_FRAMES, in_app, lines_with_offsets};

const BACKTRACE: &str = "stack backtrace:";
/// Parts of the runtime's messages about fatal errors that are not panics, each with the error type it becomes.
const FATAL: [(&str, &str); 2] =
    [(" has overflowed its stack", "stack overflow"), ("memory allocation of ", "out of memory")];
/// Prefixes of the functions that handle a panic, and of the functions that call `main`.
const RUNTIME: [&str; 10] =
    ["std::", "core::", "alloc::", "<std::", "<core::", "<alloc::", "__rustc", "rust_begin_unwind", "_start", "__libc"];

pub(super) fn recognises(stack: &str) -> bool {
    stack.lines().any(|line| panic_location(line).is_some() || line.trim_end() == BACKTRACE)
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

/// Finds the last panic. If it only reports that another thread panicked, the panic before it becomes its cause.
pub(super) fn find(output: &str) -> Option<Failure> {
    let mut panics = panics(output);
    let mut last = panics.pop()?;
    let repeats_thread_panic =
        last.error_message.contains("Any { .. }") || last.error_message.contains("JoinError::Panic");
    if repeats_thread_panic && let Some(thread_panic) = panics.pop() {
        last.causes.push(thread_panic.into_cause(output));
    }
    Some(last)
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
            if trimmed == BACKTRACE {
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
    let location = line.strip_prefix("thread '")?.split_once(" panicked at ")?.1.trim_end().trim_end_matches(':');
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

fn is_backtrace_line(line: &str) -> bool {
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
    for line in stack.lines().skip_while(|line| line.trim_end() != BACKTRACE).skip(1) {
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
fn without_hashes(name: &str) -> String {
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

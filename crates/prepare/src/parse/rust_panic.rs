//! Rust panics, with or without a backtrace, and the runtime's own last words.

use super::{Borrowed, Failure, Frame, MAX_FRAMES, in_app, lines};

const BACKTRACE: &str = "stack backtrace:";
/// The runtime's last words that come without the word panic, and the type they stand for.
const FATAL: [(&str, &str); 2] =
    [(" has overflowed its stack", "stack overflow"), ("memory allocation of ", "out of memory")];
/// Functions that panicking itself is made of, and those around `main`.
const RUNTIME: [&str; 10] =
    ["std::", "core::", "alloc::", "<std::", "<core::", "<alloc::", "__rustc", "rust_begin_unwind", "_start", "__libc"];

pub(super) fn recognises(stack: &str) -> bool {
    stack.lines().any(|line| panic_place(line).is_some() || line.trim_end() == BACKTRACE)
}

/// The backtrace's frames; without one, the place of the panic.
pub(super) fn frames(stack: &str) -> Vec<Frame> {
    let panic = lines(stack).filter(|(_, line)| panic_place(line).is_some()).last();
    let (at, place) = panic.map_or((0, None), |(at, line)| (at, panic_place(line)));
    let mut frames = backtrace(&stack[at..]);
    if !frames.iter().any(|frame| frame.in_app)
        && let Some(place) = place
    {
        frames.insert(0, place.into_frame(is_own(&place)));
    }
    if frames.len() > MAX_FRAMES {
        frames.drain(MAX_FRAMES / 2..frames.len() - MAX_FRAMES / 2);
    }
    frames
}

/// The last panic. One that only tells of a thread's panic has that one as its cause.
pub(super) fn find(output: &str) -> Option<Failure> {
    let mut panics = panics(output);
    let mut last = panics.pop()?;
    let retold = last.error_message.contains("Any { .. }") || last.error_message.contains("JoinError::Panic");
    if retold && let Some(first) = panics.pop() {
        last.causes.push(first.into_cause(output));
    }
    Some(last)
}

fn panics(output: &str) -> Vec<Failure> {
    let mut panics: Vec<Failure> = Vec::new();
    // which part of the newest panic the lines belong to: its message, its backtrace, or nothing any more
    let (mut in_message, mut in_backtrace) = (false, false);
    for (at, line) in lines(output) {
        let range = at..at + line.len();
        if let Some((message, error_type)) = fatal(line) {
            panics.push(Failure::new(error_type, message, range));
            (in_message, in_backtrace) = (false, false);
        } else if panic_place(line).is_some() {
            panics.push(Failure { error_message: String::new(), ..Failure::new("panic", old_message(line), range) });
            if let (Some(panic), message) = (panics.last_mut(), old_message(line)) {
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

fn fatal(line: &str) -> Option<(&str, &'static str)> {
    let (_, error_type) = FATAL.iter().find(|(words, _)| line.contains(words))?;
    let is_ours = line.starts_with("thread ") || line.starts_with("memory allocation of ") && line.ends_with(" failed");
    is_ours.then_some((line, error_type))
}

/// `thread 'main' (12) panicked at src/main.rs:2:5:`, or before Rust 1.73 `… panicked at 'message', src/main.rs:2:5`.
fn panic_place(line: &str) -> Option<Borrowed<'_>> {
    let place = line.strip_prefix("thread '")?.split_once(" panicked at ")?.1.trim_end().trim_end_matches(':');
    let place = place.rsplit_once("', ").map_or(place, |(_, place)| place);
    position(place).map(|frame| Borrowed { function: None, ..frame })
}

/// The message where it stands on the same line.
fn old_message(line: &str) -> &str {
    let quoted = line.split_once(" panicked at '").and_then(|(_, rest)| rest.rsplit_once("', "));
    quoted.map_or("", |(message, _)| message)
}

/// `file:line:column` or `file:line`.
fn position(place: &str) -> Option<Borrowed<'_>> {
    let (file, last) = place.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    let whole = file.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?)));
    let (file, line, column) = whole.map_or((file, last, None), |(file, line)| (file, line, Some(last)));
    Some(Borrowed { function: None, file: Some(file), line: Some(line), column })
}

fn is_backtrace_line(line: &str) -> bool {
    line.trim_start().starts_with("at ") || numbered(line).is_some()
}

/// `   3: app::main`, in full backtraces `   3:     0x5626 - app::main::h0123456789abcdef`.
fn numbered(line: &str) -> Option<&str> {
    let (number, name) = line.trim_start().split_once(": ")?;
    number.parse::<u16>().ok()?;
    let name = name.trim_start();
    let without_address = name.strip_prefix("0x").and_then(|rest| rest.split_once(" - "));
    Some(without_address.map_or(name, |(_, name)| name))
}

fn backtrace(stack: &str) -> Vec<Frame> {
    let mut frames: Vec<Frame> = Vec::new();
    for line in stack.lines().skip_while(|line| line.trim_end() != BACKTRACE).skip(1) {
        if let Some(name) = numbered(line) {
            let function = Some(without_hashes(name));
            let in_app =
                !RUNTIME.iter().any(|runtime| function.as_deref().is_some_and(|name| name.starts_with(runtime)));
            frames.push(Frame { function, file: None, line: None, column: None, in_app });
        } else if let (Some(place), Some(frame)) = (line.trim_start().strip_prefix("at "), frames.last_mut()) {
            let Some(place) = position(place.trim_end()) else { continue };
            frame.in_app &= is_own(&place);
            (frame.file, frame.line, frame.column) = (place.file.map(str::to_owned), place.line, place.column);
        }
    }
    // a frame without a file has its debug information stripped; it groups nothing
    frames.iter_mut().for_each(|frame| frame.in_app &= frame.file.is_some());
    frames
}

fn is_own(place: &Borrowed<'_>) -> bool {
    let file = place.file.unwrap_or_default();
    let foreign =
        ["/rustc/", "/.cargo/registry/", "/.cargo/git/", "/.rustup/", "/library/std/src/", "/library/core/src/"];
    in_app::is_in_app(place.file) && !foreign.iter().any(|part| file.contains(part))
}

/// The hashes of a build: `app[0123456789abcdef]::main` and `app::main::h0123456789abcdef`.
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

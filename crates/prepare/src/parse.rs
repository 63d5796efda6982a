//! Parse: turns the text of a stack into frames, innermost first, and finds the failure in the output of a program. One
//! module per language; this file chooses one for a stack, and `finder.rs` searches with all of them.

mod again;
mod boxed;
mod error_report;
mod failure;
mod finder;
mod forms;
mod go;
mod in_app;
mod java;
mod javascript;
mod json_log;
mod logged;
mod native;
mod node;
mod origin;
mod plain;
mod python;
mod readable;
mod runners;
mod rust_panic;
#[cfg(test)]
mod tests;
mod traced;

use autoheal_contract::{ErrorReport, Source};
use serde::{Deserialize, Serialize};

use crate::validate::{Arrival, Identity, Mark, Valid};

pub(crate) use again::SentError;
use boxed::unbox;
pub use failure::Failure;
pub use finder::{LAST_LINE, find_failure, find_in_streams, find_stacks};
pub use origin::has_source_ending;
pub use plain::plain_text;
pub use readable::readable;
pub(crate) use rust_panic::without_hashes as without_rust_hashes;

/// Maximum number of frames. Of a longer stack the 50 innermost and the 50 outermost are used.
const MAX_FRAMES: usize = 100;

/// One call on the stack, as the engine printed it, before any source map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Function, method or constructor; none if it is anonymous.
    pub function: Option<String>,
    /// URL, path or `[native code]`; none if the engine printed none.
    pub file: Option<String>,
    /// Line, counted from 1.
    pub line: Option<u32>,
    /// Column, counted from 1; in a WebAssembly frame the byte offset into the module, and `line` is none.
    pub column: Option<u32>,
    /// True for the application's own code: not a dependency, the engine, an extension, a CDN or autoheal's SDK.
    pub in_app: bool,
}

impl Frame {
    /// Returns line and column as text to append to the file: `:12:34`. A missing number is left out.
    #[must_use]
    pub fn position(&self) -> String {
        [self.line, self.column].into_iter().flatten().map(|number| format!(":{number}")).collect()
    }
}

/// A report with the frames of its stack, innermost first.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) report: ErrorReport,
    pub(crate) frames: Vec<Frame>,
    /// The frames that lead to the failure's origin, if they are others than `frames`; else empty.
    pub(crate) origin: Vec<Frame>,
    pub(crate) identity: Identity,
    pub(crate) arrival: Arrival,
    pub(crate) marks: Vec<Mark>,
    /// The error as it was sent, if it was replaced by one that the finder found.
    pub(crate) sent: Option<Box<SentError>>,
}

/// Parses the report's stack into frames, after the error itself was found if its sender did not find it.
pub(crate) fn parse(valid: Valid) -> Parsed {
    let Valid { mut report, identity, arrival, mut marks } = valid;
    let sent = again::read_again(&mut report).map(Box::new);
    marks.extend(sent.as_ref().map(|_| Mark::found_in_logs()));
    // colours of a terminal, in a stack that a program passed on
    if report.stack_trace.as_ref().is_some_and(|stack| stack.contains('\u{1b}')) {
        report.stack_trace = report.stack_trace.map(|stack| plain_text(stack.as_bytes()).trim_end().to_owned());
    }
    let stack = report.stack_trace.as_deref().unwrap_or_default();
    let frames = parse_stack_from(report.source.unwrap_or_default(), stack, &report.error_message);
    let origin = origin::frames(&report, &frames).unwrap_or_default();
    Parsed { report, frames, origin, identity, arrival, marks, sent }
}

/// Returns the frames of a report that lead to the failure's origin, innermost first.
#[must_use]
pub fn frames_to_origin(report: &ErrorReport) -> Vec<Frame> {
    let stack = report.stack_trace.as_deref().unwrap_or_default();
    let frames = parse_stack_from(report.source.unwrap_or_default(), stack, &report.error_message);
    origin::frames(report, &frames).unwrap_or(frames)
}

/// Parses a JavaScript stack. Text that is not a stack has no frames.
fn parse_stack(stack: &str) -> Vec<Frame> {
    // adjacent frames are often in one file, so its result is reused
    let (mut file, mut in_app) = (None, false);
    let frames = javascript::parse(stack).into_iter().map(|frame| {
        if frame.file != file {
            (file, in_app) = (frame.file, in_app::is_in_app(frame.file));
        }
        frame.into_frame(in_app)
    });
    frames.collect()
}

/// Returns true for a JavaScript file of the application.
pub(crate) fn is_javascript_in_app(file: &str) -> bool {
    in_app::is_in_app(Some(file))
}

/// Parses a JavaScript stack whose head may repeat `message`, as V8's does. Another stack quoted in the message adds no
/// frames.
fn parse_stack_after_message(stack: &str, message: &str) -> Vec<Frame> {
    parse_stack(after_message(stack, message))
}

/// Parses the stack of a report. The text shows which runtime printed it. A stack from a browser is JavaScript, but a report
/// without a source counts as one from a browser too.
pub fn parse_stack_from(source: Source, stack: &str, message: &str) -> Vec<Frame> {
    if source == Source::JavascriptSdk {
        let frames = parse_stack_after_message(stack, message);
        return if frames.is_empty() {
            other_language(after_message(stack, message)).unwrap_or_default()
        } else {
            frames
        };
    }
    if let Some(frames) = other_language(stack) {
        return frames;
    }
    // a frame of Node is found sooner than the frames of all these languages are ruled out
    if !stack.lines().any(node::is_frame)
        && let Some(frames) = traced::frames(stack)
    {
        return frames;
    }
    node::frames(stack, message)
}

/// Returns true if a stack is one of JavaScript.
pub(crate) fn is_of_javascript(stack: &str, message: &str) -> bool {
    !parse_stack_after_message(stack, message).is_empty()
}

/// Parses the stack of a language with a head of its own; none if it is not one.
fn other_language(stack: &str) -> Option<Vec<Frame>> {
    if python::recognises(stack) {
        return Some(to_frames(python::frames(stack), python::is_in_app));
    }
    if rust_panic::recognises(stack) {
        return Some(rust_panic::frames(stack));
    }
    if go::recognises(stack) {
        return Some(to_frames(go::frames(stack), go::is_in_app));
    }
    if java::recognises(stack) {
        return Some(to_frames(java::frames(stack), java::is_in_app));
    }
    None
}

/// Converts at most [`MAX_FRAMES`] frames, the innermost and the outermost; `is_in_app` is the language's own rule.
fn to_frames(mut frames: Vec<BorrowedFrame<'_>>, is_in_app: fn(&BorrowedFrame<'_>) -> bool) -> Vec<Frame> {
    if frames.len() > MAX_FRAMES {
        frames.drain(MAX_FRAMES / 2..frames.len() - MAX_FRAMES / 2);
    }
    frames.into_iter().map(|frame| frame.into_frame(is_in_app(&frame))).collect()
}

/// Returns the lines of a text without their ends, each with its byte offset.
fn lines_with_offsets(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut offset = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = offset;
        offset += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

/// Splits a line such as `app.errors.Bad: no such item` into the error's class and its message.
fn type_and_message(head: &str) -> Option<(&str, &str)> {
    let (name, message) = head.split_once(": ").unwrap_or((head.strip_suffix(':').unwrap_or(head), ""));
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '<' | '>');
    let begins = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    (begins && name.len() <= 200 && name.chars().all(fits)).then_some((name, message.trim()))
}

/// Returns the stack without its head if the head is `message` or `Name: message`, else the whole stack.
fn after_message<'a>(stack: &'a str, message: &str) -> &'a str {
    let message = message.trim();
    if message.is_empty() {
        return stack;
    }
    let head = stack.split_once('\n').map_or(stack, |(first, _)| first);
    let named = head.split_once(": ").map(|(name, _)| &stack[name.len() + 2..]);
    let after =
        |text: &'a str| text.strip_prefix(message).filter(|rest| rest.is_empty() || rest.starts_with(['\n', '\r']));
    [Some(stack), named].into_iter().flatten().find_map(after).unwrap_or(stack)
}

/// A frame whose texts point into the stack, so that a dropped frame costs no allocation.
#[derive(Debug, Clone, Copy, Default)]
struct BorrowedFrame<'a> {
    function: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
}

impl BorrowedFrame<'_> {
    fn into_frame(self, in_app: bool) -> Frame {
        Frame {
            function: self.function.map(str::to_owned),
            file: self.file.map(str::to_owned),
            line: self.line,
            column: self.column,
            in_app,
        }
    }
}

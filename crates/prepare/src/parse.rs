//! Parse: turns the text of a stack into frames, innermost first. One module per language; this file only chooses one.

mod boxed;
mod failure;
mod go;
mod in_app;
mod java;
mod javascript;
mod last_words;
mod node;
mod plain;
#[cfg(test)]
mod programs;
mod python;
mod rust_panic;
#[cfg(test)]
pub(crate) mod tests;

use autoheal_contract::{ErrorReport, Source};
use serde::{Deserialize, Serialize};

use crate::validate::{Arrival, Identity, Mark, Valid};

pub use boxed::unbox;
pub use failure::Failure;
pub use last_words::last_words;
pub use plain::plain_text;

/// More frames than this say nothing new: the 50 innermost and the 50 outermost are kept.
pub const MAX_FRAMES: usize = 100;

/// Maximum number of non-blank lines below the failure that ended a program. With more lines below a failure, the program
/// went on after it.
const MAX_LINES_BELOW: usize = 20;

/// One call on the stack, as the engine told it, before any source map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The function, method or constructor; none for anonymous ones.
    pub function: Option<String>,
    /// URL, path or `[native code]`; none where the engine names no source.
    pub file: Option<String>,
    /// Line, counted from 1.
    pub line: Option<u32>,
    /// Column, counted from 1; in a WebAssembly frame the byte offset into the module, and `line` is none.
    pub column: Option<u32>,
    /// Whether this is the application's own code: not a dependency, the engine, an extension, a CDN or our SDK.
    pub in_app: bool,
}

impl Frame {
    /// The line and column as they follow a file's name: `:12:34`. A missing one is left out.
    #[must_use]
    pub fn position(&self) -> String {
        [self.line, self.column].into_iter().flatten().map(|number| format!(":{number}")).collect()
    }
}

/// A report whose stack has become frames, innermost first.
#[derive(Debug)]
pub struct Parsed {
    pub(crate) report: ErrorReport,
    pub(crate) frames: Vec<Frame>,
    pub(crate) identity: Identity,
    pub(crate) arrival: Arrival,
    pub(crate) marks: Vec<Mark>,
}

/// Parses the report's stack into frames.
pub(crate) fn parse(valid: Valid) -> Parsed {
    let Valid { report, identity, arrival, marks } = valid;
    let stack = report.stack_trace.as_deref().unwrap_or_default();
    let frames = parse_stack_from(report.source.unwrap_or_default(), stack, &report.error_message);
    Parsed { report, frames, identity, arrival, marks }
}

/// Parses a stack as an engine printed it. Text that is no stack gives no frames.
pub fn parse_stack(stack: &str) -> Vec<Frame> {
    // neighbours are often of one file: what is known of it is not worked out again
    let (mut file, mut in_app) = (None, false);
    let frames = javascript::parse(stack).into_iter().map(|frame| {
        if frame.file != file {
            (file, in_app) = (frame.file, in_app::is_in_app(frame.file));
        }
        frame.into_frame(in_app)
    });
    frames.collect()
}

/// Parses a stack whose head repeats `message`, as V8's do, so that a message quoting another stack adds no frames.
pub fn parse_stack_of(stack: &str, message: &str) -> Vec<Frame> {
    parse_stack(after_message(stack, message))
}

/// Parses the stack of a report: a browser's engine prints JavaScript whatever the text looks like, everywhere else the
/// text itself tells which runtime printed it.
pub fn parse_stack_from(source: Source, stack: &str, message: &str) -> Vec<Frame> {
    if source == Source::JavascriptSdk {
        return parse_stack_of(stack, message);
    }
    if python::recognises(stack) {
        return owned(python::frames(stack), python::is_in_app);
    }
    if rust_panic::recognises(stack) {
        return rust_panic::frames(stack);
    }
    if go::recognises(stack) {
        return owned(go::frames(stack), go::is_in_app);
    }
    if java::recognises(stack) {
        return owned(java::frames(stack), java::is_in_app);
    }
    node::frames(stack, message)
}

/// Finds the failure that ended a program in the output of the program. When programs of several languages failed, one
/// started by the other, this is the failure that was printed last.
#[must_use]
pub fn find_failure(output: &str) -> Option<Failure> {
    let found = [python::find, node::find, rust_panic::find, java::find, go::find].into_iter();
    let mut failure = found.filter_map(|find| find(output)).max_by_key(|failure| failure.range.end)?;
    let below = output[failure.range.end..].lines().filter(|line| !line.trim().is_empty());
    if below.count() > MAX_LINES_BELOW {
        return None;
    }
    failure.range.end -= output[failure.range.clone()].len() - output[failure.range.clone()].trim_end().len();
    Some(failure)
}

/// The innermost and outermost of all frames, as their language judges them.
fn owned(mut frames: Vec<Borrowed<'_>>, is_in_app: fn(&Borrowed<'_>) -> bool) -> Vec<Frame> {
    if frames.len() > MAX_FRAMES {
        frames.drain(MAX_FRAMES / 2..frames.len() - MAX_FRAMES / 2);
    }
    frames.into_iter().map(|frame| frame.into_frame(is_in_app(&frame))).collect()
}

/// The lines of a text with where each begins; a line's end is left out.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

/// A class name as runtimes print it, and the message behind its colon: `app.errors.Bad: no such item`.
fn type_and_message(head: &str) -> Option<(&str, &str)> {
    let (name, message) = head.split_once(": ").unwrap_or((head.strip_suffix(':').unwrap_or(head), ""));
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '<' | '>');
    let begins = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    (begins && name.len() <= 200 && name.chars().all(fits)).then_some((name, message.trim()))
}

/// The head is `message`, or `Name: message`; anywhere else the text is not the engine's repetition.
fn after_message<'a>(stack: &'a str, message: &str) -> &'a str {
    let message = message.trim();
    if message.is_empty() {
        return stack;
    }
    let head = stack.split_once('\n').map_or(stack, |(first, _)| first);
    let named = head.split_once(": ").map(|(name, _)| &stack[name.len() + 2..]);
    let behind =
        |text: &'a str| text.strip_prefix(message).filter(|rest| rest.is_empty() || rest.starts_with(['\n', '\r']));
    [Some(stack), named].into_iter().flatten().find_map(behind).unwrap_or(stack)
}

/// A frame whose texts still point into the stack, so that the frames dropped from the middle cost no allocation.
#[derive(Debug, Clone, Copy, Default)]
struct Borrowed<'a> {
    function: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
}

impl Borrowed<'_> {
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

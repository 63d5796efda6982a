//! Python tracebacks: chained ones, exception groups, and syntax errors, whose tracebacks have no head.

use std::ops::Range;

use self::context::Context;
use super::failure::Rank;
use super::forms::error_line;
use super::{BorrowedFrame, Failure, in_app, lines_with_offsets, logged, type_and_message};

mod context;

const HEAD: &str = "Traceback (most recent call last):";
/// Heads without anything before them.
const HEADS: [&str; 2] = [HEAD, "Exception Group Traceback (most recent call last):"];
/// Sentences between a cause and the exception that followed from it.
pub(super) const LINKS: [&str; 2] = [
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
];
/// Beginnings of lines that belong to a message although a blank line is above them.
const CONTINUATIONS: [&str; 2] = ["[SQL: ", "[parameters: "];
/// Words above the traceback of another process.
const REMOTE: &str = "RemoteTraceback:";
/// Maximum number of lines of a message. More lines are other output of the program.
const MAX_MESSAGE_LINES: usize = 20;

pub(super) fn recognises(stack: &str) -> bool {
    stack.lines().any(|line| is_head(margin(line).1) || file_line(margin(line).1).is_some())
}

/// Returns the frames of the exception itself, without those of its causes.
pub(super) fn frames(stack: &str) -> Vec<BorrowedFrame<'_>> {
    let chain = chains(stack).pop();
    let mut frames = chain.map(|chain| chain.error.frames).unwrap_or_default();
    // Python prints the innermost frame last, except in a fatal error
    if !stack.contains("(most recent call first)") {
        frames.reverse();
    }
    frames
}

/// Returns the frames of the exception that the last one wraps; none if it wraps none. In a chain that was not declared by
/// `from`, an exception wraps the one before it if a `raise` statement raised it. Any other one is an error in the code that
/// handles the one before it.
pub(super) fn origin(stack: &str) -> Option<Vec<BorrowedFrame<'_>>> {
    // the tracebacks, each with the sentence above it
    let mut tracebacks = vec![("", 0..stack.len())];
    for (at, line) in lines_with_offsets(stack).filter(|(_, line)| LINKS.contains(line)) {
        tracebacks.last_mut()?.1.end = at;
        tracebacks.push((line, at + line.len()..stack.len()));
    }
    let wraps = |(link, range): &(&str, Range<usize>)| *link == LINKS[0] || is_raised(&stack[range.clone()]);
    let wrappers = tracebacks[1..].iter().rev().take_while(|traceback| wraps(traceback)).count();
    let origin = &tracebacks[tracebacks.len() - 1 - wrappers];
    (wrappers > 0).then(|| frames(&stack[origin.1.clone()]))
}

/// Returns true if the source line of the innermost frame is a `raise` statement.
fn is_raised(traceback: &str) -> bool {
    let mut lines = traceback.lines().skip_while(|line| file_line(line).is_none()).peekable();
    let mut is_raised = false;
    while let Some(line) = lines.next() {
        if file_line(line).is_some() {
            let source = lines.peek().map(|line| line.trim_start()).unwrap_or_default();
            is_raised = source == "raise" || source.starts_with("raise ");
        }
    }
    is_raised
}

pub(super) fn is_in_app(frame: &BorrowedFrame<'_>) -> bool {
    let file = frame.file.unwrap_or_default();
    let parts = || file.split(['/', '\\']);
    let library = parts().zip(parts().skip(1)).any(|(lib, python)| {
        matches!(lib, "lib" | "lib64" | "Lib") && (python.starts_with("python3") || python == "python2.7")
    });
    in_app::is_in_app(frame.file) && !library
}

/// Finds all exceptions, with their causes.
pub(super) fn find_all(output: &str) -> Vec<Failure> {
    let chains = chains(output).into_iter().filter(|chain| chain.error.name.is_some());
    chains.filter_map(|chain| failure(chain, output)).collect()
}

/// Makes a failure of an exception. If it says nothing of its own, the exception behind it takes its place: the only
/// member of a group, or the exception in the process of a pool.
fn failure(mut chain: Chain<'_>, output: &str) -> Option<Failure> {
    let context = Context::above(output, chain.range.start);
    let range = chain.range.clone();
    // the line below the last member looks like the beginning of one more
    chain.causes.retain(|cause| cause.name.is_some());
    let is_remote = chain.is_remote && chain.causes.first().is_some_and(|cause| cause.name == chain.error.name);
    let only_member = chain.in_member && chain.causes.len() == 1;
    let mut promoted = None;
    if is_remote || only_member {
        let cause = chain.causes.remove(0);
        promoted = Some(cause.range.clone());
        chain.error = cause;
    }
    if context.may_continue() || chain.error.is_logged {
        chain.error.drop_later_output();
    }
    let mut failure = chain.error.into_failure()?;
    let causes = chain.causes.into_iter().filter_map(Traceback::into_failure);
    failure.causes = causes.map(|cause| cause.into_cause(output)).collect();
    failure.range.start = promoted.map_or(range.start, |range| range.start);
    if is_remote && let Some(message) = failure.error_message.strip_suffix("\n\"\"\"") {
        failure.error_message.truncate(message.len());
    }
    let (rank, rule) = context.rank();
    Some(failure.ranked(rank, rule).with_stack(output))
}

/// One exception with its traceback.
#[derive(Default)]
struct Traceback<'a> {
    frames: Vec<BorrowedFrame<'a>>,
    name: Option<&'a str>,
    message: Vec<&'a str>,
    /// Byte offset of the end of each line of the message.
    message_ends: Vec<usize>,
    /// True after the blank line that ends the message.
    ended: bool,
    /// True if a logger printed words before the head.
    is_logged: bool,
    range: Range<usize>,
}

impl<'a> Traceback<'a> {
    fn into_failure(self) -> Option<Failure> {
        Some(Failure::new(self.name?, &self.message.join("\n"), self.range))
    }

    /// Removes lines of the message that are later output of a program that continued: those that are not indented and
    /// have no indented line below them.
    fn drop_later_output(&mut self) {
        let is_indented = |line: &str| line.starts_with([' ', '\t']);
        let kept = (1..self.message.len()).take_while(|at| {
            is_indented(self.message[*at]) || self.message.get(at + 1).is_some_and(|next| is_indented(next))
        });
        let kept = kept.last().unwrap_or(0) + 1;
        self.message.truncate(kept);
        if let Some(end) = self.message_ends.get(kept - 1) {
            self.range.end = self.range.end.min(*end);
        }
    }

    /// Adds a line that ends at the byte offset `end`; returns false if the line does not belong to this traceback.
    fn add_line(&mut self, line: &'a str, end: usize) -> bool {
        if self.name.is_none() {
            if let Some(frame) = file_line(line) {
                self.frames.push(frame);
                return true;
            }
            // a source line, its markers, or "[Previous line repeated 970 more times]"
            if line.starts_with("  ") || line.starts_with("> ") || line.is_empty() {
                return true;
            }
            let Some((name, message)) = type_and_message(line) else { return false };
            self.name = Some(name);
            self.message.push(message);
            self.message_ends.push(end);
            return true;
        }
        if line.trim().is_empty() || context::is_end(line) || logged::starts_record(line) || is_error_line(line) {
            self.ended = true;
        }
        // SQLAlchemy's messages go on after a blank line
        if self.ended && CONTINUATIONS.iter().any(|words| line.starts_with(words)) {
            self.ended = false;
            self.message.push("");
            self.message_ends.push(end);
        }
        if self.ended || self.message.len() >= MAX_MESSAGE_LINES {
            return false;
        }
        self.message.push(line);
        self.message_ends.push(end);
        true
    }
}

/// An exception with its causes and the members of its group.
struct Chain<'a> {
    error: Traceback<'a>,
    /// Causes and members.
    causes: Vec<Traceback<'a>>,
    /// True while the lines belong to a member of the group, the last of `causes`, instead of the exception.
    in_member: bool,
    /// True if the first exception was raised in another process.
    is_remote: bool,
    range: Range<usize>,
}

impl<'a> Chain<'a> {
    fn new(error: Traceback<'a>) -> Self {
        Self { range: error.range.clone(), error, causes: Vec::new(), in_member: false, is_remote: false }
    }

    /// Returns the traceback that the next line belongs to.
    fn current(&mut self) -> &mut Traceback<'a> {
        match self.causes.last_mut() {
            Some(member) if self.in_member => member,
            _ => &mut self.error,
        }
    }

    fn add_member(&mut self, member: Traceback<'a>) {
        self.causes.push(member);
        self.in_member = true;
    }

    /// Makes the exception a cause of `error`, which takes its place.
    fn continue_with(&mut self, error: Traceback<'a>) {
        let cause = std::mem::replace(&mut self.error, error);
        self.causes.insert(0, cause);
        self.in_member = false;
    }
}

/// Finds all exceptions of a text, each with its causes.
fn chains(text: &str) -> Vec<Chain<'_>> {
    let mut chains: Vec<Chain<'_>> = Vec::new();
    let (mut linked, mut remote) = (false, false);
    for (at, line) in lines_with_offsets(text) {
        let (depth, body) = margin(line);
        let range = at..at + line.len();
        let traceback = || {
            let is_logged = !HEADS.contains(&body.trim());
            Traceback { range: range.clone(), is_logged, ..Traceback::default() }
        };
        let last = chains.last_mut();
        if is_head(body) {
            match last {
                Some(chain) if depth > 1 => chain.add_member(traceback()),
                Some(chain) if linked => chain.continue_with(traceback()),
                _ => chains.push(Chain { is_remote: remote, ..Chain::new(traceback()) }),
            }
            (linked, remote) = (false, false);
        } else if LINKS.contains(&body.trim()) {
            linked = depth <= 1;
        } else if body.trim_end().ends_with(REMOTE) {
            remote = true;
        } else if let Some(chain) = last {
            if depth > 0 && body.starts_with('-') {
                // the line between two members of a group; the next member may have no head
                chain.add_member(traceback());
            } else if chain.current().add_line(body, range.end) {
                chain.current().range.end = range.end;
                chain.range.end = range.end;
            } else if let Some(frame) = file_line(body) {
                chains.push(Chain::new(Traceback { frames: vec![frame], is_logged: false, ..traceback() }));
            }
        } else if let Some(frame) = file_line(body) {
            chains.push(Chain::new(Traceback { frames: vec![frame], is_logged: false, ..traceback() }));
        }
    }
    chains
}

/// Returns true for a line in which another program reports an error, such as make.
fn is_error_line(line: &str) -> bool {
    !line.starts_with(' ') && error_line(line).is_some_and(|found| matches!(found.rank, Rank::Wrapper | Rank::Error))
}

fn is_head(body: &str) -> bool {
    body.trim_end().ends_with(HEAD)
}

/// Returns a line's depth in nested groups, and the line without the border at its left.
fn margin(line: &str) -> (usize, &str) {
    let body = line.trim_start_matches(' ');
    let depth = (line.len() - body.len()) / 2;
    if depth == 0 {
        return (0, line);
    }
    match body.as_bytes() {
        [b'|'] => (depth, ""),
        [b'|' | b'+', b' ', ..] => (depth, &body[2..]),
        [b'+', b'-', ..] => (depth, body[1..].trim_start_matches("-+").trim_start_matches('+')),
        _ => (0, line),
    }
}

/// Parses a line such as `  File "/srv/app.py", line 3, in main`.
fn file_line(line: &str) -> Option<BorrowedFrame<'_>> {
    // loguru marks the frame that it was called in; the fault handler writes no comma
    let place = line.strip_prefix("  File \"").or_else(|| line.strip_prefix("> File \""))?;
    let (file, rest) = place.split_once("\", line ")?;
    let (number, function) = match rest.split_once(", in ").or_else(|| rest.split_once(" in ")) {
        Some((number, function)) => (number, Some(function).filter(|function| *function != "<module>")),
        None => (rest, None),
    };
    Some(BorrowedFrame { function, file: Some(file), line: Some(number.trim().parse().ok()?), column: None })
}

//! Python tracebacks: chained, grouped, and those of a syntax error that come without a head.

use std::ops::Range;

use super::{Borrowed, Failure, in_app, lines, type_and_message};

const HEADS: [&str; 2] = ["Traceback (most recent call last):", "Exception Group Traceback (most recent call last):"];
/// Between an exception and the one that came of it.
pub(super) const LINKS: [&str; 2] = [
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
];
/// A message with more lines than this is the program's own talk below the traceback.
const MESSAGE_LINES: usize = 20;

pub(super) fn recognises(stack: &str) -> bool {
    stack.lines().any(|line| is_head(margin(line).1) || file_line(margin(line).1).is_some())
}

/// The frames of the exception itself, not of what caused it.
pub(super) fn frames(stack: &str) -> Vec<Borrowed<'_>> {
    let chain = chains(stack).pop();
    let mut frames = chain.map(|chain| chain.error.frames).unwrap_or_default();
    // Python prints the innermost call last
    frames.reverse();
    frames
}

pub(super) fn is_in_app(frame: &Borrowed<'_>) -> bool {
    let file = frame.file.unwrap_or_default();
    let parts = || file.split(['/', '\\']);
    let library = parts().zip(parts().skip(1)).any(|(lib, python)| {
        matches!(lib, "lib" | "lib64" | "Lib") && (python.starts_with("python3") || python == "python2.7")
    });
    in_app::is_in_app(frame.file) && !library
}

/// The last exception told, with its chain.
pub(super) fn find(output: &str) -> Option<Failure> {
    let chain = chains(output).into_iter().rfind(|chain| chain.error.name.is_some())?;
    let mut failure = chain.error.into_failure()?;
    let causes = chain.causes.into_iter().filter_map(Block::into_failure);
    failure.causes = causes.map(|cause| cause.into_cause(output)).collect();
    failure.range = chain.range;
    Some(failure)
}

/// One exception as it stands on the page.
#[derive(Default)]
struct Block<'a> {
    frames: Vec<Borrowed<'a>>,
    name: Option<&'a str>,
    message: Vec<&'a str>,
    /// A blank line came after the message.
    ended: bool,
    range: Range<usize>,
}

impl<'a> Block<'a> {
    fn into_failure(self) -> Option<Failure> {
        Some(Failure::new(self.name?, &self.message.join("\n"), self.range))
    }

    /// Takes a line of it; false when the line is none.
    fn take(&mut self, line: &'a str) -> bool {
        if self.name.is_none() {
            if let Some(frame) = file_line(line) {
                self.frames.push(frame);
                return true;
            }
            // the source, its marks, and "[Previous line repeated 970 more times]"
            if line.starts_with("  ") || line.is_empty() {
                return true;
            }
            let Some((name, message)) = type_and_message(line) else { return false };
            self.name = Some(name);
            self.message.push(message);
            return true;
        }
        if line.trim().is_empty() {
            self.ended = true;
        }
        if self.ended || self.message.len() >= MESSAGE_LINES {
            return false;
        }
        self.message.push(line);
        true
    }
}

/// An exception, and those that led to it or are members of it.
struct Chain<'a> {
    error: Block<'a>,
    causes: Vec<Block<'a>>,
    /// Whether the lines belong to the newest cause instead of the error: a member of a group.
    in_member: bool,
    range: Range<usize>,
}

impl<'a> Chain<'a> {
    fn new(error: Block<'a>) -> Self {
        Self { range: error.range.clone(), error, causes: Vec::new(), in_member: false }
    }

    fn open(&mut self) -> &mut Block<'a> {
        match self.causes.last_mut() {
            Some(member) if self.in_member => member,
            _ => &mut self.error,
        }
    }

    fn add_member(&mut self, block: Block<'a>) {
        self.causes.push(block);
        self.in_member = true;
    }

    /// What was the error until now led to a new one.
    fn continue_with(&mut self, block: Block<'a>) {
        let cause = std::mem::replace(&mut self.error, block);
        self.causes.insert(0, cause);
        self.in_member = false;
    }
}

fn chains(text: &str) -> Vec<Chain<'_>> {
    let mut chains: Vec<Chain<'_>> = Vec::new();
    let mut linked = false;
    for (at, line) in lines(text) {
        let (depth, body) = margin(line);
        let range = at..at + line.len();
        let block = || Block { range: range.clone(), ..Block::default() };
        let last = chains.last_mut();
        if is_head(body) {
            match last {
                Some(chain) if depth > 1 => chain.add_member(block()),
                Some(chain) if linked => chain.continue_with(block()),
                _ => chains.push(Chain::new(block())),
            }
            linked = false;
        } else if LINKS.contains(&body.trim()) {
            linked = depth <= 1;
        } else if let Some(chain) = last {
            if depth > 0 && body.starts_with('-') {
                // the rule between the members of a group: what follows without a head is a member too
                chain.add_member(block());
            } else if chain.open().take(body) {
                chain.open().range.end = range.end;
                chain.range.end = range.end;
            } else if let Some(frame) = file_line(body) {
                chains.push(Chain::new(Block { frames: vec![frame], ..block() }));
            }
        } else if let Some(frame) = file_line(body) {
            chains.push(Chain::new(Block { frames: vec![frame], ..block() }));
        }
    }
    chains
}

fn is_head(body: &str) -> bool {
    HEADS.contains(&body.trim())
}

/// How deep in groups a line stands, and the line without the rule at its left.
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

/// `  File "/srv/app.py", line 3, in main`
fn file_line(line: &str) -> Option<Borrowed<'_>> {
    let (file, rest) = line.strip_prefix("  File \"")?.split_once("\", line ")?;
    let (number, function) = match rest.split_once(", in ") {
        Some((number, function)) => (number, Some(function).filter(|function| *function != "<module>")),
        None => (rest, None),
    };
    Some(Borrowed { function, file: Some(file), line: Some(number.trim().parse().ok()?), column: None })
}

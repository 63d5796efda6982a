//! Stack traces of the Java virtual machine, with what caused them and what was suppressed.

use super::{Borrowed, Failure, lines, type_and_message};

/// A message with more lines than this is the program's own talk above the trace.
const MESSAGE_LINES: usize = 20;
/// Packages of the platform, the languages on it, and the frameworks that call the application.
const FOREIGN_PACKAGES: [&str; 18] = [
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun.",
    "jakarta.",
    "kotlin.",
    "kotlinx.",
    "scala.",
    "groovy.",
    "org.codehaus.groovy.",
    "org.junit.",
    "org.gradle.",
    "org.apache.maven.",
    "org.springframework.",
    "org.hibernate.",
    "io.netty.",
    "reactor.",
];

pub(super) fn recognises(stack: &str) -> bool {
    stack.lines().any(|line| frame(line).is_some())
}

/// The frames of the exception itself, up to what caused it.
pub(super) fn frames(stack: &str) -> Vec<Borrowed<'_>> {
    let own = stack.lines().take_while(|line| !is_link(line.trim_start()));
    own.filter_map(frame).collect()
}

pub(super) fn is_in_app(frame: &Borrowed<'_>) -> bool {
    let function = frame.function.unwrap_or_default();
    frame.file.is_some() && !FOREIGN_PACKAGES.iter().any(|package| function.starts_with(package))
}

/// The last trace told.
pub(super) fn find(output: &str) -> Option<Failure> {
    let mut found: Option<Trace> = None;
    let mut open: Option<Trace> = None;
    for (at, line) in lines(output) {
        let range = at..at + line.len();
        let trimmed = line.trim_start();
        match open.as_mut() {
            Some(trace) if frame(line).is_some() || is_omission(trimmed) => trace.frame(range.end),
            Some(trace) if trace.framed() && is_link(trimmed) => trace.link(trimmed, range),
            Some(trace) if trace.in_message() && head(line).is_none() => trace.message(line, range.end),
            _ => {
                let closed = open.take().filter(Trace::complete);
                found = closed.or(found);
                open = head(line).map(|(name, message, certain)| Trace {
                    parts: vec![Part { failure: Failure::new(name, message, range), lines: 1, frames: 0 }],
                    certain,
                });
            }
        }
    }
    let last = open.filter(Trace::complete).or(found)?;
    Some(last.into_failure(output))
}

/// A head and everything that belongs to it: itself first, then its causes.
struct Trace {
    parts: Vec<Part>,
    /// `Exception in thread` needs no frames to be believed.
    certain: bool,
}

struct Part {
    failure: Failure,
    lines: usize,
    frames: usize,
}

impl Trace {
    fn complete(&self) -> bool {
        self.certain || self.framed()
    }

    fn framed(&self) -> bool {
        self.parts.first().is_some_and(|part| part.frames > 0)
    }

    fn in_message(&self) -> bool {
        self.parts.last().is_some_and(|part| part.frames == 0 && part.lines < MESSAGE_LINES)
    }

    fn extend(&mut self, end: usize) -> Option<&mut Part> {
        let last = self.parts.len().saturating_sub(1);
        for part in self.parts.iter_mut().enumerate().filter(|(at, _)| *at == 0 || *at == last) {
            part.1.failure.range.end = end;
        }
        self.parts.last_mut()
    }

    fn frame(&mut self, end: usize) {
        if let Some(part) = self.extend(end) {
            part.frames += 1;
        }
    }

    fn message(&mut self, line: &str, end: usize) {
        // a head that is believed without frames ends with its line, unless frames follow
        if let Some(part) = self.parts.last_mut() {
            part.lines += 1;
            part.failure.error_message.push('\n');
            part.failure.error_message.push_str(line);
        }
        if !self.certain {
            let _part = self.extend(end);
        }
    }

    fn link(&mut self, line: &str, range: std::ops::Range<usize>) {
        let head = line.split_once(": ").map_or("", |(_, head)| head);
        let (name, message) = type_and_message(head).unwrap_or(("Throwable", head));
        if let Some(part) = self.parts.first_mut() {
            part.failure.range.end = range.end;
        }
        self.parts.push(Part { failure: Failure::new(name, message, range), lines: 1, frames: 0 });
    }

    fn into_failure(self, output: &str) -> Failure {
        let framed = self.framed();
        let mut parts = self.parts.into_iter().map(|part| part.failure);
        let mut failure = parts.next().unwrap_or_else(|| Failure::new("Throwable", "", 0..0));
        if !framed {
            // the lines below were the program's
            failure.error_message.truncate(failure.error_message.find('\n').unwrap_or(failure.error_message.len()));
        }
        failure.causes = parts.map(|cause| cause.into_cause(output)).collect();
        failure
    }
}

/// `Exception in thread "main" java.lang.IllegalStateException: closed`, or that without its first words.
fn head(line: &str) -> Option<(&str, &str, bool)> {
    if let Some(rest) = line.strip_prefix("Exception in thread \"") {
        let (name, message) = type_and_message(rest.split_once("\" ")?.1)?;
        return Some((name, message, true));
    }
    let (name, message) = type_and_message(line)?;
    let class = name.rsplit('.').next()?;
    let named = class.contains("Exception") || class.contains("Error") || class.contains("Throwable");
    (named && class.starts_with(char::is_uppercase)).then_some((name, message, false))
}

fn is_link(line: &str) -> bool {
    line.starts_with("Caused by: ") || line.starts_with("Suppressed: ")
}

/// `... 3 more`
fn is_omission(line: &str) -> bool {
    line.starts_with("... ") && line.ends_with(" more")
        || line.starts_with("... ") && line.ends_with(" common frames omitted")
}

/// `at java.base/java.util.ArrayList.get(ArrayList.java:427)`; unlike V8, there is no space before the parenthesis.
fn frame(line: &str) -> Option<Borrowed<'_>> {
    let call = line.trim().strip_prefix("at ")?;
    let (function, place) = call.split_once('(')?;
    // behind the source some loggers add the archive: `(Main.java:3) [app.jar:1.0]`
    let place = place.split_once(')')?.0;
    let function = function.rsplit('/').next().unwrap_or(function);
    if function.is_empty() || function.contains(char::is_whitespace) || !function.contains('.') {
        return None;
    }
    let (file, number) = match place.rsplit_once(':') {
        Some((file, number)) => (file, Some(number.parse().ok()?)),
        None => (place, None),
    };
    let source = [".java", ".kt", ".kts", ".scala", ".groovy", ".clj"].iter().any(|ending| file.ends_with(ending));
    let nowhere = matches!(file, "Native Method" | "Unknown Source" | "<generated>" | "Unknown");
    (source || nowhere).then(|| Borrowed {
        function: Some(function),
        file: source.then_some(file),
        line: number,
        column: None,
    })
}

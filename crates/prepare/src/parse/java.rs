//! Stack traces of the Java virtual machine, with causes and suppressed exceptions.

use super::failure::Rank;
use super::{BorrowedFrame, Failure, lines_with_offsets, type_and_message};

/// Maximum number of lines of a message. More lines are other output of the program.
const MAX_MESSAGE_LINES: usize = 20;
/// Packages of the platform, of other languages on it, and of frameworks that call the application.
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

/// Classes that wrap another exception without a message of their own.
const WRAPPERS: [&str; 6] = [
    "ExecutionException",
    "CompletionException",
    "InvocationTargetException",
    "UndeclaredThrowableException",
    "ExceptionInInitializerError",
    "PrivilegedActionException",
];

pub(super) fn recognises(stack: &str) -> bool {
    stack.lines().any(|line| frame(line).is_some())
}

/// Returns the frames of the exception itself, without those of its causes.
pub(super) fn frames(stack: &str) -> Vec<BorrowedFrame<'_>> {
    // a cause that stands for its wrapper begins with the link
    let mut lines = stack.lines().peekable();
    lines.next_if(|line| is_link(line.trim_start()));
    lines.take_while(|line| !is_link(line.trim_start())).filter_map(frame).collect()
}

/// Returns the frames of the innermost cause that has frames of the application; none if no cause has any.
pub(super) fn origin(stack: &str) -> Option<Vec<BorrowedFrame<'_>>> {
    // causes of suppressed exceptions are indented
    let starts = lines_with_offsets(stack).filter(|(_, line)| line.starts_with("Caused by: ")).map(|(at, _)| at);
    let starts: Vec<usize> = starts.filter(|at| *at > 0).collect();
    starts.into_iter().rev().map(|at| frames(&stack[at..])).find(|frames| frames.iter().any(is_in_app))
}

pub(super) fn is_in_app(frame: &BorrowedFrame<'_>) -> bool {
    let function = frame.function.unwrap_or_default();
    frame.file.is_some() && !FOREIGN_PACKAGES.iter().any(|package| function.starts_with(package))
}

/// Finds all complete traces.
pub(super) fn find_all(output: &str) -> Vec<Failure> {
    let mut found: Vec<Trace> = Vec::new();
    let mut open: Option<Trace> = None;
    for (at, line) in lines_with_offsets(output) {
        let range = at..at + line.len();
        let trimmed = line.trim_start();
        match open.as_mut() {
            Some(trace) if frame(line).is_some() || is_omission(trimmed) => trace.add_frame(range.end),
            Some(trace) if trace.has_frames() && is_link(trimmed) => trace.add_link(trimmed, range),
            Some(trace) if trace.in_message() && head(line).is_none() => trace.add_message_line(line, range.end),
            _ => {
                found.extend(open.take().filter(Trace::is_complete));
                open = head(line).map(|(name, message, certain)| Trace {
                    throwables: vec![Throwable { failure: Failure::new(name, message, range), lines: 1, frames: 0 }],
                    certain,
                });
            }
        }
    }
    found.extend(open.filter(Trace::is_complete));
    found.into_iter().map(|trace| trace.into_failure(output)).collect()
}

/// One stack trace.
struct Trace {
    /// The exception itself, then its causes and suppressed exceptions.
    throwables: Vec<Throwable>,
    /// True if the head begins with `Exception in thread`. Such a trace is complete without frames.
    certain: bool,
}

/// One exception of a trace.
struct Throwable {
    failure: Failure,
    lines: usize,
    frames: usize,
}

impl Trace {
    fn is_complete(&self) -> bool {
        self.certain || self.has_frames()
    }

    fn has_frames(&self) -> bool {
        self.throwables.first().is_some_and(|throwable| throwable.frames > 0)
    }

    fn in_message(&self) -> bool {
        self.throwables.last().is_some_and(|throwable| throwable.frames == 0 && throwable.lines < MAX_MESSAGE_LINES)
    }

    /// Extends the ranges of the first and the last throwable to `end`; returns the last one.
    fn extend(&mut self, end: usize) -> Option<&mut Throwable> {
        let last = self.throwables.len().saturating_sub(1);
        for (_, throwable) in self.throwables.iter_mut().enumerate().filter(|(at, _)| *at == 0 || *at == last) {
            throwable.failure.range.end = end;
        }
        self.throwables.last_mut()
    }

    fn add_frame(&mut self, end: usize) {
        if let Some(throwable) = self.extend(end) {
            throwable.frames += 1;
        }
    }

    fn add_message_line(&mut self, line: &str, end: usize) {
        if let Some(throwable) = self.throwables.last_mut() {
            throwable.lines += 1;
            throwable.failure.error_message.push('\n');
            throwable.failure.error_message.push_str(line);
        }
        // a certain head ends with its line unless frames follow, so only frames extend it
        if !self.certain {
            let _throwable = self.extend(end);
        }
    }

    fn add_link(&mut self, line: &str, range: std::ops::Range<usize>) {
        let head = line.split_once(": ").map_or("", |(_, head)| head);
        let (name, message) = type_and_message(head).unwrap_or(("Throwable", head));
        if let Some(throwable) = self.throwables.first_mut() {
            throwable.failure.range.end = range.end;
        }
        self.throwables.push(Throwable { failure: Failure::new(name, message, range), lines: 1, frames: 0 });
    }

    fn into_failure(self, output: &str) -> Failure {
        let has_frames = self.has_frames();
        let certain = self.certain;
        let mut failures: Vec<Failure> = self.throwables.into_iter().map(|throwable| throwable.failure).collect();
        if !has_frames && let Some(failure) = failures.first_mut() {
            // the lines below the head were other output of the program
            failure.error_message.truncate(failure.error_message.find('\n').unwrap_or(failure.error_message.len()));
        }
        let wrappers = failures.windows(2).take_while(|pair| says_nothing(&pair[0], &pair[1])).count();
        let end = failures.first().map_or(0, |failure| failure.range.end);
        let mut failures = failures.into_iter().skip(wrappers);
        let mut failure = failures.next().unwrap_or_else(|| Failure::new("Throwable", "", 0..0));
        failure.causes = failures.map(|cause| cause.into_cause(output)).collect();
        failure.range.end = failure.range.end.max(end);
        let (rank, rule) = match certain {
            true => (Rank::Ended, "java exception in a thread"),
            false => (Rank::LoggedStack, "java stack trace"),
        };
        failure.ranked(rank, rule).with_stack(output)
    }
}

/// Returns true if an exception says no more than that its cause occurred.
fn says_nothing(wrapper: &Failure, cause: &Failure) -> bool {
    let class = wrapper.error_type.rsplit('.').next().unwrap_or_default();
    let repeats = wrapper.error_message.contains(&cause.error_type);
    repeats || WRAPPERS.contains(&class) && wrapper.error_message == wrapper.error_type
}

/// Splits a head such as `Exception in thread "main" java.lang.IllegalStateException: closed` into class, message, and
/// true if it begins with `Exception in thread`.
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

/// Returns true for a line that begins a cause or a suppressed exception.
fn is_link(line: &str) -> bool {
    line.starts_with("Caused by: ") || line.starts_with("Suppressed: ")
}

/// Returns true for a line such as `... 3 more`.
fn is_omission(line: &str) -> bool {
    line.starts_with("... ") && line.ends_with(" more")
        || line.starts_with("... ") && line.ends_with(" common frames omitted")
}

/// Parses `at java.base/java.util.ArrayList.get(ArrayList.java:427)`. Unlike V8's lines, it has no space before the
/// parenthesis.
fn frame(line: &str) -> Option<BorrowedFrame<'_>> {
    let call = line.trim().strip_prefix("at ")?;
    let (function, location) = call.split_once('(')?;
    // some loggers append the archive: `(Main.java:3) [app.jar:1.0]`
    let location = location.split_once(')')?.0;
    let function = function.rsplit('/').next().unwrap_or(function);
    if function.is_empty() || function.contains(char::is_whitespace) || !function.contains('.') {
        return None;
    }
    let (file, number) = match location.rsplit_once(':') {
        Some((file, number)) => (file, Some(number.parse().ok()?)),
        None => (location, None),
    };
    let is_source = [".java", ".kt", ".kts", ".scala", ".groovy", ".clj"].iter().any(|ending| file.ends_with(ending));
    let is_unknown = matches!(file, "Native Method" | "Unknown Source" | "<generated>" | "Unknown");
    (is_source || is_unknown).then(|| BorrowedFrame {
        function: Some(function),
        file: is_source.then_some(file),
        line: number,
        column: None,
    })
}

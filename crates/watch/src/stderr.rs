//! `Stderr`: the last lines of a server's standard error, and the search for the lines of one call.

use std::borrow::Cow;
use std::collections::VecDeque;

use crate::moment::Moment;
use autoheal_contract::limits::LOG_LINES;
use autoheal_prepare::parse::{Failure, find_failure, find_stacks, plain_text, readable};
use autoheal_scrub::scrub;
use memchr::memchr;

/// Maximum number of stored lines. The deepest stacks of several calls fit.
const MAX_LINES: usize = 4_000;
/// Maximum size of all stored lines, in bytes.
const MAX_BYTES: usize = 512 * 1024;
/// Maximum length of a stored line, in bytes. A longer line is cut.
const MAX_LINE_BYTES: usize = 8 * 1024;
/// Maximum number of failures checked per query.
const MAX_FAILURES: usize = 10;
/// Minimum length of a message to compare, in characters. A shorter one occurs in unrelated text.
const MIN_DISTINCT_CHARS: usize = 4;

/// The last lines of standard error, with their times.
#[derive(Debug, Default)]
pub(crate) struct Stderr {
    lines: VecDeque<(Moment, Box<[u8]>)>,
    bytes: usize,
    partial_line: Vec<u8>,
    /// Time of the last logged Rust panic.
    pub(crate) last_panic: Option<Moment>,
}

/// The part of standard error that belongs to a failure.
#[derive(Debug, Clone, Default)]
pub(crate) struct StderrMatch {
    /// The failure that a runtime printed, and its text.
    pub(crate) failure: Option<(Failure, String)>,
    /// Lines before the failure.
    pub(crate) logs: Vec<String>,
}

/// Time window of a failed call, and the texts that identify its output.
pub(crate) struct StderrQuery<'a> {
    pub(crate) from: Moment,
    pub(crate) to: Moment,
    /// Message of the response; empty if there was no response.
    pub(crate) message: &'a str,
    /// Name of the tool or prompt, or URI of the resource.
    pub(crate) name: Option<&'a str>,
    /// True if other calls ran at the same time. Then only text that mentions this call is used.
    pub(crate) overlapped: bool,
    /// Start time of the next call. Output from then on may belong to that call.
    pub(crate) next_call: Option<Moment>,
}

impl Stderr {
    /// Adds output. A piece may end in the middle of a line.
    pub(crate) fn printed(&mut self, mut bytes: &[u8], now: Moment) {
        while let Some(end) = memchr(b'\n', bytes) {
            self.append(&bytes[..end]);
            bytes = &bytes[end + 1..];
            self.finish_line(now);
        }
        self.append(bytes);
    }

    /// Ends the output. Bytes after the last line end become a line.
    pub(crate) fn ended(&mut self, now: Moment) {
        if !self.partial_line.is_empty() {
            self.finish_line(now);
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let remaining = MAX_LINE_BYTES.saturating_sub(self.partial_line.len());
        self.partial_line.extend_from_slice(&bytes[..bytes.len().min(remaining)]);
    }

    fn finish_line(&mut self, now: Moment) {
        let line: Box<[u8]> = self.partial_line.as_slice().into();
        self.partial_line.clear();
        // a Rust thread that panicked sends no response, and its process keeps running
        if memchr::memmem::find(&line, b" panicked at ").is_some() {
            self.last_panic = Some(now);
        }
        self.bytes += line.len();
        self.lines.push_back((now, line));
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let Some((_, oldest)) = self.lines.pop_front() else { break };
            self.bytes -= oldest.len();
        }
    }

    /// Finds the failure and the log lines that belong to a call.
    pub(crate) fn find(&self, query: &StderrQuery<'_>) -> StderrMatch {
        let text = self.window_text(query.from, query.to);
        let text = readable(&text);
        // two pipes have no common order, so a stack is accepted even after the next call started; log lines are not
        let own =
            query.next_call.filter(|next| *next < query.to).map(|next| self.window_text(query.from, next.before()));
        let own = own.as_deref().map_or(Cow::Borrowed(text.as_ref()), readable);
        let failure = query.failure_in(&text, own.len());
        let before = failure.as_ref().and_then(|failure| own.get(..failure.range.start)).unwrap_or(&own);
        // a line that does not mention this call may belong to another one
        let mut logs = log_lines(before.lines().filter(|line| !query.overlapped || query.mentions_call(line)));
        logs.drain(..logs.len().saturating_sub(LOG_LINES));
        StderrMatch { failure: failure.map(|failure| (failure.clone(), text[failure.range].to_owned())), logs }
    }

    /// Finds the last words of a program that ended: its failure, by all of its output, and the lines before it.
    pub(crate) fn last_words(&self) -> StderrMatch {
        last_words_of(&self.window_text(Moment::FIRST, Moment::LAST))
    }

    /// Finds the last stack that was printed since this time, and its text.
    pub(crate) fn last_stack(&self, from: Moment) -> Option<(Failure, String)> {
        let text = self.window_text(from, Moment::LAST);
        let text = readable(&text);
        let failure = find_stacks(&text).pop()?;
        let stack = text[failure.range.clone()].to_owned();
        Some((failure, stack))
    }

    fn window_text(&self, from: Moment, to: Moment) -> String {
        let mut window = Vec::new();
        for (_, line) in self.lines.iter().filter(|(at, _)| (from..=to).contains(at)) {
            window.extend_from_slice(line);
            window.push(b'\n');
        }
        plain_text(&window)
    }
}

/// Finds the failure that ended a program in its output, and the lines before it. A line without any sign of an error counts
/// too, because nothing else says why the program ended.
pub(crate) fn last_words_of(output: &str) -> StderrMatch {
    let text = readable(output);
    let failure = find_failure(&text);
    let before = failure.as_ref().and_then(|failure| text.get(..failure.range.start)).unwrap_or(&text);
    let mut logs = log_lines(before.lines());
    logs.drain(..logs.len().saturating_sub(LOG_LINES));
    let failure = failure.map(|failure| (failure.stack.clone().unwrap_or_default(), failure));
    StderrMatch { failure: failure.map(|(stack, failure)| (failure, stack)), logs }
}

/// Lines that are not blank, without secrets.
fn log_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    // scrub before the text is split, because a private key has several lines
    let lines = lines.filter(|line| !line.trim().is_empty()).map(str::trim_end).collect::<Vec<_>>().join("\n");
    scrub(&lines).lines().map(str::to_owned).collect()
}

/// Confidence that a failure on standard error is the failure of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Confidence {
    /// The failure was printed in the time window.
    InWindow,
    /// The failure names the call, or contains the message of the response.
    MentionsCall,
    /// The message of the response contains the message of the failure.
    SameMessage,
}

impl StderrQuery<'_> {
    /// Finds the failure with the highest confidence. Output beyond `own_len` was printed after the next call started,
    /// so a failure there must mention this call.
    ///
    /// Among equals, the first one wins if a next call started, because the later ones may belong to that call.
    /// Otherwise the last one wins, because survived failures are printed before the final one.
    fn failure_in(&self, text: &str, own_len: usize) -> Option<Failure> {
        let mut failures = find_stacks(text);
        // those of later calls follow, and may be many
        if self.next_call.is_none() {
            failures.reverse();
        }
        let mut best: Option<(Confidence, Failure)> = None;
        for failure in failures.into_iter().take(MAX_FAILURES) {
            let failure = self.without_later_lines(failure, text);
            let confidence = self.confidence(&failure, text);
            if confidence == Confidence::InWindow && (self.overlapped || failure.range.start >= own_len) {
                continue;
            }
            if best.as_ref().is_none_or(|(other, _)| confidence > *other) {
                best = Some((confidence, failure));
            }
        }
        best.map(|(_, failure)| failure)
    }

    fn confidence(&self, failure: &Failure, text: &str) -> Confidence {
        let is_distinct = failure.error_message.chars().count() >= MIN_DISTINCT_CHARS;
        if is_distinct && self.message.contains(&failure.error_message) {
            Confidence::SameMessage
        } else if self.mentions_call(&text[failure.range.clone()]) {
            Confidence::MentionsCall
        } else {
            Confidence::InWindow
        }
    }

    /// Cuts later output from the end of a failure's message.
    ///
    /// A server that keeps running prints more lines below its stack, and only the response shows where a message of
    /// several lines ends. Drops the last line until the response contains the message, or one line remains.
    fn without_later_lines(&self, mut failure: Failure, text: &str) -> Failure {
        while let Some((shorter, last)) = failure.error_message.rsplit_once('\n') {
            let stack = text[failure.range.clone()].trim_end();
            if self.message.contains(&failure.error_message) || !stack.ends_with(last.trim_end()) {
                break;
            }
            failure.range.end = failure.range.start + stack.len() - last.trim_end().len();
            failure.error_message = shorter.trim_end().to_owned();
        }
        failure
    }

    /// True if a text contains the name of the call, or the first line of the response's message.
    fn mentions_call(&self, text: &str) -> bool {
        let message = self.message.lines().next().unwrap_or_default();
        self.name.is_some_and(|name| contains_word(text, name))
            || message.chars().count() >= MIN_DISTINCT_CHARS && text.contains(message)
    }
}

/// True if a text contains a name as a whole word: `target` does not contain `get`.
fn contains_word(text: &str, name: &str) -> bool {
    let is_word_char = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let is_boundary = |c: Option<char>| !c.is_some_and(is_word_char);
        is_boundary(text[..at].chars().next_back()) && is_boundary(text[at + name.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACEBACK: &str = "Traceback (most recent call last):\n  File \"/srv/app/tools.py\", line 7, in divide\n    return a / b\nZeroDivisionError: division by zero\n";

    fn query<'a>(message: &'a str, overlapped: bool) -> StderrQuery<'a> {
        StderrQuery {
            from: Moment::at(100),
            to: Moment::at(200),
            message,
            name: Some("divide"),
            overlapped,
            next_call: None,
        }
    }

    #[test]
    fn only_lines_in_the_time_window_belong_to_a_call() {
        let mut stderr = Stderr::default();
        stderr.printed(b"started\n", Moment::at(50));
        stderr.printed(b"INFO dividing\n", Moment::at(120));
        stderr.printed(TRACEBACK.as_bytes(), Moment::at(130));
        stderr.printed(b"INFO right after\n", Moment::at(131));
        stderr.printed(b"INFO later\n", Moment::at(300));
        let found = stderr.find(&query("division by zero", false));
        let (failure, stack) = found.failure.unwrap();
        assert_eq!(
            (failure.error_type.as_str(), found.logs.as_slice()),
            ("ZeroDivisionError", &["INFO dividing".to_owned()][..])
        );
        assert!(stack.contains("line 7, in divide"), "{stack}");
    }

    #[test]
    fn the_stack_and_logs_of_an_overlapping_call_are_not_used() {
        let mut stderr = Stderr::default();
        stderr.printed(TRACEBACK.as_bytes(), Moment::at(120));
        stderr.printed(
            TRACEBACK.replace("divide", "multiply").replace("division by zero", "secret of another user").as_bytes(),
            Moment::at(130),
        );
        stderr.printed(b"INFO multiply: order of another user\nINFO divide: own\n", Moment::at(140));
        let found = stderr.find(&query("division by zero", true));
        let (_, stack) = found.failure.unwrap();
        assert!(stack.contains("in divide") && !stack.contains("another user"), "{stack}");
        let none = stderr.find(&StderrQuery { name: Some("other"), ..query("another message", true) });
        assert!(none.failure.is_none() && none.logs.is_empty(), "{none:?}");
    }

    #[test]
    fn the_stack_and_logs_of_the_next_call_are_not_used() {
        let mut stderr = Stderr::default();
        stderr.printed(b"INFO divide: own\n", Moment::at(110));
        stderr.printed(TRACEBACK.as_bytes(), Moment::at(120));
        stderr.printed(b"INFO multiply: next\n", Moment::at(131));
        let next = TRACEBACK.replace("ZeroDivisionError: division by zero", "RuntimeError: no division by zero today");
        stderr.printed(next.as_bytes(), Moment::at(140));
        let found = stderr.find(&StderrQuery { next_call: Some(Moment::at(130)), ..query("division by zero", false) });
        assert_eq!(found.failure.unwrap().0.error_type, "ZeroDivisionError");
        assert_eq!(found.logs, ["INFO divide: own"]);
        let without_stack =
            stderr.find(&StderrQuery { next_call: Some(Moment::at(115)), ..query("no matching stack", false) });
        assert_eq!(without_stack.logs, ["INFO divide: own"]);
    }

    #[test]
    fn the_stacks_of_many_later_calls_do_not_hide_the_calls_own() {
        let mut stderr = Stderr::default();
        stderr.printed(TRACEBACK.as_bytes(), Moment::at(120));
        for _ in 0..50 {
            stderr.printed(TRACEBACK.replace("ZeroDivisionError", "ValueError").as_bytes(), Moment::at(140));
        }
        let query = StderrQuery { next_call: Some(Moment::at(130)), ..query("broken", false) };
        assert_eq!(stderr.find(&query).failure.unwrap().0.error_type, "ZeroDivisionError");
    }

    #[test]
    fn a_log_line_below_a_boxed_traceback_is_not_part_of_the_message() {
        let mut stderr = Stderr::default();
        let boxed = "\
[11/22/26 14:04:22] Error calling tool 'divide'
                    ╭─────── Traceback (most recent call last) ────────╮
                    │ /srv/app/tools.py:9 in divide                    │
                    │ ❱  9 │   return a / b                            │
                    ╰──────────────────────────────────────────────────╯
                    ZeroDivisionError: division by zero
                    Error calling tool 'lookup'
";
        stderr.printed(boxed.as_bytes(), Moment::at(120));
        let (failure, stack) = stderr.find(&query("division by zero", false)).failure.unwrap();
        assert_eq!(failure.error_message, "division by zero");
        assert!(stack.trim_end().ends_with("ZeroDivisionError: division by zero"), "{stack}");
    }

    /// A failure without output must not get the stack of the next call.
    #[test]
    fn a_stack_after_the_next_call_started_must_mention_this_call() {
        let mut stderr = Stderr::default();
        stderr.printed(TRACEBACK.replace("divide", "boil").as_bytes(), Moment::at(140));
        let next_call = Some(Moment::at(130));
        let unrelated = stderr.find(&StderrQuery { next_call, ..query("no such number", false) });
        assert!(unrelated.failure.is_none(), "{unrelated:?}");
        let related = stderr.find(&StderrQuery { next_call, ..query("division by zero", false) });
        assert_eq!(related.failure.unwrap().0.error_type, "ZeroDivisionError");
    }

    #[test]
    fn a_private_key_of_many_lines_is_scrubbed() {
        let mut stderr = Stderr::default();
        let lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n".repeat(60);
        let key = format!("loading\n-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----\n");
        stderr.printed(key.as_bytes(), Moment::at(120));
        assert_eq!(stderr.find(&query("", false)).logs, ["loading", "<private-key>"]);
    }

    #[test]
    fn stored_output_is_bounded() {
        let mut stderr = Stderr::default();
        for _ in 0..10 {
            stderr.printed(&vec![b'x'; 1_000_000], Moment::at(1));
        }
        for _ in 0..10_000 {
            stderr.printed(b"many lines of something\n", Moment::at(1));
        }
        assert!(
            stderr.lines.len() <= MAX_LINES
                && stderr.bytes <= MAX_BYTES
                && stderr.partial_line.capacity() <= 2 * MAX_LINE_BYTES
        );
    }
}

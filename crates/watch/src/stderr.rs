//! What the server printed on standard error: the last lines with their times, and the block that belongs to a call.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

use autoheal_contract::limits::LOG_LINES;
use autoheal_scrub::scrub;
use memchr::memchr;

use autoheal_prepare::Timestamp;
use autoheal_prepare::parse::{Failure, find_failure, plain_text, unbox};

/// How much is kept: enough for the deepest stacks of several calls.
const MAX_LINES: usize = 4_000;
const MAX_BYTES: usize = 512 * 1024;
/// A longer line is cut, in bytes.
const MAX_LINE_BYTES: usize = 8 * 1024;
/// How many failures of one window are looked at.
const MAX_FAILURES: usize = 10;
/// The smallest step of time.
const TICK: Duration = Duration::from_millis(1);
/// A message shorter than this fits everywhere, in characters.
const MIN_DISTINCT_CHARS: usize = 4;

/// The last lines.
#[derive(Debug, Default)]
pub(super) struct Stderr {
    lines: VecDeque<(Timestamp, Box<[u8]>)>,
    bytes: usize,
    partial_line: Vec<u8>,
    /// When a panic or a fatal error was last printed.
    pub(super) last_panic: Option<Timestamp>,
}

/// What of it belongs to a failure.
#[derive(Debug, Default)]
pub(super) struct StderrMatch {
    /// The failure as a runtime printed it, and its text.
    pub(super) failure: Option<(Failure, String)>,
    /// The lines before it.
    pub(super) logs: Vec<String>,
}

/// The call whose block is looked for.
pub(super) struct StderrQuery<'a> {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// In the words of the answer; empty where there was none.
    pub(super) message: &'a str,
    /// The tool, resource or prompt.
    pub(super) name: Option<&'a str>,
    /// Other calls ran meanwhile: only what speaks of this one is taken.
    pub(super) overlapped: bool,
    /// When the next call was begun, so that what was printed since may be its.
    pub(super) next_call: Option<Timestamp>,
}

impl Stderr {
    /// More of it; says whether the server seems to have given up on something.
    pub(super) fn printed(&mut self, mut bytes: &[u8], now: Timestamp) {
        while let Some(end) = memchr(b'\n', bytes) {
            self.append(&bytes[..end]);
            bytes = &bytes[end + 1..];
            self.finish_line(now);
        }
        self.append(bytes);
    }

    /// No more comes: what stands after the last line end is a line too.
    pub(super) fn ended(&mut self, now: Timestamp) {
        if !self.partial_line.is_empty() {
            self.finish_line(now);
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let remaining = MAX_LINE_BYTES.saturating_sub(self.partial_line.len());
        self.partial_line.extend_from_slice(&bytes[..bytes.len().min(remaining)]);
    }

    fn finish_line(&mut self, now: Timestamp) {
        let line: Box<[u8]> = self.partial_line.as_slice().into();
        self.partial_line.clear();
        // a Rust thread that panicked answers nobody, and its process lives on
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

    /// The block that belongs to a call.
    pub(super) fn find(&self, query: &StderrQuery<'_>) -> StderrMatch {
        let text = self.window_text(query.from, query.to);
        let text = unbox(&text);
        // pipes keep no order between them: the stack may come after the next call was begun, other lines may not
        let own =
            query.next_call.filter(|next| *next < query.to).map(|next| self.window_text(query.from, next.minus(TICK)));
        let own = own.as_deref().map_or(Cow::Borrowed(text.as_ref()), unbox);
        let failure = query.failure_in(&text, own.len());
        let before = failure.as_ref().and_then(|failure| own.get(..failure.range.start)).unwrap_or(&own);
        let lines = before.lines().filter(|line| !line.trim().is_empty());
        // what does not speak of this call may be another one's
        let lines = lines.filter(|line| !query.overlapped || query.mentions_call(line));
        // secrets go before the lines are apart: a key has many
        let lines = lines.map(str::trim_end).collect::<Vec<_>>().join("\n");
        let mut logs: Vec<String> = scrub(&lines).lines().map(str::to_owned).collect();
        logs.drain(..logs.len().saturating_sub(LOG_LINES));
        StderrMatch { failure: failure.map(|failure| (failure.clone(), text[failure.range].to_owned())), logs }
    }

    fn window_text(&self, from: Timestamp, to: Timestamp) -> String {
        let mut window = Vec::new();
        for (_, line) in self.lines.iter().filter(|(at, _)| (from..=to).contains(at)) {
            window.extend_from_slice(line);
            window.push(b'\n');
        }
        plain_text(&window)
    }
}

/// How surely a failure on standard error is the one that was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Confidence {
    /// It stands in the call's time.
    InWindow,
    /// It names the call, or says what the answer says.
    MentionsCall,
    /// Its message is the answer's.
    SameMessage,
}

impl StderrQuery<'_> {
    /// The failure that fits best. Of equals the first, if the next call has begun since; the last one else, for what was
    /// survived is told before.
    ///
    /// What stands beyond `own` was printed since the next call began: it is ours if it speaks of us.
    fn failure_in(&self, text: &str, own: usize) -> Option<Failure> {
        let mut end = text.len();
        let mut best: Option<(Confidence, Failure)> = None;
        for _ in 0..MAX_FAILURES {
            let Some(failure) = find_failure(&text[..end]) else { break };
            let failure = self.without_later_lines(failure, text);
            end = failure.range.start;
            let confidence = self.confidence(&failure, text);
            if confidence == Confidence::InWindow && (self.overlapped || failure.range.start >= own) {
                continue;
            }
            let better = |known: Confidence| confidence > known || confidence == known && self.next_call.is_some();
            if best.as_ref().is_none_or(|(known, _)| better(*known)) {
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

    /// A server that lives on prints more below its stack, and nothing tells where a message of several lines ends, but
    /// the answer: what it does not repeat beyond the first line is no part of the message.
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

    /// Whether a text names the call or says what the answer said.
    fn mentions_call(&self, text: &str) -> bool {
        let message = self.message.lines().next().unwrap_or_default();
        self.name.is_some_and(|name| contains_word(text, name))
            || message.chars().count() >= MIN_DISTINCT_CHARS && text.contains(message)
    }
}

/// Whether a name stands there as a word: `get` is not told of in `target`.
fn contains_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let alone = |c: Option<char>| !c.is_some_and(is_part);
        alone(text[..at].chars().next_back()) && alone(text[at + name.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACEBACK: &str = "Traceback (most recent call last):\n  File \"/srv/app/tools.py\", line 7, in divide\n    return a / b\nZeroDivisionError: division by zero\n";

    fn query<'a>(message: &'a str, overlapped: bool) -> StderrQuery<'a> {
        StderrQuery {
            from: Timestamp(100),
            to: Timestamp(200),
            message,
            name: Some("divide"),
            overlapped,
            next_call: None,
        }
    }

    #[test]
    fn only_the_lines_of_the_calls_time_belong_to_it() {
        let mut stderr = Stderr::default();
        stderr.printed(b"started\n", Timestamp(50));
        stderr.printed(b"INFO dividing\n", Timestamp(120));
        stderr.printed(TRACEBACK.as_bytes(), Timestamp(130));
        stderr.printed(b"INFO right after\n", Timestamp(131));
        stderr.printed(b"INFO later\n", Timestamp(300));
        let joined = stderr.find(&query("division by zero", false));
        let (failure, stack) = joined.failure.unwrap();
        assert_eq!(
            (failure.error_type.as_str(), joined.logs.as_slice()),
            ("ZeroDivisionError", &["INFO dividing".to_owned()][..])
        );
        assert!(stack.contains("line 7, in divide"), "{stack}");
    }

    #[test]
    fn another_calls_block_is_left_alone() {
        let mut stderr = Stderr::default();
        stderr.printed(TRACEBACK.as_bytes(), Timestamp(120));
        stderr.printed(
            TRACEBACK.replace("divide", "multiply").replace("division by zero", "secret of somebody").as_bytes(),
            Timestamp(130),
        );
        stderr.printed(b"INFO multiply: somebody's order\nINFO divide: ours\n", Timestamp(140));
        let joined = stderr.find(&query("division by zero", true));
        let (_, stack) = joined.failure.unwrap();
        assert!(stack.contains("in divide") && !stack.contains("somebody"), "{stack}");
        let none = stderr.find(&StderrQuery { name: Some("other"), ..query("nothing of the kind", true) });
        assert!(none.failure.is_none() && none.logs.is_empty(), "{none:?}");
    }

    #[test]
    fn the_next_calls_block_is_not_taken_for_ours() {
        let mut stderr = Stderr::default();
        stderr.printed(b"INFO divide: ours\n", Timestamp(110));
        stderr.printed(TRACEBACK.as_bytes(), Timestamp(120));
        stderr.printed(b"INFO multiply: the next one's\n", Timestamp(131));
        let next = TRACEBACK.replace("ZeroDivisionError: division by zero", "RuntimeError: no division by zero today");
        stderr.printed(next.as_bytes(), Timestamp(140));
        let joined = stderr.find(&StderrQuery { next_call: Some(Timestamp(130)), ..query("division by zero", false) });
        assert_eq!(joined.failure.unwrap().0.error_type, "ZeroDivisionError");
        assert_eq!(joined.logs, ["INFO divide: ours"]);
        let quiet = stderr.find(&StderrQuery { next_call: Some(Timestamp(115)), ..query("no stack of ours", false) });
        assert_eq!(quiet.logs, ["INFO divide: ours"]);
    }

    #[test]
    fn what_is_logged_right_below_a_box_is_no_part_of_its_message() {
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
        stderr.printed(boxed.as_bytes(), Timestamp(120));
        let (failure, stack) = stderr.find(&query("division by zero", false)).failure.unwrap();
        assert_eq!(failure.error_message, "division by zero");
        assert!(stack.trim_end().ends_with("ZeroDivisionError: division by zero"), "{stack}");
    }

    /// A server that printed nothing of its failure is not given the crash of whoever was called next.
    #[test]
    fn a_stack_printed_since_the_next_call_began_is_ours_only_if_it_speaks_of_us() {
        let mut stderr = Stderr::default();
        stderr.printed(TRACEBACK.replace("divide", "boil").as_bytes(), Timestamp(140));
        let next_call = Some(Timestamp(130));
        let silent = stderr.find(&StderrQuery { next_call, ..query("no such number", false) });
        assert!(silent.failure.is_none(), "{silent:?}");
        let late = stderr.find(&StderrQuery { next_call, ..query("division by zero", false) });
        assert_eq!(late.failure.unwrap().0.error_type, "ZeroDivisionError");
    }

    #[test]
    fn a_key_of_many_lines_is_known_for_one() {
        let mut stderr = Stderr::default();
        let lines = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n".repeat(60);
        let key = format!("loading\n-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----\n");
        stderr.printed(key.as_bytes(), Timestamp(120));
        assert_eq!(stderr.find(&query("", false)).logs, ["loading", "<private-key>"]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut stderr = Stderr::default();
        for _ in 0..10 {
            stderr.printed(&vec![b'x'; 1_000_000], Timestamp(1));
        }
        for _ in 0..10_000 {
            stderr.printed(b"many lines of something\n", Timestamp(1));
        }
        assert!(
            stderr.lines.len() <= MAX_LINES
                && stderr.bytes <= MAX_BYTES
                && stderr.partial_line.capacity() <= 2 * MAX_LINE_BYTES
        );
    }
}

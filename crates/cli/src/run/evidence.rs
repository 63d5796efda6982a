//! The evidence for a failure: where the output shows it, and the lines around it.

use std::ops::Range;

use autoheal_contract::LogLine;
use autoheal_contract::limits::LOG_LINES;
use autoheal_prepare::excerpt::excerpt;
use autoheal_prepare::parse::{Failure, find_in_streams, plain_text, readable};
use autoheal_prepare::scrub::scrub_with;
use autoheal_prepare::{KnownSecrets, ScrubLevel};

use super::streams::Relayed;

/// Maximum length of a log line, in characters.
const LOG_LINE_CHARS: usize = 1_000;
/// Maximum length of all log lines, in characters. Of more, the lines farthest above the failure are left out.
const LOG_CHARS: usize = 60_000;
/// Maximum number of lines from the end of the stream that does not show the failure.
const OTHER_STREAM_LINES: usize = 50;
/// Number of lines at the end of a stream that are kept if not all lines below the failure fit.
const LAST_LINES: usize = 50;

/// The end of a command's output, and the failure in it.
pub(crate) struct Evidence {
    /// Standard output, or both streams in their order if they are one.
    output: String,
    /// Standard error; none if both streams are one.
    errors: Option<String>,
    /// The failure in the output.
    pub(crate) failure: Option<Failure>,
    /// True if the failure is in standard error.
    in_errors: bool,
}

impl Evidence {
    /// Reads the end of each relayed stream, without the known secrets, and without those of commands that a shell printed.
    pub(super) fn read(relayed: &Relayed, known: &KnownSecrets) -> Self {
        Self::of(&relayed.output, relayed.errors.as_deref(), known)
    }

    /// No output.
    pub(super) fn none() -> Self {
        Self::of(&[], None, &KnownSecrets::default())
    }

    /// True if a line says that the disk is full.
    pub(super) fn names_full_disk(&self) -> bool {
        let names = |text: &str| ["No space left on device", "ENOSPC"].iter().any(|words| text.contains(words));
        names(&self.output) || self.errors.as_deref().is_some_and(names)
    }

    /// The same for output that is at hand: standard output, or both streams if they are one, and standard error.
    pub(crate) fn of(output: &[u8], errors: Option<&[u8]>, known: &KnownSecrets) -> Self {
        // without colours, overwritten lines, boxes and prefixes of lines
        let text = |bytes: &[u8]| readable(&plain_text(bytes)).into_owned();
        let (mut output, mut errors) = (text(output), errors.map(text));
        // before texts are cut, because half a secret is not recognised
        let known = known.with_traces(&output).with_traces(errors.as_deref().unwrap_or_default());
        known.mask_text(&mut output);
        errors.iter_mut().for_each(|errors| known.mask_text(errors));
        // programs print errors to standard error, but some print them to standard output
        let found = find_in_streams(&[errors.as_deref().unwrap_or_default(), &output]);
        let in_errors = found.as_ref().is_some_and(|(stream, _)| *stream == 0);
        Self { failure: found.map(|(_, failure)| failure), output, errors, in_errors }
    }

    /// True if the failure is in standard error, or both streams are one.
    pub(super) fn is_in_errors(&self) -> bool {
        self.in_errors || self.errors.is_none()
    }

    /// The last line that is not blank, of standard error if it has one.
    pub(super) fn last_line(&self) -> Option<&str> {
        let last = |text: &'_ String| text.lines().rfind(|line| !line.trim().is_empty()).map(str::len);
        let text = self.errors.as_ref().filter(|errors| last(errors).is_some()).unwrap_or(&self.output);
        text.lines().rfind(|line| !line.trim().is_empty())
    }

    /// The lines around the failure, without the failure's own stack, and the end of the other stream.
    pub(super) fn logs(&self, scrub: ScrubLevel) -> Vec<LogLine> {
        let range = |is_errors: bool| self.failure.as_ref().filter(|_| self.in_errors == is_errors).map(stack_range);
        let Some(errors) = &self.errors else {
            return lines(&self.output, range(false).unwrap_or_else(|| at_end(&self.output)), LOG_LINES, None, scrub);
        };
        let parts = [(&self.output, false, "stdout"), (errors, true, "stderr")];
        let mut logs = Vec::new();
        let limit = LOG_LINES - OTHER_STREAM_LINES;
        // without a failure, standard error matters more
        let main = if self.failure.is_some() { self.in_errors } else { true };
        for (text, is_errors, level) in parts {
            let limit = if is_errors == main { limit } else { OTHER_STREAM_LINES };
            logs.extend(lines(text, range(is_errors).unwrap_or_else(|| at_end(text)), limit, Some(level), scrub));
        }
        logs
    }
}

/// The part of the text that is in the report as its stack.
fn stack_range(failure: &Failure) -> Range<usize> {
    let Range { start, end } = failure.range.clone();
    if failure.stack.is_some() { start..end } else { end..end }
}

fn at_end(text: &str) -> Range<usize> {
    text.len()..text.len()
}

/// The lines before and after a range, at most `limit`.
fn lines(text: &str, range: Range<usize>, limit: usize, level: Option<&str>, scrub: ScrubLevel) -> Vec<LogLine> {
    // scrubs before the split into lines, because a private key has several lines
    let before = scrub_with(&text[..range.start], scrub);
    let after = scrub_with(&text[range.end..], scrub);
    let split = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (split(&before), split(&after));
    let after_limit = limit.saturating_sub(before.len()).max(limit / 2);
    let mut kept = Vec::new();
    if after.len() <= after_limit {
        kept.extend(after);
    } else {
        let first = after_limit.saturating_sub(LAST_LINES + 1);
        let left_out = after.len() - first - LAST_LINES;
        kept.extend_from_slice(&after[..first]);
        kept.push(format!("({left_out} lines left out)"));
        kept.extend_from_slice(&after[after.len() - LAST_LINES..]);
    }
    let mut characters: usize = kept.iter().map(|line| line.len().min(LOG_LINE_CHARS)).sum();
    let fits = |line: &&String| {
        characters += line.len().min(LOG_LINE_CHARS);
        characters <= LOG_CHARS
    };
    let before: Vec<&String> = before.iter().rev().take(limit - kept.len().min(limit)).take_while(fits).collect();
    let line = |line: &String| LogLine {
        level: level.map(str::to_owned),
        message: excerpt(line, LOG_LINE_CHARS),
        timestamp: None,
    };
    before.into_iter().rev().chain(&kept).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(output: &str) -> Vec<String> {
        let evidence = Evidence::of(output.as_bytes(), None, &KnownSecrets::default());
        evidence.logs(ScrubLevel::Standard).into_iter().map(|line| line.message).collect()
    }

    #[test]
    fn lines_above_and_below_the_failure_are_kept() {
        let above: String = (0..300).map(|number| format!("above {number}\n")).collect();
        let stack = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'\n";
        let logs = messages(&format!("{above}{stack}\nworker died\nrestarting\n"));
        assert_eq!(logs.len(), LOG_LINES);
        assert_eq!(logs[0], "above 102");
        assert_eq!(&logs[197..], ["above 299", "worker died", "restarting"]);
    }

    #[test]
    fn of_much_output_below_the_failure_its_ends_are_kept() {
        let below: String = (0..300).map(|number| format!("below {number}\n")).collect();
        let logs = messages(&format!("before\nfatal: no price\n{below}"));
        assert_eq!(&logs[..3], ["before", "fatal: no price", "below 0"]);
        assert!(logs.contains(&"(103 lines left out)".to_owned()), "{logs:?}");
        assert_eq!((logs.len(), logs.last().map(String::as_str)), (LOG_LINES, Some("below 299")));
    }

    #[test]
    fn the_failure_may_be_in_either_stream() {
        let evidence =
            Evidence::of(b"a.c:1:2: error: no price\n", Some(b"make: *** [all] Error 1\n"), &KnownSecrets::default());
        assert_eq!(evidence.failure.as_ref().unwrap().error_message, "a.c:1:2: error: no price");
        let logs = evidence.logs(ScrubLevel::Standard);
        let logs: Vec<_> =
            logs.iter().map(|it| (it.level.as_deref().unwrap_or_default(), it.message.as_str())).collect();
        assert_eq!(logs, [("stdout", "a.c:1:2: error: no price"), ("stderr", "make: *** [all] Error 1")]);
    }
}

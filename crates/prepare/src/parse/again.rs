//! Reading a command's error again: earlier versions of `run` believed the last line of the output, or the last stack.
//! Their reports hold the output as log lines, so the finder can search it.

use autoheal_contract::limits::{CAUSES, LOG_LINES};
use autoheal_contract::{ErrorReport, LogLine, Source};

use super::failure::Rank;
use super::{Failure, find_in_streams, find_stacks, readable};

/// Number of lines above a stack that are searched for words about what became of the error.
const LINES_ABOVE: usize = 5;

/// An error as its sender described it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SentError {
    pub(crate) error_type: String,
    pub(crate) error_message: String,
    pub(crate) stack_trace: Option<String>,
}

/// Replaces the error of a command's report by the one that the finder finds in its log lines. Returns the error as it was
/// sent; none if it stays.
///
/// Two kinds of reports are read again: those without a name for the error, and those whose error is one that its program
/// survived, as the line above it says.
pub(super) fn read_again(report: &mut ErrorReport) -> Option<SentError> {
    if report.source != Some(Source::Cli) || report.logs.is_empty() {
        return None;
    }
    let streams = [stream(&report.logs, true), stream(&report.logs, false)];
    let found = || find_in_streams(&[&streams[0], &streams[1]]).map(|(_, failure)| failure);
    match report.stack_trace.as_deref().map(str::trim).filter(|stack| !stack.is_empty()) {
        None if is_ending(&report.error_type) => replace(report, found().filter(|failure| !failure.is_guess())?),
        None => None,
        Some(stack) => {
            if !streams.iter().any(|stream| is_survived(stream, stack)) {
                return None;
            }
            let failure = found().filter(|failure| failure.rank == Rank::Ended)?;
            let sent = replace(report, failure)?;
            keep_as_logs(&sent, &mut report.logs);
            Some(sent)
        }
    }
}

/// Returns true if the program went on after the error whose stack follows on these lines.
fn is_survived(above: &str, stack: &str) -> bool {
    let last = above.lines().rev().take(LINES_ABOVE).collect::<Vec<_>>();
    let mut text: String = last.into_iter().rev().flat_map(|line| [line, "\n"]).collect();
    let start = text.len();
    text.push_str(stack);
    start > 0 && find_stacks(&text).iter().any(|found| found.range.end > start && found.rank == Rank::Survived)
}

/// Adds the lines of a stack that was replaced to the log lines.
fn keep_as_logs(sent: &SentError, logs: &mut Vec<LogLine>) {
    let stack = sent.stack_trace.as_deref().unwrap_or_default();
    let line = |line: &str| LogLine { timestamp: None, level: Some("stderr".to_owned()), message: line.to_owned() };
    logs.extend(stack.lines().take(LOG_LINES.saturating_sub(logs.len())).map(line));
}

/// Puts the found error into the report. Returns the one that was sent, if they differ.
fn replace(report: &mut ErrorReport, failure: Failure) -> Option<SentError> {
    let error_type = if failure.error_type.is_empty() { report.error_type.clone() } else { failure.error_type };
    let is_same = report.error_type == error_type
        && report.error_message.trim() == failure.error_message.trim()
        && report.stack_trace.is_some() == failure.stack.is_some();
    if is_same {
        return None;
    }
    let sent = SentError {
        error_type: std::mem::replace(&mut report.error_type, error_type),
        error_message: std::mem::replace(&mut report.error_message, failure.error_message),
        stack_trace: std::mem::replace(&mut report.stack_trace, failure.stack),
    };
    report.causes = failure.causes;
    report.causes.truncate(CAUSES);
    Some(sent)
}

/// Returns true for a type that only says how the command ended.
fn is_ending(error_type: &str) -> bool {
    error_type.starts_with("exit code ") || error_type.starts_with("signal ") || error_type.starts_with("SIG")
}

/// Returns the lines of standard error, or of everything else, as text.
fn stream(logs: &[LogLine], is_errors: bool) -> String {
    let of_stream = logs.iter().filter(|line| (line.level.as_deref() == Some("stderr")) == is_errors);
    let mut text = String::new();
    for line in of_stream {
        text.push_str(&line.message);
        text.push('\n');
    }
    readable(&text).into_owned()
}

#[cfg(test)]
mod tests;

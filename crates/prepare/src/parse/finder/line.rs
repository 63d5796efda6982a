//! Candidates that are one line: in the form of a tool, a log record, a line with a word such as `cannot`, any line.

use super::super::failure::Rank;
use super::super::forms::{ErrorLine, bare, error_line, failed_test, is_decoration};
use super::super::logged::{self, Level};
use super::super::{Failure, javascript, json_log};
use super::find_stacks;

/// Number of lines at the end of the output in which a line with a word such as `cannot` is searched.
const LAST_LINES: usize = 30;
/// Rule of a line that has no sign of an error, so that the ending is all there is.
pub const LAST_LINE: &str = "last line";
/// Words in lines about a failure.
const WORDS: [&str; 44] = [
    "error",
    "fail",
    "cannot",
    "can't",
    "can not",
    "could not",
    "couldn't",
    "unable to",
    "not found",
    "no such",
    "denied",
    "refused",
    "exceeded",
    "invalid",
    "missing",
    "unexpected",
    "unknown",
    "undefined",
    "timed out",
    "timeout",
    "abort",
    "fatal",
    "panic",
    "exception",
    "killed",
    "required",
    "unsupported",
    "illegal",
    "corrupt",
    "mismatch",
    "unreachable",
    "not allowed",
    "already exists",
    "no space",
    "expired",
    "conflict",
    "rejected",
    "broken",
    "crash",
    "must be",
    "out of range",
    "giving up",
    "forbidden",
    "unauthorized",
];
/// Words that make a line with such a word harmless.
const HARMLESS: [&str; 8] =
    ["0 error", "no error", "0 fail", "no fail", "errors: 0", "failed: 0", "failures: 0", "without error"];

/// Finds the failed tests that are named on one line, in order.
pub(super) fn tests(lines: &[(usize, &str)], found: &[Failure]) -> Vec<Failure> {
    let outside = outside(lines, found);
    let tests = outside
        .filter(|(_, line)| !line.is_empty())
        .filter_map(|(start, line)| Some(failure(failed_test(line)?, start, line)));
    tests.collect()
}

/// Adds the best line of each rank.
pub(super) fn find_all(lines: &[(usize, &str)], found: &mut Vec<Failure>) {
    let mut first: Vec<Failure> = Vec::new();
    let mut last: Vec<Failure> = Vec::new();
    let from = lines.iter().rev().filter(|(_, line)| !line.trim().is_empty()).nth(LAST_LINES).map_or(0, |(at, _)| *at);
    for (start, line) in outside(lines, found).filter(|(_, line)| !line.trim().is_empty()) {
        let Some(candidate) = candidate(start, line, start >= from) else { continue };
        let picks_first = matches!(candidate.rank, Rank::Error | Rank::Wrapper | Rank::Test);
        if picks_first && first.iter().all(|other| other.rank != candidate.rank) {
            first.push(candidate);
        } else if !picks_first {
            match last.iter_mut().find(|other| other.rank == candidate.rank) {
                Some(other) => *other = candidate,
                None => last.push(candidate),
            }
        }
    }
    first.retain(|candidate| candidate.rank != Rank::Test);
    first.iter_mut().for_each(|candidate| add_next_line(candidate, lines));
    found.extend(first);
    found.extend(last);
}

fn candidate(start: usize, line: &str, is_near_end: bool) -> Option<Failure> {
    let range = start..start + line.len();
    let search = |stack: &str| find_stacks(stack).pop();
    if let Some(failure) = json_log::failure(line, range.clone(), search) {
        return Some(failure);
    }
    if let Some(found) = error_line(line) {
        return Some(failure(found, start, line));
    }
    let ranked = |rank, rule, message| Some(Failure::new("", bare(message), range.clone()).ranked(rank, rule));
    match logged::level(line) {
        Some(Level::Error) if !is_harmless(line) => {
            return ranked(Rank::Logged, "log line of level error", logged::message(line));
        }
        Some(_) => return ranked(Rank::Line, LAST_LINE, logged::message(line)),
        None => {}
    }
    if is_decoration(line) || javascript::is_v8_frame(line.trim()) {
        return None;
    }
    let message = logged::without_time(line);
    // a title is above what it is about
    if is_near_end && !message.ends_with(':') && has_word(message) {
        return ranked(Rank::Worded, "last line with a word about a failure", message);
    }
    ranked(Rank::Line, LAST_LINE, message)
}

fn failure(found: ErrorLine<'_>, start: usize, line: &str) -> Failure {
    let range = start..start + line.len();
    Failure::new(found.error_type, found.message, range).ranked(found.rank, found.rule)
}

/// Adds the line below an error that has the place, `  --> src/main.rs:3:12`, or the message itself.
fn add_next_line(candidate: &mut Failure, lines: &[(usize, &str)]) {
    let below = lines.partition_point(|(start, _)| *start < candidate.range.end);
    let Some((start, line)) = lines.get(below) else { return };
    let next = bare(line);
    if next.starts_with("--> ") {
        candidate.error_message = format!("{}\n  {next}", candidate.error_message);
    } else if (candidate.error_message.ends_with(':') || matches!(candidate.rule, "webpack" | "rake"))
        && !is_decoration(next)
    {
        candidate.error_message = format!("{} {next}", candidate.error_message);
        candidate.range.end = start + line.len();
    }
}

/// Returns true if a line has a word about a failure.
fn has_word(line: &str) -> bool {
    let lower = line.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word)) && !lower.contains("warning") && !is_harmless(line)
}

/// Returns true if a line says that there were no errors.
fn is_harmless(line: &str) -> bool {
    let lower = line.to_lowercase();
    HARMLESS.iter().any(|word| {
        // `10 errors` ends in `0 errors` too
        lower.find(word).is_some_and(|at| !lower[..at].ends_with(|c: char| c.is_ascii_digit()))
    })
}

/// Returns the lines that are not part of a failure that was found already.
fn outside<'a>(lines: &[(usize, &'a str)], found: &[Failure]) -> impl Iterator<Item = (usize, &'a str)> {
    let mut inside = vec![false; lines.len()];
    for failure in found {
        let from = lines.partition_point(|(start, _)| *start < failure.range.start);
        let to = lines.partition_point(|(start, _)| *start < failure.range.end);
        inside.get_mut(from..to).unwrap_or_default().fill(true);
    }
    let outside: Vec<(usize, &str)> =
        lines.iter().zip(inside).filter(|(_, inside)| !inside).map(|(line, _)| *line).collect();
    outside.into_iter()
}

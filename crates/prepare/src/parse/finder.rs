//! The search for the failure that ended a program, in all of its output: each language and tool names its candidates,
//! each with a rank, and the best one is chosen.

mod line;
mod pattern;

use super::failure::Rank;
use super::{Failure, error_report, go, java, lines_with_offsets, native, node, python, runners, rust_panic, traced};

pub use line::LAST_LINE;
pub(super) use pattern::Pattern;

/// Maximum number of lines below an error that ended a program. With more lines below it, the program may have
/// continued.
const MAX_LINES_BELOW: usize = 20;
/// Number of lines between a logged stack and a later error line from which on the program has continued meanwhile.
const MIN_LINES_BETWEEN: usize = 2;
/// Maximum number of failed tests that are searched for a stack.
const MAX_TESTS: usize = 20;
/// Types of errors that only say that another program failed.
const CHILD_ERRORS: [&str; 3] = ["CalledProcessError", "subprocess.CalledProcessError", "ChildProcessError"];

/// Finds the failure that ended a program in the output of the program.
#[must_use]
pub fn find_failure(output: &str) -> Option<Failure> {
    best(output)
}

/// Finds the failure that ended a program in its streams, the more telling first; returns it with the stream's index.
#[must_use]
pub fn find_in_streams(outputs: &[&str]) -> Option<(usize, Failure)> {
    let found = outputs.iter().enumerate().filter_map(|(at, output)| Some((at, best(output)?)));
    // of equal ranks, the first stream's
    found.reduce(|first, next| if next.1.rank > first.1.rank { next } else { first })
}

/// Finds all errors that a runtime printed with a stack, or in a form of its own, in the order in which they begin.
#[must_use]
pub fn find_stacks(output: &str) -> Vec<Failure> {
    let lines: Vec<(usize, &str)> = lines_with_offsets(output).collect();
    stacks(output, &lines)
}

fn stacks(output: &str, lines: &[(usize, &str)]) -> Vec<Failure> {
    let mut found = python::find_all(output);
    found.extend(node::find_all(output, lines));
    found.extend(rust_panic::find_all(output));
    found.extend(java::find_all(output));
    found.extend(go::find_all(output, lines));
    found.extend(traced::find_all(output, lines));
    // a head without words is no error
    found.retain(|failure| !failure.error_message.is_empty());
    found.sort_by_key(|failure| failure.range.start);
    found
}

/// Chooses the best candidate.
fn best(output: &str) -> Option<Failure> {
    let lines: Vec<(usize, &str)> = lines_with_offsets(output).collect();
    let mut found = stacks(output, &lines);
    // a line `Error: …` above a stack is the head of that stack
    let reports = error_report::find_all(output, &lines).into_iter();
    let reports: Vec<Failure> = reports.filter(|it| it.rank != Rank::Error || !starts_inside(it, &found)).collect();
    found.extend(reports);
    found.extend(native::find_all(&lines));
    settle(&mut found, &lines);
    let tests = line::tests(&lines, &found);
    found.sort_by_key(|failure| failure.range.start);
    let test = first_test(runners::find(&lines), &tests, &found, output, &lines);
    found.extend(test);
    line::find_all(&lines, &mut found);
    found.retain(|failure| !failure.error_message.is_empty());
    continued(&mut found, &lines);
    let rank = found.iter().map(|failure| failure.rank).max()?;
    let best = found.into_iter().filter(|failure| failure.rank == rank);
    if matches!(rank, Rank::Error | Rank::Wrapper | Rank::Test) {
        return best.min_by_key(|failure| failure.range.start);
    }
    let is_child_error = |failure: &Failure| CHILD_ERRORS.contains(&failure.error_type.as_str());
    // of a child program and the program that started it, the child's error says more
    best.max_by_key(|failure| (!is_child_error(failure), failure.range.end))
}

/// Returns true if a failure begins inside one of the others, which are in order.
fn starts_inside(failure: &Failure, others: &[Failure]) -> bool {
    let next = others.partition_point(|other| other.range.start <= failure.range.start);
    next > 0 && failure.range.start < others[next - 1].range.end
}

/// Chooses the first failed test with a stack, because some runners print the names of all tests before their errors;
/// else the first one.
fn first_test(
    titled: Option<Failure>,
    tests: &[Failure],
    stacks: &[Failure],
    output: &str,
    lines: &[(usize, &str)],
) -> Option<Failure> {
    let mut first = None;
    for test in titled.iter().chain(tests).take(MAX_TESTS) {
        let next = tests.iter().map(|other| other.range.start).find(|start| *start > test.range.start);
        let completed = runners::complete(test.clone(), next.unwrap_or(output.len()), stacks, output, lines);
        if completed.stack.is_some() {
            return Some(completed);
        }
        first = first.or(Some(completed));
    }
    first
}

/// Decides for the errors that may have ended a thread only whether they ended the program.
fn settle(found: &mut [Failure], lines: &[(usize, &str)]) {
    let below = below(lines);
    for failure in found.iter_mut().filter(|failure| failure.rank == Rank::Uncaught) {
        let next = lines.partition_point(|(start, _)| *start < failure.range.end);
        let lines_below = below.get(next).copied().unwrap_or_default();
        failure.rank = if lines_below > MAX_LINES_BELOW { Rank::Survived } else { Rank::Ended };
    }
}

/// Returns the number of lines that are not blank from each line on.
fn below(lines: &[(usize, &str)]) -> Vec<usize> {
    let mut count = 0;
    let mut below: Vec<usize> = lines
        .iter()
        .rev()
        .map(|(_, line)| {
            count += usize::from(!line.trim().is_empty());
            count
        })
        .collect();
    below.reverse();
    below
}

/// Lowers the rank of logged stacks after which the program continued and then printed another error.
fn continued(found: &mut [Failure], lines: &[(usize, &str)]) {
    let is_line = |failure: &&Failure| matches!(failure.rank, Rank::Worded | Rank::Logged | Rank::Error);
    let Some(last) = found.iter().filter(is_line).map(|failure| failure.range.start).max() else { return };
    let end = lines.partition_point(|(start, _)| *start < last);
    for failure in found.iter_mut().filter(|failure| failure.rank == Rank::LoggedStack) {
        let begin = lines.partition_point(|(start, _)| *start < failure.range.end);
        let between = lines.get(begin..end).unwrap_or_default().iter().filter(|(_, line)| !line.trim().is_empty());
        if between.take(MIN_LINES_BETWEEN).count() == MIN_LINES_BETWEEN {
            failure.rank = Rank::Survived;
        }
    }
}

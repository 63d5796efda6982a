//! Stacks that are a head and lines of frames below it: the search is the same for these languages, and each language
//! has its own head, frames and filler lines.

mod dotnet;
mod elixir;
mod perl;
mod php;
mod ruby;
mod sanitizer;
mod swift;

use super::failure::Rank;
use super::{BorrowedFrame, Failure, Frame, MAX_FRAMES};

/// Maximum number of lines from a head to the first frame.
const MAX_MESSAGE_LINES: usize = 20;

/// A language, or a tool that prints stacks of its own.
struct Language {
    /// Name of the rule.
    rule: &'static str,
    /// Parses the line on which an error begins.
    head: for<'a> fn(&'a str) -> Option<Head<'a>>,
    /// Parses a line of the stack; true if the frame is in the application.
    frame: for<'a> fn(&'a str) -> Option<(BorrowedFrame<'a>, bool)>,
    /// True for a line that may stand between frames.
    filler: fn(&str) -> bool,
    /// True if an error that is printed directly below another one is its cause.
    causes_follow: bool,
    /// Changes a failure that was found in the text of its range.
    finish: fn(Failure, &str) -> Failure,
    /// Returns the frames of a stack, innermost first.
    frames: for<'a> fn(&'a str) -> Vec<(BorrowedFrame<'a>, bool)>,
}

const LANGUAGES: [&Language; 7] = [
    &dotnet::LANGUAGE,
    &ruby::LANGUAGE,
    &php::LANGUAGE,
    &elixir::LANGUAGE,
    &sanitizer::LANGUAGE,
    &swift::LANGUAGE,
    &perl::LANGUAGE,
];

/// The beginning of an error.
struct Head<'a> {
    error_type: &'a str,
    message: &'a str,
    rank: Rank,
    /// True if the head is an error even without frames.
    stands_alone: bool,
}

/// Returns the frames of a stack in one of these languages; none if it is not one.
pub(super) fn frames(stack: &str) -> Option<Vec<Frame>> {
    let is_frame = |language: &&&Language| stack.lines().any(|line| (language.frame)(line).is_some());
    let language = LANGUAGES.iter().find(is_frame)?;
    let mut frames = (language.frames)(stack);
    if frames.len() > MAX_FRAMES {
        frames.drain(MAX_FRAMES / 2..frames.len() - MAX_FRAMES / 2);
    }
    Some(frames.into_iter().map(|(frame, in_app)| frame.into_frame(in_app)).collect())
}

/// Returns the place at the end of a line of Perl, and whether it is in the application.
pub(super) fn place_of_perl(line: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    perl::place(line)
}

/// Finds all errors in these languages.
pub(super) fn find_all(output: &str, lines: &[(usize, &str)]) -> Vec<Failure> {
    LANGUAGES.iter().flat_map(|language| find(language, output, lines)).collect()
}

fn find(language: &Language, output: &str, lines: &[(usize, &str)]) -> Vec<Failure> {
    let mut found: Vec<Failure> = Vec::new();
    let mut at = 0;
    // the line below the last failure
    let mut end = None;
    while at < lines.len() {
        let first = at;
        at += 1;
        if lines[first].1.is_empty() {
            continue;
        }
        let Some(head) = (language.head)(lines[first].1) else { continue };
        let is_frame = |at: usize| (language.frame)(lines[at].1).is_some();
        let furthest = lines.len().min(at + MAX_MESSAGE_LINES);
        let next = (at..furthest).find(|at| is_frame(*at) || (language.head)(lines[*at].1).is_some());
        let Some(frame) = next.filter(|at| is_frame(*at)) else {
            if head.stands_alone {
                let range = lines[first].0..lines[first].0 + lines[first].1.len();
                let failure = Failure::new(head.error_type, head.message, range).ranked(head.rank, language.rule);
                found.push((language.finish)(failure.with_stack(output), output));
            }
            continue;
        };
        let message =
            [head.message.trim_end()].into_iter().chain(lines[at..frame].iter().map(|(_, line)| line.trim_end()));
        let message = message.filter(|line| !(language.filler)(line)).collect::<Vec<_>>().join("\n");
        let is_part = |at: &usize| is_frame(*at) || (language.filler)(lines[*at].1);
        let last = (frame..lines.len()).take_while(is_part).filter(|at| is_frame(*at)).last().unwrap_or(frame);
        let range = lines[first].0..lines[last].0 + lines[last].1.len();
        let failure = Failure::new(head.error_type, &message, range).ranked(head.rank, language.rule);
        let failure = (language.finish)(failure.with_stack(output), output);
        match found.last_mut().filter(|_| language.causes_follow && end == Some(first)) {
            Some(error) => error.causes.push(failure.into_cause(output)),
            None => found.push(failure),
        }
        at = last + 1;
        end = Some(at);
    }
    found
}

/// Returns the frames in the order in which they are printed, innermost first.
fn in_order<'a>(
    stack: &'a str,
    frame: fn(&'a str) -> Option<(BorrowedFrame<'a>, bool)>,
) -> Vec<(BorrowedFrame<'a>, bool)> {
    stack.lines().filter_map(frame).collect()
}

/// Splits `file:line` or `file:line:column`.
fn position(text: &str) -> Option<BorrowedFrame<'_>> {
    let (file, last) = text.rsplit_once(':')?;
    let last: u32 = last.parse().ok()?;
    let with_column = file.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?)));
    let (file, line, column) = with_column.map_or((file, last, None), |(file, line)| (file, line, Some(last)));
    Some(BorrowedFrame { function: None, file: Some(file), line: Some(line), column })
}

fn unchanged(failure: Failure, _: &str) -> Failure {
    failure
}

fn no_filler(_: &str) -> bool {
    false
}

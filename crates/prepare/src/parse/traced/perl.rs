//! Errors of Perl with the callers that `Carp::confess` prints.

use super::super::in_app;
use super::{BorrowedFrame, Head, Language, Rank, no_filler, unchanged};

pub(super) const LANGUAGE: Language = Language {
    rule: "perl error with callers",
    head,
    frame,
    filler: no_filler,
    causes_follow: false,
    finish: unchanged,
    frames,
};

/// Parses `bad order 4711 at a.pl line 3.`
fn head(line: &str) -> Option<Head<'_>> {
    let (message, place) = line.rsplit_once(" at ")?;
    located(place.split_once(", <").map_or(place, |(place, _)| place))?;
    let is_head = !message.starts_with('\t') && !message.trim().is_empty();
    is_head.then_some(Head { error_type: "", message, rank: Rank::Uncaught, stands_alone: false })
}

/// Parses the end of a line, such as `at a.pl line 3.` or `at a.pl line 3, <STDIN> line 17.`
pub(super) fn place(line: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    let (_, place) = line.rsplit_once(" at ")?;
    located(place.split_once(", <").map_or(place, |(place, _)| place)).filter(|_| place.ends_with('.'))
}

/// Parses `<tab>Shop::conf("x") called at a.pl line 5`.
fn frame(line: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    let (call, place) = line.strip_prefix('\t')?.rsplit_once(" called at ")?;
    let (place, in_app) = located(place)?;
    let function = call.split('(').next().unwrap_or(call);
    Some((BorrowedFrame { function: Some(function), ..place }, in_app))
}

fn located(place: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    let (file, line) = place.split_once(" line ")?;
    let line = line.trim_end_matches('.').parse().ok()?;
    let in_app =
        in_app::is_in_app(Some(file)) && !["/perl5/", "/share/perl/", "/lib/perl"].iter().any(|it| file.contains(it));
    Some((BorrowedFrame { function: None, file: Some(file), line: Some(line), column: None }, in_app))
}

/// A line has the place of the call, and the function that was called, so the places move up by one line.
fn frames(stack: &str) -> Vec<(BorrowedFrame<'_>, bool)> {
    let mut place = stack.lines().next().and_then(|head| located(head.rsplit_once(" at ")?.1));
    let mut frames = Vec::new();
    for (call, in_app) in stack.lines().filter_map(frame) {
        let (current, own) = place.replace((BorrowedFrame { function: None, ..call }, in_app)).unwrap_or_default();
        frames.push((BorrowedFrame { function: call.function, ..current }, own));
    }
    frames.extend(place);
    frames
}

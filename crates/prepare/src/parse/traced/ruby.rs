//! Uncaught exceptions of Ruby.

use super::super::in_app;
use super::{BorrowedFrame, Head, Language, Rank, no_filler, unchanged};

pub(super) const LANGUAGE: Language =
    Language { rule: "ruby exception", head, frame, filler: no_filler, causes_follow: true, finish: unchanged, frames };

/// Parses `a.rb:3:in 'Shop::Cart#total': key not found: :price (KeyError)`.
fn head(line: &str) -> Option<Head<'_>> {
    let (place, rest) = line.split_once(": ")?;
    located(place)?;
    // a message of several lines has the class at the end of its first line
    let (message, class) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let is_class = class.starts_with(|c: char| c.is_ascii_uppercase())
        && class.chars().all(|c| c.is_alphanumeric() || matches!(c, ':' | '_'));
    is_class.then_some(Head { error_type: class, message, rank: Rank::Ended, stands_alone: true })
}

/// Parses a caller: `<tab>from a.rb:13:in 'Integer#times'`.
fn frame(line: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    let place = line.trim_end().strip_prefix(['\t', ' '])?.trim_start();
    // Ruby 2.5 to 2.7 numbers the callers on a terminal
    let place = place.split_once("from ").filter(|(number, _)| number.is_empty() || number.ends_with(": "))?.1;
    located(place)
}

/// Parses `a.rb:3:in 'total'`, with a quotation mark or, before Ruby 3.4, a backtick.
fn located(place: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    let (place, function) = match place.split_once(":in ") {
        Some((place, function)) => (place, function.trim_start_matches(['\'', '`']).strip_suffix('\'')),
        None => (place, None),
    };
    let (file, line) = place.rsplit_once(':')?;
    let is_file = file.ends_with(".rb") || function.is_some() || file == "-e" || file.contains(".rb ");
    if !is_file || file.contains(' ') && function.is_none() {
        return None;
    }
    let foreign = ["/gems/", "/lib/ruby/", "/rubygems/", "<internal:", "/bundler/"];
    let in_app = in_app::is_in_app(Some(file)) && !foreign.iter().any(|part| file.contains(part));
    let function = function.filter(|function| !matches!(*function, "<main>" | "<top (required)>"));
    Some((BorrowedFrame { function, file: Some(file), line: Some(line.parse().ok()?), column: None }, in_app))
}

/// The place in the head is the innermost frame. Below the callers are the causes, each with a head of its own.
fn frames(stack: &str) -> Vec<(BorrowedFrame<'_>, bool)> {
    let mut lines = stack.lines();
    let first = lines.next().and_then(|head| located(head.split_once(": ")?.0));
    let callers = lines.skip_while(|line| frame(line).is_none()).map_while(frame);
    first.into_iter().chain(callers).collect()
}

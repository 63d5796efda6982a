//! Crashes of Swift with the backtrace of Swift 5.9 and later.

use super::super::in_app;
use super::{BorrowedFrame, Head, Language, Rank, in_order, unchanged};

pub(super) const LANGUAGE: Language = Language {
    rule: "swift crash",
    head,
    frame,
    filler: |line| !line.contains("Registers:") && !line.starts_with("Images"),
    causes_follow: false,
    finish: unchanged,
    frames: |stack| in_order(stack, frame),
};

/// Parses `main/main.swift:3: Fatal error: Index out of range`.
fn head(line: &str) -> Option<Head<'_>> {
    let (place, rest) = line.split_once(".swift:")?;
    let (number, error) = rest.split_once(": ")?;
    number.parse::<u32>().ok()?;
    let (error_type, message) = error.split_once(": ")?;
    let is_error = matches!(error_type, "Fatal error" | "Precondition failed" | "Assertion failed");
    (is_error && !place.contains(' ')).then_some(Head { error_type, message, rank: Rank::Ended, stands_alone: true })
}

/// Parses `0 [ra] 0x000055c1 divide(a:b:) + 20 in shop at /srv/main.swift:3:13`.
fn frame(line: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    let (number, rest) = line.trim_start().split_once(' ')?;
    number.parse::<u16>().ok()?;
    let (call, place) = rest.rsplit_once(" at ")?;
    let (call, _module) = call.rsplit_once(" in ")?;
    let place =
        super::position(place.trim_end()).filter(|place| place.file.is_some_and(|it| it.ends_with(".swift")))?;
    let call = call.split_once(" + ").map_or(call, |(call, _)| call);
    let name = call.split_once("0x").map_or(call, |(_, rest)| rest.split_once(' ').map_or(rest, |(_, name)| name));
    let in_app = in_app::is_in_app(place.file) && !place.file.is_some_and(|file| file.contains("/swift/stdlib/"));
    Some((BorrowedFrame { function: Some(name.trim()), ..place }, in_app))
}

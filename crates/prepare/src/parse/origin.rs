//! The origin of a failure where the frames of the error itself do not lead to it: the frames of the cause that the error
//! wraps, and the place that an error line without a stack names. They are shown, and never decide about the group.

use autoheal_contract::{Cause, ErrorReport, Source};

use super::{Frame, MAX_FRAMES, in_app, java, parse_stack_from, python, to_frames, traced};

/// Types of errors whose causes are members of a group, so that none of them is the origin of the others.
const GROUPS: [&str; 3] = ["AggregateError", "AggregateException", "ExceptionGroup"];

/// Returns the frames to show for a failure, if others than its own frames lead to its origin.
pub(super) fn frames(report: &ErrorReport, own: &[Frame]) -> Option<Vec<Frame>> {
    // in reports of pages, source maps replace the frames, and the engines' stacks have no causes
    if report.source.unwrap_or_default() == Source::JavascriptSdk {
        return None;
    }
    if own.is_empty() {
        let is_command = report.source == Some(Source::Cli);
        let place = report.error_message.lines().take(MAX_LINES).find_map(place).filter(|_| is_command);
        return place.map(|place| vec![place]);
    }
    let mut frames = of_cause(report)?;
    // the frames of the error itself are those of the callers, so the callers of both are named once
    let common = frames.iter().position(|frame| own.contains(frame));
    frames.truncate(common.unwrap_or(frames.len()));
    frames.extend_from_slice(own);
    frames.truncate(MAX_FRAMES);
    Some(frames)
}

/// Maximum number of lines of a message in which a place is sought.
const MAX_LINES: usize = 5;

/// The frames of the innermost cause that has frames of the application.
fn of_cause(report: &ErrorReport) -> Option<Vec<Frame>> {
    let stack = report.stack_trace.as_deref()?;
    if python::recognises(stack) {
        return python::origin(stack).map(|frames| to_frames(frames, python::is_in_app)).filter(|it| has_own(it));
    }
    if java::recognises(stack) {
        return java::origin(stack).map(|frames| to_frames(frames, java::is_in_app));
    }
    if GROUPS.iter().any(|group| report.error_type.ends_with(group)) {
        return None;
    }
    let frames = |cause: &Cause| {
        let source = report.source.unwrap_or_default();
        parse_stack_from(source, cause.stack_trace.as_deref()?, &cause.error_message).into()
    };
    report.causes.iter().rev().filter_map(frames).find(|frames: &Vec<Frame>| has_own(frames))
}

fn has_own(frames: &[Frame]) -> bool {
    frames.iter().any(|frame| frame.in_app)
}

/// Returns the place that an error line names, such as `no price at shop.pl line 12.` or `cart.c:3:5: error: …`.
fn place(line: &str) -> Option<Frame> {
    let frame = |(file, line, column): (&str, u32, Option<u32>)| {
        let in_app = in_app::is_in_app(Some(file)) && !file.starts_with("/usr/");
        Frame { function: None, file: Some(file.to_owned()), line: Some(line), column, in_app }
    };
    if let Some((place, in_app)) = traced::place_of_perl(line) {
        return Some(place.into_frame(in_app));
    }
    let mut parts = line.split(": ").map(str::trim).peekable();
    while let Some(part) = parts.next() {
        // `shop.sh: line 3: …`
        let next = parts.peek().and_then(|next| next.strip_prefix("line ")?.parse().ok());
        if let Some(number) = next.filter(|_| has_source_ending(part) && !part.contains(' ')) {
            return Some(frame((part, number, None)));
        }
        if let Some(place) = position(part.trim_end_matches(':')) {
            return Some(frame(place));
        }
    }
    // `Assertion failed: (n > 5), function main, file a.c, line 15.`
    let (file, rest) = line.rsplit_once(", file ")?.1.split_once(", line ")?;
    let number = rest.trim_end_matches('.').parse().ok()?;
    has_source_ending(file).then(|| frame((file, number, None)))
}

/// Splits `cart.c:3`, `cart.c:3:5` and `cart.ts(3,5)`.
fn position(text: &str) -> Option<(&str, u32, Option<u32>)> {
    let (file, numbers) = match text.strip_suffix(')') {
        Some(text) => text.rsplit_once('(')?,
        None => text.split_at(text.find(':').filter(|at| *at > 1)?),
    };
    let mut numbers = numbers.trim_start_matches(':').split([':', ',']).map(|number| number.parse::<u32>().ok());
    let line = numbers.next()??;
    let column = numbers.next().flatten();
    (numbers.next().is_none() && has_source_ending(file) && !file.contains(' ')).then_some((file, line, column))
}

/// Endings of files of source code.
const SOURCE_ENDINGS: [&str; 58] = [
    "astro", "awk", "bash", "bats", "c", "cc", "cjs", "clj", "cljs", "cpp", "cs", "cts", "cxx", "dart", "erb", "erl",
    "ex", "exs", "f90", "fs", "go", "groovy", "h", "hh", "hpp", "hrl", "hs", "hxx", "java", "jl", "js", "jsx", "kt",
    "kts", "lua", "m", "mjs", "ml", "mm", "mts", "nim", "php", "pl", "pm", "py", "pyi", "rake", "rb", "rs", "scala",
    "sh", "svelte", "swift", "ts", "tsx", "vb", "vue", "zig",
];

/// Returns true for the name of a file with source code.
#[must_use]
pub fn has_source_ending(file: &str) -> bool {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let ending = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, ending)| ending);
    ending.is_some_and(|ending| SOURCE_ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)))
}

#[cfg(test)]
mod tests;

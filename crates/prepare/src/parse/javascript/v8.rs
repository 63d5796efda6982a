//! Frames of V8, `at function (location)` or `at location`, with the variants of Chakra, PhantomJS and Hermes.

use super::{BorrowedFrame, location};

/// Parses the text after `at `.
pub(super) fn parse(call: &str) -> Option<BorrowedFrame<'_>> {
    let call = call.strip_prefix("async ").unwrap_or(call);
    let Some((function, location)) = split_parentheses(call) else {
        return location::parse(call).filter(|_| looks_like_a_location(call));
    };
    let frame = location_of(location)?;
    Some(BorrowedFrame { function: function_name(function).or(frame.function), ..frame })
}

/// Splits at the parenthesis that matches the last one, because names and paths may hold parentheses too.
fn split_parentheses(call: &str) -> Option<(&str, &str)> {
    let inner = call.strip_suffix(')')?;
    let mut depth = 0_usize;
    let matching = inner.bytes().rposition(|byte| {
        match byte {
            b')' => depth += 1,
            b'(' if depth == 0 => return true,
            b'(' => depth -= 1,
            _ => {}
        }
        false
    });
    let open = matching.or_else(|| inner.find('('))?;
    Some((inner[..open].trim_end(), &inner[open + 1..]))
}

fn location_of(text: &str) -> Option<BorrowedFrame<'_>> {
    if text.starts_with("eval at ") {
        return Some(eval_location(text));
    }
    location::parse(text.strip_prefix("address at ").unwrap_or(text))
}

/// Parses `eval at f (origin), location`. Returns the location if it has a file, else the innermost origin, which is a
/// real file.
fn eval_location(text: &str) -> BorrowedFrame<'_> {
    if let Some((_, last)) = text.rsplit_once("), ")
        && let Some(frame) = location::parse(last).filter(|frame| frame.file.is_some())
    {
        return frame;
    }
    let origin = text.rfind("eval at ").and_then(|start| text[start..].split_once(" (")).map_or("", |(_, rest)| rest);
    let end = closing_parenthesis(origin).unwrap_or(origin.len());
    location::parse(&origin[..end]).unwrap_or_default()
}

fn closing_parenthesis(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return true,
            b')' => depth -= 1,
            _ => {}
        }
        false
    })
}

/// Returns the function's name, or `None` for the engines' names of anonymous functions, so that these group as one.
fn function_name(function: &str) -> Option<&str> {
    match function {
        "" | "<anonymous>" | "anonymous" | "?" | "Anonymous function" | "(anonymous function)" => None,
        "eval code" => Some("eval"),
        _ => Some(function),
    }
}

/// Returns true if the text has a part of a path or URL. A line of a message may begin with "at" and end in a number
/// too.
fn looks_like_a_location(text: &str) -> bool {
    matches!(text, "<anonymous>" | "native") || text.contains(['/', '\\', '.', '<'])
}

//! V8's frames, `at function (location)` or `at location`, in the variants of Chakra, PhantomJS and Hermes.

use super::{Borrowed, location};

/// Parses what follows `at `.
pub(super) fn parse(call: &str) -> Option<Borrowed<'_>> {
    let call = call.strip_prefix("async ").unwrap_or(call);
    let Some((function, place)) = split_parentheses(call) else {
        return location::parse(call).filter(|_| looks_like_a_place(call));
    };
    let frame = place_of(place)?;
    Some(Borrowed { function: named(function).or(frame.function), ..frame })
}

/// Splits at the parenthesis that the last one closes, since names and paths may hold some of their own.
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

fn place_of(place: &str) -> Option<Borrowed<'_>> {
    if place.starts_with("eval at ") {
        return Some(eval_origin(place));
    }
    location::parse(place.strip_prefix("address at ").unwrap_or(place))
}

/// `eval at f (origin), place`: the place if it has a name of its own, else the innermost origin, which is a real
/// file.
fn eval_origin(place: &str) -> Borrowed<'_> {
    if let Some((_, last)) = place.rsplit_once("), ")
        && let Some(frame) = location::parse(last).filter(|frame| frame.file.is_some())
    {
        return frame;
    }
    let origin = place.rfind("eval at ").and_then(|start| place[start..].split_once(" (")).map_or("", |(_, rest)| rest);
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

/// The engines' words for "no name" become none, so that they group as one.
fn named(function: &str) -> Option<&str> {
    match function {
        "" | "<anonymous>" | "anonymous" | "?" | "Anonymous function" | "(anonymous function)" => None,
        "eval code" => Some("eval"),
        _ => Some(function),
    }
}

/// A message's own line may start with "at" and end in a number; a place has something of a path or URL.
fn looks_like_a_place(text: &str) -> bool {
    matches!(text, "<anonymous>" | "native") || text.contains(['/', '\\', '.', '<'])
}

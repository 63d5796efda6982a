//! Frames of SpiderMonkey and JavaScriptCore, `function@location`, from Firefox 3 and Safari 6 on.

use super::{BorrowedFrame, location};

/// Parses `function@location` or a location without a function.
pub(super) fn parse(line: &str) -> Option<BorrowedFrame<'_>> {
    let Some(at) = separator(line) else {
        return location_of(line).filter(|frame| is_certain(line, frame));
    };
    let (function, location) = (&line[..at], &line[at + 1..]);
    let frame = location_of(location)?;
    if is_prose(function) || !is_certain(location, &frame) {
        return None;
    }
    Some(BorrowedFrame { function: function_name(function).or(frame.function), ..frame })
}

/// Parses a function without a location, as JavaScriptCore prints callers of evaluated code.
pub(super) fn parse_bare_name(line: &str) -> Option<BorrowedFrame<'_>> {
    let is_name = !line.is_empty()
        && !line.ends_with("Error")
        && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.'));
    is_name.then(|| BorrowedFrame { function: Some(line), ..BorrowedFrame::default() })
}

/// Finds the `@` between function and location, which may both contain further `@`. Takes the first `@` before a text
/// that begins like a location, else the first `@` after a quoted property name, else the first `@` of the line.
fn separator(line: &str) -> Option<usize> {
    let first = line.find('@')?;
    let located = line.match_indices('@').find(|(at, _)| begins_like_a_location(&line[at + 1..]));
    let unquoted = || line.rfind('"').and_then(|quote| Some(quote + line[quote..].find('@')?));
    Some(located.map(|(at, _)| at).or_else(unquoted).unwrap_or(first))
}

fn begins_like_a_location(text: &str) -> bool {
    let scheme = text.bytes().take(32).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').count();
    let rest = &text[scheme..];
    rest.starts_with("://") || (scheme > 1 && rest.starts_with(":http")) || text.starts_with(['/', '[']) && scheme == 0
}

/// Parses a location. For evaluated code, which Firefox prints as `file line 26 > eval:2:96`, it is the line in the
/// file.
fn location_of(text: &str) -> Option<BorrowedFrame<'_>> {
    if text.contains(' ')
        && let Some((file, rest)) = text.split_once(" line ")
        && let Some((line, _)) = rest.split_once(" > ")
    {
        return Some(BorrowedFrame { file: Some(file), line: Some(line.parse().ok()?), ..BorrowedFrame::default() });
    }
    location::parse(text)
}

/// Returns true if the text is certainly a location: it has a path, a URL or a column, or is a special name. Without
/// them it may be an address and a port in a message.
fn is_certain(text: &str, frame: &BorrowedFrame<'_>) -> bool {
    let Some(file) = frame.file else { return true };
    file.contains('/')
        || file == location::NATIVE
        || file == location::WASM
        || frame.column.is_some() && !text.contains(": ") && file.contains(char::is_alphabetic)
}

/// Returns true for prose. A name has at most two words (`get size`, `global code`) outside of quotes and brackets.
fn is_prose(function: &str) -> bool {
    let name = function.rsplit_once('*').map_or(function, |(_, name)| name);
    let words = name.split(['[', '(', '"', '<']).next().unwrap_or(name);
    words.split_ascii_whitespace().count() > 2 || words.contains(": ")
}

/// Returns the function's name, or `None` if it is anonymous.
fn function_name(function: &str) -> Option<&str> {
    // remove the kind of call: `async*f`, `promise callback*f`
    let name = function.rsplit_once('*').map_or(function, |(_, name)| name);
    // remove the arguments, which Firefox 3 and Opera print
    let name = if name.ends_with(')') { name.split('(').next().unwrap_or(name) } else { name };
    let name = name.strip_prefix("<anonymous function: ").and_then(|name| name.strip_suffix('>')).unwrap_or(name);
    Some(name).filter(|name| !matches!(*name, "" | "anonymous" | "<anonymous>" | "<anonymous function>"))
}

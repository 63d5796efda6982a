//! SpiderMonkey's and JavaScriptCore's frames, `function@location`, from Firefox 3 and Safari 6 to today's.

use super::{Borrowed, location};

/// Parses `function@location`, or a location alone.
pub(super) fn parse(line: &str) -> Option<Borrowed<'_>> {
    let Some(at) = separator(line) else {
        return place_of(line).filter(|frame| is_certain(line, frame));
    };
    let (function, place) = (&line[..at], &line[at + 1..]);
    let frame = place_of(place)?;
    if is_prose(function) || !is_certain(place, &frame) {
        return None;
    }
    Some(Borrowed { function: named(function).or(frame.function), ..frame })
}

/// A function without any location, as JavaScriptCore prints callers of evaluated code.
pub(super) fn parse_bare_name(line: &str) -> Option<Borrowed<'_>> {
    let is_name = !line.is_empty()
        && !line.ends_with("Error")
        && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.'));
    is_name.then(|| Borrowed { function: Some(line), ..Borrowed::default() })
}

/// Both names and URLs may hold `@`: the separator is the first one before something that begins like a location,
/// else the first one after a quoted property name.
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

/// Firefox prints evaluated code as `file line 26 > eval:2:96`; the line in the file is worth more than the one in
/// the code.
fn place_of(place: &str) -> Option<Borrowed<'_>> {
    if place.contains(' ')
        && let Some((file, rest)) = place.split_once(" line ")
        && let Some((line, _)) = rest.split_once(" > ")
    {
        return Some(Borrowed { file: Some(file), line: Some(line.parse().ok()?), ..Borrowed::default() });
    }
    location::parse(place)
}

/// A message may hold an address and a port; without a column, a location needs something of a path or URL.
fn is_certain(place: &str, frame: &Borrowed<'_>) -> bool {
    let Some(file) = frame.file else { return true };
    file.contains('/')
        || file == location::NATIVE
        || frame.column.is_some() && !place.contains(": ") && file.contains(char::is_alphabetic)
}

/// Names have at most two words (`get size`, `global code`) outside of quotes and brackets; prose has more.
fn is_prose(function: &str) -> bool {
    let words = function.rsplit_once('*').map_or(function, |(_, name)| name);
    let plain = words.split(['[', '(', '"', '<']).next().unwrap_or(words);
    plain.split_ascii_whitespace().count() > 2 || plain.contains(": ")
}

fn named(function: &str) -> Option<&str> {
    // `async*f`, `promise callback*f`: how the call came about, not what was called
    let name = function.rsplit_once('*').map_or(function, |(_, name)| name);
    // Firefox 3 and Opera print the arguments
    let name = if name.ends_with(')') { name.split('(').next().unwrap_or(name) } else { name };
    let name = name.strip_prefix("<anonymous function: ").and_then(|name| name.strip_suffix('>')).unwrap_or(name);
    Some(name).filter(|name| !matches!(*name, "" | "anonymous" | "<anonymous>" | "<anonymous function>"))
}

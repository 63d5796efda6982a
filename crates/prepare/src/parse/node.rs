//! Errors that Node, Bun and Deno print: uncaught ones with their location, printed ones, causes, and fatal errors.

mod head;
mod reason;

use std::ops::Range;

use self::head::{class_in, head_of};
use super::failure::Rank;
use super::{
    BorrowedFrame, Failure, Frame, after_message, in_app, javascript, lines_with_offsets, parse_stack, type_and_message,
};

/// Maximum number of lines from an error's head to its stack, because messages are short.
const MAX_MESSAGE_LINES: usize = 20;
/// Maximum number of lines from the location, which a source line and a caret follow, to the head.
const MAX_LOCATION_LINES: usize = 6;
/// Maximum number of lines from the stack to the runtime's version, which it prints when it ends the program.
const MAX_VERSION_LINES: usize = 4;
/// Maximum number of lines of a thrown value that is no error.
const MAX_VALUE_LINES: usize = 20;
/// Maximum number of lines of the source that Bun prints between an error and its cause.
const MAX_EXCERPT_LINES: usize = 12;

/// Returns the frames of the error itself. If none of them is in the application, as for a syntax error, the location
/// above the error becomes the first frame.
pub(super) fn frames(stack: &str, message: &str) -> Vec<Frame> {
    let location = stack.lines().next().and_then(location);
    // the error's head comes after the caret
    let caret =
        location.and_then(|_| lines_with_offsets(stack).take(MAX_LOCATION_LINES).find(|(_, line)| is_caret(line)));
    let error = caret.map_or(stack, |(at, line)| stack[at + line.len()..].trim_start());
    let mut frames = parse_stack(without_properties(after_message(error, message)));
    if let Some(location) = location
        && !frames.iter().any(|frame| frame.in_app)
    {
        frames.insert(0, location.into_frame(in_app::is_in_app(location.file)));
    }
    frames
}

/// Cuts the error's properties, which include its cause, off the stack.
fn without_properties(stack: &str) -> &str {
    let properties = lines_with_offsets(stack).find(|(_, line)| is_frame(line) && line.ends_with(" {"));
    properties.map_or(stack, |(at, line)| &stack[..at + line.len() - 2])
}

/// Finds all errors.
pub(super) fn find_all(output: &str, lines: &[(usize, &str)]) -> Vec<Failure> {
    let mut found: Vec<Failure> = without_stack(output, lines).map(|failure| failure.with_stack(output)).collect();
    let stacks = with_stacks(output, lines);
    // an error without a stack may have errors with stacks among its properties; both lists are in order
    let mut without = found.iter().map(|failure| failure.range.clone()).collect::<Vec<_>>().into_iter().peekable();
    found.extend(stacks.into_iter().filter(|failure| {
        while without.next_if(|range| range.end < failure.range.end).is_some() {}
        without.peek().is_none_or(|range| failure.range.end <= range.start)
    }));
    found.extend(fatal(lines).map(|failure| failure.with_stack(output)));
    found
}

/// Finds the errors with a stack.
fn with_stacks(output: &str, lines: &[(usize, &str)]) -> Vec<Failure> {
    let mut found: Vec<Failure> = Vec::new();
    // the line after the frames of the last error, and whether source is printed above its head, as Bun does
    let (mut end, mut has_excerpt) = (0, false);
    let mut at = 0;
    while at < lines.len() {
        if !is_frame(lines[at].1) {
            at += 1;
            continue;
        }
        let first = at;
        let depth = indent(lines[first].1);
        while lines.get(at).is_some_and(|(_, line)| {
            // jest indents the engine's own frames deeper
            is_frame(line) && indent(line) >= depth && !line.ends_with(" {") || is_omission(line)
        }) {
            at += 1;
        }
        // the last frame opens the properties
        let opens = lines.get(at).is_some_and(|(_, line)| is_frame(line) && indent(line) == depth);
        at += usize::from(opens);
        if lines[end..first].iter().any(|(_, line)| line.starts_with("Emitted 'error' event")) {
            // the stack of the event follows the stack of the error
            let properties = if opens { properties(lines, at - 1).end } else { at - 1 };
            (at, end) = (properties + 1, properties + 1);
            continue;
        }
        let Some(head) = head_above(lines, end..first, depth) else {
            end = at;
            continue;
        };
        let properties = if opens { properties(lines, at - 1) } else { at - 1..at - 1 };
        let is_cause = lines[head.line].1.starts_with("Caused by: ") || {
            let gap = &lines[end.min(head.line)..head.line];
            has_excerpt
                && head.has_excerpt
                && gap.len() <= MAX_EXCERPT_LINES
                && gap.iter().all(|(_, it)| is_excerpt(it))
        };
        let failure = failure(lines, &head, first..at, &properties);
        match found.last_mut().filter(|_| is_cause) {
            Some(error) => error.causes.push(failure.into_cause(output)),
            None => {
                let mut failure = failure;
                failure.causes =
                    causes(&lines[properties.clone()]).into_iter().map(|it| it.into_cause(output)).collect();
                found.push(failure.with_stack(output));
            }
        }
        if has_version_below(lines, properties.end.max(at - 1) + 1)
            && let Some(error) = found.last_mut()
        {
            (error.rank, error.rule) = (Rank::Ended, "node uncaught");
        }
        has_excerpt = head.has_excerpt;
        at = at.max(properties.end + 1);
        end = at;
    }
    found
}

/// Makes the failure of one stack; `frames` are its lines.
fn failure(lines: &[(usize, &str)], head: &Head<'_>, frames: Range<usize>, properties: &Range<usize>) -> Failure {
    let mut below = &lines[head.line + 1..frames.start];
    // Deno prints the source and a caret between message and stack
    if let [rest @ .., _, (_, caret)] = below
        && is_caret(caret)
    {
        below = rest;
    }
    let message = [head.message].into_iter().chain(below.iter().map(|(_, line)| *line));
    let is_message = |line: &&str| !(is_excerpt_of_runner(line) || head.has_excerpt && is_property_of_bun(line));
    let message: Vec<&str> = message.take_while(is_message).collect();
    let message = message.join("\n");
    let last = properties.end.max(frames.end - 1);
    let location = location_above(lines, head.line);
    let range = lines[location.unwrap_or(head.line)].0..lines[last].0 + lines[last].1.len();
    let is_uncaught = location.is_some() || head.is_uncaught;
    let failure = Failure::new(head.name, &reason::of_rejection(&message), range);
    if is_uncaught {
        failure.ranked(Rank::Ended, "node uncaught")
    } else {
        failure.ranked(Rank::LoggedStack, "node stack")
    }
}

/// Returns true if the runtime's version is printed just below line `from`, as at the end of a program.
fn has_version_below(lines: &[(usize, &str)], from: usize) -> bool {
    let below = lines.iter().skip(from).take(MAX_VERSION_LINES);
    below
        .take_while(|(_, line)| line.is_empty() || !line.starts_with(' '))
        .any(|(_, line)| line.starts_with("Node.js v") || line.starts_with("Bun v"))
}

/// Finds errors without a stack, such as `[AggregateError: All promises were rejected] {`, or a thrown value that is
/// not an error.
fn without_stack(output: &str, lines: &[(usize, &str)]) -> impl Iterator<Item = Failure> {
    let carets = (0..lines.len()).filter(|at| is_caret(lines[*at].1));
    let thrown = carets.filter_map(|caret| {
        let thrown = (caret + 1..lines.len().min(caret + 3)).find(|at| !lines[*at].1.trim().is_empty())?;
        let (start, line) = (lines[location_above(lines, thrown)?].0, lines[thrown].1);
        let stackless = line.strip_prefix('[').and_then(|rest| rest.trim_end_matches(" {").strip_suffix(']'));
        if let Some((name, message)) = stackless.and_then(head_of) {
            let end = if line.ends_with(" {") { properties(lines, thrown).end } else { thrown };
            let range = start..lines[end].0 + lines[end].1.len();
            let causes = causes(&lines[thrown..end]).into_iter().map(|cause| cause.into_cause(output)).collect();
            return Some(Failure {
                causes,
                ..Failure::new(name, &reason::of_rejection(message), range).ranked(Rank::Ended, "node uncaught")
            });
        }
        // a value that is no error may have several lines
        let last = (thrown..lines.len().min(thrown + MAX_VALUE_LINES))
            .find(|at| lines[at + 1..].is_empty() || lines[at + 1].1.trim().is_empty())?;
        if lines[thrown..=last].iter().any(|(_, line)| is_frame(line)) {
            return None;
        }
        let hint = |at: usize| lines.get(at).is_some_and(|(_, line)| line.starts_with("(Use `node --trace-uncaught"));
        let is_uncaught = hint(thrown + 1) || has_version_below(lines, last + 1);
        let last = if hint(thrown + 1) { thrown } else { last };
        let value = one_line(lines[thrown..=last].iter().map(|(_, line)| *line));
        let range = start..lines[last].0 + lines[last].1.len();
        is_uncaught.then(|| Failure::new("Uncaught", &value, range).ranked(Rank::Ended, "node uncaught value"))
    });
    // Bun prints the value below a line of its own
    let values = lines.iter().enumerate().filter(|(_, (_, line))| *line == "error").filter_map(|(at, (start, _))| {
        let open = lines.get(at + 1).filter(|(_, line)| *line == "{")?.1;
        let close = (at + 2..lines.len().min(at + MAX_VALUE_LINES)).find(|at| lines[*at].1 == "}")?;
        let value = one_line([open].into_iter().chain(lines[at + 2..=close].iter().map(|(_, line)| *line)));
        let range = *start..lines[close].0 + lines[close].1.len();
        let failure = Failure::new("Uncaught", &value, range).ranked(Rank::Ended, "node uncaught value");
        has_version_below(lines, close + 1).then_some(failure)
    });
    thrown.chain(values)
}

/// Joins the lines of a printed value.
fn one_line<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let joined = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    joined.replace(", }", " }")
}

/// Finds a line such as `FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory`.
fn fatal(lines: &[(usize, &str)]) -> Option<Failure> {
    let (at, line) = lines.iter().rfind(|(_, line)| line.starts_with("FATAL ERROR: "))?;
    // the lines below it are the engine's native stack
    let end = lines.last().map_or(at + line.len(), |(at, line)| at + line.len());
    let failure = Failure::new("FATAL ERROR", &line["FATAL ERROR: ".len()..], *at..end);
    Some(failure.ranked(Rank::Ended, "node fatal error"))
}

/// The line on which an error's class and message begin.
struct Head<'a> {
    line: usize,
    name: &'a str,
    message: &'a str,
    is_uncaught: bool,
    /// True if source with line numbers and a caret are above it, as Bun prints them.
    has_excerpt: bool,
}

/// Finds the head of the error above the frames that begin at the end of `range`.
fn head_above<'a>(lines: &[(usize, &'a str)], range: Range<usize>, depth: usize) -> Option<Head<'a>> {
    let lowest = range.start.max(range.end.saturating_sub(MAX_MESSAGE_LINES));
    let above = || (lowest..range.end).rev();
    let below_caret =
        |at: usize| at > 1 && is_caret(lines[at - 1].1) && lines[at - 2].1.split_once(" | ").is_some_and(is_numbered);
    let head = |at: usize, (name, message): (&'a str, &'a str)| {
        let line = lines[at].1;
        let is_uncaught = line.starts_with("Uncaught ") || line.starts_with("error: Uncaught ");
        Head { line: at, name, message, is_uncaught, has_excerpt: below_caret(at) }
    };
    // below Bun's source and caret there is always a head
    let below_excerpt = above().find(|at| below_caret(*at)).and_then(|at| Some(head(at, bun_head(lines[at].1)?)));
    let class = || above().find_map(|at| Some(head(at, class_in(lines[at].1)?)));
    // Bun and Deno write `error` for the class Error
    let plain = || {
        above().take(3).find_map(|at| {
            let message = lines[at].1.strip_prefix("error: ")?;
            Some(head(at, ("Error", message)))
        })
    };
    // classes with other names are recognised only directly above the stack
    let adjacent = || {
        let at = above().next()?;
        head_of(lines[at].1)
            .filter(|(name, _)| name.starts_with(char::is_uppercase) && depth == 4)
            .map(|it| head(at, it))
    };
    below_excerpt.or_else(class).or_else(plain).or_else(adjacent)
}

/// Splits a head of Bun, which writes `error` for the class `Error`, and errors of the system without a class.
fn bun_head(line: &str) -> Option<(&str, &str)> {
    if let Some(message) = line.strip_prefix("error: ") {
        return Some(class_in(line).unwrap_or(("Error", message)));
    }
    let (name, message) = head_of(line)?;
    let is_system = name.len() > 2 && name.starts_with('E') && name.bytes().all(|byte| byte.is_ascii_uppercase());
    Some(if is_system { ("Error", line) } else { (name, message) })
}

/// Returns true for a property as Bun prints it between an error's message and its stack: `   errno: -2,`.
fn is_property_of_bun(line: &str) -> bool {
    let name = line.trim_start().split_once(": ").map_or("", |(name, _)| name);
    line.starts_with(' ') && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns the line of the location above the head.
fn location_above(lines: &[(usize, &str)], head: usize) -> Option<usize> {
    let lowest = head.saturating_sub(MAX_LOCATION_LINES);
    (lowest..head).rev().find(|at| location(lines[*at].1).is_some())
}

/// Parses a location such as `/srv/app.js:3`.
fn location(line: &str) -> Option<BorrowedFrame<'_>> {
    let (file, number) = line.rsplit_once(':')?;
    let is_file = file.starts_with(['/', '\\'])
        || file.starts_with("file://")
        || file.starts_with("node:")
        || file.get(1..3) == Some(":\\");
    let line = number.parse().ok()?;
    is_file.then_some(BorrowedFrame { function: None, file: Some(file), line: Some(line), column: None })
}

fn is_caret(line: &str) -> bool {
    let trimmed = line.trim();
    !trimmed.is_empty() && trimmed.bytes().all(|byte| byte == b'^')
}

/// Returns true for a line of source as Bun prints it, a caret, or a blank line.
fn is_excerpt(line: &str) -> bool {
    line.trim().is_empty() || is_caret(line) || line.split_once(" | ").is_some_and(is_numbered)
}

/// Returns true for a line of source as jest prints it, or the head of mocha's comparison.
fn is_excerpt_of_runner(line: &str) -> bool {
    let line = line.trim();
    line == "+ expected - actual" || line.trim_start_matches("> ").split_once(" |").is_some_and(is_numbered)
}

fn is_numbered((number, _): (&str, &str)) -> bool {
    let number = number.trim();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Returns true for a frame of V8, with blanks before it.
pub(super) fn is_frame(line: &str) -> bool {
    let call = line.trim().trim_end_matches([',', '{']).trim_end();
    // Mono writes `at A.Main () [0x00000] in <0123>:0`; Java and .NET have no blank before the parenthesis
    let is_other = call.contains("] in ") || call.ends_with(')') && !call.contains(" (");
    line.starts_with(' ') && call.starts_with("at ") && !is_other && javascript::is_v8_frame(call)
}

fn is_omission(line: &str) -> bool {
    line.trim_start().starts_with("... ") && line.contains(" lines matching ")
}

/// Returns the lines from the brace that opens at the end of line `open` to the closing one.
fn properties(lines: &[(usize, &str)], open: usize) -> Range<usize> {
    // the brace closes at the depth of the head, which is four less than that of the frames
    let depth = indent(lines[open].1).saturating_sub(4);
    let close = (open + 1..lines.len()).find(|at| {
        let line = lines[*at].1;
        line.trim_start().trim_end_matches(',') == "}" && indent(line) <= depth
    });
    open..close.unwrap_or(open)
}

/// Finds the errors among the properties, `[cause]` and the members of `[errors]`, each with its stack.
fn causes(properties: &[(usize, &str)]) -> Vec<Failure> {
    let mut causes: Vec<Failure> = Vec::new();
    let mut open = false;
    for (at, line) in properties.iter().skip(1) {
        let trimmed = line.trim();
        let head = trimmed.strip_prefix("[cause]: ").unwrap_or(trimmed).trim_start_matches('[');
        let end = at + line.len();
        match causes.last_mut().filter(|_| open) {
            Some(cause) if is_frame(line) || is_omission(line) => cause.range.end = end,
            _ => {
                let found = head_of(head.trim_end_matches(" {")).filter(|(name, _)| name.contains("Error"));
                open = found.is_some();
                let start = at + line.len() - line.trim_start().len();
                causes.extend(found.map(|(name, message)| Failure::new(name, message, start..end)));
            }
        }
    }
    causes
}

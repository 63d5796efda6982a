//! Records of loggers that print JSON or `name=value` pairs, such as structlog, pino and slog.

use std::ops::Range;

use serde_json::{Map, Value};

use super::Failure;
use super::failure::Rank;
use super::logged::Level;

/// Names of the members that hold the level, the message, the error, and its stack.
const LEVELS: [&str; 4] = ["level", "severity", "levelname", "lvl"];
const MESSAGES: [&str; 5] = ["msg", "message", "event", "@message", "text"];
const ERRORS: [&str; 6] = ["err", "error", "exception", "exc", "cause", "thrown"];
const STACKS: [&str; 7] = ["stack", "stack_trace", "stacktrace", "exc_info", "exception", "backtrace", "traceback"];
/// Maximum number of members of a record in `name=value` pairs.
const MAX_PAIRS: usize = 40;

/// Finds the failure of one line. `search` finds a failure in the text of a stack.
pub(super) fn failure(line: &str, range: Range<usize>, search: fn(&str) -> Option<Failure>) -> Option<Failure> {
    let record = json(line).or_else(|| pairs(line))?;
    let level = LEVELS.iter().find_map(|name| level(record.get(*name)?))?;
    if level < Level::Error {
        return None;
    }
    let text =
        |names: &[&str]| names.iter().find_map(|name| record.get(*name)?.as_str()).filter(|text| !text.is_empty());
    let message = text(&MESSAGES).unwrap_or_default();
    let error = ERRORS.iter().find_map(|name| record.get(*name)?.as_object());
    let nested = |name: &str| error.and_then(|error| error.get(name)?.as_str());
    let stack =
        STACKS.iter().find_map(|name| nested(name)).or_else(|| text(&STACKS).filter(|stack| stack.contains('\n')));
    if let Some(stack) = stack
        && let Some(mut failure) = search(stack)
    {
        failure.range = range;
        return Some(failure.ranked(Rank::LoggedStack, "error in a json log"));
    }
    let class = nested("type").or_else(|| nested("name")).or_else(|| nested("kind"));
    let described = nested("message").or_else(|| nested("msg")).or_else(|| text(&ERRORS));
    let whole = match (class, described) {
        (Some(_), Some(described)) => described.to_owned(),
        (None, Some(described)) if !message.is_empty() && message != described => format!("{message}: {described}"),
        (_, Some(described)) => described.to_owned(),
        (_, None) => message.to_owned(),
    };
    let failure =
        Failure::new(class.unwrap_or_default(), &whole, range).ranked(Rank::Logged, "error in a structured log");
    let failure = Failure { stack: stack.map(str::to_owned).filter(|_| class.is_some()), ..failure };
    (!failure.error_message.is_empty()).then_some(failure)
}

fn json(line: &str) -> Option<Map<String, Value>> {
    // a container's name may be before the record
    let start = line.find('{').filter(|start| *start < 120)?;
    let line = line[start..].trim_end();
    let has_level = LEVELS.iter().any(|name| line.contains(name));
    (has_level && line.ends_with('}')).then(|| serde_json::from_str(line).ok())?
}

/// Parses `time=… level=ERROR msg="cannot open" err="refused"`.
fn pairs(line: &str) -> Option<Map<String, Value>> {
    let mut rest = line.trim();
    if !(rest.contains("level=") || rest.contains("lvl=")) {
        return None;
    }
    let mut record = Map::new();
    while !rest.is_empty() && record.len() < MAX_PAIRS {
        let (name, after) = rest.split_once('=')?;
        let name = name.rsplit(' ').next().unwrap_or(name);
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => {
                let mut escaped = false;
                let end = quoted.bytes().position(|byte| {
                    let ends = byte == b'"' && !escaped;
                    escaped = byte == b'\\' && !escaped;
                    ends
                })?;
                (quoted[..end].replace("\\\"", "\"").replace("\\n", "\n"), &quoted[end + 1..])
            }
            None => {
                let end = after.find(' ').unwrap_or(after.len());
                (after[..end].to_owned(), &after[end..])
            }
        };
        record.insert(name.to_owned(), Value::String(value));
        rest = after.trim_start();
        if !rest.contains('=') {
            break;
        }
    }
    Some(record)
}

/// Reads a level: a name, or pino's number.
fn level(value: &Value) -> Option<Level> {
    if let Some(number) = value.as_u64() {
        return Some(match number {
            50.. => Level::Error,
            40..50 => Level::Warning,
            _ => Level::Info,
        });
    }
    Some(match value.as_str()?.to_ascii_lowercase().as_str() {
        "error" | "err" | "fatal" | "critical" | "crit" | "panic" | "alert" | "emergency" | "dpanic" => Level::Error,
        "warn" | "warning" => Level::Warning,
        _ => Level::Info,
    })
}

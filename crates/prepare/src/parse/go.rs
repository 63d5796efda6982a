//! Go panics and fatal errors, with the goroutine that failed.

use super::failure::Rank;
use super::{BorrowedFrame, Failure, in_app, logged};

/// Beginnings of the line with which Go reports a panic or a fatal error.
const HEADS: [&str; 2] = ["panic: ", "fatal error: "];
/// Maximum number of lines from the head to the first goroutine.
const MAX_HEAD_LINES: usize = 40;

pub(super) fn recognises(stack: &str) -> bool {
    stack.lines().any(is_goroutine)
}

/// Returns the frames of the first goroutine, which is the one that failed.
pub(super) fn frames(stack: &str) -> Vec<BorrowedFrame<'_>> {
    let mut frames: Vec<BorrowedFrame<'_>> = Vec::new();
    let goroutine = stack.lines().skip_while(|line| !is_goroutine(line)).skip(1);
    for line in goroutine.take_while(|line| !line.trim().is_empty() && !line.starts_with("created by ")) {
        if let Some(location) = line.strip_prefix('\t') {
            // `main.go:4 +0x28 fp=0x3f sp=0x3e pc=0x47`
            let location = location.split_once(' ').map_or(location, |(location, _)| location);
            if let (Some((file, number)), Some(frame)) = (location.rsplit_once(':'), frames.last_mut()) {
                (frame.file, frame.line) = (Some(file), number.parse().ok());
            }
        } else if let Some(function) = function(line) {
            frames.push(BorrowedFrame { function: Some(function), ..BorrowedFrame::default() });
        }
    }
    // the call of `panic` is in the stack of every panic, so it does not distinguish failures
    frames.retain(|frame| frame.function != Some("panic"));
    frames
}

/// Returns the function of `main.(*Cart).Add(0xc000010000, {0x1, 0x2})`. The last parentheses at depth zero hold the
/// arguments.
fn function(line: &str) -> Option<&str> {
    let inner = line.trim_end().strip_suffix(')')?;
    let mut depth = 0_usize;
    let open = inner.bytes().rposition(|byte| {
        match byte {
            b')' => depth += 1,
            b'(' if depth == 0 => return true,
            b'(' => depth -= 1,
            _ => {}
        }
        false
    })?;
    Some(&inner[..open]).filter(|name| !name.is_empty() && !name.contains(' '))
}

pub(super) fn is_in_app(frame: &BorrowedFrame<'_>) -> bool {
    let file = frame.file.unwrap_or_default();
    let function = frame.function.unwrap_or_default();
    // import paths of the standard library begin with no host: `net/http`, unlike `shop.example/cart`
    let path_in_go = file.split_once("/libexec/src/").or_else(|| {
        let (root, path) = file.split_once("/src/")?;
        // `/usr/local/go`, Debian's `/usr/lib/go-1.19`, `~/sdk/go1.21.0`
        let version = root.rsplit('/').next()?.strip_prefix("go")?.trim_start_matches('-');
        version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then_some((root, path))
    });
    let standard = path_in_go.is_some_and(|(_, path)| !path.split('/').next().unwrap_or_default().contains('.'));
    let dependency = file.contains("/pkg/mod/") || file.contains("/vendor/") || file.contains("@v");
    in_app::is_in_app(frame.file) && !standard && !dependency && !function.starts_with("runtime.")
}

/// Finds all panics and fatal errors that are followed by a goroutine.
pub(super) fn find_all(output: &str, lines: &[(usize, &str)]) -> Vec<Failure> {
    let mut found: Vec<Failure> = Vec::new();
    // the line after the last failure
    let mut end = 0;
    let mut at = 0;
    while let Some(goroutine) = (at..lines.len()).find(|at| is_goroutine(lines[*at].1)) {
        let lowest = end.max(goroutine.saturating_sub(MAX_HEAD_LINES));
        let head = (lowest..goroutine).find_map(|at| Some((at, head(lines[at].1)?)));
        let Some((first, (error_type, message, rank, rule))) = head else {
            // the other goroutines of the failure above, or a dump that is no failure
            at = goroutine + 1;
            continue;
        };
        let (start, line) = lines[first];
        let mut failure = Failure::new(error_type, message, start..start + line.len()).ranked(rank, rule);
        end = first + 1;
        let (mut in_head, mut in_goroutine) = (true, false);
        for (at, line) in &lines[first + 1..] {
            in_goroutine |= is_goroutine(line);
            in_head &=
                !in_goroutine && !line.is_empty() && !line.starts_with("[signal ") && !line.starts_with("goroutine ");
            if in_head {
                add_head_line(&mut failure, line);
            } else if in_goroutine && !is_stack_line(line) {
                break;
            }
            failure.range.end = at + line.len();
            end += 1;
        }
        found.push(failure.with_stack(output));
        at = end.max(goroutine + 1);
    }
    found
}

/// Splits the head of a panic or a fatal error: `panic: MESSAGE`, `fatal error: MESSAGE`, or the log line of a server
/// that recovered, such as `http: panic serving 10.0.0.1:3000: MESSAGE`.
fn head(line: &str) -> Option<(&str, &str, Rank, &'static str)> {
    if let Some(head) = HEADS.iter().find(|head| line.starts_with(*head)) {
        let (error_type, message) = line.split_at(head.len());
        return Some((error_type.trim_end_matches([':', ' ']), message, Rank::Ended, "go panic"));
    }
    let (_, message) = line.split_once("panic serving ")?;
    let message = message.split_once(": ").map_or(message, |(_, message)| message);
    logged::starts_record(line).then_some(("panic", message, Rank::LoggedStack, "go panic in a log"))
}

/// Adds a further line of the message, or a panic that was raised while an earlier one was handled.
fn add_head_line(failure: &mut Failure, line: &str) {
    if let Some(message) = line.strip_prefix("\tpanic: ") {
        let next = Failure::new("panic", message, failure.range.clone()).ranked(failure.rank, failure.rule);
        let earlier = std::mem::replace(failure, next);
        failure.causes = earlier.causes.clone();
        failure.causes.insert(0, autoheal_contract::Cause { stack_trace: None, ..earlier.into_cause("") });
    } else {
        failure.error_message.push('\n');
        failure.error_message.push_str(line);
    }
}

fn is_stack_line(line: &str) -> bool {
    line.trim().is_empty()
        || line.starts_with('\t')
        || is_goroutine(line)
        || line.starts_with("created by ")
        || line.starts_with("...")
        || line.starts_with("runtime: ")
        || line == "runtime stack:"
        || function(line).is_some()
}

/// Returns true for a line such as `goroutine 1 [running]:`.
fn is_goroutine(line: &str) -> bool {
    let rest = line.strip_prefix("goroutine ").and_then(|rest| rest.split_once(" ["));
    // with GOTRACEBACK=system, addresses follow the number: `goroutine 1 gp=0x3f m=0 mp=0x52 [running]:`
    rest.is_some_and(|(number, state)| {
        let number = number.split(' ').next().unwrap_or_default();
        number.parse::<u64>().is_ok() && state.trim_end().ends_with("]:")
    })
}

//! Go panics and fatal errors, with the goroutine that failed.

use super::{BorrowedFrame, Failure, in_app, lines_with_offsets};

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
            let location = location.split_once(" +0x").map_or(location, |(location, _)| location);
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

/// Finds the last panic or fatal error that is followed by a goroutine.
pub(super) fn find(output: &str) -> Option<Failure> {
    let lines: Vec<(usize, &str)> = lines_with_offsets(output).collect();
    let is_head = |line: &str| HEADS.iter().any(|head| line.starts_with(head));
    let has_goroutine = |from: usize| lines[from..].iter().take(MAX_HEAD_LINES).any(|(_, line)| is_goroutine(line));
    let first = (0..lines.len()).rfind(|at| is_head(lines[*at].1) && has_goroutine(*at))?;
    let (start, head) = lines[first];
    let (error_type, message) = head.split_once(": ")?;
    let mut failure = Failure::new(error_type, message, start..start + head.len());
    let mut in_head = true;
    let mut in_goroutine = false;
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
    }
    Some(failure)
}

/// Adds a further line of the message, or a panic that was raised while an earlier one was handled.
fn add_head_line(failure: &mut Failure, line: &str) {
    if let Some(message) = line.strip_prefix("\tpanic: ") {
        let next = Failure::new("panic", message, failure.range.clone());
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
        || function(line).is_some()
}

/// Returns true for a line such as `goroutine 1 [running]:`.
fn is_goroutine(line: &str) -> bool {
    let rest = line.strip_prefix("goroutine ").and_then(|rest| rest.split_once(" ["));
    rest.is_some_and(|(number, state)| number.parse::<u64>().is_ok() && state.trim_end().ends_with("]:"))
}

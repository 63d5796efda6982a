//! Go panics and fatal errors with the goroutine that died.

use super::{Borrowed, Failure, in_app, lines};

/// What Go begins its last words with.
const HEADS: [&str; 2] = ["panic: ", "fatal error: "];
/// How many lines may stand between these and the first goroutine.
const HEAD_LINES: usize = 40;

pub(super) fn recognises(stack: &str) -> bool {
    stack.lines().any(is_goroutine)
}

/// The frames of the first goroutine, which is the one that died.
pub(super) fn frames(stack: &str) -> Vec<Borrowed<'_>> {
    let mut frames: Vec<Borrowed<'_>> = Vec::new();
    let goroutine = stack.lines().skip_while(|line| !is_goroutine(line)).skip(1);
    for line in goroutine.take_while(|line| !line.trim().is_empty() && !line.starts_with("created by ")) {
        if let Some(place) = line.strip_prefix('\t') {
            let place = place.split_once(" +0x").map_or(place, |(place, _)| place);
            if let (Some((file, number)), Some(frame)) = (place.rsplit_once(':'), frames.last_mut()) {
                (frame.file, frame.line) = (Some(file), number.parse().ok());
            }
        } else if let Some(function) = function(line) {
            frames.push(Borrowed { function: Some(function), ..Borrowed::default() });
        }
    }
    // panicking itself is in every stack
    frames.retain(|frame| frame.function != Some("panic"));
    frames
}

/// `main.(*Cart).Add(0xc000010000, {0x1, 0x2})`: the last parenthesis that opens at depth zero holds the arguments.
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

pub(super) fn is_in_app(frame: &Borrowed<'_>) -> bool {
    let file = frame.file.unwrap_or_default();
    let function = frame.function.unwrap_or_default();
    // the standard library's import paths have no host in them: `net/http`, unlike `shop.example/cart`
    let within_go = file.split_once("/libexec/src/").or_else(|| {
        let (root, path) = file.split_once("/src/")?;
        // `/usr/local/go`, Debian's `/usr/lib/go-1.19`, `~/sdk/go1.21.0`
        let version = root.rsplit('/').next()?.strip_prefix("go")?.trim_start_matches('-');
        version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then_some((root, path))
    });
    let standard = within_go.is_some_and(|(_, path)| !path.split('/').next().unwrap_or_default().contains('.'));
    let dependency = file.contains("/pkg/mod/") || file.contains("/vendor/") || file.contains("@v");
    in_app::is_in_app(frame.file) && !standard && !dependency && !function.starts_with("runtime.")
}

/// The last panic that is followed by its goroutine.
pub(super) fn find(output: &str) -> Option<Failure> {
    let all: Vec<(usize, &str)> = lines(output).collect();
    let starts = |line: &str| HEADS.iter().any(|head| line.starts_with(head));
    let dies = |from: usize| all[from..].iter().take(HEAD_LINES).any(|(_, line)| is_goroutine(line));
    let first = (0..all.len()).rfind(|at| starts(all[*at].1) && dies(*at))?;
    let (start, head) = all[first];
    let (error_type, message) = head.split_once(": ")?;
    let mut failure = Failure::new(error_type, message, start..start + head.len());
    let mut in_head = true;
    let mut in_goroutine = false;
    for (at, line) in &all[first + 1..] {
        in_goroutine |= is_goroutine(line);
        in_head &=
            !in_goroutine && !line.is_empty() && !line.starts_with("[signal ") && !line.starts_with("goroutine ");
        if in_head {
            tell_more(&mut failure, line);
        } else if in_goroutine && !belongs(line) {
            break;
        }
        failure.range.end = at + line.len();
    }
    Some(failure)
}

/// A further line of the message, or the panic that came while an earlier one was handled.
fn tell_more(failure: &mut Failure, line: &str) {
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

fn belongs(line: &str) -> bool {
    line.trim().is_empty()
        || line.starts_with('\t')
        || is_goroutine(line)
        || line.starts_with("created by ")
        || line.starts_with("...")
        || function(line).is_some()
}

/// `goroutine 1 [running]:`
fn is_goroutine(line: &str) -> bool {
    let rest = line.strip_prefix("goroutine ").and_then(|rest| rest.split_once(" ["));
    rest.is_some_and(|(number, state)| number.parse::<u64>().is_ok() && state.trim_end().ends_with("]:"))
}

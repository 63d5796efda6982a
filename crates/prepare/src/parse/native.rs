//! Ends of C and C++ programs, of the Java virtual machine and of Python's interpreter that take more than one line.

use super::Failure;
use super::failure::Rank;

/// Maximum number of lines of a report.
const MAX_LINES: usize = 12;

/// Maximum number of lines of a stack.
const MAX_FRAMES: usize = 200;

/// Finds `terminate called after throwing an instance of 'T'` with its `what()`, crashes of the Java virtual machine,
/// and fatal errors of Python.
pub(super) fn find_all(lines: &[(usize, &str)]) -> Vec<Failure> {
    let indices = 0..lines.len();
    indices
        .filter_map(|at| terminate(lines, at).or_else(|| jvm_crash(lines, at)).or_else(|| python(lines, at)))
        .collect()
}

/// Reads `Fatal Python error: Segmentation fault` and the stack that the fault handler prints below it.
fn python(lines: &[(usize, &str)], at: usize) -> Option<Failure> {
    let (start, line) = lines[at];
    let message = line.strip_prefix("Fatal Python error: ")?;
    let frames = lines[at + 1..].iter().take(MAX_FRAMES);
    let part = |line: &str| line.is_empty() || line.starts_with("  File ") || line.contains("(most recent call first)");
    let stack: Vec<&str> = frames.map(|(_, line)| *line).take_while(|line| part(line)).collect();
    let end = start + line.len() + stack.iter().map(|line| line.len() + 1).sum::<usize>();
    let mut failure = Failure::new("Fatal Python error", message, start..end).ranked(Rank::Ended, "python fatal error");
    failure.stack = Some(format!("{line}\n{}", stack.join("\n")).trim_end().to_owned());
    Some(failure)
}

fn terminate(lines: &[(usize, &str)], at: usize) -> Option<Failure> {
    let (start, line) = lines[at];
    let name = line.trim().strip_prefix("terminate called after throwing an instance of '")?.strip_suffix('\'')?;
    let what = lines.get(at + 1).and_then(|(_, next)| next.trim_start().strip_prefix("what():"));
    let last = at + usize::from(what.is_some());
    let range = start..lines[last].0 + lines[last].1.len();
    let message = what.map_or(line, str::trim);
    Some(Failure::new(name, message, range).ranked(Rank::Ended, "c++ exception"))
}

/// Reads `# A fatal error has been detected by the Java Runtime Environment:`, the signal, and the frame.
fn jvm_crash(lines: &[(usize, &str)], at: usize) -> Option<Failure> {
    let (start, line) = lines[at];
    if !line.starts_with("# A fatal error has been detected by ") {
        return None;
    }
    let below = || {
        lines[at + 1..].iter().take(MAX_LINES).map(|(at, line)| (at + line.len(), line.trim_start_matches(['#', ' '])))
    };
    let (mut end, cause) = below().find(|(_, line)| !line.is_empty())?;
    let frame = below().skip_while(|(_, line)| *line != "Problematic frame:").nth(1);
    let signal = cause.split(' ').next().unwrap_or(cause);
    let error_type = if signal.starts_with("SIG") { signal } else { "Java VM crash" };
    let mut message = cause.split(" at pc=").next().unwrap_or(cause).to_owned();
    if let Some((frame_end, frame)) = frame {
        message = format!("{message} in {frame}");
        end = frame_end;
    }
    Some(Failure::new(error_type, &message, start..end).ranked(Rank::Ended, "java vm crash"))
}

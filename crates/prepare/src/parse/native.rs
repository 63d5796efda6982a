//! Ends of C and C++ programs and of the Java virtual machine that take more than one line.

use super::Failure;
use super::failure::Rank;

/// Maximum number of lines of a report.
const MAX_LINES: usize = 12;

/// Finds `terminate called after throwing an instance of 'T'` with its `what()`, and crashes of the Java virtual
/// machine.
pub(super) fn find_all(lines: &[(usize, &str)]) -> Vec<Failure> {
    let indices = 0..lines.len();
    indices.filter_map(|at| terminate(lines, at).or_else(|| jvm_crash(lines, at))).collect()
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

//! Which parts of a report say that two failures are the same.

use autoheal_contract::{ErrorReport, Source};

use super::Part;
use crate::normalise::normalise_file;
use crate::parse::Frame;

/// How many in-app frames count, innermost first: enough to tell callers apart, few enough to survive refactoring.
const FRAMES: usize = 6;

/// The parts of a report, in order.
pub(super) fn parts(report: &ErrorReport, frames: &[Frame], message: &str) -> Vec<Part> {
    let mut parts = Vec::with_capacity(FRAMES + 4);
    let mut part = |name: &'static str, value: String| parts.push(Part { name: name.into(), value });
    part("source", report.source.unwrap_or_default().name().to_owned());
    if let Some(chosen) = &report.fingerprint {
        part("chosen", chosen.clone());
        return parts;
    }
    part("error_type", report.error_type.trim().to_owned());
    if let Some(rpc) = &report.rpc {
        if let Some(code) = rpc.code {
            part("code", code.to_string());
        }
        if let Some(name) = rpc.tool.as_ref().or(rpc.method.as_ref()) {
            part("call", name.clone());
        }
    }
    let mut usable = frames.iter().filter(|frame| frame.in_app).filter_map(frame_name).peekable();
    if usable.peek().is_some() {
        usable.take(FRAMES).for_each(|name| part("frame", name));
    } else {
        // "No such file" of two programs are two failures.
        if let Some(program) = program(report) {
            part("program", program.to_owned());
        }
        part("message", message.to_owned());
    }
    parts
}

/// The name of the command line's program, without where it is installed.
fn program(report: &ErrorReport) -> Option<&str> {
    let command = report.command.as_deref().filter(|_| report.source == Some(Source::Cli))?;
    command.split_whitespace().next()?.rsplit(['/', '\\']).next()
}

/// Function and file: line numbers move with every edit above them.
fn frame_name(frame: &Frame) -> Option<String> {
    let file = normalise_file(frame.file.as_deref()?);
    Some(format!("{} in {file}", frame.function.as_deref().unwrap_or("?")))
}

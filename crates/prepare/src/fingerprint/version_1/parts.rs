//! The parts by which version 1 decided whether two occurrences are of one failure.

use autoheal_contract::{Class, ErrorReport, Exit, Source};

use super::normalise::{normalise_file, normalise_message};
use crate::fingerprint::Part;
use crate::parse::Frame;

/// Maximum number of in-app frames, innermost first: enough to distinguish callers, few enough to survive refactoring.
const MAX_FRAME_PARTS: usize = 6;

/// Returns the parts of a report, in order.
pub(super) fn parts(report: &ErrorReport, frames: &[Frame], message: &str) -> Vec<Part> {
    let mut parts = Vec::with_capacity(MAX_FRAME_PARTS + 4);
    let mut part = |name: &'static str, value: String| parts.push(Part { name: name.into(), value });
    part("source", report.source.unwrap_or_default().name().to_owned());
    if let Some(chosen) = &report.fingerprint {
        part("chosen", chosen.clone());
        return parts;
    }
    let wire_class = wire_class(report);
    match wire_class {
        Some(class) => part("class", class.to_owned()),
        None => part("error_type", report.error_type.trim().to_owned()),
    }
    if let Some(rpc) = &report.rpc {
        if let Some(code) = rpc.code {
            part("code", code.to_string());
        }
        let is_outage = wire_class.is_some() && is_outage(rpc.code);
        if let Some(name) = rpc.tool.as_ref().or(rpc.method.as_ref()).filter(|_| !is_outage) {
            let is_uri = wire_class.is_some() && report.source == Some(Source::McpResource);
            part("call", if is_uri { resource(name) } else { name.clone() });
        }
    }
    if let Some(class) = wire_class {
        if let Some(exit) = report.exit.as_ref().filter(|_| class == Class::ServerExit.name()).and_then(exit_name) {
            part("exit", exit);
        }
        part("message", message.to_owned());
        return parts;
    }
    let mut usable = frames.iter().filter(|frame| frame.in_app).filter_map(frame_name).peekable();
    if usable.peek().is_some() {
        usable.take(MAX_FRAME_PARTS).for_each(|name| part("frame", name));
    } else {
        // The same message of two programs, such as "No such file", is two failures.
        if let Some(program) = program(report) {
            part("program", program.to_owned());
        }
        part("message", message.to_owned());
    }
    parts
}

/// Returns true for the HTTP statuses of a server that is down. That is one failure, whichever call was made.
fn is_outage(code: Option<i64>) -> bool {
    matches!(code, Some(502..=504))
}

/// Returns the class of a failure that was observed in the messages between an MCP client and a server, even if it is
/// not one of [`Class`].
///
/// The message, code and call of such a failure were part of these messages and are reliable. The stack is not: it was
/// taken from the server's output at about that time, may belong to another call, and depends on the server's log
/// level. The type was taken from that stack. Either of them in the fingerprint would split one failure or join two.
fn wire_class(report: &ErrorReport) -> Option<&str> {
    let is_mcp = report.source.unwrap_or_default().is_mcp();
    report.class.as_deref().map(str::trim).filter(|class| is_mcp && !class.is_empty())
}

/// Returns a resource's URI normalised, with its scheme: ids and paths differ between calls, the scheme does not.
fn resource(uri: &str) -> String {
    let is_scheme = |text: &&str| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    match uri.split_once("://").map(|(scheme, _)| scheme).filter(is_scheme) {
        Some(scheme) => format!("{scheme}:{}", normalise_message(uri)),
        None => normalise_message(uri),
    }
}

/// Returns the signal or exit code that the server ended with.
fn exit_name(exit: &Exit) -> Option<String> {
    exit.signal.clone().or_else(|| exit.code.map(|code| format!("code {code}")))
}

/// Returns the name of the command's program, without its directory.
fn program(report: &ErrorReport) -> Option<&str> {
    let is_program = matches!(report.source, Some(Source::Cli | Source::Rust));
    let command = report.command.as_deref().filter(|_| is_program)?;
    command.split_whitespace().next()?.rsplit(['/', '\\']).next()
}

/// Returns function and file, without the line, because line numbers change with every edit above them.
fn frame_name(frame: &Frame) -> Option<String> {
    let file = normalise_file(frame.file.as_deref()?);
    Some(format!("{} in {file}", frame.function.as_deref().unwrap_or("?")))
}

//! Which parts of a report say that two failures are the same.

use autoheal_contract::{Class, ErrorReport, Exit, Source};

use super::Part;
use crate::normalise::{normalise_file, normalise_message};
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
    let seen_on_the_wire = class_on_the_wire(report);
    match seen_on_the_wire {
        Some(class) => part("class", class.to_owned()),
        None => part("error_type", report.error_type.trim().to_owned()),
    }
    if let Some(rpc) = &report.rpc {
        if let Some(code) = rpc.code {
            part("code", code.to_string());
        }
        let down = seen_on_the_wire.is_some() && is_outage(rpc.code);
        if let Some(name) = rpc.tool.as_ref().or(rpc.method.as_ref()).filter(|_| !down) {
            let is_uri = seen_on_the_wire.is_some() && report.source == Some(Source::McpResource);
            part("call", if is_uri { resource(name) } else { name.clone() });
        }
    }
    if let Some(class) = seen_on_the_wire {
        if let Some(end) = report.exit.as_ref().filter(|_| class == Class::ServerExit.name()).and_then(end) {
            part("exit", end);
        }
        part("message", message.to_owned());
        return parts;
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

/// HTTP's words for a server that is down: one failure, whatever was asked of it.
pub fn is_outage(code: Option<i64>) -> bool {
    matches!(code, Some(502..=504))
}

/// The class of a failure that was seen on its way between an MCP client and a server.
///
/// Its message, code and call were on the wire and are certain. Its stack was not: it is what the server printed about
/// that time, may belong to another call, and comes or goes with the server's log level; its type comes out of that
/// stack. A group that hung on either would split one failure, or join two.
fn class_on_the_wire(report: &ErrorReport) -> Option<&str> {
    let is_mcp = report.source.unwrap_or_default().is_mcp();
    report.class.as_deref().map(str::trim).filter(|class| is_mcp && !class.is_empty())
}

/// A resource's URI carries ids and paths; of those only its scheme is the server's own word.
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

/// How the server ended.
fn end(exit: &Exit) -> Option<String> {
    exit.signal.clone().or_else(|| exit.code.map(|code| format!("code {code}")))
}

/// The name of the command line's program, without where it is installed.
fn program(report: &ErrorReport) -> Option<&str> {
    let has_one = matches!(report.source, Some(Source::Cli | Source::Rust));
    let command = report.command.as_deref().filter(|_| has_one)?;
    command.split_whitespace().next()?.rsplit(['/', '\\']).next()
}

/// Function and file: line numbers move with every edit above them.
fn frame_name(frame: &Frame) -> Option<String> {
    let file = normalise_file(frame.file.as_deref()?);
    Some(format!("{} in {file}", frame.function.as_deref().unwrap_or("?")))
}

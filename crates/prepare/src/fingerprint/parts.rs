//! The parts of a report that decide whether two occurrences are of one failure.

use autoheal_contract::{Class, ErrorReport, Exit, Source};

use super::failure::{self, Failure};
use super::program::program;
use super::shape::shape;
use super::{Part, cause};
use crate::ServerFailure;
use crate::normalise::normalise_message;
use crate::parse::Frame;
use autoheal_contract::wording::is_lost_process;

/// Returns the parts of a report, in order. `of_call` turns the message of a failure between client and server into the one that
/// counts.
pub(super) fn parts(
    report: &ErrorReport,
    frames: &[Frame],
    message: &str,
    has_common_form: bool,
    of_call: fn(&ErrorReport, &str) -> String,
) -> Vec<Part> {
    let mut parts = Vec::with_capacity(8);
    let mut part = |name: &'static str, value: String| parts.push(Part { name: name.into(), value });
    let of_server = ServerFailure::of_page(report).filter(|_| report.fingerprint.is_none());
    let source = of_server.as_ref().map_or(report.source.unwrap_or_default(), |failure| failure.source);
    part("source", source.name().to_owned());
    if let Some(chosen) = &report.fingerprint {
        part("chosen", chosen.clone());
        return parts;
    }
    let wire_class = of_server.as_ref().map_or_else(|| wire_class(report), |failure| Some(failure.class.name()));
    match wire_class {
        Some(class) => part("class", class.to_owned()),
        None => part("error_type", failure::error_type(report.error_type.trim(), message).to_owned()),
    }
    if let Some(rpc) = &report.rpc {
        if let Some(code) = rpc.code {
            part("code", code.to_string());
        }
        let is_outage = wire_class.is_some() && is_outage(rpc.code, &report.error_message);
        let call = of_server.as_ref().map(|failure| failure.call);
        if let Some(name) = call.or(rpc.tool.as_deref()).or(rpc.method.as_deref()).filter(|_| !is_outage) {
            let is_uri = wire_class.is_some() && source == Source::McpResource;
            part("call", if is_uri { resource(name) } else { name.to_owned() });
        }
    }
    if let Some(class) = wire_class {
        if let Some(exit) = report.exit.as_ref().filter(|_| class == Class::ServerExit.name()).and_then(exit_name) {
            part("exit", exit);
        }
        part(
            "message",
            match &of_server {
                Some(failure) => shape(&normalise_message(&of_call(report, &failure.message))),
                None => shape(message),
            },
        );
        return parts;
    }
    let failure = Failure {
        error_type: report.error_type.trim(),
        message: &report.error_message,
        normalised: message,
        has_common_form,
        stack: report.stack_trace.as_deref().unwrap_or_default(),
        frames,
        source,
    };
    let has_frames = failure.add_parts(&mut parts);
    let has_causes = cause::add_parts(&failure, &report.causes, has_frames, &mut parts);
    if has_causes && cause::is_wrapper(failure.error_type) {
        // composed of the causes' messages by some runtimes, and of their number by others
        parts.retain(|part| part.name != "message");
    }
    // The same message of two programs, such as "No such file", is two failures.
    if let Some(program) = program(report).filter(|_| !has_frames && !has_causes) {
        parts.push(Part { name: "program".into(), value: program });
    }
    parts
}

/// Returns true for the HTTP statuses of a server that is down, and for what gateways say whose server's process ended. That
/// is one failure, whichever call was made.
pub fn is_outage(code: Option<i64>, message: &str) -> bool {
    matches!(code, Some(502..=504)) || is_lost_process(message)
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

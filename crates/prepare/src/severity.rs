//! The severity of a failure, by its class, type, message, code and exit, with the reason. The rules for types come from
//! the original SDK.

mod system;

use autoheal_contract::{Class, ErrorReport, Severity};

use crate::validate::Sender;

/// Words in the type or message of a failure that exhausted memory or the stack.
const EXHAUSTED: [&str; 14] = [
    "memoryerror",
    "outofmemory",
    "recursionerror",
    "stackoverflow",
    "stack overflow",
    "has overflowed its stack",
    "too much recursion",
    "maximum call stack",
    "heap out of memory",
    "allocation failed",
    "out of memory",
    "memory allocation of",
    "stack exceeds",
    "allowed memory size of",
];
/// Words in the type of a failure that ended the program by a crash: signals, sanitizers, the C library's checks.
const CRASHES: [&str; 17] = [
    "sigsegv",
    "sigabrt",
    "sigbus",
    "sigill",
    "sigfpe",
    "sigkill",
    "sigtrap",
    "sanitizer",
    "data race",
    "heap corruption",
    "stack smashing",
    "buffer overflow detected",
    "pure virtual method called",
    "std::terminate",
    "assertion failed",
    "fatal python error",
    "invalid memory access",
];
/// Words in the type of a failure that a person caused by stopping the program. A class that is one of them counts too.
const LOW: [&str; 5] = ["keyboardinterrupt", "interrupted", "aborterror", "sigint", "cancelled"];
/// Words in the type of a failure of the operating system, of I/O or of the runtime, or of a panic.
const HIGH: [&str; 24] = [
    "oserror",
    "ioerror",
    "runtimeerror",
    "systemerror",
    "connectionerror",
    "connectionrefused",
    "connectionreset",
    "brokenpipe",
    "permissionerror",
    "filenotfound",
    "networkerror",
    "timeouterror",
    "panic",
    "internalerror",
    "fatal error",
    // other subclasses of Python's OSError
    "isadirectory",
    "notadirectory",
    "fileexists",
    // Java's names for the same
    "ioexception",
    "runtimeexception",
    "nosuchfile",
    "accessdenied",
    "connectexception",
    "socketexception",
];
/// JSON-RPC's code for an internal error of the server.
const INTERNAL_ERROR: i64 = -32603;

/// Rates a report of this sender. A severity that a known sender gave is used unchanged; `validate` drops that of an
/// unknown one.
#[must_use]
pub fn severity(report: &ErrorReport, sender: Sender) -> Severity {
    rated(report, sender).0
}

/// Returns the reason for the severity of a report of this sender.
#[must_use]
pub fn reason(report: &ErrorReport, sender: Sender) -> &'static str {
    rated(report, sender).1
}

/// Rates a report, and names the rule that decided. An unknown sender can claim any type, class and exit, so its report
/// is rated `medium` at most.
fn rated(report: &ErrorReport, sender: Sender) -> (Severity, &'static str) {
    match rated_by_content(report) {
        (Severity::Critical | Severity::High, _) if !sender.is_known() => {
            (Severity::Medium, "reported by an unknown sender, whose claims raise no severity")
        }
        rated => rated,
    }
}

fn rated_by_content(report: &ErrorReport) -> (Severity, &'static str) {
    if let Some(claimed) = report.severity {
        return (claimed, "given by the sender");
    }
    let error_type = report.error_type.to_lowercase();
    let name = report.class.as_deref().unwrap_or_default();
    let class = Class::parse(name);
    // The message repeats the caller's input, so its words say nothing about the severity.
    if class == Some(Class::CallerError) {
        return (Severity::Low, "an error of the caller");
    }
    let is_type = |names: &[&str]| names.iter().any(|name| error_type.contains(name));
    let message = report.error_message.to_lowercase();
    if is_type(&EXHAUSTED) || EXHAUSTED.iter().any(|name| message.contains(name)) {
        return (Severity::Critical, "memory or the stack was exhausted");
    }
    if crashed(report) {
        return (Severity::Critical, "ended by a signal");
    }
    if is_type(&CRASHES) {
        return (Severity::Critical, "a crash, or a fault that a sanitizer or the C library found");
    }
    // A server that ended, hangs or reports an internal error: not a user interrupt, whichever signal or type came with
    // it.
    let code = report.rpc.as_ref().and_then(|rpc| rpc.code);
    match class {
        Some(Class::ServerExit) => return (Severity::High, "the server ended"),
        Some(Class::NoAnswer) => return (Severity::High, "the server did not respond"),
        _ if code == Some(INTERNAL_ERROR) => return (Severity::High, "an internal error of the server"),
        _ => {}
    }
    if is_type(&LOW) || LOW.contains(&name) || interrupted(report) {
        return (Severity::Low, "a person stopped it");
    }
    if is_type(&HIGH) {
        return (Severity::High, "an error of the system or the runtime, by its type");
    }
    if system::is_error(&report.error_message) {
        return (Severity::High, "an error of the system or a connection, by its message");
    }
    match class {
        Some(Class::Network) => (Severity::High, "the network failed"),
        Some(Class::Timeout) => (Severity::High, "a call timed out"),
        _ => (Severity::Medium, "no rule for a higher or a lower severity"),
    }
}

fn signal(report: &ErrorReport) -> Option<&str> {
    report.exit.as_ref()?.signal.as_deref()
}

/// True if the program was ended by a signal that is not a request to stop.
fn crashed(report: &ErrorReport) -> bool {
    matches!(signal(report), Some("SIGSEGV" | "SIGABRT" | "SIGBUS" | "SIGILL" | "SIGFPE" | "SIGKILL" | "SIGTRAP"))
}

/// True if the program was ended by a signal that requests it to stop.
fn interrupted(report: &ErrorReport) -> bool {
    matches!(signal(report), Some("SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT"))
}

#[cfg(test)]
mod tests {
    use autoheal_contract::{Exit, Rpc};

    use super::*;

    /// The severity of a known sender's report.
    fn severity(report: &ErrorReport) -> Severity {
        super::severity(report, Sender::Keyed)
    }

    #[test]
    fn an_unknown_sender_raises_no_severity() {
        let report = |error_type: &str| ErrorReport { error_type: error_type.to_owned(), ..ErrorReport::default() };
        for (error_type, expected) in [
            ("MemoryError", Severity::Medium),
            ("OSError", Severity::Medium),
            ("ValueError", Severity::Medium),
            ("KeyboardInterrupt", Severity::Low),
        ] {
            assert_eq!(super::severity(&report(error_type), Sender::Anonymous), expected, "{error_type}");
        }
        assert!(reason(&report("OSError"), Sender::Anonymous).contains("unknown sender"));
        assert!(!reason(&report("ValueError"), Sender::Anonymous).contains("unknown sender"));
    }

    fn check(error_type: &str, expected: Severity) {
        let report = ErrorReport { error_type: error_type.to_owned(), ..ErrorReport::default() };
        assert_eq!(severity(&report), expected, "{error_type}");
    }

    #[test]
    fn types_are_rated_as_by_the_original_sdk() {
        for (error_type, expected) in [
            ("MemoryError", Severity::Critical),
            ("RecursionError", Severity::Critical),
            ("OSError", Severity::High),
            ("RuntimeError", Severity::High),
            ("ValueError", Severity::Medium),
            ("TypeError", Severity::Medium),
            ("KeyError", Severity::Medium),
            ("AttributeError", Severity::Medium),
            ("Unknown", Severity::Medium),
            ("KeyboardInterrupt", Severity::Low),
            ("IsADirectoryError", Severity::High),
            ("java.lang.OutOfMemoryError", Severity::Critical),
            ("java.lang.StackOverflowError", Severity::Critical),
            ("java.io.UncheckedIOException", Severity::High),
            ("java.lang.IllegalArgumentException", Severity::Medium),
            ("panic", Severity::High),
        ] {
            check(error_type, expected);
        }
    }

    fn classed(class: &str, error_message: &str) -> ErrorReport {
        ErrorReport {
            error_type: "ToolError".to_owned(),
            error_message: error_message.to_owned(),
            class: Some(class.to_owned()),
            ..ErrorReport::default()
        }
    }

    #[test]
    fn a_callers_error_is_low_whatever_its_message_is() {
        for message in ["Unknown tool: nope", "invalid query: 'out of memory'", "ENOENT: no such file", "panic"] {
            assert_eq!(severity(&classed("caller_error", message)), Severity::Low, "{message}");
        }
        let code = Some(Rpc { code: Some(-32603), ..Rpc::default() });
        let malformed = ErrorReport { rpc: code, error_type: "MemoryError".to_owned(), ..classed("caller_error", "x") };
        assert_eq!(severity(&malformed), Severity::Low);
    }

    #[test]
    fn a_server_that_ended_or_hangs_is_high_and_a_crashed_one_critical() {
        let ended = |code: Option<i64>, signal: Option<&str>| {
            let exit = Exit { code, signal: signal.map(str::to_owned) };
            severity(&ErrorReport { exit: Some(exit), ..classed("server_exit", "the server ended") })
        };
        for signal in ["SIGSEGV", "SIGABRT", "SIGKILL"] {
            assert_eq!(ended(None, Some(signal)), Severity::Critical, "{signal}");
        }
        // With a call in flight, a signal to end the server is not a user interrupt.
        for (code, signal) in [(Some(0), None), (Some(3), None), (None, Some("SIGTERM")), (None, Some("SIGINT"))] {
            assert_eq!(ended(code, signal), Severity::High, "{code:?} {signal:?}");
        }
        assert_eq!(severity(&classed("server_exit", "gone")), Severity::High);
        assert_eq!(severity(&classed("no_answer", "no answer within 60 s")), Severity::High);
        let code = Some(Rpc { code: Some(-32603), ..Rpc::default() });
        let cancelled = "asyncio.CancelledError".to_owned();
        let failed = ErrorReport { rpc: code, error_type: cancelled, ..classed("resource_failure", "x") };
        assert_eq!(severity(&failed), Severity::High);
    }

    #[test]
    fn other_failures_of_servers_are_rated_by_type_and_message() {
        for class in ["tool_failure", "resource_failure", "prompt_failure", "protocol_error"] {
            assert_eq!(severity(&classed(class, "division by zero")), Severity::Medium, "{class}");
            assert_eq!(severity(&classed(class, "out of memory")), Severity::Critical, "{class}");
            assert_eq!(severity(&classed(class, "ENOENT: no such file or directory")), Severity::High, "{class}");
            let typed = ErrorReport { error_type: "OSError".to_owned(), ..classed(class, "x") };
            assert_eq!(severity(&typed), Severity::High, "{class}");
        }
    }

    #[test]
    fn codes_signals_and_messages_count_too() {
        let code = Rpc { code: Some(-32603), ..Rpc::default() };
        assert_eq!(severity(&ErrorReport { rpc: Some(code), ..ErrorReport::default() }), Severity::High);
        let exit = Exit { signal: Some("SIGSEGV".to_owned()), code: None };
        assert_eq!(severity(&ErrorReport { exit: Some(exit), ..ErrorReport::default() }), Severity::Critical);
        let message = "Maximum call stack size exceeded".to_owned();
        assert_eq!(severity(&ErrorReport { error_message: message, ..ErrorReport::default() }), Severity::Critical);
        let error_message = "ENOENT: no such file or directory, open '/x'".to_owned();
        assert_eq!(severity(&ErrorReport { error_message, ..ErrorReport::default() }), Severity::High);
        let claimed =
            ErrorReport { severity: Some(Severity::Low), error_type: "OSError".to_owned(), ..ErrorReport::default() };
        assert_eq!(severity(&claimed), Severity::Low);
    }
}

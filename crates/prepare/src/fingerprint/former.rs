//! Earlier recipes of the current version: with the call's arguments in the message, and with other words for a server that did
//! not start. A store that grouped by them keeps its issues, because it looks for these fingerprints too.

use autoheal_contract::{Class, ErrorReport, Rpc};

use super::{Fingerprint, Fingerprinted, VERSION, hash, parts, version_1};
use crate::arguments::{Within, without_own_arguments};
use crate::normalise::normalise_message;

/// Words between the name of a server and the reason why it did not start.
const NOT_STARTED: &str = " did not start: ";

/// The message that counts today.
pub(super) fn without_arguments(report: &ErrorReport, message: &str) -> String {
    without_own_arguments(report, message, Within::Words).into_owned()
}

/// The message as it counted before.
fn as_sent(_: &ErrorReport, message: &str) -> String {
    message.to_owned()
}

/// Returns the fingerprints of the earlier recipes that differ from today's.
pub(super) fn fingerprints(record: &Fingerprinted) -> Vec<Fingerprint> {
    let mut former = failed_starts(record);
    if record.report.rpc.is_some() && !record.has_common_form {
        let message = normalise_message(&record.report.error_message);
        former.push(hash(VERSION, &record.parts_with(&record.frames, &message, as_sent)));
    }
    former.retain(|fingerprint| *fingerprint != record.fingerprint);
    former
}

/// Fingerprints of a start that failed with an error and its stack. A race decided between two sentences. Without a stack, the
/// sentences were the same for every server and every reason, so their group holds many failures, and is not continued.
fn failed_starts(record: &Fingerprinted) -> Vec<Fingerprint> {
    let report = &record.report;
    let is_exit = report.class.as_deref() == Some(Class::ServerExit.name()) && report.rpc.is_none();
    let reason = report.error_message.split_once(NOT_STARTED).filter(|_| is_exit && report.stack_trace.is_some());
    let (Some((_, reason)), Some(exit)) = (reason, &report.exit) else { return Vec::new() };
    let how = match (&exit.signal, exit.code) {
        (Some(signal), _) => format!("by {signal}"),
        (None, code) => format!("with exit code {}", code.unwrap_or_default()),
    };
    let initialize = Rpc { method: Some("initialize".to_owned()), ..Rpc::default() };
    let sentences =
        [("before the handshake was complete", None), ("while initialize was not answered", Some(initialize))];
    let mut former = Vec::new();
    for (when, rpc) in sentences {
        let error_message = format!("the server ended {how} {when}: {reason}");
        let message = normalise_message(&error_message);
        let earlier = ErrorReport { error_message, rpc, ..report.clone() };
        former.push(hash(VERSION, &parts::parts(&earlier, &record.frames, &message, false, as_sent)));
        former.push(version_1::fingerprint(&earlier, &record.frames));
    }
    former
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fingerprint::tests::prepared;

    #[test]
    fn the_known_group_of_a_failed_start_with_a_stack_is_found() {
        let report = |message: &str, rpc: Option<&str>| {
            prepared(&json!({
                "error_type": "Error", "error_message": message, "class": "server_exit", "source": "mcp_protocol",
                "exit": {"code": 1}, "rpc": rpc.map(|method| json!({ "method": method })),
                "stack_trace": "Error: DATABASE_URL is not set\n    at file:///srv/server.mjs:3:11",
            }))
        };
        let now = report("server.mjs did not start: DATABASE_URL is not set", None);
        for (sentence, rpc) in [
            ("the server ended with exit code 1 before the handshake was complete: DATABASE_URL is not set", None),
            (
                "the server ended with exit code 1 while initialize  was not answered: DATABASE_URL is not set",
                Some("initialize"),
            ),
        ] {
            let before = report(sentence, rpc);
            assert!(now.former_fingerprints().contains(&before.fingerprint()), "{sentence}");
            assert!(now.former_fingerprints().contains(&before.previous_fingerprint()), "{sentence}");
        }
    }
}

//! Reports for the tests.

use std::net::IpAddr;

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_prepare::{ScrubLevel, Timestamp, prepare};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A report of an unknown sender, prepared.
pub(crate) fn record(report: Value, at: i64) -> Fingerprinted {
    record_from(report, at, Sender::Anonymous)
}

/// A report of this sender, prepared.
pub(crate) fn record_from(report: Value, at: i64, sender: Sender) -> Fingerprinted {
    let raw = RawValue::from_string(report.to_string()).unwrap();
    let arrival =
        Arrival { project: DEFAULT_PROJECT.to_owned(), sender, client: Client::Own, received_at: Timestamp(at) };
    prepare(&raw, arrival, ScrubLevel::Standard).unwrap()
}

/// A report that a stranger sent over the network, prepared.
pub(crate) fn record_of_stranger(report: Value, at: i64) -> Fingerprinted {
    let raw = RawValue::from_string(report.to_string()).unwrap();
    let arrival = Arrival {
        project: DEFAULT_PROJECT.to_owned(),
        sender: Sender::Anonymous,
        client: Client::network(IpAddr::from([203, 0, 113, 7])),
        received_at: Timestamp(at),
    };
    prepare(&raw, arrival, ScrubLevel::Standard).unwrap()
}

/// A report with this message.
pub(crate) fn failure(message: &str) -> Value {
    json!({"error_type": "TypeError", "error_message": message})
}

/// The report with an id.
pub(crate) fn with_id(mut report: Value, id: &str) -> Value {
    report["id"] = json!(id);
    report
}

/// A failure with 40 KB of text; `kind` makes its group.
pub(crate) fn large(kind: usize) -> Value {
    let name: String = format!("{kind:05}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
    let mut report = failure(&format!("kind {name}"));
    report["context"] = json!({"a": "x".repeat(40_000)});
    report
}

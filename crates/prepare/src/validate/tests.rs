//! Tests of validation: reports that are rejected, fields that are dropped, fields that are cut.

use autoheal_contract::limits::{CUT_MARK, STACK_TRACE_CHARS};
use autoheal_contract::{Severity, Source};
use serde_json::{Value, json};

use autoheal_contract::limits::DEFAULT_PROJECT;

use serde_json::value::RawValue;

use super::*;
use crate::Timestamp;
use crate::severity::severity;

fn read(json: &str, sender: Sender) -> Result<Valid, Rejected> {
    let raw = RawValue::from_string(json.to_owned()).unwrap();
    validate(
        Received::of(&raw),
        Arrival { project: DEFAULT_PROJECT.to_owned(), sender, client: Client::Own, received_at: Timestamp(0) },
    )
}

fn valid(json: &Value) -> Valid {
    read(&json.to_string(), Sender::Anonymous).unwrap()
}

#[test]
fn the_golden_files_are_read_without_marks() {
    for golden in [
        include_str!("../../../contract/tests/golden/original-sdk.json"),
        include_str!("../../../contract/tests/golden/everything.json"),
        include_str!("../../../contract/tests/golden/browser-report.json"),
    ] {
        let valid = read(golden, Sender::Keyed).unwrap();
        assert_eq!(valid.marks, []);
        let mut expected: ErrorReport = serde_json::from_str(golden).unwrap();
        expected.count = Some(expected.count.unwrap_or(1));
        assert_eq!(valid.report, expected);
    }
}

#[test]
fn a_report_without_type_or_message_is_rejected_with_the_reason() {
    let check = |json: &str, reason: &str| {
        let rejected = read(json, Sender::Anonymous).unwrap_err();
        assert!(rejected.0.contains(reason), "{json}: {rejected}");
    };
    check("[]", "JSON object");
    check("null", "JSON object");
    check(r#"{"error_message":"m"}"#, "no error_type");
    check(r#"{"error_type":null,"error_message":"m"}"#, "no error_type");
    check(r#"{"error_type":"E","error_message":"  "}"#, "error_message is empty");
    check(r#"{"error_type":5,"error_message":"m"}"#, "error_type must be text");
}

#[test]
fn a_wrong_type_drops_only_its_field() {
    for field in [
        "stack_trace",
        "context",
        "schema",
        "id",
        "source",
        "class",
        "severity",
        "release",
        "environment",
        "tags",
        "user",
        "count",
        "first_seen",
        "last_seen",
        "causes",
        "logs",
        "server",
        "rpc",
        "trace",
        "reproduction",
        "command",
        "exit",
        "system",
        "client",
        "debug_ids",
        "fingerprint",
    ] {
        let mut report = json!({"error_type": "E", "error_message": "m", "release": "1.0"});
        report[field] = json!(false);
        let valid = valid(&report);
        assert_eq!(valid.marks, [Mark { field: field.to_owned(), done: MarkKind::Dropped }], "{field}");
        assert_eq!(valid.report.release.is_some(), field != "release");
    }
    assert_eq!(valid(&json!({"error_type": "E", "error_message": "m", "unknown": false})).marks, []);
}

#[test]
fn a_trace_of_another_form_is_dropped_and_the_report_is_not() {
    let (trace_id, span_id) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let read = |trace: Value| valid(&json!({"error_type": "E", "error_message": "m", "trace": trace}));
    let traced = read(json!({"trace_id": trace_id, "span_id": span_id, "more": 1}));
    assert_eq!(
        traced.report.trace.map(|trace| (trace.trace_id(), trace.span_id())),
        Some((trace_id.to_owned(), span_id.to_owned()))
    );
    assert_eq!(traced.marks, []);
    for wrong in [
        json!({}),
        json!({"trace_id": trace_id}),
        json!({"trace_id": trace_id.to_uppercase(), "span_id": span_id}),
        json!({"trace_id": "0".repeat(32), "span_id": span_id}),
        json!({"trace_id": trace_id, "span_id": 7}),
        json!({"trace_id": format!("{trace_id}\n"), "span_id": span_id}),
        json!({"trace_id": "`@everyone` https://example.org/", "span_id": span_id}),
        json!(format!("00-{trace_id}-{span_id}-01")),
        json!([trace_id, span_id]),
    ] {
        let read = read(wrong.clone());
        assert_eq!(read.report.trace, None, "{wrong}");
        assert_eq!(read.marks, [Mark { field: "trace".to_owned(), done: MarkKind::Dropped }], "{wrong}");
    }
}

#[test]
fn a_field_over_its_limit_is_cut_with_a_visible_mark() {
    let report = valid(&json!({
        "error_type": "E", "error_message": "m", "stack_trace": "x".repeat(STACK_TRACE_CHARS + 1),
        "logs": (0..210).map(|line| line.to_string()).collect::<Vec<_>>(),
    }));
    assert!(report.report.stack_trace.unwrap().ends_with(CUT_MARK));
    assert_eq!(report.report.logs.len(), 200);
    assert_eq!(report.report.logs[199].message, "209", "the last lines are closest to the failure");
    let marks: Vec<String> = report.marks.iter().map(Mark::to_string).collect();
    assert_eq!(marks, ["stack_trace was cut", "logs was cut"]);
}

#[test]
fn claims_of_an_anonymous_sender_are_limited() {
    let report =
        json!({"error_type": "E", "error_message": "m", "count": 5000, "fingerprint": "mine", "source": "cli"});
    let anonymous = read(&report.to_string(), Sender::Anonymous).unwrap().report;
    assert_eq!((anonymous.count, anonymous.fingerprint.as_deref()), (Some(100), None));
    assert_eq!(anonymous.source, Some(Source::Cli), "an anonymous sender may name a source");
    let keyed = read(&report.to_string(), Sender::Keyed).unwrap().report;
    assert_eq!((keyed.count, keyed.fingerprint.as_deref()), (Some(5000), Some("mine")));
}

#[test]
fn only_a_known_sender_chooses_the_severity() {
    let report = |severity: &str, error_type: &str| {
        json!({"error_type": error_type, "error_message": "m", "severity": severity}).to_string()
    };
    for (sender, error_type, claimed, expected) in [
        (Sender::Anonymous, "ValueError", "critical", Severity::Medium),
        (Sender::Anonymous, "KeyboardInterrupt", "critical", Severity::Low),
        (Sender::Keyed, "ValueError", "critical", Severity::Critical),
        (Sender::Local, "MemoryError", "low", Severity::Low),
    ] {
        let valid = read(&report(claimed, error_type), sender).unwrap();
        assert_eq!(severity(&valid.report, sender), expected, "{sender:?} {error_type} {claimed}");
    }
}

#[test]
fn an_invalid_id_is_replaced() {
    let given = valid(&json!({"error_type": "E", "error_message": "m", "id": "7d9f3f6e-6a52-4a43-8c6e-0d6a7a1f2b10"}));
    assert!(matches!(given.identity, Identity::Given(_)));
    let generated = valid(&json!({"error_type": "E", "error_message": "m", "id": "first"}));
    assert!(matches!(generated.identity, Identity::Generated(_)));
    assert_eq!(generated.marks.len(), 1);
}

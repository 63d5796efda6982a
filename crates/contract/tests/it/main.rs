//! Golden files: each type reads its file and writes the same JSON, so that no member is lost.

#![expect(clippy::unwrap_used, reason = "a failed `unwrap` fails the test")]

use autoheal_contract::limits::{CONTEXT_DEPTH, CUT_MARK};
use autoheal_contract::{ErrorReport, Json, Receipt, Refusal, session_hash};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a golden file as `T`, writes it again and compares every member.
fn check_round_trip<T: DeserializeOwned + Serialize>(golden: &str) {
    let read: T = serde_json::from_str(golden).unwrap();
    let written = serde_json::to_value(&read).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(golden).unwrap());
}

#[test]
fn a_report_of_the_original_sdk_round_trips() {
    check_round_trip::<ErrorReport>(include_str!("../golden/original-sdk.json"));
}

#[test]
fn a_report_with_every_field_round_trips() {
    check_round_trip::<ErrorReport>(include_str!("../golden/everything.json"));
}

#[test]
fn the_id_of_a_call_is_text_or_a_number() {
    let check = |id: &str, expected: Option<&str>| {
        let report = format!(r#"{{"error_type":"E","error_message":"m","rpc":{{"method":"m","id":{id}}}}}"#);
        let rpc = serde_json::from_str::<ErrorReport>(&report).unwrap().rpc.unwrap();
        assert_eq!((rpc.id.as_deref(), rpc.method.as_deref()), (expected, Some("m")), "{id}");
    };
    check("1764228366123456", Some("1764228366123456"));
    check("-7", Some("-7"));
    check(r#""7""#, Some("7"));
    for other in ["null", "true", "[7]", "{}", "1.5"] {
        check(other, None);
    }
}

#[test]
fn equal_session_ids_have_equal_hashes() {
    assert_eq!(session_hash(b""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(session_hash(b"foobar"), 0x8594_4171_f739_67e8, "as in the authors' test vectors of FNV-1a");
}

#[test]
fn responses_round_trip() {
    check_round_trip::<Vec<Receipt>>(include_str!("../golden/receipts.json"));
    check_round_trip::<Refusal>(include_str!("../golden/refusal.json"));
}

#[test]
fn hostile_nesting_is_cut_without_recursion() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let mut read: &Json = &serde_json::from_str(&deep).unwrap();
    for _ in 0..CONTEXT_DEPTH {
        let Json::Array(items) = read else { panic!("expected an array, found {read:?}") };
        read = &items[0];
    }
    assert_eq!(read, &Json::Text(CUT_MARK.to_owned()));
}

#[test]
fn shrinking_keeps_the_start_and_marks_the_cut() {
    let mut json: Json =
        serde_json::from_str(r#"{"first":"kept","second":"xxxxxxxxxxxxxxxxxxxxxxxxx","third":3}"#).unwrap();
    assert!(json.shrink_to(40));
    assert_eq!(json.get("first").and_then(Json::as_str), Some("kept"));
    let written = serde_json::to_string(&json).unwrap();
    assert!(written.contains(CUT_MARK) && !written.contains("third"), "{written}");
    assert!(!json.clone().shrink_to(1000), "a value that fits stays as it is");
}

//! The report, also against the golden file that the service's tests read.

use autoheal_contract::ErrorReport;

use super::*;

const GOLDEN: &str = include_str!("../../../crates/contract/tests/golden/browser-report.json");

const SESSION: &str = "1868a90c-7b46-4d24-a2c6-d5dfb1b0a1c4";

fn stamp() -> Stamp<'static> {
    Stamp {
        id: "0b9a1f6e-6f0c-4c1e-9f43-0e3a6f1f8a11",
        client: "6f1d5c0e9b3a47d28f60c1b2a3d4e5f6",
        count: 1,
        span: ["2026-11-22T08:00:00.000Z", "2026-11-22T08:00:01.000Z"].map(str::to_owned),
    }
}

/// The golden report as the shell drafts it: with its secret, and without the members of the stamp.
fn draft() -> String {
    let mut golden: serde_json::Value = serde_json::from_str(GOLDEN).expect("the golden file is JSON");
    let members = golden.as_object_mut().expect("a report is an object");
    ["id", "client", "source", "schema"].iter().for_each(|key| drop(members.remove(*key)));
    golden.to_string().replace("<secret>", "hunter2").replace("3237296276534312795", SESSION)
}

#[test]
fn equals_the_golden_report() {
    let built: serde_json::Value = serde_json::from_str(&finish(&draft(), "", &stamp())).expect("reports are JSON");
    let golden: serde_json::Value = serde_json::from_str(GOLDEN).expect("the golden file is JSON");
    assert_eq!(built, golden, "built:\n{built:#}");
    let _readable: ErrorReport = serde_json::from_value(built).expect("the service reads it");
}

#[test]
fn repeats_have_a_count_and_their_times() {
    let text = finish("{}", "", &Stamp { count: 7, ..stamp() });
    let report: serde_json::Value = serde_json::from_str(&text).expect("reports are JSON");
    assert_eq!(report["count"], 7);
    assert_eq!(report["first_seen"], "2026-11-22T08:00:00.000Z");
    assert_eq!(report["last_seen"], "2026-11-22T08:00:01.000Z");
}

#[test]
fn a_huge_call_makes_a_small_report() {
    let params = serde_json::json!({ "texts": vec!["x".repeat(1000); 1000] });
    let draft = serde_json::json!({
        "error_message": "m".repeat(100_000),
        "stack_trace": "at x (y:1:1)\n".repeat(100),
        "context": { "params": params, "data": params, "answer": "<html>".repeat(10_000) },
        "rpc": { "params": params },
        "logs": vec![serde_json::json!({ "message": "l".repeat(5000) }); 50],
    });
    let text = finish(&draft.to_string(), "", &stamp());
    assert!(text.len() < 60 * 1024, "{}", text.len());
    let report: serde_json::Value = serde_json::from_str(&text).expect("reports are JSON");
    assert_eq!(report["error_message"].as_str().map(str::len), Some(10_005));
}

#[test]
fn a_cut_draft_becomes_a_report_too() {
    let whole = draft();
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let text = finish(&whole[..end], "", &stamp());
        let report: serde_json::Value = serde_json::from_str(&text).expect("reports are JSON");
        assert!(report["id"].is_string() && !text.contains("hunter2"), "{text}");
    }
}

#[test]
fn parameters_replace_both_params_of_the_draft() {
    let params = r#"{"name":"pay","arguments":{"password":"hunter2","list":[1,2,"long te"#;
    let draft = r#"{"context":{"params":0,"method":"m","data":{"params":1}},"rpc":{"method":"m","params":0,"code":5}}"#;
    let report: serde_json::Value = serde_json::from_str(&finish(draft, params, &stamp())).expect("reports are JSON");
    let expected = serde_json::json!({"name": "pay", "arguments": {"password": "<secret>", "list": [1, 2, "long te"]}});
    assert_eq!([&report["context"]["params"], &report["rpc"]["params"]], [&expected; 2]);
    assert_eq!((&report["rpc"]["code"], &report["context"]["data"]["params"]), (&5.into(), &1.into()));
}

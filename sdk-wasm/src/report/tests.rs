//! The report against the golden file that the receiving side reads as well.

use super::*;

const GOLDEN: &str = include_str!("../../../crates/contract/tests/golden/browser-report.json");

fn text(value: &str) -> Json {
    Json::Text(value.to_owned())
}

fn failed_call() -> FailedCall {
    let item = Json::Object(vec![("sku".to_owned(), text("MUG-1")), ("quantity".to_owned(), Json::Whole(2))]);
    FailedCall {
        failure: Failure::Rpc { code: -32000, message: String::new() },
        message: "Cannot read properties of undefined (reading 'percent')".to_owned(),
        frames: "    at checkOut (https://shop.example/app/page.js:41:25)".to_owned(),
        endpoint: "/jsonrpc".to_owned(),
        method: "tools/call".to_owned(),
        tool: Some("total_price".to_owned()),
        params: Some(Json::Object(vec![
            ("name".to_owned(), text("total_price")),
            (
                "arguments".to_owned(),
                Json::Object(vec![
                    ("items".to_owned(), Json::Array(vec![item])),
                    ("password".to_owned(), text("hunter2")),
                ]),
            ),
        ])),
        data: Some(Json::Object(vec![("type".to_owned(), text("TypeError"))])),
        answer: None,
        cause: None,
        duration_ms: 12.5,
    }
}

fn circumstances() -> Circumstances {
    Circumstances {
        id: "0b9a1f6e-6f0c-4c1e-9f43-0e3a6f1f8a11".to_owned(),
        timestamp: "2026-11-22T08:00:01.000Z".to_owned(),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0".to_owned()),
        url: Some("https://shop.example/app/?view=cart".to_owned()),
        client: "6f1d5c0e9b3a47d28f60c1b2a3d4e5f6".to_owned(),
    }
}

#[test]
fn equals_the_golden_report() {
    let built = serde_json::to_value(build(failed_call(), circumstances())).expect("reports can be written");
    let golden: serde_json::Value = serde_json::from_str(GOLDEN).expect("the golden file is JSON");
    assert_eq!(built, golden, "built:\n{built:#}");
}

#[test]
fn the_golden_report_survives_the_wire_types() {
    let report: ErrorReport = serde_json::from_str(GOLDEN).expect("the golden file is a report");
    assert_eq!(report, build(failed_call(), circumstances()));
}

#[test]
fn repeats_are_told_with_their_span() {
    let mut report = build(failed_call(), circumstances());
    tell_repeats(&mut report, 7, "2026-11-22T08:00:00.000Z".to_owned(), "2026-11-22T08:00:01.000Z".to_owned());
    assert_eq!(report.count, Some(7));
    assert_eq!(report.first_seen.as_deref(), Some("2026-11-22T08:00:00.000Z"));
    assert_eq!(report.last_seen.as_deref(), Some("2026-11-22T08:00:01.000Z"));
}

#[test]
fn a_huge_call_makes_a_small_report() {
    let call = FailedCall {
        params: Some(Json::Array(vec![text(&"x".repeat(1000)); 1000])),
        message: "m".repeat(100_000),
        answer: Some("<html>".repeat(10_000)),
        ..failed_call()
    };
    let bytes = serde_json::to_vec(&build(call, circumstances())).expect("reports can be written").len();
    assert!(bytes < 60 * 1024, "{bytes}");
}

#[test]
fn deep_parameters_fit_the_context() {
    let deep = (0..20).fold(Json::Whole(1), |inner, _| Json::Array(vec![inner]));
    let report = build(FailedCall { params: Some(deep), ..failed_call() }, circumstances());
    let written = serde_json::to_string(&report.context).expect("a context can be written");
    let read: Json = serde_json::from_str(&written).expect("and read");
    assert_eq!(Some(read), report.context);
}

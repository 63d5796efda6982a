//! Partly invalid reports: valid fields are kept, dropped and cut fields are marked.

use serde_json::{Value, json};

use autoheal_test_support::service::Request;

use crate::app::{assert_receipts, marks, report, spawn_app};

/// Every optional field with a value of a wrong type.
fn wrong_types() -> Vec<(&'static str, Value)> {
    vec![
        ("stack_trace", json!(["a", "b"])),
        ("context", json!("text")),
        ("schema", json!("1")),
        ("id", json!(17)),
        ("source", json!("somewhere_else")),
        ("class", json!({})),
        ("severity", json!("catastrophic")),
        ("release", json!(2.4)),
        ("environment", json!(["production"])),
        ("tags", json!([1, 2])),
        ("user", json!({"name": "Ada"})),
        ("count", json!("many")),
        ("first_seen", json!(1_700_000_000)),
        ("last_seen", json!(false)),
        ("causes", json!({"error_type": "E"})),
        ("logs", json!("a line")),
        ("server", json!("shop")),
        ("rpc", json!(["tools/call"])),
        ("reproduction", json!(1)),
        ("command", json!(["rm", "-rf"])),
        ("exit", json!(1)),
        ("system", json!("linux")),
        ("client", json!(5)),
        ("debug_ids", json!("x")),
        ("source_code", json!(["x"])),
        ("fingerprint", json!(7)),
    ]
}

#[tokio::test]
async fn an_optional_field_of_a_wrong_type_is_dropped_alone() {
    let app = spawn_app().await;
    let mut body = report("all wrong");
    for (field, value) in wrong_types() {
        body[field] = value;
    }
    assert_receipts(&app.report(&body).await, &["accepted"]);
    let sample = app.only_sample().await;
    let marked = marks(&sample);
    for (field, _) in wrong_types() {
        assert!(marked.contains(&format!("{field} dropped")), "{field} is not among {marked:?}");
        let kept = &sample["report"][field];
        assert!(kept.is_null() || (field == "count" && kept == 1), "{field}: {kept}");
    }
    assert_eq!(sample["report"]["error_message"], "all wrong");
    assert_eq!(app.count().await, 1);
}

#[tokio::test]
async fn each_dropped_field_is_marked_and_the_others_are_kept() {
    for (field, value) in wrong_types() {
        println!("{field}");
        let app = spawn_app().await;
        let mut body = json!({"error_type": "E", "error_message": "m", "release": "1.2.3", "environment": "test"});
        body[field] = value;
        assert_receipts(&app.report(&body).await, &["accepted"]);
        let sample = app.only_sample().await;
        assert_eq!(marks(&sample), [format!("{field} dropped")]);
        let kept = if field == "release" { "environment" } else { "release" };
        assert!(sample["report"][kept].is_string());
    }
}

#[tokio::test]
async fn an_invalid_member_of_a_field_does_not_reject_the_report() {
    let app = spawn_app().await;
    let mut body = report("m");
    body["id"] = json!("not-a-uuid");
    body["rpc"] = json!({"code": "x"});
    body["logs"] = json!([{"message": "one"}, 5, {"message": "two"}]);
    body["unknown"] = json!({"is": "ignored"});
    assert_receipts(&app.report(&body).await, &["accepted"]);
    let sample = app.only_sample().await;
    assert_eq!(marks(&sample), ["logs dropped", "rpc dropped", "id dropped"]);
    assert_eq!(sample["report"]["logs"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_field_that_is_too_long_is_cut_and_marked() {
    let app = spawn_app().await;
    let body = json!({
        "error_type": "T".repeat(600), "error_message": "ä".repeat(11_000), "stack_trace": "s".repeat(60_000),
        "context": {"big": "c".repeat(70_000)}, "release": "r".repeat(300),
        "logs": (0..210).map(|line| format!("line {line}")).collect::<Vec<_>>(),
        "causes": (0..12).map(|at| json!({"error_type": "C", "error_message": format!("cause {at}")})).collect::<Vec<_>>(),
    });
    assert_receipts(&app.report(&body).await, &["accepted"]);
    let sample = app.only_sample().await;
    let marked = marks(&sample);
    for field in ["error_type", "error_message", "stack_trace", "context", "release", "logs", "causes"] {
        assert!(marked.contains(&format!("{field} cut")), "{field} is not among {marked:?}");
    }
    let report = &sample["report"];
    let length = |field: &str| report[field].as_str().unwrap().chars().count();
    assert_eq!(length("error_type"), 505);
    // together they are over the size of a stored sample, so that each keeps a part
    assert!((3_000..=10_005).contains(&length("error_message")), "{}", length("error_message"));
    assert!((15_000..=50_005).contains(&length("stack_trace")), "{}", length("stack_trace"));
    assert!(sample.to_string().len() < 66_000);
    assert_eq!(report["logs"].as_array().unwrap().len(), 200);
    assert_eq!(report["logs"][199]["message"], "line 209", "the last lines are next to the failure");
    assert!(report["context"].to_string().len() < 66_000);
}

#[tokio::test]
async fn a_stack_of_one_fifty_thousand_character_line_is_kept_whole() {
    let app = spawn_app().await;
    let line = format!("    at checkout (https://shop.example/{}.js:10:5)", "a".repeat(49_951));
    assert_eq!(line.chars().count(), 49_998);
    let mut body = report("m");
    body["stack_trace"] = json!(line);
    assert_receipts(&app.report(&body).await, &["accepted"]);
    let sample = app.only_sample().await;
    assert_eq!(marks(&sample), Vec::<String>::new());
    assert_eq!(sample["report"]["stack_trace"].as_str().unwrap().len(), line.len());
}

#[tokio::test]
async fn a_lone_surrogate_is_shown_as_an_escape() {
    let app = spawn_app().await;
    let body = r#"{"error_type":"E\udc00","error_message":"cut \ud83d here","context":{"title":"\ud83d","\ud800":1},
        "release":"1.0\udfff","logs":["line \ud83d"],"\ud800":"an unknown member"}"#;
    assert_receipts(&app.send(&Request::report(body)).await, &["accepted"]);
    let sample = app.only_sample().await;
    assert_eq!(marks(&sample), Vec::<String>::new());
    let report = &sample["report"];
    assert_eq!(report["error_message"], r"cut \u{d83d} here");
    assert_eq!(report["error_type"], r"E\u{dc00}");
    assert_eq!(report["context"]["title"], r"\u{d83d}");
    assert_eq!(report["logs"][0]["message"], r"line \u{d83d}");
}

#[tokio::test]
async fn nul_and_control_characters_are_accepted_and_escaped() {
    let app = spawn_app().await;
    let hostile: String = (0..32).chain([127, 0x85, 0x9b]).filter_map(char::from_u32).collect();
    let body = json!({
        "error_type": "E\0type", "error_message": format!("before{hostile}after"), "release": "1\0",
        "context": {"a\0b": hostile}, "stack_trace": format!("Error: x\n    at f{hostile} (a.js:1:1)"),
    });
    assert_receipts(&app.report(&body).await, &["accepted"]);
    assert_receipts(&app.report(&body).await, &["accepted"]);
    let group = app.only_group().await;
    assert_eq!(group["group"]["count"], 2);
    let preview = group["group"]["preview"]["body"].as_str().unwrap();
    assert!(preview.contains(r"\u{0}") && preview.contains(r"\u{1b}"), "{preview}");
    assert!(!preview.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{preview:?}");
}

//! Invalid bodies: each is refused with the reason, and nothing is counted.

use autoheal_test_support::service::Request;
use serde_json::json;

use crate::app::{TestApp, assert_receipts, assert_refused, marks, report, spawn_app};

/// Sends a body, and asserts that it is refused and that nothing was counted.
async fn check(app: &TestApp, body: impl Into<Vec<u8>>, status: u16, code: &str) {
    assert_refused(&app.send(&Request::report(body)).await, status, code);
    assert_eq!(app.count().await, 0);
}

#[tokio::test]
async fn invalid_json_is_refused() {
    let app = spawn_app().await;
    for body in ["", " ", "hello", "{", "{\"error_type\":", "[", "[1,", "{} {}", "{'a':1}", "\u{feff}{}", "NaN"] {
        println!("{body:?}");
        check(&app, body, 400, "not_json").await;
    }
    assert_receipts(&app.report(&report("still here")).await, &["accepted"]);
}

#[tokio::test]
async fn json_other_than_an_object_is_refused() {
    let app = spawn_app().await;
    for body in ["null", "true", "5", "\"text\"", "-0.5e9"] {
        println!("{body:?}");
        check(&app, body, 422, "invalid_report").await;
    }
}

#[tokio::test]
async fn a_refusal_names_the_missing_field() {
    let app = spawn_app().await;
    let cases = [
        (json!({}), "error_type"),
        (json!({"error_message": "m"}), "error_type"),
        (json!({"error_type": null, "error_message": "m"}), "error_type"),
        (json!({"error_type": "", "error_message": "m"}), "error_type"),
        (json!({"error_type": " \n\t", "error_message": "m"}), "error_type"),
        (json!({"error_type": 5, "error_message": "m"}), "error_type"),
        (json!({"error_type": ["E"], "error_message": "m"}), "error_type"),
        (json!({"error_type": "E"}), "error_message"),
        (json!({"error_type": "E", "error_message": ""}), "error_message"),
        (json!({"error_type": "E", "error_message": {"a": 1}}), "error_message"),
        (json!({"error_type": "E", "error_message": false}), "error_message"),
    ];
    for (body, field) in cases {
        println!("{body}");
        let response = app.report(&body).await;
        assert_refused(&response, 422, "invalid_report");
        assert!(response.json()["message"].as_str().unwrap().contains(field), "{}", response.text());
    }
    assert_eq!(app.count().await, 0);
}

#[tokio::test]
async fn invalid_utf8_is_refused_with_its_position() {
    let app = spawn_app().await;
    let body = b"{\"error_type\":\"E\",\"error_message\":\"\xff\"}";
    let response = app.send(&Request::report(*body)).await;
    assert_refused(&response, 400, "not_json");
    assert!(response.text().contains("byte 35"), "{}", response.text());
    // overlong forms and surrogates are invalid UTF-8, too
    for bytes in [&b"\"\xc0\x80\""[..], b"\"\xed\xa0\x80\"", b"\"\xf5\x80\x80\x80\""] {
        check(&app, bytes, 400, "not_json").await;
    }
}

#[tokio::test]
async fn other_content_types_are_refused_and_plain_text_is_accepted() {
    let app = spawn_app().await;
    let body = report("m").to_string();
    for refused in
        ["text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"]
    {
        let response = app.send(&Request::post("/report-error", body.clone()).header("content-type", refused)).await;
        assert_refused(&response, 415, "unsupported_media_type");
    }
    assert_eq!(app.count().await, 0);
    for accepted in ["text/plain", "text/plain;charset=UTF-8", "Application/JSON; charset=utf-8"] {
        let response = app.send(&Request::post("/report-error", body.clone()).header("content-type", accepted)).await;
        assert_receipts(&response, &["accepted"]);
    }
    // a Blob without a type sends no content type
    assert_receipts(&app.send(&Request::post("/report-error", body)).await, &["accepted"]);
    assert_eq!(app.count().await, 4);
}

#[tokio::test]
async fn nesting_of_ten_thousand_levels_is_handled() {
    let app = spawn_app().await;
    let arrays = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    for (open, deep) in [("[", &arrays), ("{", &objects)] {
        println!("{open}");
        let closed = app.send(&Request::report(deep.clone())).await;
        if open == "[" {
            assert_receipts(&closed, &["rejected"]);
        } else {
            assert_refused(&closed, 422, "invalid_report");
        }
        let unclosed = app.send(&Request::report(open.repeat(10_000))).await;
        assert_refused(&unclosed, 400, "not_json");
        let batch = format!(r#"[{deep},{{"error_type":"E","error_message":"{open}batch","tags":{deep}}}]"#);
        assert_receipts(&app.send(&Request::report(batch)).await, &["rejected", "accepted"]);
    }
    assert_eq!(app.count().await, 2);
}

#[tokio::test]
async fn a_context_is_cut_at_the_maximum_depth() {
    let app = spawn_app().await;
    let deep = format!("{}1{}", r#"{"a":"#.repeat(10_000), "}".repeat(10_000));
    let body = format!(r#"{{"error_type":"E","error_message":"m","context":{{"page":"cart","deep":{deep}}}}}"#);
    assert_receipts(&app.send(&Request::report(body)).await, &["accepted"]);
    let sample = app.only_sample().await;
    assert_eq!(sample["report"]["context"]["page"], "cart");
    assert!(sample["report"]["context"].to_string().contains("<cut>"), "{sample}");
    assert_eq!(marks(&sample), Vec::<String>::new());
}

#[tokio::test]
async fn invalid_query_parameters_are_refused_as_json() {
    let app = spawn_app().await;
    let request = Request::post("/report-error?key=a&key=b", report("m").to_string()).header("origin", "null");
    let response = app.send(&request).await;
    assert_refused(&response, 403, "forbidden_origin");
    assert!(response.header("access-control-allow-origin").is_some());
    let response = app.send(&Request::post("/report-error?key=a&key=%ff&=&&x", report("m").to_string())).await;
    assert_refused(&response, 401, "unknown_key");
    assert_eq!(app.get("/api/groups?project=a&project=%ff").await.json()["groups"], json!([]));
    assert_eq!(app.get("/api/groups/%ff").await.json()["code"], "not_found");
    assert_eq!(app.get("/groups/%ff").await.status, 404);
    assert_eq!(app.count().await, 0);
}

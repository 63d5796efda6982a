//! Source maps: uploaded with a sender key, used by the reports that follow and by those that came before.

use std::path::Path;
use std::time::Duration;

use autoheal_ingest::Config;
use autoheal_test_support::service::{Request, Response};
use serde_json::{Value, json};

use crate::app::{TestApp, assert_receipts, assert_refused, report, spawn_app_with};

const ID: &str = "0d1c7b9e-7a2f-4c55-9a4e-000000000001";

fn keys(config: &mut Config) {
    config.sender_keys = vec!["made-up-key".to_owned().into()];
}

fn fixture(name: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/source-maps/tests/fixtures/esbuild");
    std::fs::read_to_string(directory.join(name)).unwrap()
}

/// The frames of a failure of the recorded bundle, as a browser would send them from this URL.
fn stack(failure: &str, url: &str) -> String {
    let recorded: Value = serde_json::from_str(&fixture("../stacks.json")).unwrap();
    let frames = recorded["bundles"]["esbuild"][failure].as_array().unwrap().clone();
    let line = |frame: &Value| {
        let function = frame["function"].as_str().map(|name| format!("{name} ")).unwrap_or_default();
        format!("\n    at {function}({url}:{}:{})", frame["line"], frame["column"])
    };
    format!("TypeError: x{}", frames.iter().map(line).collect::<String>())
}

fn failure(name: &str, url: &str) -> Value {
    let mut report = report("Cannot read properties of undefined (reading 'amount')");
    report["stack_trace"] = json!(stack(name, url));
    report
}

fn upload(id: &str, release: &str, url: &str) -> Value {
    let map: Value = serde_json::from_str(&fixture("bundle.js.map")).unwrap();
    json!({"debug_id": id, "release": release, "url": url, "map": map, "generated": fixture("bundle.js")})
}

async fn post(app: &TestApp, path: &str, body: &Value) -> Response {
    app.send(&Request::post(path, body.to_string()).header("authorization", "Bearer made-up-key")).await
}

/// Number of groups whose sample has original frames.
async fn mapped(app: &TestApp, groups: &[Value]) -> usize {
    let mut mapped = 0;
    for group in groups {
        let path = format!("/api/groups/{}", group["fingerprint"].as_str().unwrap());
        mapped += usize::from(app.get(&path).await.json()["samples"][0]["mapped"] == true);
    }
    mapped
}

#[tokio::test]
async fn a_report_is_grouped_and_shown_by_its_original_frames() {
    let app = spawn_app_with(keys).await;
    let response = post(&app, "/api/sourcemaps", &upload(ID, "v1", "~/assets/app-BkZ3q9Lw.js")).await;
    assert_eq!((response.status, response.json()), (201, json!({"debug_id": ID})));

    let mut sent = failure("method", "https://shop.example/assets/app-BkZ3q9Lw.js?x=1");
    sent["release"] = json!("v1");
    assert_receipts(&app.report(&sent).await, &["accepted"]);
    // the same failure by its debug id, in a release and at a URL that the upload did not name
    let mut sent = failure("method", "https://cdn.example/other.js");
    sent["debug_ids"] = json!({"https://cdn.example/other.js": ID});
    assert_receipts(&app.report(&sent).await, &["accepted"]);

    let group = app.only_group().await;
    assert_eq!(group["group"]["count"], 2);
    let sample = &group["samples"][0];
    assert_eq!(sample["frames"][0]["function"], "Cart.total", "{sample}");
    assert_eq!(sample["frames"][0]["line"], 20);
    assert!(sample["frames"][0]["file"].as_str().unwrap().ends_with("program/cart.js"), "{sample}");
    let lines = sample["code"][0]["lines"].as_array().unwrap();
    assert_eq!((sample["code"][0]["first_line"].as_u64(), lines.len()), (Some(18), 5));
    assert!(lines[2].as_str().unwrap().contains("price.amount * line.quantity"), "{lines:?}");
    let body = group["group"]["preview"]["body"].as_str().unwrap();
    assert!(body.contains("## Source") && body.contains("> 20 |") && body.contains("at Cart.total ("), "{body}");
}

#[tokio::test]
async fn a_map_that_comes_late_leaves_the_group_and_its_issue_alone() {
    let app = spawn_app_with(keys).await;
    let sent = failure("method", "https://shop.example/app.js");
    assert_receipts(&app.report(&sent).await, &["accepted"]);
    let before = app.only_group().await["group"]["fingerprint"].clone();
    assert_eq!(post(&app, "/api/sourcemaps", &upload(ID, "", "https://shop.example/app.js")).await.status, 201);
    assert_receipts(&app.report(&sent).await, &["accepted"]);
    let group = app.only_group().await["group"].clone();
    assert_eq!((&group["count"], &group["fingerprint"]), (&json!(2), &before));
}

#[tokio::test]
async fn a_known_failure_is_prepared_again_after_its_map_arrived() {
    let app = spawn_app_with(keys).await;
    let repeats = async || {
        let metrics = app.get("/metrics").await.text();
        let count = metrics.lines().find_map(|line| line.strip_prefix("autoheal_repeats_total "));
        count.unwrap().to_owned()
    };
    let sent = failure("method", "https://shop.example/app.js");
    app.report(&Value::Array(vec![sent.clone(); 30])).await;
    app.report(&sent).await;
    assert_eq!(repeats().await, "1");
    assert_eq!(post(&app, "/api/sourcemaps", &upload(ID, "", "https://shop.example/app.js")).await.status, 201);
    app.report(&sent).await;
    assert_eq!((repeats().await.as_str(), app.count().await), ("1", 32));
}

#[tokio::test]
async fn what_waits_for_its_maps_is_regrouped_when_they_arrive() {
    let app = spawn_app_with(keys).await;
    let groups = async || app.get("/api/groups").await.json()["groups"].as_array().unwrap().clone();
    for name in ["one", "two"] {
        let sent = failure("method", &format!("https://shop.example/{name}.js"));
        assert_receipts(&app.report(&sent).await, &["accepted"]);
    }
    assert_eq!(groups().await.len(), 2, "minified frames of two files");
    let second = "0d1c7b9e-7a2f-4c55-9a4e-000000000002";
    for (id, name) in [(ID, "one"), (second, "two")] {
        let url = format!("~/{name}.js");
        assert_eq!(post(&app, "/api/sourcemaps", &upload(id, "", &url)).await.status, 201);
        // regrouping goes on after the response
        let mut poll = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..500 {
            poll.tick().await;
            let left = groups().await;
            let is_done = match name {
                "one" => mapped(&app, &left).await == 1,
                _ => left.len() == 1,
            };
            if is_done {
                break;
            }
        }
    }
    let group = app.only_group().await;
    assert_eq!(group["group"]["count"], 2);
    assert_eq!(group["samples"][0]["frames"][0]["function"], "Cart.total");
}

#[tokio::test]
async fn a_map_is_not_uploaded_twice() {
    let app = spawn_app_with(keys).await;
    let list = |release: &str| json!({"release": release, "files": [{"debug_id": ID, "url": "~/app.js"}]});
    assert_eq!(post(&app, "/api/sourcemaps/known", &list("v1")).await.json(), json!({"known": []}));
    assert_eq!(post(&app, "/api/sourcemaps", &upload(ID, "v1", "~/app.js")).await.status, 201);
    assert_eq!(post(&app, "/api/sourcemaps/known", &list("v2")).await.json(), json!({"known": [ID]}));
    // the list has named the new release
    let mut sent = failure("method", "https://shop.example/app.js");
    sent["release"] = json!("v2");
    assert_receipts(&app.report(&sent).await, &["accepted"]);
    assert_eq!(app.only_sample().await["frames"][0]["function"], "Cart.total");
}

#[tokio::test]
async fn a_bad_upload_is_refused_with_the_reason() {
    let app = spawn_app_with(keys).await;
    let anonymous = Request::post("/api/sourcemaps", upload(ID, "v1", "~/app.js").to_string());
    assert_refused(&app.send(&anonymous).await, 401, "unknown_key");
    let wrong = anonymous.header("authorization", "Bearer another-key");
    assert_refused(&app.send(&wrong).await, 401, "unknown_key");
    for (body, status, code, reason) in [
        (json!({"debug_id": ID}), 400, "not_json", "map"),
        (json!([]), 400, "not_json", "upload"),
        (json!({"debug_id": "x", "map": {}}), 422, "invalid_source_map", "UUID"),
        (
            json!({"debug_id": ID, "map": {"version": 3, "sources": [], "mappings": "!"}}),
            422,
            "invalid_source_map",
            "Base64",
        ),
        (json!({"debug_id": ID, "map": "text"}), 422, "invalid_source_map", "object"),
    ] {
        let response = post(&app, "/api/sourcemaps", &body).await;
        assert_refused(&response, status, code);
        assert!(response.text().contains(reason), "{body}: {}", response.text());
    }
    // the service works as before
    assert_receipts(&app.report(&failure("method", "https://shop.example/app.js")).await, &["accepted"]);
}

//! Keys: a project key selects the project only; a sender key raises the trust.

use autoheal_ingest::{Config, ProjectKey};
use autoheal_test_support::service::Request;
use serde_json::json;

use crate::app::{assert_receipts, assert_refused, report, spawn_app, spawn_app_with};

fn keys(config: &mut Config) {
    config.project_keys = vec![ProjectKey::parse("pk1=shop").unwrap(), ProjectKey::parse("pk2=blog").unwrap()];
    config.sender_keys = vec!["made-up-key".to_owned().into(), "another-key".to_owned().into()];
}

#[tokio::test]
async fn a_project_key_selects_its_project() {
    let app = spawn_app_with(keys).await;
    for (path, count) in [("/report-error?key=pk1", 2), ("/report-error?key=pk2", 1), ("/report-error", 3)] {
        for _ in 0..count {
            let request = Request::post(path, report("m").to_string());
            assert_receipts(&app.send(&request).await, &["accepted"]);
        }
    }
    assert_eq!([app.count_in("shop").await, app.count_in("blog").await, app.count().await], [2, 1, 3]);
}

#[tokio::test]
async fn an_unknown_project_key_is_refused_and_counts_nothing() {
    let app = spawn_app_with(keys).await;
    for path in ["/report-error?key=nope", "/report-error?key=", "/report-error?key=PK1"] {
        let response = app.send(&Request::post(path, report("m").to_string())).await;
        assert_refused(&response, 401, "unknown_key");
    }
    assert_eq!(app.count().await, 0);
}

#[tokio::test]
async fn a_project_key_grants_no_rights() {
    let app = spawn_app_with(keys).await;
    let mut body = report("m");
    body["count"] = json!(500);
    body["fingerprint"] = json!("mine");
    assert_receipts(&app.send(&Request::post("/report-error?key=pk1", body.to_string())).await, &["accepted"]);
    assert_eq!(app.count_in("shop").await, 100);
    let groups = app.get("/api/groups?project=shop").await.json();
    let path = format!("/api/groups/{}?project=shop", groups["groups"][0]["fingerprint"].as_str().unwrap());
    let sample = app.get(&path).await.json()["samples"][0].clone();
    assert_eq!(sample["sender"], "anonymous");
    assert!(sample["report"]["fingerprint"].is_null());
    // a project key is no sender key, and a sender key is no project key
    let as_sender = Request::report(body.to_string()).header("authorization", "Bearer pk1");
    assert_refused(&app.send(&as_sender).await, 401, "unknown_key");
    let as_project = Request::post("/report-error?key=made-up-key", body.to_string());
    assert_refused(&app.send(&as_project).await, 401, "unknown_key");
}

#[tokio::test]
async fn a_sender_key_raises_trust() {
    let app = spawn_app_with(keys).await;
    for authorization in ["Bearer made-up-key", "bearer another-key"] {
        let request = Request::report(report("m").to_string()).header("authorization", authorization);
        assert_receipts(&app.send(&request).await, &["accepted"]);
    }
    assert_eq!(app.only_sample().await["sender"], "keyed");
}

#[tokio::test]
async fn a_wrong_sender_key_is_refused() {
    let app = spawn_app_with(keys).await;
    for authorization in ["Bearer wrong", "Bearer made-up-key2", "Bearer MADE-UP-KEY"] {
        let request = Request::report(report("m").to_string()).header("authorization", authorization);
        let response = app.send(&request).await;
        assert_refused(&response, 401, "unknown_key");
        assert!(!response.text().contains("wrong") && response.header("www-authenticate").is_none());
    }
    assert_eq!(app.count().await, 0);
}

#[tokio::test]
async fn anonymous_senders_cannot_set_the_fingerprint() {
    let app = spawn_app().await;
    for grouping in ["one", "two"] {
        let mut body = report("m");
        body["fingerprint"] = json!(grouping);
        assert_receipts(&app.report(&body).await, &["accepted"]);
    }
    assert_eq!(app.only_group().await["group"]["count"], 2);
}

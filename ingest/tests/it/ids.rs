//! Repeated ids: a report is counted once.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::{assert_receipts, report, spawn_app, spawn_app_with};

fn report_with(id: &str) -> Value {
    let mut report = report("m");
    report["id"] = json!(id);
    report
}

#[tokio::test]
async fn a_repeated_delivery_is_counted_once() {
    let app = spawn_app().await;
    let body = report_with(&Uuid::new_v4().to_string());
    let first = app.report(&body).await;
    assert_receipts(&first, &["accepted"]);
    let second = app.report(&body).await;
    assert_receipts(&second, &["duplicate"]);
    assert_eq!(first.json()[0]["fingerprint"], second.json()[0]["fingerprint"]);
    assert_eq!(first.json()[0]["id"], body["id"]);
    assert_eq!(app.count().await, 1);
}

#[tokio::test]
async fn the_same_id_twice_in_one_batch_is_counted_once() {
    let app = spawn_app().await;
    let id = Uuid::new_v4();
    // a UUID has several spellings
    let forms = [id.to_string(), id.to_string().to_uppercase(), id.simple().to_string()];
    let batch: Vec<Value> = forms.iter().map(|form| report_with(form)).collect();
    assert_receipts(&app.report(&Value::Array(batch)).await, &["accepted", "duplicate", "duplicate"]);
    assert_eq!(app.count().await, 1);
}

#[tokio::test]
async fn the_same_id_in_concurrent_requests_is_counted_once() {
    let app = spawn_app().await;
    let body = report_with(&Uuid::new_v4().to_string());
    let responses = join_all((0..24).map(|_| app.report(&body))).await;
    let accepted = responses.iter().filter(|response| response.json()[0]["status"] == "accepted").count();
    assert_eq!(accepted, 1);
    assert!(responses.iter().all(|response| response.status == 202));
    assert_eq!(app.count().await, 1);
}

#[tokio::test]
async fn a_repeated_id_with_a_changed_count_or_message_adds_nothing() {
    let app = spawn_app().await;
    let mut body = report_with(&Uuid::new_v4().to_string());
    body["count"] = json!(3);
    assert_receipts(&app.report(&body).await, &["accepted"]);
    body["count"] = json!(50);
    body["error_message"] = json!("another");
    assert_receipts(&app.report(&body).await, &["duplicate"]);
    assert_eq!(app.count().await, 3);
}

#[tokio::test]
async fn each_report_without_an_id_is_counted_and_gets_an_id() {
    let app = spawn_app().await;
    let ids: Vec<Value> =
        join_all((0..3).map(|_| async { app.report(&report("m")).await.json()[0]["id"].clone() })).await;
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    assert_eq!(app.count().await, 3);
}

#[tokio::test]
async fn anonymous_senders_may_claim_a_hundred_repeats_and_keyed_senders_more() {
    let app = spawn_app_with(|config| config.sender_keys = vec!["made-up-key".to_owned().into()]).await;
    let mut body = report("m");
    for (claimed, counted) in [(json!(1_000_000), 100), (json!(0), 101), (json!(-5), 102), (json!(7), 109)] {
        body["count"] = claimed;
        assert_receipts(&app.report(&body).await, &["accepted"]);
        assert_eq!(app.count().await, counted);
    }
    body["count"] = json!(5_000);
    let keyed =
        autoheal_test_support::service::Request::report(body.to_string()).header("authorization", "Bearer made-up-key");
    assert_receipts(&app.send(&keyed).await, &["accepted"]);
    assert_eq!(app.count().await, 5_109);
}

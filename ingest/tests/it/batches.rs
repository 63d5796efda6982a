//! Batches: receipts are in the order of the reports, and an invalid report does not affect the others.

use autoheal_test_support::service::Request;
use serde_json::{Value, json};

use crate::app::{assert_receipts, assert_refused, report, spawn_app};

#[tokio::test]
async fn a_batch_of_a_hundred_is_accepted_and_a_larger_one_is_refused() {
    let app = spawn_app().await;
    let batch = |reports: usize| Value::Array(vec![report("m"); reports]);
    assert_refused(&app.report(&batch(101)).await, 413, "too_large");
    assert_eq!(app.count().await, 0);
    assert_receipts(&app.report(&batch(100)).await, &["accepted"; 100]);
    assert_eq!(app.count().await, 100);
}

#[tokio::test]
async fn only_the_invalid_member_is_rejected() {
    let app = spawn_app().await;
    for invalid in [json!({"error_type": "E"}), json!(5), json!(null), json!([]), json!("text")] {
        println!("{invalid}");
        let response = app.report(&json!([report("first"), report("second"), invalid, report("fourth")])).await;
        assert_receipts(&response, &["accepted", "accepted", "rejected", "accepted"]);
        let receipts = response.json();
        assert!(receipts[2]["reason"].as_str().unwrap().len() > 10, "{receipts}");
        assert!(receipts[0]["reason"].is_null() && receipts[0]["id"].as_str().unwrap().len() == 36);
    }
    assert_eq!(app.count().await, 15);
}

#[tokio::test]
async fn a_batch_of_invalid_members_counts_nothing_and_rejects_each() {
    let app = spawn_app().await;
    assert_receipts(&app.report(&json!([1, 2, {}])).await, &["rejected"; 3]);
    assert_eq!(app.count().await, 0);
}

#[tokio::test]
async fn an_empty_batch_gets_no_receipts() {
    let app = spawn_app().await;
    for body in ["[]", " [ ] "] {
        assert_receipts(&app.send(&Request::report(body)).await, &[]);
    }
    assert_eq!(app.count().await, 0);
}

#[tokio::test]
async fn receipts_are_in_the_order_of_the_reports() {
    let app = spawn_app().await;
    let ids: Vec<String> = (0..50).map(|_| uuid::Uuid::new_v4().to_string()).collect();
    let message = |at: usize| ["apples", "pears", "plums"][at % 3];
    let batch = ids.iter().enumerate().map(|(at, id)| {
        let mut report = report(message(at));
        report["id"] = json!(id);
        report
    });
    let response = app.report(&Value::Array(batch.collect())).await;
    let receipts = response.json();
    let receipt_ids: Vec<&str> = receipts.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(receipt_ids, ids);
    let fingerprint = |at: usize| receipts[at]["fingerprint"].as_str().unwrap();
    assert!(fingerprint(0) == fingerprint(3) && fingerprint(0) != fingerprint(1));
}

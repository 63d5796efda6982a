//! Bodies over the limit: the refusal reaches a sender that is still sending, and nothing is counted.

use autoheal_test_support::service::{Connection, Request};
use serde_json::json;

use crate::app::{assert_receipts, assert_refused, report, spawn_app, spawn_app_with};

const MIB: usize = 1024 * 1024;

fn padded(bytes: usize) -> String {
    let empty = json!({"error_type": "E", "error_message": "m", "padding": ""}).to_string();
    json!({"error_type": "E", "error_message": "m", "padding": "x".repeat(bytes - empty.len())}).to_string()
}

#[tokio::test]
async fn two_mebibytes_are_refused_and_the_sender_receives_the_refusal() {
    let app = spawn_app().await;
    let mut connection = app.connect().await;
    let response = connection.exchange(&Request::report(padded(2 * MIB))).await.unwrap();
    assert_refused(&response, 413, "too_large");
    assert_eq!(app.count().await, 0);
    // the whole body was drained, so the connection is usable
    let response = connection.exchange(&Request::report(report("next").to_string())).await.unwrap();
    assert_receipts(&response, &["accepted"]);
}

#[tokio::test]
async fn two_mebibytes_in_chunks_are_refused_and_the_sender_receives_the_refusal() {
    let app = spawn_app().await;
    let mut connection = app.connect().await;
    let head = Request::report("").header("transfer-encoding", "chunked").head(app.address);
    connection.write(head.as_bytes()).await.unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, " ".repeat(64 * 1024));
    for _ in 0..32 {
        connection.write(chunk.as_bytes()).await.unwrap();
    }
    connection.write(b"0\r\n\r\n").await.unwrap();
    assert_refused(&connection.response().await.unwrap(), 413, "too_large");
    let response = connection.exchange(&Request::report(report("next").to_string())).await.unwrap();
    assert_receipts(&response, &["accepted"]);
}

#[tokio::test]
async fn a_body_at_the_limit_is_accepted_and_one_byte_more_is_refused() {
    let app = spawn_app().await;
    assert_receipts(&app.send(&Request::report(padded(MIB))).await, &["accepted"]);
    assert_refused(&app.send(&Request::report(padded(MIB + 1))).await, 413, "too_large");
    assert_eq!(app.count().await, 1);
}

#[tokio::test]
async fn a_body_beyond_the_drain_limit_is_aborted() {
    let app = spawn_app().await;
    let mut connection = app.connect().await;
    let announced = 1024 * MIB;
    let head = Request::report("").header("content-length", &announced.to_string()).head(app.address);
    connection.write(head.as_bytes()).await.unwrap();
    let piece = vec![b' '; MIB];
    let mut sent = 0;
    while sent < announced && connection.write(&piece).await.is_ok() {
        sent += MIB;
    }
    assert!(sent < 64 * MIB, "{sent} bytes were accepted");
    // the response may be lost with the connection
    if let Ok(response) = connection.response().await {
        assert_refused(&response, 413, "too_large");
    }
    assert_eq!(app.count().await, 0);
    assert_receipts(&app.report(&report("still here")).await, &["accepted"]);
}

#[tokio::test]
async fn nine_mebibytes_are_refused_and_the_service_keeps_running() {
    let app = spawn_app().await;
    let mut connection = app.connect().await;
    if connection.send(&Request::report(padded(9 * MIB))).await.is_ok()
        && let Ok(response) = connection.response().await
    {
        assert_refused(&response, 413, "too_large");
    }
    assert_eq!(app.count().await, 0);
    assert_receipts(&app.report(&report("still here")).await, &["accepted"]);
}

#[tokio::test]
async fn a_refusal_for_another_reason_reaches_the_sender_of_a_large_body() {
    let app = spawn_app().await;
    let foreign = Request::report(padded(2 * MIB)).header("origin", "https://evil.example");
    assert_refused(&app.send(&foreign).await, 403, "forbidden_origin");
    let html = Request::post("/report-error", padded(2 * MIB)).header("content-type", "text/html");
    assert_refused(&app.send(&html).await, 415, "unsupported_media_type");
}

#[tokio::test]
async fn an_incomplete_body_counts_nothing() {
    let app = spawn_app().await;
    let body = report("m").to_string();
    for sent in [0, 1, body.len() - 1] {
        let mut connection = app.connect().await;
        let head = Request::report("").header("content-length", &body.len().to_string()).head(app.address);
        connection.write(head.as_bytes()).await.unwrap();
        connection.write(&body.as_bytes()[..sent]).await.unwrap();
        drop(connection);
    }
    assert_receipts(&app.report(&report("after")).await, &["accepted"]);
    assert_eq!(app.count().await, 1);
}

#[tokio::test]
async fn held_bodies_of_one_address_stop_no_other_report() {
    let app = spawn_app_with(|config| config.sender_keys = vec!["made-up-key".to_owned().into()]).await;
    let from = |last: u8| std::net::IpAddr::from([127, 0, 0, last]);
    let mut held = Vec::new();
    for _ in 0..66 {
        let mut connection = Connection::open_from(from(7), app.address).await.unwrap();
        let head = Request::report("").header("content-length", &MIB.to_string()).head(app.address);
        connection.write(head.as_bytes()).await.unwrap();
        connection.write(&vec![b' '; 1_048_000]).await.unwrap();
        held.push(connection);
    }
    let keyed = Request::report(report("known").to_string()).header("authorization", "Bearer made-up-key");
    assert_receipts(&app.send(&keyed).await, &["accepted"]);
    for last in [7, 9] {
        let mut connection = Connection::open_from(from(last), app.address).await.unwrap();
        let response = connection.exchange(&Request::report(padded(MIB / 2))).await.unwrap();
        assert_receipts(&response, &["accepted"]);
    }
    let started = std::time::Instant::now();
    // most of the held ones are refused, and counted
    while app.get("/metrics").await.text().contains("{reason=\"busy\"} 0\n") {
        assert!(started.elapsed() < std::time::Duration::from_secs(20));
    }
    drop(held);
}

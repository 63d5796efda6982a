//! Shutdown: open requests are finished, and no new connections are accepted.

use autoheal_test_support::service::{Connection, Request};

use crate::app::{assert_receipts, report, spawn_app};

#[tokio::test]
async fn an_open_request_is_finished() {
    let mut app = spawn_app().await;
    let mut idle = app.connect().await;
    assert_eq!(idle.exchange(&Request::get("/healthz")).await.unwrap().status, 200);
    let mut busy = app.connect().await;
    let body = report("the last one").to_string();
    let head = Request::report("").header("content-length", &body.len().to_string()).header("expect", "100-continue");
    busy.write(head.head(app.address).as_bytes()).await.unwrap();
    // the service asks for the body only after it started to handle the request
    assert_eq!(busy.response().await.unwrap().status, 100);
    app.stop();
    // the shutdown closes idle connections, so this also waits until it began
    assert!(idle.response().await.is_err());
    busy.write(body.as_bytes()).await.unwrap();
    assert_receipts(&busy.response().await.unwrap(), &["accepted"]);
    (&mut app.running).await.unwrap();
    assert!(Connection::open(app.address).await.is_err(), "the listener is closed");
    let groups = app.store.groups("default", 10).await.unwrap();
    assert_eq!((groups.len(), groups[0].count), (1, 1));
}

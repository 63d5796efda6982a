//! A sync stands between report and 202, and reports that come together share one.

use autoheal_test_support::service::{Connection, Request};
use futures_util::future::join_all;
use serde_json::json;

use crate::place::{Place, Serve};
use crate::spy::Spy;

/// How many reports come at once.
const TOGETHER: usize = 64;

fn report(at: usize) -> Request {
    let id = uuid::Uuid::new_v4().to_string();
    Request::report(
        json!({"id": id, "error_type": "E", "error_message": format!("kind {}", ["a", "b", "c"][at % 3])}).to_string(),
    )
}

/// Sends one report on each of so many connections; answers are not awaited.
async fn send_together(serve: &Serve) -> Vec<Connection> {
    let mut connections = join_all((0..TOGETHER).map(|_| serve.connect())).await;
    for (at, connection) in connections.iter_mut().enumerate() {
        connection.send(&report(at)).await.unwrap();
    }
    // So many round trips later all that was sent before has long been read.
    let mut other = serve.connect().await;
    for _ in 0..TOGETHER {
        assert_eq!(other.exchange(&Request::get("/healthz")).await.unwrap().status, 200);
    }
    connections
}

#[tokio::test]
async fn no_report_is_answered_before_its_sync_and_many_share_one() {
    let mut place = Place::new();
    let mut spy = Spy::watch(&mut place);
    let serve = place.serve().await;
    spy.hold();
    let mut first = serve.connect().await;
    first.send(&report(0)).await.unwrap();
    let held = spy.entered().await;
    let mut control = serve.connect().await;
    control.send(&Request::get("/healthz")).await.unwrap();
    let mut others = send_together(&serve).await;
    assert!(!control.is_silent(), "an answer would have been seen by now");
    assert!(first.is_silent(), "answered before its sync");
    assert!(others.iter_mut().all(Connection::is_silent), "answered before any sync");

    let before = spy.syncs();
    held.release().await;
    assert_eq!(first.response().await.unwrap().status, 202);
    // The others wait for the next sync, which is theirs.
    let held = spy.entered().await;
    assert!(others.iter_mut().all(Connection::is_silent), "answered by a sync that came before them");
    spy.let_go();
    held.release().await;
    for connection in &mut others {
        assert_eq!(connection.response().await.unwrap().status, 202);
    }
    let syncs = spy.syncs() - before;
    println!("{TOGETHER} reports, {syncs} syncs");
    assert!(syncs <= TOGETHER / 8, "{syncs} syncs for {TOGETHER} reports");
    assert_eq!(serve.count().await, TOGETHER as u64 + 1);
}

#[tokio::test]
async fn a_report_whose_sync_never_came_back_was_never_answered() {
    let mut place = Place::new();
    let mut spy = Spy::watch(&mut place);
    let serve = place.serve().await;
    spy.hold();
    let mut connection = serve.connect().await;
    let request = report(0);
    connection.send(&request).await.unwrap();
    let held = spy.entered().await;
    serve.kill().await;
    assert!(connection.response().await.is_err());
    drop(held);
    // The sender keeps it and sends it again: counted once, whether the first got as far as the file or not.
    spy.let_go();
    let serve = place.serve().await;
    let mut connection = serve.connect().await;
    assert_eq!(connection.exchange(&request).await.unwrap().status, 202);
    assert_eq!(serve.count().await, 1);
}

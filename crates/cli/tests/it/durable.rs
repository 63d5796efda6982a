//! Each report is synced to disk before its 202; reports that arrive together share one sync.

use autoheal_test_support::service::{Connection, Request};
use futures_util::future::join_all;
use serde_json::json;

use crate::place::{Place, Serve};
use crate::spy::Spy;

/// Number of reports sent at once.
const TOGETHER: usize = 64;

fn report(at: usize) -> Request {
    let id = uuid::Uuid::new_v4().to_string();
    Request::report(
        json!({"id": id, "error_type": "E", "error_message": format!("kind {}", ["a", "b", "c"][at % 3])}).to_string(),
    )
}

/// Sends one report on each of [`TOGETHER`] connections, without waiting for responses.
async fn send_together(serve: &Serve) -> Vec<Connection> {
    let mut connections = join_all((0..TOGETHER).map(|_| serve.connect())).await;
    for (at, connection) in connections.iter_mut().enumerate() {
        connection.send(&report(at)).await.unwrap();
    }
    // After as many round trips on another connection, the service has read all reports.
    let mut other = serve.connect().await;
    for _ in 0..TOGETHER {
        assert_eq!(other.exchange(&Request::get("/healthz")).await.unwrap().status, 200);
    }
    connections
}

#[tokio::test]
async fn no_report_gets_its_202_before_its_sync_and_many_share_one_sync() {
    let mut place = Place::new();
    let mut spy = Spy::watch(&mut place);
    let serve = place.serve().await;
    // the service maintains its store at the start, which may sync too
    assert_eq!(serve.connect().await.exchange(&report(0)).await.unwrap().status, 202);
    spy.hold();
    let mut first = serve.connect().await;
    first.send(&report(0)).await.unwrap();
    let held = spy.next_held().await;
    let mut control = serve.connect().await;
    control.send(&Request::get("/healthz")).await.unwrap();
    let mut others = send_together(&serve).await;
    assert!(!control.is_silent(), "a response would have arrived by now");
    assert!(first.is_silent(), "202 before its sync");
    assert!(others.iter_mut().all(Connection::is_silent), "202 before any sync");

    let before = spy.syncs();
    held.release().await;
    assert_eq!(first.response().await.unwrap().status, 202);
    // The others wait for the next sync.
    let held = spy.next_held().await;
    assert!(others.iter_mut().all(Connection::is_silent), "202 after a sync that came before the report");
    spy.stop_holding();
    held.release().await;
    for connection in &mut others {
        assert_eq!(connection.response().await.unwrap().status, 202);
    }
    let syncs = spy.syncs() - before;
    println!("{TOGETHER} reports, {syncs} syncs");
    assert!(syncs <= TOGETHER / 8, "{syncs} syncs for {TOGETHER} reports");
    assert_eq!(serve.count().await, TOGETHER as u64 + 2);
}

#[tokio::test]
async fn a_report_whose_sync_never_finished_gets_no_202() {
    let mut place = Place::new();
    let mut spy = Spy::watch(&mut place);
    let serve = place.serve().await;
    spy.hold();
    let mut connection = serve.connect().await;
    let request = report(0);
    connection.send(&request).await.unwrap();
    let held = spy.next_held().await;
    serve.kill().await;
    assert!(connection.response().await.is_err());
    drop(held);
    // The sender sends it again: counted once, whether or not the first one reached the file.
    spy.stop_holding();
    let serve = place.serve().await;
    let mut connection = serve.connect().await;
    assert_eq!(connection.exchange(&request).await.unwrap().status, 202);
    assert_eq!(serve.count().await, 1);
}

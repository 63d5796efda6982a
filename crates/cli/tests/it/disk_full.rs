//! A full disk: 503 until there is space again, then normal service without a restart.

use autoheal_test_support::service::{Request, Response, exchange};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::place::{Place, Serve};
use crate::spy::{Full, Spy};

fn reports(count: usize) -> Vec<Value> {
    let report = |at| {
        let id = uuid::Uuid::new_v4().to_string();
        json!({"id": id, "error_type": "E", "error_message": format!("kind {}", ["a", "b", "c"][at % 3]), "client": id})
    };
    (0..count).map(report).collect()
}

async fn send_all(serve: &Serve, reports: &[Value]) -> Vec<Response> {
    let requests: Vec<Request> = reports.iter().map(|report| Request::report(report.to_string())).collect();
    join_all(requests.iter().map(|request| exchange(serve.address, request))).await
}

#[track_caller]
fn assert_all(responses: &[Response], status: &str) {
    for response in responses {
        assert_eq!(response.status, 202, "{}", response.text());
        assert_eq!(response.json()[0]["status"], status);
    }
}

#[tokio::test]
async fn a_full_disk_refuses_reports_loses_none_and_recovers_by_itself() {
    for full in [Full::Writes, Full::Syncs] {
        println!("{full:?}");
        let mut place = Place::new();
        let spy = Spy::watch(&mut place);
        let serve = place.serve().await;
        let before = reports(9);
        assert_all(&send_all(&serve, &before).await, "accepted");
        assert_eq!(serve.get("/readyz").await.status, 200);

        spy.fill(full);
        let meanwhile = reports(12);
        for round in [&meanwhile[..], &meanwhile[..4]] {
            for response in send_all(&serve, round).await {
                assert_eq!(response.status, 503, "{}", response.text());
                assert_eq!(response.header("retry-after"), Some("5"));
                let body = response.json();
                assert_eq!(body["code"], "store_unavailable");
                assert!(
                    !body["message"].as_str().unwrap().contains("disk"),
                    "the cause is for the operator only: {body}"
                );
            }
        }
        let ready = serve.get("/readyz").await;
        assert_eq!((ready.status, ready.json()["code"].clone()), (503, json!("store_unavailable")));
        assert!(serve.get("/metrics").await.text().contains("autoheal_store_ready 0\n"));
        assert_eq!(serve.get("/healthz").await.status, 200, "the process is healthy");
        assert_eq!(serve.count().await, 9, "earlier reports can be read");

        spy.free(full);
        assert_eq!(serve.get("/readyz").await.status, 200);
        assert_all(&send_all(&serve, &meanwhile).await, "accepted");
        assert_all(&send_all(&serve, &before).await, "duplicate");
        assert_eq!(serve.count().await, 21);
        let groups = serve.groups().await.len() as u64;
        assert_eq!(clients(&serve).await, groups, "all reports came from one address, which each group counts once");

        serve.kill().await;
        let serve = place.serve().await;
        assert_eq!(serve.count().await, 21);
        let all: Vec<Value> = before.into_iter().chain(meanwhile).collect();
        assert_all(&send_all(&serve, &all).await, "duplicate");
    }
}

async fn clients(serve: &Serve) -> u64 {
    let mut clients = 0;
    for group in serve.groups().await {
        let path = format!("/api/groups/{}", group["fingerprint"].as_str().unwrap());
        clients += serve.get(&path).await.json()["group"]["clients"].as_u64().unwrap();
    }
    clients
}

#[tokio::test]
async fn a_disk_that_fills_repeatedly_loses_nothing() {
    let mut place = Place::new();
    let spy = Spy::watch(&mut place);
    let serve = place.serve().await;
    let mut accepted = 0;
    for round in 0..6 {
        let full = if round % 2 == 0 { Full::Syncs } else { Full::Writes };
        spy.fill(full);
        let new = reports(3);
        assert!(send_all(&serve, &new).await.iter().all(|response| response.status == 503));
        spy.free(full);
        assert_all(&send_all(&serve, &new).await, "accepted");
        accepted += 3;
        assert_eq!(serve.count().await, accepted);
    }
    assert_eq!(serve.terminate().await.code(), Some(0));
}

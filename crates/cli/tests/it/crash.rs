//! `kill -9` at any moment of a burst: each report that got a 202 is in the store afterwards, counted once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use autoheal_test_support::service::{Connection, Request};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::place::{Place, Serve, random};

const CONNECTIONS: usize = 8;

/// Reports of one connection: all that were sent, and those that got a 202.
#[derive(Default)]
struct Sent {
    all: Vec<Value>,
    accepted: Vec<Value>,
}

/// Counts responses over all connections, and notifies at a threshold.
struct ResponseCounter {
    responses: AtomicUsize,
    threshold: usize,
    reached: Notify,
}

/// Sends reports, singly and in batches, until the service is gone.
async fn burst(mut connection: Connection, mut random: fastrand::Rng, counter: Arc<ResponseCounter>) -> Sent {
    let mut sent = Sent::default();
    loop {
        let batch: Vec<Value> = (0..random.usize(1..4))
            .map(|_| {
                let kind = ["apples", "pears", "plums", "figs", "dates"][random.usize(..5)];
                json!({"id": uuid::Uuid::new_v4().to_string(), "error_type": "E", "error_message": format!("no {kind}")})
            })
            .collect();
        sent.all.extend(batch.iter().cloned());
        match connection.exchange(&Request::report(Value::Array(batch.clone()).to_string())).await {
            Ok(response) if response.status == 202 => sent.accepted.extend(batch),
            Ok(response) => panic!("{} {}", response.status, response.text()),
            Err(_) => return sent,
        }
        if counter.responses.fetch_add(1, Ordering::SeqCst) + 1 == counter.threshold {
            counter.reached.notify_one();
        }
    }
}

/// Sends reports again and asserts the status of each receipt.
async fn send_again(serve: &Serve, reports: &[Value], expected: &str) {
    for batch in reports.chunks(100) {
        let response = serve.report(&Value::Array(batch.to_vec())).await;
        assert_eq!(response.status, 202);
        for (receipt, report) in response.json().as_array().unwrap().iter().zip(batch) {
            assert_eq!((&receipt["id"], &receipt["status"]), (&report["id"], &json!(expected)), "{receipt}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_accepted_report_survives_kill_9_at_any_moment() {
    let mut random = random();
    let place = Place::new();
    let mut sent = Sent::default();
    for round in 0..6 {
        let serve = place.serve().await;
        let threshold = random.usize(1..400);
        let counter = Arc::new(ResponseCounter { responses: AtomicUsize::new(0), threshold, reached: Notify::new() });
        let mut senders = Vec::new();
        for _ in 0..CONNECTIONS {
            let connection = serve.connect().await;
            senders.push(tokio::spawn(burst(connection, random.fork(), Arc::clone(&counter))));
        }
        counter.reached.notified().await;
        for _ in 0..random.usize(..200) {
            tokio::task::yield_now().await;
        }
        serve.kill().await;
        for sender in senders {
            let burst = sender.await.unwrap();
            sent.all.extend(burst.all);
            sent.accepted.extend(burst.accepted);
        }
        println!(
            "round {round}: killed after {threshold} responses; {} sent, {} accepted in all",
            sent.all.len(),
            sent.accepted.len()
        );

        let serve = place.serve().await;
        let count = serve.count().await;
        assert!(count >= sent.accepted.len() as u64, "{count} recorded, {} accepted", sent.accepted.len());
        assert!(count <= sent.all.len() as u64, "{count} recorded, {} sent", sent.all.len());
        send_again(&serve, &sent.accepted, "duplicate").await;
        assert_eq!(serve.count().await, count);
        serve.kill().await;
    }
    // All are sent again: each is counted once.
    let serve = place.serve().await;
    for batch in sent.all.chunks(100) {
        assert_eq!(serve.report(&Value::Array(batch.to_vec())).await.status, 202);
    }
    assert_eq!(serve.count().await, sent.all.len() as u64);
    assert_eq!(serve.terminate().await.code(), Some(0));
}

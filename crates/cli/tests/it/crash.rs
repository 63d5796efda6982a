//! `kill -9` at any moment of a burst: every report that was answered 202 is there afterwards, counted once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use autoheal_test_support::service::{Connection, Request};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::place::{Place, Serve, random};

const CONNECTIONS: usize = 8;

/// What one connection sent and what of it was answered.
#[derive(Default)]
struct Told {
    sent: Vec<Value>,
    answered: Vec<Value>,
}

/// Counts answers over all connections and tells when there are enough.
struct Enough {
    answers: AtomicUsize,
    at: usize,
    reached: Notify,
}

/// Sends reports, singly and in batches, until the service is gone.
async fn burst(mut connection: Connection, mut random: fastrand::Rng, enough: Arc<Enough>) -> Told {
    let mut told = Told::default();
    loop {
        let batch: Vec<Value> = (0..random.usize(1..4))
            .map(|_| {
                let kind = ["apples", "pears", "plums", "figs", "dates"][random.usize(..5)];
                json!({"id": uuid::Uuid::new_v4().to_string(), "error_type": "E", "error_message": format!("no {kind}")})
            })
            .collect();
        told.sent.extend(batch.iter().cloned());
        match connection.exchange(&Request::report(Value::Array(batch.clone()).to_string())).await {
            Ok(answer) if answer.status == 202 => told.answered.extend(batch),
            Ok(answer) => panic!("{} {}", answer.status, answer.text()),
            Err(_) => return told,
        }
        if enough.answers.fetch_add(1, Ordering::SeqCst) + 1 == enough.at {
            enough.reached.notify_one();
        }
    }
}

/// Sends reports again and asserts what is said of each.
async fn send_again(serve: &Serve, reports: &[Value], expected: &str) {
    for batch in reports.chunks(100) {
        let answer = serve.report(&Value::Array(batch.to_vec())).await;
        assert_eq!(answer.status, 202);
        for (receipt, report) in answer.json().as_array().unwrap().iter().zip(batch) {
            assert_eq!((&receipt["id"], &receipt["status"]), (&report["id"], &json!(expected)), "{receipt}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_report_survives_kill_9_at_any_moment() {
    let mut random = random();
    let place = Place::new();
    let mut all = Told::default();
    for round in 0..6 {
        let serve = place.serve().await;
        let at = random.usize(1..400);
        let enough = Arc::new(Enough { answers: AtomicUsize::new(0), at, reached: Notify::new() });
        let mut senders = Vec::new();
        for _ in 0..CONNECTIONS {
            let connection = serve.connect().await;
            senders.push(tokio::spawn(burst(connection, random.fork(), Arc::clone(&enough))));
        }
        enough.reached.notified().await;
        for _ in 0..random.usize(..200) {
            tokio::task::yield_now().await;
        }
        serve.kill().await;
        for sender in senders {
            let told = sender.await.unwrap();
            all.sent.extend(told.sent);
            all.answered.extend(told.answered);
        }
        println!(
            "round {round}: killed after {at} answers; {} sent, {} answered in all",
            all.sent.len(),
            all.answered.len()
        );

        let serve = place.serve().await;
        let count = serve.count().await;
        assert!(count >= all.answered.len() as u64, "{count} are there, {} were answered", all.answered.len());
        assert!(count <= all.sent.len() as u64, "{count} are there, {} were sent", all.sent.len());
        send_again(&serve, &all.answered, "duplicate").await;
        assert_eq!(serve.count().await, count);
        serve.kill().await;
    }
    // Whoever got no answer sends again: in the end each is counted once.
    let serve = place.serve().await;
    for batch in all.sent.chunks(100) {
        assert_eq!(serve.report(&Value::Array(batch.to_vec())).await.status, 202);
    }
    assert_eq!(serve.count().await, all.sent.len() as u64);
    assert_eq!(serve.terminate().await.code(), Some(0));
}

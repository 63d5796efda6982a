//! A burst of reports with ids, sent until the service is gone, for tests that kill it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::service::{Connection, Request, exchange};

/// Types of the reported errors. Each is a group.
const ERROR_TYPES: [&str; 5] = ["NoApples", "NoPears", "NoPlums", "NoFigs", "NoDates"];
/// Maximum number of reports in one batch.
const BATCH_REPORTS: usize = 100;

/// The reports of one or more bursts.
#[derive(Debug, Default)]
pub struct Sent {
    /// All that were sent.
    pub all: Vec<Value>,
    /// Those whose request got a 202.
    pub accepted: Vec<Value>,
    /// The first response with another status than 202.
    pub refusal: Option<String>,
}

impl Sent {
    /// Adds the reports of another burst.
    pub fn add(&mut self, other: Sent) {
        self.all.extend(other.all);
        self.accepted.extend(other.accepted);
        self.refusal = self.refusal.take().or(other.refusal);
    }

    /// Sum of the differences between the counts in a list of groups and those expected after all reports were counted
    /// once.
    pub fn miscounted(&self, groups: &[Value]) -> u64 {
        let difference = |error_type: &&str| {
            let is_same = |one: &&Value| one["error_type"] == **error_type;
            let expected: u64 = self.all.iter().filter(is_same).map(occurrences).sum();
            let counted: u64 = groups.iter().filter(is_same).filter_map(|group| group["count"].as_u64()).sum();
            counted.abs_diff(expected)
        };
        ERROR_TYPES.iter().map(difference).sum()
    }
}

/// Connections that send without pause, each its next request after the previous response.
#[derive(Debug)]
pub struct Burst {
    senders: Vec<JoinHandle<Sent>>,
    counter: Arc<ResponseCounter>,
}

/// Counts responses over all connections, and notifies at a threshold.
#[derive(Debug)]
struct ResponseCounter {
    responses: AtomicUsize,
    threshold: usize,
    reached: Notify,
}

impl Burst {
    /// Starts to send over this many connections.
    ///
    /// # Errors
    /// If nothing listens at the address.
    pub async fn start(
        address: SocketAddr,
        connections: usize,
        threshold: usize,
        random: &mut fastrand::Rng,
    ) -> io::Result<Self> {
        let counter = Arc::new(ResponseCounter { responses: AtomicUsize::new(0), threshold, reached: Notify::new() });
        let mut senders = Vec::new();
        for _ in 0..connections {
            let connection = Connection::open(address).await?;
            senders.push(tokio::spawn(send(connection, random.fork(), Arc::clone(&counter))));
        }
        Ok(Self { senders, counter })
    }

    /// Waits until as many responses as the threshold have arrived.
    pub async fn reached(&self) {
        self.counter.reached.notified().await;
    }

    /// Waits until the service is gone, and returns what was sent.
    ///
    /// # Panics
    /// If a sender panicked.
    pub async fn ended(self) -> Sent {
        let mut sent = Sent::default();
        for sender in self.senders {
            sent.add(sender.await.expect("a sender does not panic"));
        }
        sent
    }
}

/// Sends single reports, and batches of which some have an invalid member, until the service is gone.
async fn send(mut connection: Connection, mut random: fastrand::Rng, counter: Arc<ResponseCounter>) -> Sent {
    let mut sent = Sent::default();
    loop {
        let size = if random.u8(..8) == 0 { random.usize(1..40) } else { random.usize(1..4) };
        let reports: Vec<Value> = (0..size).map(|_| report(&mut random)).collect();
        let body = match reports.as_slice() {
            [single] if random.bool() => single.to_string(),
            batch if random.u8(..4) == 0 => {
                let mut members = batch.to_vec();
                members.insert(random.usize(..=members.len()), json!("not a report"));
                Value::Array(members).to_string()
            }
            batch => Value::Array(batch.to_vec()).to_string(),
        };
        sent.all.extend(reports.iter().cloned());
        match connection.exchange(&Request::report(body)).await {
            Ok(response) if response.status == 202 => sent.accepted.extend(reports),
            Ok(response) => drop(sent.refusal.get_or_insert(format!("{} {}", response.status, response.text()))),
            Err(_) => return sent,
        }
        if counter.responses.fetch_add(1, Ordering::SeqCst) + 1 == counter.threshold {
            counter.reached.notify_one();
        }
    }
}

fn report(random: &mut fastrand::Rng) -> Value {
    json!({
        "id": uuid::Builder::from_random_bytes(random.u128(..).to_ne_bytes()).into_uuid().to_string(),
        "error_type": ERROR_TYPES[random.usize(..ERROR_TYPES.len())],
        "error_message": "sold out",
        "count": random.u64(1..4),
    })
}

/// The occurrences of a failure that a report stands for.
pub fn occurrences(report: &Value) -> u64 {
    report["count"].as_u64().unwrap_or(1)
}

/// Sends reports again and returns those whose receipt has another status than the expected one.
///
/// # Panics
/// If a response is no 202 with one receipt for each report.
pub async fn send_again(address: SocketAddr, reports: &[Value], expected: &str) -> Vec<Value> {
    let mut others = Vec::new();
    for batch in reports.chunks(BATCH_REPORTS) {
        let response = exchange(address, &Request::report(Value::Array(batch.to_vec()).to_string())).await;
        assert_eq!(response.status, 202, "{}", response.text());
        let receipts = response.json();
        let receipts = receipts.as_array().expect("the response is a list of receipts");
        assert_eq!(receipts.len(), batch.len(), "a receipt for each report");
        let of_report = receipts.iter().zip(batch);
        let others_of_batch =
            of_report.filter(|(receipt, report)| receipt["status"] != expected || receipt["id"] != report["id"]);
        others.extend(others_of_batch.map(|(receipt, _)| receipt.clone()));
    }
    others
}

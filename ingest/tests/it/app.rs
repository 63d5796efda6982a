//! `spawn_app`: the real service on a free port with a new store.

use std::net::SocketAddr;
use std::sync::Arc;

use autoheal_heal::status::WorkerStatus;
use autoheal_ingest::{App, Config};
use autoheal_store::{Clock, Sqlite, Store};
use autoheal_test_support::service::{Connection, Request, Response, exchange};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;

pub(crate) struct TestApp {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) directory: tempfile::TempDir,
    /// The directory of `--static`, kept until the end of the test.
    pub(crate) served: Option<tempfile::TempDir>,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) running: JoinHandle<()>,
}

/// Starts the service with the default configuration.
pub(crate) async fn spawn_app() -> TestApp {
    spawn_app_with(|_| {}).await
}

pub(crate) async fn spawn_app_with(configure: impl FnOnce(&mut Config)) -> TestApp {
    spawn(configure, Vec::new()).await
}

/// A service whose worker has this state.
pub(crate) async fn spawn_app_with_worker(worker: watch::Receiver<WorkerStatus>) -> TestApp {
    spawn(|_| {}, vec![worker]).await
}

/// A service with the store of another one, which has stopped.
pub(crate) async fn spawn_app_on(store: Arc<dyn Store>, configure: impl FnOnce(&mut Config)) -> TestApp {
    spawn_on(store, tempfile::tempdir().unwrap(), configure, Vec::new()).await
}

async fn spawn(configure: impl FnOnce(&mut Config), workers: Vec<watch::Receiver<WorkerStatus>>) -> TestApp {
    let directory = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&directory.path().join("store.db")).unwrap());
    spawn_on(store, directory, configure, workers).await
}

/// A service whose reports arrive at the times of this clock.
pub(crate) async fn spawn_app_at(
    clock: Clock,
    store: Arc<dyn Store>,
    directory: tempfile::TempDir,
    configure: impl FnOnce(&mut Config),
) -> TestApp {
    start(clock, store, directory, configure, Vec::new()).await
}

async fn spawn_on(
    store: Arc<dyn Store>,
    directory: tempfile::TempDir,
    configure: impl FnOnce(&mut Config),
    workers: Vec<watch::Receiver<WorkerStatus>>,
) -> TestApp {
    start(Clock::system(), store, directory, configure, workers).await
}

async fn start(
    clock: Clock,
    store: Arc<dyn Store>,
    directory: tempfile::TempDir,
    configure: impl FnOnce(&mut Config),
    workers: Vec<watch::Receiver<WorkerStatus>>,
) -> TestApp {
    let mut config = Config::default();
    configure(&mut config);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = App::build(config, Arc::clone(&store), clock, Arc::new(Notify::new()), workers, listener).unwrap();
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(app.run(async move {
        let _stopped_or_dropped = stopped.await;
    }));
    TestApp { address, store, directory, served: None, stop: Some(stop), running }
}

impl TestApp {
    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(self.address).await.unwrap()
    }

    pub(crate) async fn send(&self, request: &Request) -> Response {
        exchange(self.address, request).await
    }

    pub(crate) async fn report(&self, body: &Value) -> Response {
        self.send(&Request::report(body.to_string())).await
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(&Request::get(path)).await
    }

    /// The occurrences in all groups of the default project.
    pub(crate) async fn count(&self) -> u64 {
        self.count_in("default").await
    }

    pub(crate) async fn count_in(&self, project: &str) -> u64 {
        let groups = self.get(&format!("/api/groups?project={project}")).await.json();
        groups["groups"].as_array().unwrap().iter().map(|group| group["count"].as_u64().unwrap()).sum()
    }

    /// `/api/groups/{fingerprint}` of the only group.
    pub(crate) async fn only_group(&self) -> Value {
        let groups = self.get("/api/groups").await.json();
        assert_eq!(groups["groups"].as_array().unwrap().len(), 1, "{groups}");
        let fingerprint = groups["groups"][0]["fingerprint"].as_str().unwrap();
        self.get(&format!("/api/groups/{fingerprint}")).await.json()
    }

    /// The first sample of the only group.
    pub(crate) async fn only_sample(&self) -> Value {
        self.only_group().await["samples"][0].clone()
    }

    /// Stops the service, as SIGTERM does.
    pub(crate) fn stop(&mut self) {
        let _ended = self.stop.take().unwrap().send(());
    }
}

/// A valid report with this message.
pub(crate) fn report(message: &str) -> Value {
    json!({"error_type": "TypeError", "error_message": message})
}

/// Asserts that the response is a refusal with this status, this code and a message, and contains nothing else.
#[track_caller]
pub(crate) fn assert_refused(response: &Response, status: u16, code: &str) {
    assert_eq!(response.status, status, "{}", response.text());
    assert_eq!(response.header("content-type"), Some("application/json"), "{}", response.text());
    let body = response.json();
    assert_eq!(body["code"], code, "{body}");
    assert!(body["message"].as_str().is_some_and(|message| message.len() > 10), "{body}");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(2), "{body}");
}

/// Asserts a 202 with receipts of exactly these statuses, in this order.
#[track_caller]
pub(crate) fn assert_receipts(response: &Response, statuses: &[&str]) {
    assert_eq!(response.status, 202, "{}", response.text());
    let body = response.json();
    let actual: Vec<&str> =
        body.as_array().unwrap().iter().map(|receipt| receipt["status"].as_str().unwrap()).collect();
    assert_eq!(actual, statuses, "{body}");
}

/// The marks of a sample, as `FIELD dropped` or `FIELD cut`.
pub(crate) fn marks(sample: &Value) -> Vec<String> {
    let marks = sample["marks"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    marks.iter().map(|mark| format!("{} {}", text(&mark["field"]), text(&mark["done"]))).collect()
}

//! `Harness`: a worker with its store and the stand-in for GitHub, and both their clocks.

use std::sync::Arc;
use std::time::Duration;

use autoheal_heal::github::Github;
use autoheal_heal::settings::{Repository, Settings, Switches};
use autoheal_heal::status::Stop;
use autoheal_heal::worker::Worker;
use autoheal_prepare::ScrubLevel;
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::prepare;
use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_store::Clock;
use autoheal_store::{Detail, Group, Sqlite, Store};
use autoheal_test_support::StandIn;
use secrecy::SecretString;
use serde_json::json;
use serde_json::value::RawValue;

/// Start of both clocks.
pub(crate) const START: &str = "2026-11-22T08:00:00Z";
/// All three switches.
pub(crate) const ALL: Switches = Switches { issue: true, pull: true, heal: true };

/// A worker under test, with everything it works on.
pub(crate) struct Harness {
    pub(crate) github: StandIn,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) store: Arc<dyn Store>,
    worker: Worker,
    directory: tempfile::TempDir,
}

impl Harness {
    pub(crate) async fn start(switches: Switches) -> Self {
        Self::start_with(Settings::new(switches, Repository::parse("acme/shop").unwrap())).await
    }

    pub(crate) async fn start_with(settings: Settings) -> Self {
        let github = StandIn::start().await;
        github.set_now(START);
        let clock = Clock::manual(Timestamp::parse(START).unwrap());
        let directory = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&directory.path().join("store.db")).unwrap());
        let worker = worker(&github, &store, &settings, &clock);
        Self { github, clock, settings, store, worker, directory }
    }

    /// Ends the worker as a crash would, and starts another one with the same store.
    pub(crate) async fn crash(&mut self) {
        self.store.close().await.unwrap();
        // the file must not be open twice, so another store takes its place meanwhile
        self.store = Arc::new(empty_store());
        self.worker = worker(&self.github, &self.store, &self.settings, &self.clock);
        self.store = Arc::new(Sqlite::open(&self.directory.path().join("store.db")).unwrap());
        self.worker = worker(&self.github, &self.store, &self.settings, &self.clock);
    }

    /// Ends the worker as a crash would, and starts another one with a store given as SQL.
    pub(crate) async fn replace_store(&mut self, sql: &str) {
        self.crash().await;
        self.store.close().await.unwrap();
        let file = self.directory.path().join("replaced.db");
        rusqlite::Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        self.store = Arc::new(Sqlite::open(&file).unwrap());
        self.worker = worker(&self.github, &self.store, &self.settings, &self.clock);
    }

    /// Stores one report with this message, from a browser.
    pub(crate) async fn report(&self, message: &str) {
        self.store.accept(vec![self.record(message, Sender::Anonymous, "javascript_sdk")]).await.unwrap();
    }

    /// Stores one report as version 0.1.0 did, which computed fingerprints by another recipe.
    pub(crate) async fn report_as_before(&self, message: &str) {
        self.report(message).await;
        let record = self.record(message, Sender::Anonymous, "javascript_sdk");
        let connection = rusqlite::Connection::open(self.directory.path().join("store.db")).unwrap();
        for table in ["groups", "fingerprints"] {
            let sql = format!("UPDATE {table} SET fingerprint = ?1 WHERE fingerprint = ?2");
            let changed = connection.execute(&sql, [record.previous_fingerprint().0, record.fingerprint().0]).unwrap();
            assert_eq!(changed, 1);
        }
    }

    /// Changes the store as if issue and draft of every group were in another repository.
    pub(crate) fn move_links(&self, from: &str, to: &str) {
        let connection = rusqlite::Connection::open(self.directory.path().join("store.db")).unwrap();
        for column in ["issue_url", "pull_url"] {
            let sql = format!("UPDATE groups SET {column} = replace({column}, ?1, ?2)");
            connection.execute(&sql, [from, to]).unwrap();
        }
    }

    pub(crate) fn record(&self, message: &str, sender: Sender, source: &str) -> Fingerprinted {
        self.prepared(&json!({"error_type": "TypeError", "error_message": message, "source": source}), sender)
    }

    pub(crate) fn prepared(&self, report: &serde_json::Value, sender: Sender) -> Fingerprinted {
        self.prepared_from(report, sender, Client::Own)
    }

    fn prepared_from(&self, report: &serde_json::Value, sender: Sender, client: Client) -> Fingerprinted {
        let raw = RawValue::from_string(report.to_string()).unwrap();
        let arrival = Arrival { project: "default".to_owned(), sender, client, received_at: self.clock.now() };
        prepare(&raw, arrival, ScrubLevel::Standard).unwrap()
    }

    /// Stores one report of an unknown sender with this address.
    pub(crate) async fn report_from(&self, report: &serde_json::Value, address: &str) {
        let client = Client::network(address.parse().unwrap());
        self.store.accept(vec![self.prepared_from(report, Sender::Anonymous, client)]).await.unwrap();
    }

    /// Stores one caller error of this client.
    pub(crate) async fn caller_error(&self, message: &str, client: &str) {
        let report = json!({
            "error_type": "ToolError", "error_message": message, "source": "mcp_tool", "class": "caller_error", "client": client,
        });
        self.store.accept(vec![self.prepared(&report, Sender::Local)]).await.unwrap();
    }

    /// Advances both clocks.
    pub(crate) fn advance(&self, time: Duration) {
        self.clock.advance(time);
        self.github.advance(time);
    }

    /// Works for this time on the worker's clock.
    pub(crate) async fn work_for(&mut self, time: Duration) {
        let end = self.clock.now().plus(time);
        for _ in 0..10_000 {
            let next = self.worker.tick().await.unwrap();
            let now = self.clock.now();
            let next = next.unwrap_or(end).min(end);
            if next >= end && now >= end {
                return;
            }
            if let Ok(wait) = u64::try_from(next.0 - now.0) {
                self.advance(Duration::from_millis(wait));
            }
        }
        panic!("the worker is always busy:\n{}", self.github.read(|state| state.request_log()));
    }

    /// Ticks once, and advances both clocks to the next tick, at most by a minute, as the running worker does. Returns the
    /// time that passed.
    pub(crate) async fn tick_once(&mut self) -> Duration {
        let next = self.worker.tick().await.unwrap();
        let left = next.map_or(i64::MAX, |next| next.0.saturating_sub(self.clock.now().0));
        let wait = Duration::from_millis(u64::try_from(left).unwrap_or(0)).min(Duration::from_secs(60));
        self.advance(wait);
        wait
    }

    /// What stops the writes.
    pub(crate) fn stop(&self) -> Option<Stop> {
        self.worker.status().borrow().stop.clone()
    }

    /// The present name of a renamed repository.
    pub(crate) fn renamed_to(&self) -> Option<String> {
        self.worker.status().borrow().renamed_to.clone()
    }

    /// Points the worker at another API.
    pub(crate) fn use_api(&mut self, url: &str) {
        let token = self.github.token().to_owned().into();
        self.worker = worker_for(url, &token, &self.store, &self.settings, &self.clock);
    }

    /// Ticks until a fault holds a request, then drops the tick there, as `kill -9` would.
    pub(crate) async fn tick_until_held(&mut self, on: autoheal_test_support::Operation) {
        loop {
            let held = tokio::select! {
                tick = self.worker.tick() => { Err(tick.unwrap()) }
                held = self.github.wait_for_held(on) => { Ok(held) }
            };
            match held {
                Ok(_) => return,
                Err(next) => {
                    let next = next.expect("the held write is sent");
                    let wait = u64::try_from(next.0 - self.clock.now().0).unwrap_or(0);
                    self.advance(Duration::from_millis(wait));
                }
            }
        }
    }

    pub(crate) async fn groups(&self) -> Vec<Group> {
        self.store.groups("default", 100).await.unwrap()
    }

    pub(crate) async fn only_group(&self) -> Detail {
        let groups = self.groups().await;
        assert_eq!(groups.len(), 1);
        self.store.detail("default", groups[0].fingerprint).await.unwrap().unwrap()
    }

    /// Asserts that there is exactly one open issue, one pull request and one branch, and that all requests were valid.
    pub(crate) fn assert_once(&self) {
        let log = || self.github.read(|state| state.request_log());
        let open: Vec<_> = self.github.issues().into_iter().filter(|issue| issue.state == "open").collect();
        assert_eq!(open.len(), 1, "one open issue\n{}", log());
        assert_eq!(self.github.pulls().len(), 1, "one pull request\n{}", log());
        let ours = self.github.branches().iter().filter(|branch| branch.starts_with("auto-fix/")).count();
        assert_eq!(ours, 1, "one branch\n{}", log());
        self.assert_valid_requests();
    }

    /// Asserts that all requests match GitHub's description, and that no two writes were in flight at once.
    pub(crate) fn assert_valid_requests(&self) {
        assert!(self.github.violations().is_empty(), "{:?}", self.github.violations());
        assert!(self.github.max_writes_in_flight() <= 1, "writes are serial");
    }
}

/// A store without reports, in a file of its own.
fn empty_store() -> Sqlite {
    let directory = tempfile::tempdir().unwrap();
    Sqlite::open(&directory.path().join("empty.db")).unwrap()
}

fn worker(github: &StandIn, store: &Arc<dyn Store>, settings: &Settings, clock: &Clock) -> Worker {
    worker_for(github.url(), &github.token().to_owned().into(), store, settings, clock)
}

fn worker_for(url: &str, token: &SecretString, store: &Arc<dyn Store>, settings: &Settings, clock: &Clock) -> Worker {
    let client = Github::new(url, token, settings.repository.clone(), clock.clone());
    Worker::new(Arc::clone(store), client.unwrap(), None, settings.clone(), clock.clone())
}

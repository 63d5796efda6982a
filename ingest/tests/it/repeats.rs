//! Repeats of a failure are counted without being prepared again, and nothing else changes.

use std::path::Path;
use std::sync::Arc;

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::Timestamp;
use autoheal_prepare::rules::Rules;
use autoheal_store::{Clock, Sqlite, Store};
use autoheal_test_support::service::{Request, Response};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::app::{TestApp, assert_receipts, report, spawn_app, spawn_app_at};

/// User agents of visitors and of a crawler, whose reports are noise.
const USER_AGENTS: [&str; 3] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "facebookexternalhit/1.1",
];
/// Number of requests of the randomised test.
const REQUESTS: usize = 400;
const KEY: &str = "sender-key-of-the-test";
const OPERATOR: &str = "operator-token-of-the-test";

/// A page of the operator.
async fn page(app: &TestApp, path: &str) -> Response {
    app.send(&Request::get(path).header("authorization", &format!("Bearer {OPERATOR}"))).await
}

/// The service's number of reports that were counted as repeats.
async fn repeats(app: &TestApp) -> u64 {
    let metrics = page(app, "/metrics").await.text();
    let line = metrics.lines().find_map(|line| line.strip_prefix("autoheal_repeats_total "));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_same_failure_is_prepared_until_its_group_has_all_samples() {
    let app = spawn_app().await;
    for number in 0..30 {
        let mut report = report("x is not a function");
        report["context"] =
            json!({"url": format!("https://shop.example/{number}"), "timestamp": "2026-11-22T08:00:00Z"});
        assert_receipts(&app.report(&report).await, &["accepted"]);
    }
    let group = app.only_group().await;
    assert_eq!((group["group"]["count"].as_u64(), group["samples"].as_array().map(Vec::len)), (Some(30), Some(10)));
    assert_eq!(repeats(&app).await, 20);
}

#[tokio::test]
async fn the_same_failure_of_further_calls_is_prepared_until_its_group_has_all_samples() {
    let app = spawn_app().await;
    for call in 1..=30 {
        let mut report = report("No response from /mcp within 30000 ms");
        report["class"] = json!("timeout");
        report["rpc"] = json!({"method": "tools/call", "tool": "price", "id": format!("17642283661234{call:02}")});
        report["trace"] = json!({"trace_id": format!("{call:032x}"), "span_id": format!("{call:016x}")});
        assert_receipts(&app.report(&report).await, &["accepted"]);
    }
    assert_eq!((app.count().await, repeats(&app).await), (30, 20));
}

#[tokio::test]
async fn a_repeat_of_an_erased_group_brings_its_text_again() {
    let app = spawn_app().await;
    let batch = Value::Array(vec![report("x is not a function"); 20]);
    app.report(&batch).await;
    app.report(&batch).await;
    assert_eq!(repeats(&app).await, 20);
    let fingerprint = app.store.groups(DEFAULT_PROJECT, 1).await.unwrap()[0].fingerprint;
    app.store.erase_group(DEFAULT_PROJECT, fingerprint, Timestamp(0)).await.unwrap();
    let invalid = json!([report("x is not a function"), 5, report("x is not a function")]);
    assert_receipts(&app.report(&invalid).await, &["accepted", "rejected", "accepted"]);
    assert_eq!(app.count().await, 2);
    assert_eq!(app.only_sample().await["report"]["error_message"], "x is not a function");
}

/// Random reports of a few failures, and what senders do with them.
struct Senders {
    random: Rng,
    sent_ids: Vec<String>,
    /// Number of calls that timed out.
    calls: u64,
}

impl Senders {
    fn report(&mut self) -> Value {
        if self.random.u8(..) < 80 {
            return self.timeout();
        }
        let random = &mut self.random;
        let failure = random.usize(..5);
        let stack: String = (0..if failure == 4 { 90 } else { 4 })
            .map(|frame| format!("\n    at step{frame}Of{failure} (https://shop.example/assets/checkout.js:{frame}:7)"))
            .collect();
        let message = format!("x{failure} is not a function");
        let mut report = json!({
            "error_type": "TypeError", "error_message": message, "stack_trace": format!("TypeError: {message}{stack}"),
            "context": {"url": format!("https://shop.example/{}", random.u8(..)), "timestamp": "2026-11-22T08:00:00Z"},
            "count": random.u32(1..5),
        });
        let id = match random.choice(&self.sent_ids) {
            Some(id) if random.u8(..) < 20 => id.clone(),
            _ => new_id(random),
        };
        self.sent_ids.push(id.clone());
        report["id"] = json!(id);
        if random.u8(..) < 100 {
            report["release"] = json!(format!("1.{}", random.u8(..2)));
        }
        if random.u8(..) < 80 {
            report["context"]["userAgent"] = json!(random.choice(USER_AGENTS));
        }
        if random.u8(..) < 20 {
            report["context"]["url"] = json!("http://localhost:8080/");
        }
        if random.u8(..) < 60 {
            report["rpc"] = json!({"method": "tools/call", "tool": "price", "code": -32000});
            report["class"] = json!("tool_failure");
            // a few calls, so that the reports of both ends of some are sent
            let call = random.u8(1..90);
            if random.u8(..) < 60 {
                report["rpc"]["id"] = json!(format!("17642283661234{call:02}"));
            } else if random.u8(..) < 60 {
                report["trace"] = json!({"trace_id": format!("{call:032x}"), "span_id": format!("{call:016x}")});
            }
        }
        let is_call = report.get("rpc").is_some();
        if random.u8(..) < if is_call { 120 } else { 20 } {
            report["source"] = json!("mcp_tool");
        }
        report
    }

    /// A report of one failure that occurs in many calls, from one of their ends.
    fn timeout(&mut self) -> Value {
        let call = match self.random.u8(..) {
            ..60 if self.calls > 0 => self.random.u64(1..=self.calls),
            _ => {
                self.calls += 1;
                self.calls
            }
        };
        let is_server = self.random.u8(..) < 60;
        let (source, words) =
            if is_server { ("mcp_tool", "the server hung") } else { ("javascript_sdk", "No response") };
        json!({
            "id": new_id(&mut self.random),
            "error_type": "MCPError", "error_message": words, "class": "timeout", "source": source,
            "rpc": {"method": "tools/call", "tool": "price", "id": format!("1764228366{call:06}")},
            "trace": {"trace_id": format!("{:032x}", 1_000 + call), "span_id": format!("{call:016x}")},
        })
    }

    /// A request, and the same one with a member in each report that is ignored but makes the report a new one. Also whether
    /// all its reports are about calls that may have another end.
    fn requests(&mut self) -> ([Request; 2], bool) {
        let reports: Vec<Value> = (0..self.random.usize(1..5)).map(|_| self.report()).collect();
        let mut marked = reports.clone();
        marked.iter_mut().for_each(|report| report["ignored"] = json!(self.random.u64(..)));
        let address = format!("192.0.2.{}", self.random.u8(1..5));
        let is_known = self.random.u8(..) < 25;
        let has_end = |report: &Value| report.get("trace").is_some() || report["rpc"].get("id").is_some();
        let have_ends = reports.iter().all(has_end);
        let requests = [reports, marked].map(|mut reports| {
            let body = if reports.len() == 1 { reports.remove(0) } else { Value::Array(reports) };
            let request = Request::report(body.to_string()).header("x-forwarded-for", &address);
            if is_known { request.header("authorization", &format!("Bearer {KEY}")) } else { request }
        });
        (requests, have_ends)
    }
}

fn new_id(random: &mut Rng) -> String {
    format!("{:08x}-0000-4000-8000-{:012x}", random.u32(..), random.u32(..))
}

/// Every group with all that the service shows about it.
async fn all_groups(app: &TestApp) -> Vec<Value> {
    let list = page(app, "/api/groups").await.json();
    let mut groups = vec![list.clone()];
    for group in list["groups"].as_array().unwrap() {
        groups.push(page(app, &format!("/api/groups/{}", group["fingerprint"].as_str().unwrap())).await.json());
    }
    groups
}

/// A service with a copy of an empty store. The copies hash clients with the same salt.
async fn start(clock: &Clock, empty: &Path) -> TestApp {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    std::fs::copy(empty, &file).unwrap();
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&file).unwrap());
    spawn_app_at(clock.clone(), store, directory, |config| {
        config.trust_proxy = true;
        config.sender_keys = vec![KEY.to_owned().into()];
        config.operator_tokens = vec![OPERATOR.to_owned().into()];
        config.rules = Arc::new(Rules::default().for_service_at("https://autoheal.example"));
        (config.rate_limits.reports_per_minute, config.rate_limits.new_groups_per_hour) = (0, 0);
    })
    .await
}

#[tokio::test]
async fn groups_counts_and_samples_are_the_same_as_without_repeats() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let clock = Clock::manual(Timestamp(1_764_000_000_000));
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty.db");
    Sqlite::open(&empty).unwrap().close().await.unwrap();
    let (app, without) = (start(&clock, &empty).await, start(&clock, &empty).await);
    let mut senders = Senders { random: Rng::with_seed(seed), sent_ids: Vec::new(), calls: 0 };
    let mut repeats_of_calls = 0;
    for number in 0..REQUESTS {
        let ([request, marked], have_ends) = senders.requests();
        let before = if have_ends { repeats(&app).await } else { 0 };
        let responses: [Response; 2] = [app.send(&request).await, without.send(&marked).await];
        assert_eq!(responses[0].text(), responses[1].text(), "request {number}");
        if have_ends {
            repeats_of_calls += repeats(&app).await - before;
        }
        clock.advance(std::time::Duration::from_millis(senders.random.u64(..2_000)));
        if senders.random.u8(..) < 4 {
            let groups = app.store.groups(DEFAULT_PROJECT, 100).await.unwrap();
            let fingerprint = senders.random.choice(&groups).unwrap().fingerprint;
            for app in [&app, &without] {
                app.store.erase_group(DEFAULT_PROJECT, fingerprint, clock.now()).await.unwrap();
            }
        }
    }
    assert_eq!(all_groups(&app).await, all_groups(&without).await);
    let counted = repeats(&app).await;
    assert!(counted > 100 && repeats(&without).await == 0, "{counted} repeats");
    assert!(repeats_of_calls > 0, "repeats of calls with another end are counted, too");
}

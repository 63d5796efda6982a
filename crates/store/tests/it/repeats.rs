//! Repeats: counted like prepared reports, but only while their group needs no sample of them.

use std::sync::Arc;

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::repeat::KnownFailure;
use autoheal_prepare::rules::Rules;
use autoheal_prepare::validate::{Arrival, Client, Received, Sender};
use autoheal_prepare::{ScrubLevel, Timestamp, prepare};
use autoheal_store::{Accepted, Detail, Record, Sqlite, Store};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::reports::{failure, with_id};

/// Maximum number of samples of a group.
const SAMPLES: usize = 10;

fn arrival(sender: Sender, network: u8, at: i64) -> Arrival {
    let client = Client::network([192, 0, 2, network].into());
    Arrival { project: DEFAULT_PROJECT.to_owned(), sender, client, received_at: Timestamp(at) }
}

fn raw(report: &Value) -> Box<RawValue> {
    to_raw_value(report).unwrap()
}

fn prepared(report: &Value, arrival: Arrival) -> Record {
    prepare(&raw(report), arrival, ScrubLevel::Standard).unwrap().into()
}

fn repeat(report: &Value, arrival: Arrival) -> Record {
    let known = Arc::new(KnownFailure::of(&prepare(&raw(report), arrival.clone(), ScrubLevel::Standard).unwrap()));
    Record::Repeat(Received::of(&raw(report)).occurrence(&arrival, &Rules::default()).unwrap().repeat(known))
}

/// Counts one record. None if it must be prepared.
async fn count(store: &Sqlite, record: Record) -> Option<Accepted> {
    store.count(vec![record]).await.unwrap().map(|accepted| accepted.into_iter().next().unwrap())
}

async fn detail(store: &Sqlite) -> Detail {
    let groups = store.groups(DEFAULT_PROJECT, 10).await.unwrap();
    store.detail(DEFAULT_PROJECT, groups[0].fingerprint).await.unwrap().unwrap()
}

fn open() -> (tempfile::TempDir, Sqlite) {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    (directory, store)
}

/// A store whose only group has all its samples.
async fn with_all_samples(report: &Value) -> (tempfile::TempDir, Sqlite) {
    let (directory, store) = open();
    for sample in 1..=SAMPLES {
        let accepted = count(&store, prepared(report, arrival(Sender::Anonymous, 1, 1))).await.unwrap();
        assert_eq!(accepted.may_repeat, sample == SAMPLES, "sample {sample}");
    }
    (directory, store)
}

#[tokio::test]
async fn a_repeat_must_be_prepared_while_its_group_needs_samples() {
    let (_directory, store) = open();
    for samples in 0..SAMPLES {
        assert!(count(&store, repeat(&failure("x"), arrival(Sender::Anonymous, 1, 1))).await.is_none(), "{samples}");
        count(&store, prepared(&failure("x"), arrival(Sender::Anonymous, 1, 1))).await.unwrap();
    }
    let counted = count(&store, repeat(&failure("x"), arrival(Sender::Anonymous, 1, 1))).await.unwrap();
    assert_eq!(counted.count, 11, "the ones that were to be prepared are not counted");
}

#[tokio::test]
async fn a_repeat_counts_as_the_same_report_prepared() {
    let mut report = failure("x");
    (report["release"], report["count"]) = (json!("2.0"), json!(3));
    let (_directory, store) = with_all_samples(&report).await;
    let (_other_directory, other) = with_all_samples(&report).await;
    let ids = [1, 2, 1].map(|id| format!("7d9f3f6e-6a52-4a43-8c6e-{id:012}"));
    for (at, id) in ids.iter().enumerate() {
        let arrival = || arrival(Sender::Anonymous, 5, 50 + at as i64);
        let report = with_id(report.clone(), id);
        let expected = count(&other, prepared(&report, arrival())).await.unwrap();
        let counted = count(&store, repeat(&report, arrival())).await.unwrap();
        assert_eq!(counted.duplicate, at == 2);
        assert_eq!((counted.count, counted.duplicate), (expected.count, expected.duplicate));
    }
    let (counted, expected) = (detail(&store).await, detail(&other).await);
    let facts = |detail: &Detail| {
        let group = &detail.group;
        (group.count, group.clients, group.last_seen, detail.releases[0].count, detail.samples.len())
    };
    assert_eq!(facts(&counted), facts(&expected));
    assert_eq!(facts(&counted), (36, 2, Timestamp(51), 36, 10));
}

#[tokio::test]
async fn a_repeat_of_a_better_trusted_sender_must_be_prepared_and_its_report_is_shown() {
    let (_directory, store) = with_all_samples(&failure("x")).await;
    let known = || arrival(Sender::Keyed, 9, 2);
    assert!(count(&store, repeat(&failure("x"), known())).await.is_none());
    assert!(count(&store, prepared(&failure("x"), known())).await.unwrap().may_repeat);
    assert_eq!(detail(&store).await.samples[0].sender, Sender::Keyed);
    assert_eq!(count(&store, repeat(&failure("x"), known())).await.unwrap().count, 12);
}

#[tokio::test]
async fn a_repeat_of_an_erased_group_must_be_prepared_and_a_batch_is_counted_as_a_whole() {
    let (_directory, store) = with_all_samples(&failure("x")).await;
    let fingerprint = detail(&store).await.group.fingerprint;
    store.erase_group(DEFAULT_PROJECT, fingerprint, Timestamp(2)).await.unwrap();
    let at = || arrival(Sender::Anonymous, 1, 3);
    let batch = vec![prepared(&failure("y"), at()), repeat(&failure("x"), at())];
    assert!(store.count(batch).await.unwrap().is_none());
    assert!(store.groups(DEFAULT_PROJECT, 10).await.unwrap().is_empty(), "no report of the batch was counted");
    count(&store, prepared(&failure("x"), at())).await.unwrap();
    assert_eq!(detail(&store).await.samples[0].report.error_message, "x");
}

#[tokio::test]
async fn a_group_of_large_samples_needs_no_more_when_the_next_one_does_not_fit() {
    let (_directory, store) = open();
    let mut report = failure("x");
    report["context"] = json!({"a": "x".repeat(40_000)});
    let mut accepted = Vec::new();
    for _ in 0..4 {
        accepted.push(count(&store, prepared(&report, arrival(Sender::Anonymous, 1, 1))).await.unwrap().may_repeat);
    }
    assert_eq!(accepted, [false, false, false, true]);
    assert_eq!(count(&store, repeat(&report, arrival(Sender::Anonymous, 1, 1))).await.unwrap().count, 5);
    assert_eq!(detail(&store).await.samples.len(), 3);
}

#[tokio::test]
async fn a_repeat_of_noise_counts_as_noise_and_is_no_client() {
    let mut report = failure("x");
    report["context"] = json!({"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"});
    let (_directory, store) = with_all_samples(&report).await;
    assert_eq!(count(&store, repeat(&report, arrival(Sender::Anonymous, 7, 2))).await.unwrap().count, 11);
    let group = detail(&store).await.group;
    assert_eq!((group.noise, group.noise_rule.as_deref(), group.clients), (11, Some("crawler"), 0));
}

fn call(message: &str, number: u64, source: &str) -> Value {
    let mut report = failure(message);
    (report["source"], report["class"]) = (json!(source), json!("timeout"));
    report["rpc"] = json!({"method": "tools/call", "tool": "price"});
    report["trace"] = json!({"trace_id": format!("4bf92f3577b34da6a3ce9{number:011x}"), "span_id": "00f067aa0ba902b7"});
    report
}

#[tokio::test]
async fn a_repeat_whose_calls_other_end_was_reported_must_be_prepared() {
    let (_directory, store) = open();
    let at = || arrival(Sender::Anonymous, 1, 3);
    let (page, server) = (|number| call("x", number, "javascript_sdk"), |number| call("y", number, "mcp_tool"));
    for number in 0..10 {
        count(&store, prepared(&page(number), at())).await.unwrap();
        count(&store, prepared(&server(100 + number), at())).await.unwrap();
    }
    let counted = |record: Record| async { count(&store, record).await.map(|accepted| accepted.count) };
    assert_eq!(counted(repeat(&page(20), at())).await, Some(11));
    assert_eq!(counted(repeat(&server(20), at())).await, None, "the page's end was counted as a repeat");
    assert_eq!(counted(repeat(&page(101), at())).await, None, "the server's end was prepared");
    for batch in [
        vec![repeat(&page(30), at()), repeat(&server(30), at())],
        vec![prepared(&page(31), at()), repeat(&server(31), at())],
        vec![repeat(&failure("x"), at()), prepared(&server(32), at()), prepared(&page(32), at())],
    ] {
        assert!(store.count(batch).await.unwrap().is_none());
    }
    let met = count(&store, prepared(&server(20), at())).await.unwrap();
    assert!(!met.may_repeat, "the second reports of other calls are probably second ones, too");
    // each end is paired once
    assert!(counted(repeat(&server(20), at())).await.is_some());
}

#[tokio::test]
async fn a_repeat_beside_a_call_without_another_end_is_counted() {
    let (_directory, store) = with_all_samples(&failure("x")).await;
    let at = || arrival(Sender::Anonymous, 1, 3);
    let batch = vec![prepared(&call("y", 1, "javascript_sdk"), at()), repeat(&failure("x"), at())];
    let counts = store.count(batch).await.unwrap().unwrap();
    assert_eq!(counts.iter().map(|accepted| accepted.count).collect::<Vec<_>>(), [1, 11]);
}

//! Disk space: samples, groups, the limit of the store, and space given back.

use std::path::Path;
use std::time::Duration;

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::Timestamp;
use autoheal_store::{Limits, Sqlite, Status, Store, StoreError};
use serde_json::{Value, json};

use crate::reports::{failure, large, record, record_from, with_id};

/// Largest size of a stored sample, and of all samples of a group.
const SAMPLE: u64 = 64 * 1024;
const SAMPLES: u64 = 128 * 1024;

fn query(file: &Path, sql: &str) -> u64 {
    rusqlite::Connection::open(file).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A report whose every text is as long as it may be, of this character.
fn largest(unit: &str, at: usize) -> Value {
    let text = |characters: usize| unit.repeat(characters);
    let stack: String =
        (0..900).map(|line| format!("    at f{line} (https://shop.example/{}.js:1:2)\n", text(20))).collect();
    json!({
        "error_type": text(500), "error_message": format!("{at} {}", text(9_990)), "stack_trace": format!("Error\n{stack}"),
        "context": {"a": text(9_000), "b": [text(5_000), text(900)]}, "release": text(4_000), "environment": text(4_000),
        "user": text(4_000), "client": format!("{at}{}", text(3_000)), "class": text(4_000), "reproduction": text(4_000),
        "command": text(4_000), "system": {"os": text(900)}, "tags": {"t": text(900)}, "first_seen": text(4_000),
        "causes": (0..10).map(|_| json!({"error_type": text(500), "error_message": text(4_000), "stack_trace": stack})).collect::<Vec<_>>(),
        "logs": (0..50).map(|at| json!({"message": format!("line {at} {}", text(4_000)), "level": text(4_000)})).collect::<Vec<_>>(),
        "server": {"name": text(4_000), "version": text(4_000)},
        "rpc": {"method": text(4_000), "tool": text(4_000), "params": {"p": text(9_000)}, "transport": text(4_000)},
        "exit": {"signal": text(4_000)}, "debug_ids": {"f": text(900)},
    })
}

#[tokio::test]
async fn the_samples_of_a_group_are_bounded_in_bytes_whatever_they_are_made_of() {
    for unit in ["a", "😀", "\u{1}", "\""] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        let store = Sqlite::open(&file).unwrap();
        let mut fingerprint = None;
        for at in 0..12 {
            let mut report = largest(unit, at);
            report["release"] = json!(format!("{at}{}", unit.repeat(3_000)));
            fingerprint = Some(store.accept(vec![record(report, at as i64)]).await.unwrap()[0].fingerprint);
        }
        let detail = store.detail(DEFAULT_PROJECT, fingerprint.unwrap()).await.unwrap().unwrap();
        let sample = &detail.samples[0];
        let count: u64 = query(&file, "SELECT max(octet_length(record)) FROM samples");
        assert!((SAMPLE / 3..=SAMPLE).contains(&count), "{unit:?}: a sample has {count} bytes");
        let all = query(
            &file,
            "SELECT max(bytes) FROM (SELECT sum(octet_length(record)) AS bytes FROM samples GROUP BY group_id)",
        );
        assert!(all <= SAMPLES, "{unit:?}: all samples have {all} bytes");
        let columns = "octet_length(error_type) + octet_length(error_message) + octet_length(class)";
        assert!(query(&file, &format!("SELECT max({columns}) FROM groups")) < 4_000, "{unit:?}");
        assert!(query(&file, "SELECT sum(octet_length(release)) FROM releases") <= 12 * 200, "{unit:?}");

        // what was cut is marked, and the important parts are there
        let marks: Vec<String> = sample.marks.iter().map(ToString::to_string).collect();
        for field in ["error_message", "stack_trace", "logs", "context", "causes", "rpc"] {
            assert!(marks.contains(&format!("{field} was cut")), "{unit:?}: {marks:?}");
        }
        let stack = sample.report.stack_trace.as_deref().unwrap();
        assert!(
            stack.starts_with("Error\n") && stack.contains("<cut>") && sample.report.error_message.contains("<cut>")
        );
        let last = sample.report.logs.last().unwrap();
        assert!(last.message.starts_with("line 49"), "{unit:?}: the last log lines are kept");
    }
}

#[tokio::test]
async fn a_report_with_one_large_field_keeps_most_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    let stack: String =
        (0..2_000).map(|line| format!("    at f{line} (https://shop.example/a.js:{line}:2)\n")).collect();
    let report = json!({"error_type": "E", "error_message": "m", "stack_trace": format!("E: m\n{stack}"), "context": {"a": "😀".repeat(12_000)}});
    let accepted = store.accept(vec![record(report, 1)]).await.unwrap();
    let detail = store.detail(DEFAULT_PROJECT, accepted[0].fingerprint).await.unwrap().unwrap();
    let sample = &detail.samples[0];
    let stack = sample.report.stack_trace.as_deref().unwrap();
    assert!(
        stack.len() > 20_000 && stack.contains("at f0 ") && sample.frames.len() >= 40,
        "{} {}",
        stack.len(),
        sample.frames.len()
    );
}

#[tokio::test]
async fn a_small_report_is_stored_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    let report = json!({"error_type": "E", "error_message": "😀".repeat(3_000), "context": {"a": "b".repeat(15_000)}});
    let accepted = store.accept(vec![record(report.clone(), 1)]).await.unwrap();
    let detail = store.detail(DEFAULT_PROJECT, accepted[0].fingerprint).await.unwrap().unwrap();
    assert_eq!(detail.samples[0].report.error_message, report["error_message"].as_str().unwrap());
    assert!(detail.samples[0].marks.is_empty());
    let listed = store.groups(DEFAULT_PROJECT, 1).await.unwrap().remove(0).error_message;
    assert!(listed.len() <= 1_000 && listed.chars().count() >= 240, "lists show the start only");
}

fn limits(bytes: u64) -> Limits {
    Limits { bytes, ..Limits::default() }
}

#[tokio::test]
async fn a_flood_stays_below_the_limit_and_never_touches_issues() {
    const LIMIT: u64 = 12_000_000;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open_for_service(&file, limits(LIMIT)).unwrap();
    let first = store.accept(vec![record(large(0), 1)]).await.unwrap()[0].fingerprint;
    let group = store.detail(DEFAULT_PROJECT, first).await.unwrap().unwrap().group.id;
    store.change(group, vec![autoheal_store::Change::Status(Status::IssueOpen), issue(1)]).await.unwrap();
    let known = store.accept(vec![record_from(large(1), 2, autoheal_prepare::validate::Sender::Local)]).await.unwrap();
    let mut refused = 0;
    for kind in 2..600 {
        match store.accept(vec![record(large(kind), kind as i64 * 1_000)]).await {
            Ok(_) => {}
            Err(StoreError::Full) => refused += 1,
            Err(error) => panic!("{error}"),
        }
        let files = std::fs::metadata(&file).unwrap().len()
            + std::fs::metadata(directory.path().join("store.db-wal")).unwrap().len();
        assert!(files <= LIMIT, "{files} after {kind} groups");
    }
    assert!(refused < 90, "{refused} new groups were refused while old ones could be deleted");
    let kept = store.groups(DEFAULT_PROJECT, 1_000).await.unwrap();
    let ids: Vec<i64> = kept.iter().map(|group| group.id.0).collect();
    assert!(ids.contains(&1) && ids.contains(&2), "the issue and the known sender's group are kept: {ids:?}");
    assert!(ids.len() > 100 && ids[0] == *ids.iter().max().unwrap(), "the groups seen last are kept: {ids:?}");
    assert_eq!(known.len(), 1);
    assert!(store.health().deleted_groups > 100 && !store.health().full);
    let again = store.accept(vec![record(large(0), 1_000_000)]).await.unwrap();
    assert_eq!(again[0].count, 2, "its count goes on");
}

#[tokio::test]
async fn a_full_store_refuses_new_groups_and_goes_on_counting_known_ones() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open_for_service(&file, limits(4_000_000)).unwrap();
    let mut kind = 0;
    let error = loop {
        match store.accept(vec![record(large(kind), kind as i64)]).await {
            Ok(accepted) => {
                let group = store.detail(DEFAULT_PROJECT, accepted[0].fingerprint).await.unwrap().unwrap().group.id;
                store
                    .change(group, vec![autoheal_store::Change::Status(Status::IssueOpen), issue(kind as u64)])
                    .await
                    .unwrap();
            }
            Err(error) => break error,
        }
        kind += 1;
        assert!(kind < 500, "the limit has no effect");
    };
    assert!(matches!(error, StoreError::Full), "{error}");
    assert!(store.health().full, "{:?}", store.health());
    assert_eq!(store.groups(DEFAULT_PROJECT, 1_000).await.unwrap().len(), kind, "no group with an issue was deleted");
    let (known, new) = (record(large(0), 1_000), record(large(kind), 1_000));
    assert_eq!(store.accept(vec![known]).await.unwrap()[0].count, 2);
    assert!(matches!(store.accept(vec![record(large(1), 1_000), new]).await, Err(StoreError::Full)));
    let detail = store.groups(DEFAULT_PROJECT, 1_000).await.unwrap();
    assert_eq!(detail.iter().map(|group| group.count).sum::<u64>(), kind as u64 + 1, "a refused batch counts nothing");
}

fn issue(number: u64) -> autoheal_store::Change {
    autoheal_store::Change::Issue(autoheal_store::Link { number, url: format!("https://github.example/{number}") })
}

#[tokio::test]
async fn groups_not_seen_for_long_are_deleted_with_everything_and_open_ones_keep_their_first_sample() {
    const DAY: i64 = 86_400_000;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open(&file).unwrap();
    for kind in 0..20 {
        for at in 0..3 {
            let report = with_id(large(kind), &format!("{kind:08x}-0000-4000-8000-{at:012x}"));
            store.accept(vec![record(report, at)]).await.unwrap();
        }
    }
    let groups = store.groups(DEFAULT_PROJECT, 100).await.unwrap();
    let open = groups.last().unwrap();
    store.change(open.id, vec![autoheal_store::Change::Status(Status::IssueOpen), issue(7)]).await.unwrap();
    store.accept(vec![record(large(5), 50 * DAY)]).await.unwrap();
    let before = std::fs::metadata(&file).unwrap().len()
        + std::fs::metadata(directory.path().join("store.db-wal")).unwrap().len();

    assert_eq!(store.maintain(Timestamp(90 * DAY - 5_000)).await.unwrap().groups, 0);
    let deleted = store.maintain(Timestamp(90 * DAY + 5_000)).await.unwrap();
    assert_eq!((deleted.groups, deleted.samples), (18, 2), "{deleted:?}");
    let left = store.groups(DEFAULT_PROJECT, 100).await.unwrap();
    assert_eq!(left.len(), 2);
    let detail = store.detail(DEFAULT_PROJECT, open.fingerprint).await.unwrap().unwrap();
    assert_eq!((detail.samples.len(), detail.group.issue.unwrap().number), (1, 7));
    for table in ["fingerprints", "clients", "releases", "intents", "approvals", "samples"] {
        let strangers = format!("SELECT count(*) FROM {table} WHERE group_id NOT IN (SELECT id FROM groups)");
        assert_eq!(query(&file, &strangers), 0, "{table}");
    }
    assert_eq!(query(&file, "SELECT count(*) FROM report_ids"), 0);
    store.close().await.unwrap();
    drop(store);
    let after = std::fs::metadata(&file).unwrap().len();
    assert!(after < before / 3, "the file shrinks: {before} to {after}");
}

#[tokio::test]
async fn a_deleted_group_is_not_counted_by_a_repeated_delivery_and_its_id_is_not_used_again() {
    const DAY: i64 = 86_400_000;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store =
        Sqlite::open_for_service(&file, Limits { retention: Some(Duration::from_millis(10)), ..Limits::default() })
            .unwrap();
    let report = with_id(failure("gone"), "7d9f3f6e-6a52-4a43-8c6e-0d6a7a1f2b10");
    store.accept(vec![record(report.clone(), DAY)]).await.unwrap();
    assert_eq!(store.maintain(Timestamp(DAY + 5_000)).await.unwrap().groups, 1);
    let again = store.accept(vec![record(report, DAY + 6_000)]).await.unwrap();
    assert!(again[0].duplicate && store.groups(DEFAULT_PROJECT, 10).await.unwrap().is_empty());
    store.accept(vec![record(failure("new"), DAY + 7_000)]).await.unwrap();
    assert_eq!(store.groups(DEFAULT_PROJECT, 10).await.unwrap()[0].id.0, 2);
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_deletes_nothing_at_once() {
    const HOUR: i64 = 3_600_000;
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    let report = with_id(failure("no apples"), "7d9f3f6e-6a52-4a43-8c6e-0d6a7a1f2b10");
    store.maintain(Timestamp(1_000 * HOUR)).await.unwrap();
    store.accept(vec![record(report.clone(), 1_000 * HOUR)]).await.unwrap();
    for _ in 0..3 {
        let deleted = store.maintain(Timestamp(1_000_000 * HOUR)).await.unwrap();
        assert_eq!((deleted.groups, deleted.ids), (0, 0));
    }
    assert!(store.accept(vec![record(report, 1_001 * HOUR)]).await.unwrap()[0].duplicate);
}

#[tokio::test]
async fn restarts_and_erasures_while_the_clock_is_ahead_delete_nothing() {
    const HOUR: i64 = 3_600_000;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let report = with_id(failure("no apples"), "7d9f3f6e-6a52-4a43-8c6e-0d6a7a1f2b10");
    let store = Sqlite::open(&file).unwrap();
    store.maintain(Timestamp(1_000 * HOUR)).await.unwrap();
    store.accept(vec![record(report.clone(), 1_000 * HOUR)]).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    for restart in 0..100 {
        let store = Sqlite::open(&file).unwrap();
        let deleted = store.maintain(Timestamp(1_000_000 * HOUR)).await.unwrap();
        assert_eq!((deleted.groups, deleted.ids), (0, 0), "restart {restart}");
        let absent = record(failure("no pears"), 1).fingerprint();
        store.erase_group(DEFAULT_PROJECT, absent, Timestamp(1_000_000 * HOUR)).await.unwrap();
        store.close().await.unwrap();
    }
    let store = Sqlite::open(&file).unwrap();
    assert!(store.accept(vec![record(report, 1_001 * HOUR)]).await.unwrap()[0].duplicate);
}

#[tokio::test]
async fn a_clock_that_was_at_1970_once_does_not_stop_retention() {
    const DAY: i64 = 86_400_000;
    const START: i64 = 20_000 * DAY;
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    store.maintain(Timestamp(START)).await.unwrap();
    store.accept(vec![record(failure("no apples"), START)]).await.unwrap();
    assert_eq!(store.maintain(Timestamp(3_600_000)).await.unwrap().groups, 0);
    let mut days = 0;
    while store.maintain(Timestamp(START + days * DAY)).await.unwrap().groups == 0 {
        days += 1;
        assert!(days < 95, "the group is not deleted");
    }
    assert!(days >= 90, "deleted after {days} days");
}

//! Spikes, and failures that are new in a release: counts of known senders raise the severity, those of strangers never
//! do.

use std::sync::Arc;

use autoheal_contract::Severity;
use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::Timestamp;
use autoheal_prepare::validate::Sender;
use autoheal_store::{Group, Raise, Sqlite, Store};
use serde_json::json;

use crate::reports::{failure, record_from};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// Half past an hour.
const NOW: i64 = 1_800_001_800_000;

struct Counted {
    store: Arc<dyn Store>,
    directory: tempfile::TempDir,
}

impl Counted {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&directory.path().join("store.db")).unwrap());
        Self { store, directory }
    }

    /// Reports a failure this often at a time, in a release.
    async fn report(&self, message: &str, sender: Sender, at: i64, count: u64, release: Option<&str>) {
        let mut report = failure(message);
        (report["count"], report["source"]) = (json!(count), json!("rust"));
        if let Some(release) = release {
            report["release"] = json!(release);
        }
        self.store.accept(vec![record_from(report, at, sender)]).await.unwrap();
    }

    async fn group(&self, message: &str) -> Group {
        let groups = self.store.groups(DEFAULT_PROJECT, 100).await.unwrap();
        groups.into_iter().find(|group| group.error_message == message).unwrap()
    }
}

#[tokio::test]
async fn more_than_in_the_same_hour_of_earlier_weeks_is_a_spike() {
    // what was reported in the same hour of two earlier weeks, and now
    for (before, now, expected) in [(4, 12, true), (4, 11, false), (0, 10, true), (0, 9, false), (50, 149, false)] {
        let counted = Counted::new();
        counted.report("m", Sender::Keyed, NOW - 3 * WEEK, 1, None).await;
        for week in [2, 1] {
            // another hour, and another weekday, do not count
            counted.report("m", Sender::Keyed, NOW - week * WEEK + 2 * HOUR, 1_000, None).await;
            counted.report("m", Sender::Keyed, NOW - week * WEEK + DAY, 1_000, None).await;
            if before > 0 {
                counted.report("m", Sender::Keyed, NOW - week * WEEK, before, None).await;
            }
        }
        assert_eq!(counted.group("m").await.severity, Severity::Medium);
        for _ in 0..now {
            counted.report("m", Sender::Keyed, NOW, 1, None).await;
        }
        let group = counted.group("m").await;
        assert_eq!(group.severity == Severity::High, expected, "{before} {now}: {:?}", group.raised);
        if let Some(reason) = group.raised {
            let start = Timestamp(NOW - HOUR / 2);
            assert_eq!(reason, Raise::Spike { hour: start, count: now.max(10), usual: before });
        }
    }
}

#[tokio::test]
async fn a_new_group_has_too_little_history_for_a_spike() {
    let counted = Counted::new();
    counted.report("m", Sender::Keyed, NOW - 2 * WEEK, 1, None).await;
    counted.report("m", Sender::Keyed, NOW, 100_000, None).await;
    let group = counted.group("m").await;
    assert_eq!((group.severity, group.raised), (Severity::Medium, None));
}

#[tokio::test]
async fn strangers_make_no_spike_and_hide_none() {
    let counted = Counted::new();
    counted.report("m", Sender::Keyed, NOW - 3 * WEEK, 1, None).await;
    for _ in 0..50 {
        counted.report("m", Sender::Anonymous, NOW, 100, None).await;
    }
    assert_eq!(counted.group("m").await.raised, None);
    // nor is a failure known for longer because of them
    counted.report("n", Sender::Anonymous, NOW - 3 * WEEK, 1, None).await;
    counted.report("n", Sender::Keyed, NOW, 100, None).await;
    assert_eq!(counted.group("n").await.raised, None);
    // nor do their reports of earlier weeks count as usual
    for week in [2, 1] {
        counted.report("m", Sender::Anonymous, NOW - week * WEEK, 100, None).await;
    }
    counted.report("m", Sender::Keyed, NOW, 10, None).await;
    assert_eq!(counted.group("m").await.severity, Severity::High);
}

#[tokio::test]
async fn a_failure_that_an_earlier_release_did_not_have_is_new_in_the_release() {
    let counted = Counted::new();
    counted.report("first of all", Sender::Keyed, NOW, 1, Some("1.0")).await;
    // too soon after the first release
    counted.report("hotfix", Sender::Keyed, NOW + HOUR, 1, Some("1.1")).await;
    counted.report("old", Sender::Keyed, NOW + 3 * DAY, 1, Some("1.1")).await;
    // a stranger can neither invent a release nor report the failure first
    counted.report("invented", Sender::Anonymous, NOW + 4 * DAY, 1, Some("9.9")).await;
    counted.report("new", Sender::Anonymous, NOW + 4 * DAY, 1, Some("1.1")).await;
    counted.report("new", Sender::Keyed, NOW + 5 * DAY, 1, Some("2.0")).await;
    counted.report("old", Sender::Keyed, NOW + 5 * DAY, 1, Some("2.0")).await;
    counted.report("of the old release", Sender::Keyed, NOW + 5 * DAY, 1, Some("1.1")).await;
    counted.report("without a release", Sender::Keyed, NOW + 5 * DAY, 1, None).await;
    counted.report("late", Sender::Keyed, NOW + 13 * DAY, 1, Some("2.0")).await;
    for (message, expected) in [
        ("first of all", false),
        ("hotfix", false),
        ("old", false),
        ("invented", false),
        ("new", true),
        ("of the old release", false),
        ("without a release", false),
        ("late", false),
    ] {
        let group = counted.group(message).await;
        assert_eq!(group.severity == Severity::High, expected, "{message}: {:?}", group.raised);
    }
    let since = Timestamp(NOW + 5 * DAY);
    assert_eq!(counted.group("new").await.raised, Some(Raise::NewInRelease { release: "2.0".to_owned(), since }));
}

#[tokio::test]
async fn hours_and_releases_take_a_bounded_number_of_rows() {
    let counted = Counted::new();
    for number in 0..250 {
        let release = format!("1.{number}");
        counted.report("m", Sender::Keyed, NOW + number * 4 * HOUR, 1, Some(&release)).await;
    }
    let file = counted.directory.path().join("store.db");
    let rows = |table: &str| -> i64 {
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert!(rows("hours") <= 5 * 7 * 6 + 1, "{}", rows("hours"));
    assert_eq!(rows("project_releases"), 200);
}

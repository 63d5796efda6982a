//! The time that a write waits while much is deleted, and the plans of the queries that run often.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::Timestamp;
use autoheal_store::{Limits, NewSourceMap, Sqlite, Store};

use crate::reports::{failure, record};

pub(crate) const DAY: i64 = 86_400_000;

/// Fills the store with this many report ids of the same group, whose times are spread from `from` to `to`.
pub(crate) fn add_ids(file: &Path, number: usize, from: i64, to: i64) {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection
        .execute(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
             INSERT INTO report_ids (project_id, id, group_id, seen_at)
             SELECT 1, randomblob(16), 1, ?2 + (?3 - ?2) * n / ?1 FROM numbers",
            rusqlite::params![number, from, to],
        )
        .unwrap();
}

/// Sends reports one after the other while `work` runs, and returns the longest time that one took, and their number.
async fn longest_accept(store: &Arc<Sqlite>, work: impl Future<Output = ()>) -> (Duration, usize) {
    let stop = Arc::new(AtomicBool::new(false));
    let reports = tokio::spawn({
        let (store, stop) = (Arc::clone(store), Arc::clone(&stop));
        async move {
            let mut longest = Duration::ZERO;
            let mut sent = 0;
            while !stop.load(Ordering::Relaxed) {
                let started = Instant::now();
                store.accept(vec![record(failure("no apples"), 3 * DAY)]).await.unwrap();
                longest = longest.max(started.elapsed());
                sent += 1;
            }
            (longest, sent)
        }
    });
    work.await;
    stop.store(true, Ordering::Relaxed);
    reports.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_ids_expire_while_reports_come() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let limits = Limits { report_ids: 100_000, ..Limits::default() };
    let store = Arc::new(Sqlite::open_for_service(&file, limits).unwrap());
    store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
    // half of them are too old, and of the others there are too many
    add_ids(&file, 500_000, 0, DAY);
    add_ids(&file, 500_000, 2 * DAY + 1, 3 * DAY);
    // the log of the lines above is not part of the measurement
    store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
    let mut deleted = 0;
    let (longest, sent) = longest_accept(&store, async {
        deleted = store.maintain(Timestamp(3 * DAY)).await.unwrap().ids;
    })
    .await;
    println!("{deleted} ids deleted; the longest of {sent} writes meanwhile took {longest:?}");
    assert_eq!(deleted, 900_000);
    assert!(sent > 20, "reports got their turn");
    // The bar is 50 ms. A disk that is busy with other tests may add to it, one long transaction would take seconds.
    assert!(longest < Duration::from_millis(500), "{longest:?}");
    let left = rusqlite::Connection::open(&file).unwrap();
    let oldest: i64 = left.query_row("SELECT min(seen_at) FROM report_ids", [], |row| row.get(0)).unwrap();
    assert!(oldest >= 2 * DAY + DAY / 5 * 4 - 1_000, "the oldest ids are deleted first: {oldest}");
}

/// Writes each of which fills the log up to the next checkpoint leave some time to the deletion.
#[tokio::test(flavor = "multi_thread")]
async fn ids_expire_while_each_commit_fills_the_log() {
    const IDS: usize = 500;
    const MAX_TIME: Duration = Duration::from_secs(20);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open_for_service(&file, Limits::default()).unwrap();
    store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    add_ids(&file, IDS, 0, DAY);
    let store = Arc::new(Sqlite::open_for_service(&file, Limits::default()).unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    // each part of a source map is a commit
    let uploads: Vec<_> = (0..3)
        .map(|id| {
            let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let parts = vec![vec![id; 900_000]; 10];
                    let map = NewSourceMap { project: "shop".to_owned(), debug_id: [id; 16], file: None, parts };
                    store.add_source_map(map, Timestamp(3 * DAY)).await.unwrap();
                }
            })
        })
        .collect();
    while !store.has_source_maps("shop").await.unwrap() {
        tokio::task::yield_now().await;
    }
    let maintaining = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.maintain(Timestamp(3 * DAY)).await.unwrap().ids }
    });
    let reader = rusqlite::Connection::open(&file).unwrap();
    let old = format!("SELECT count(*) FROM report_ids WHERE seen_at <= {DAY}");
    let left = || reader.query_row(&old, [], |row| row.get::<_, usize>(0)).unwrap();
    let started = Instant::now();
    while left() > 0 && started.elapsed() < MAX_TIME {
        store.accept(vec![record(failure("no apples"), 3 * DAY)]).await.unwrap();
    }
    let (left, took) = (left(), started.elapsed());
    stop.store(true, Ordering::Relaxed);
    for upload in uploads {
        upload.await.unwrap();
    }
    println!("{left} of {IDS} ids were left after {took:?}");
    assert_eq!(left, 0);
    assert!(maintaining.await.unwrap() as usize >= IDS);
}

/// While a reader keeps the log from being begun anew, it may not grow with all that is deleted, nor may each look at it
/// take longer than the one before.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_read_stops_the_deletion_and_not_the_reports() {
    // the log may have a quarter of it
    const LIMIT: u64 = 40_000_000;
    const IDS: usize = 300_000;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let limits = Limits { bytes: LIMIT, ..Limits::default() };
    let store = Sqlite::open_for_service(&file, limits).unwrap();
    store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    // while no store is open, so that none finds its log cut by another program
    add_ids(&file, IDS, 0, DAY);
    let store = Arc::new(Sqlite::open_for_service(&file, limits).unwrap());
    store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
    let reader = rusqlite::Connection::open(&file).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM groups").unwrap();
    let maintaining = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.maintain(Timestamp(3 * DAY)).await.unwrap().ids }
    });
    let log = || std::fs::metadata(directory.path().join("store.db-wal")).unwrap().len();
    let left = rusqlite::Connection::open(&file).unwrap();
    let left = || left.query_row("SELECT count(*) FROM report_ids", [], |row| row.get::<_, usize>(0)).unwrap();
    let (mut longest, mut before) = (Duration::ZERO, usize::MAX);
    while left() < before {
        before = left();
        for _ in 0..20 {
            let started = Instant::now();
            store.accept(vec![record(failure("no apples"), 3 * DAY)]).await.unwrap();
            longest = longest.max(started.elapsed());
        }
    }
    println!("the log has {} bytes; the longest write took {longest:?}", log());
    assert!(
        (1..IDS).contains(&left()) && log() < LIMIT / 5 * 2,
        "{} ids are left, the log has {} bytes",
        left(),
        log()
    );
    // Seconds on a disk that is busy with other tests; without a bound, the time grows with the log.
    assert!(longest < Duration::from_secs(5), "{longest:?}");
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(maintaining.await.unwrap() as usize, IDS);
    assert!(log() < LIMIT / 5, "the log is cut afterwards: {} bytes", log());
}

#[tokio::test]
async fn a_long_log_is_cut_while_readers_poll() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let limits = Limits { bytes: 20_000_000, ..Limits::default() };
    let store = Arc::new(Sqlite::open_for_service(&file, limits).unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    store.groups(DEFAULT_PROJECT, 20).await.unwrap();
                }
            })
        })
        .collect();
    let mut longest = 0;
    for at in 0..600 {
        let mut report = failure(&format!("kind {}", "abcdefghijklmnopqrstuvwxyz".get(at % 20..at % 20 + 3).unwrap()));
        report["error_type"] = serde_json::json!(format!("E{}", "x".repeat(at % 97)));
        report["context"] = serde_json::json!({"a": "b".repeat(10_000)});
        store.accept(vec![record(report, at as i64)]).await.unwrap();
        longest = longest.max(std::fs::metadata(directory.path().join("store.db-wal")).unwrap().len());
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    assert!(longest < 3_000_000, "the log grew to {longest} bytes");
}

/// No query that runs often may read a whole table, or sort one.
#[tokio::test]
async fn lists_and_counts_read_an_index() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open(&file).unwrap();
    store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
    let connection = rusqlite::Connection::open(&file).unwrap();
    for (sql, index) in [
        (
            "SELECT * FROM groups WHERE project_id = (SELECT id FROM projects WHERE name = ?1)
          ORDER BY listed_at DESC, id DESC LIMIT ?2",
            "groups_by_listing",
        ),
        (
            "SELECT listed_at, id FROM groups WHERE project_id = ?1 AND (listed_at, id) > (?2, ?3) AND listed_at < ?4
          ORDER BY listed_at, id LIMIT 1",
            "groups_by_listing",
        ),
        ("SELECT id, seen_at FROM report_ids WHERE project_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3", "PRIMARY KEY"),
        ("DELETE FROM fingerprints WHERE group_id = ?1", "fingerprints_by_group"),
        ("SELECT max(sent_at) FROM intents", "intents_by_time"),
    ] {
        let plan: Vec<String> = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap()
            .query_map(rusqlite::params_from_iter((0..sql.matches('?').count()).map(|_| 1)), |row| row.get("detail"))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let plan = plan.join("; ");
        assert!(
            plan.contains(index) && !plan.contains("SCAN groups") && !plan.contains("TEMP B-TREE"),
            "{sql}: {plan}"
        );
    }
}

#[tokio::test]
async fn the_list_is_in_the_order_of_the_last_reports() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    for (at, name) in [(1_000, "a"), (1_400, "b"), (3_000, "c"), (3_001, "a"), (9_000, "d"), (8_000, "b"), (8_500, "d")]
    {
        store.accept(vec![record(failure(&format!("no {name}")), at)]).await.unwrap();
    }
    let listed = store.groups(DEFAULT_PROJECT, 10).await.unwrap();
    let messages: Vec<_> = listed.iter().map(|group| group.error_message.as_str()).collect();
    assert_eq!(messages, ["no d", "no b", "no a", "no c"]);
    assert_eq!(store.groups(DEFAULT_PROJECT, 2).await.unwrap().len(), 2);
}

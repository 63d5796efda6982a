//! The limit of the store: the files together never exceed it, and strangers cannot use it up.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::Timestamp;
use autoheal_prepare::validate::Sender;
use autoheal_store::{Approval, Change, IntentKind, Limits, Link, Sqlite, Status, Store, StoreError};
use serde_json::json;

use crate::reports::{failure, large, record, record_from};

fn limits(bytes: u64) -> Limits {
    Limits { bytes, ..Limits::default() }
}

/// Size of all files in a directory.
fn size_of(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}

/// Looks at the size of a directory all the time, on a thread of its own.
struct Watch {
    stop: Arc<AtomicBool>,
    largest: Arc<AtomicU64>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    fn start(directory: PathBuf) -> Self {
        let (stop, largest) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let thread = std::thread::spawn({
            let (stop, largest) = (Arc::clone(&stop), Arc::clone(&largest));
            move || {
                while !stop.load(Ordering::Relaxed) {
                    largest.fetch_max(size_of(&directory), Ordering::Relaxed);
                }
            }
        });
        Self { stop, largest, thread: Some(thread) }
    }

    fn largest(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
        self.largest.load(Ordering::Relaxed)
    }
}

/// A new failure with this number of bytes of text.
fn new_failure(kind: usize, bytes: usize) -> serde_json::Value {
    let mut report = large(kind);
    report["context"] = json!({"a": "x".repeat(bytes)});
    report
}

/// One flood: name, limit in bytes, bytes of text per report, reports per batch.
type Flood = (&'static str, u64, usize, usize);

#[tokio::test(flavor = "multi_thread")]
async fn the_files_together_stay_below_the_limit_during_a_flood() {
    let floods: [Flood; 5] = [
        ("large reports", 5_000_000, 60_000, 1),
        ("small reports", 1_500_000, 50, 1),
        ("batches of small reports", 1_500_000, 50, 100),
        ("batches of large reports", 20_000_000, 9_000, 100),
        ("the least limit", 1_000_000, 5_000, 1),
    ];
    for (name, limit, bytes, batch) in floods {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open_for_service(&directory.path().join("store.db"), limits(limit)).unwrap());
        let watch = Watch::start(directory.path().to_owned());
        let total = (limit as usize * 4 / (bytes + 2_500)).clamp(300, 1_500);
        let senders: Vec<_> = (0..8)
            .map(|sender| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let mut accepted = 0;
                    for kind in (sender * batch..total).step_by(8 * batch) {
                        // the flood takes ten minutes, so that groups become old enough to be deleted
                        let at = (kind * 600_000 / total) as i64;
                        let records = (kind..kind + batch).map(|kind| record(new_failure(kind, bytes), at));
                        match store.accept(records.collect()).await {
                            Ok(_) => accepted += batch,
                            Err(StoreError::Full) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                    accepted
                })
            })
            .collect();
        let mut accepted = 0;
        for sender in senders {
            accepted += sender.await.unwrap();
        }
        let largest = watch.largest();
        println!("{name}: {accepted} of {total} accepted; at most {largest} of {limit} bytes");
        assert!(largest <= limit, "{name}: the files had {largest} of {limit} bytes");
        assert!(accepted * 10 > total.min(500), "{name}: {accepted} of {total} were accepted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_holds_while_a_reader_keeps_the_log_from_being_cut() {
    const LIMIT: u64 = 5_000_000;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open_for_service(&file, limits(LIMIT)).unwrap();
    store.accept(vec![record(large(0), 0)]).await.unwrap();
    let reader = rusqlite::Connection::open(&file).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM groups").unwrap();
    let watch = Watch::start(directory.path().to_owned());
    let mut refused = 0;
    for kind in 1..150 {
        match store.accept(vec![record(large(kind), kind as i64)]).await {
            Ok(_) => {}
            Err(StoreError::Full) => refused += 1,
            Err(error) => panic!("{error}"),
        }
        if refused == 3 {
            break;
        }
    }
    assert_eq!(refused, 3);
    reader.execute_batch("COMMIT").unwrap();
    store.accept(vec![record(failure("known again"), 200)]).await.unwrap();
    let largest = watch.largest();
    assert!(largest <= LIMIT, "the files had {largest} of {LIMIT} bytes");
}

/// Fills the store with failures of strangers, all of the same second, until one is refused. Returns their number.
async fn fill(store: &Sqlite) -> usize {
    for kind in 0..1_000 {
        match store.accept(vec![record(large(kind), 1_000)]).await {
            Ok(_) => {}
            Err(StoreError::Full) => return kind,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the limit has no effect");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_sender_displaces_groups_of_strangers_of_any_age_and_strangers_displace_nothing() {
    for sender in [Sender::Keyed, Sender::Local] {
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::open_for_service(&directory.path().join("store.db"), limits(4_000_000)).unwrap();
        let filled = fill(&store).await;
        // more than the share that is kept for known senders
        for kind in 2_000..2_000 + filled {
            let known = record_from(large(kind), 1_001, sender);
            store.accept(vec![known]).await.unwrap_or_else(|error| panic!("{sender:?} {}: {error}", kind - 2_000));
            let stranger = store.accept(vec![record(large(kind + 1_000), 1_001)]).await;
            assert!(matches!(stranger, Err(StoreError::Full)), "{stranger:?}");
            if kind == 2_000 + filled * 2 / 3 {
                break;
            }
        }
        let groups = store.groups(DEFAULT_PROJECT, 1_000).await.unwrap();
        let known = groups.iter().filter(|group| group.known).count();
        assert_eq!(known, filled * 2 / 3 + 1, "no group of a known sender was displaced");
        assert!(store.health().deleted_groups > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_with_an_issue_a_write_or_an_approval_are_never_displaced() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open_for_service(&directory.path().join("store.db"), limits(4_000_000)).unwrap();
    let filled = fill(&store).await;
    let groups = store.groups(DEFAULT_PROJECT, 1_000).await.unwrap();
    assert_eq!(groups.len(), filled);
    for (place, group) in groups.iter().enumerate() {
        match place % 3 {
            0 => {
                let link = Link { number: place as u64, url: format!("https://github.example/{place}") };
                store.change(group.id, vec![Change::Status(Status::IssueOpen), Change::Issue(link)]).await.unwrap();
            }
            1 => {
                let kind = IntentKind::OpenIssue;
                store.begin(DEFAULT_PROJECT, Some(group.id), kind, "{}".to_owned(), Timestamp(1)).await.unwrap();
            }
            _ => {
                let approval = Approval {
                    hash: "h".to_owned(),
                    login: "ada".to_owned(),
                    labelled_at: Timestamp(1),
                    revoked_at: None,
                };
                store.approve(group.id, approval, Timestamp(1)).await.unwrap();
            }
        }
    }
    let mut known = 0;
    let refusal = loop {
        match store.accept(vec![record_from(large(2_000 + known), 1_001, Sender::Keyed)]).await {
            Ok(_) => known += 1,
            Err(error) => break error,
        }
        assert!(known < filled, "the limit has no effect");
    };
    assert!(matches!(refusal, StoreError::Full), "{refusal}");
    assert!(known >= 1, "a share is kept for known senders");
    assert_eq!(store.groups(DEFAULT_PROJECT, 1_000).await.unwrap().len(), filled + known);
    assert_eq!(store.accept(vec![record(large(0), 2_000)]).await.unwrap()[0].count, 2, "known failures are counted");
}

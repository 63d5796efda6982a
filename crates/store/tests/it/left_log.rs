//! What a killed service left: a log that is whole, cut, damaged or missing at the next start.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_store::{Loss, Sqlite, Store};

use crate::reports::{failure, record};

/// Size of a frame of the log, in bytes.
const FRAME: u64 = 4096 + 24;

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The files of a store with five groups, as a killed service leaves them.
async fn killed(directory: &Path) -> PathBuf {
    let (running, left) = (directory.join("running.db"), directory.join("store.db"));
    let store = Sqlite::open(&running).unwrap();
    for kind in ["apples", "pears", "plums", "figs", "dates"] {
        store.accept(vec![record(failure(&format!("no {kind}")), 1)]).await.unwrap();
    }
    for suffix in ["", "-wal", "-shm"] {
        fs::copy(beside(&running, suffix), beside(&left, suffix)).unwrap();
    }
    store.close().await.unwrap();
    left
}

async fn groups(store: &Sqlite) -> usize {
    store.groups(DEFAULT_PROJECT, 100).await.unwrap().len()
}

fn set_aside(file: &Path) -> usize {
    let names = fs::read_dir(file.parent().unwrap()).unwrap().flatten();
    names.filter(|entry| entry.file_name().to_string_lossy().starts_with("store.db-wal.damaged-")).count()
}

/// Number of whole frames in the log of the current use.
fn frames(log: &Path) -> u64 {
    let bytes = fs::read(log).unwrap();
    let salt = bytes[16..24].to_vec();
    bytes[32..].chunks_exact(FRAME as usize).take_while(|frame| frame[8..16] == salt).count() as u64
}

#[tokio::test]
async fn a_log_that_is_whole_or_cut_in_its_last_transaction_is_used_without_a_word() {
    type Harm = fn(&Path);
    let harms: [(&str, Harm, usize); 4] = [
        ("whole", |_| {}, 5),
        ("cut in the last transaction", |log| cut(log, frames(log) * FRAME + 32 - 100), 4),
        (
            "an unfinished transaction",
            |log| {
                // a frame that ends no transaction, and a piece of the next one
                let at = 32 + frames(log) * FRAME;
                let bytes = fs::read(log).unwrap();
                let mut frame = bytes[32..56].to_vec();
                frame[4..8].fill(0);
                write(log, at, &frame);
                cut(log, at + 1_000);
            },
            5,
        ),
        (
            "frames of an earlier use behind the end",
            |log| {
                let at = 32 + frames(log) * FRAME;
                write(log, at, &vec![7; FRAME as usize * 3]);
            },
            5,
        ),
    ];
    for (name, harm, expected) in harms {
        let directory = tempfile::tempdir().unwrap();
        let file = killed(directory.path()).await;
        harm(&beside(&file, "-wal"));
        let store = Sqlite::open(&file).unwrap();
        assert_eq!((store.health().loss, groups(&store).await), (None, expected), "{name}");
        assert_eq!(set_aside(&file), 0, "{name}");
    }
}

/// Begins a transaction that does not fit into the memory of its connection, so that frames of the log are written again
/// and again before they have their checksums.
fn begin_large_transaction(file: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.pragma_update(None, "cache_size", 2).unwrap();
    connection.pragma_update(None, "cache_spill", 2).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE; CREATE TABLE large (number INTEGER PRIMARY KEY, text BLOB)").unwrap();
    for _ in 0..3 {
        for number in 0..40 {
            connection.execute("INSERT OR REPLACE INTO large VALUES (?1, randomblob(3000))", [number]).unwrap();
        }
    }
    connection
}

/// Copies these files of a store, as a kill at this time leaves them.
fn copy(from: &Path, to: &Path, suffixes: &[&str]) {
    for suffix in suffixes {
        fs::copy(beside(from, suffix), beside(to, suffix)).unwrap();
    }
}

#[tokio::test]
async fn a_kill_in_a_large_transaction_is_no_damage() {
    for committed in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let running = killed(directory.path()).await;
        let left = directory.path().join("left.db");
        let before = frames(&beside(&running, "-wal"));
        let connection = begin_large_transaction(&running);
        copy(&running, &left, &["", "-wal", "-shm"]);
        if committed {
            // the frame that ends the transaction is written, but not all checksums are right
            connection.execute_batch("COMMIT").unwrap();
            copy(&running, &left, &["-wal"]);
            write(&beside(&left, "-wal"), 32 + FRAME * before + 16, &[0xee; 8]);
        }
        let store = Sqlite::open(&left).unwrap();
        assert_eq!((store.health().loss, groups(&store).await), (None, 5), "committed: {committed}");
        store.accept(vec![record(failure("no apples"), 2)]).await.unwrap();
    }
}

#[tokio::test]
async fn a_damaged_log_is_set_aside_and_the_status_says_so() {
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 6] = [
        ("a page", |log| write(log, 32 + FRAME * 2 + 500, &[0xee; 40])),
        ("a frame's header", |log| write(log, 32 + FRAME * 2, &[0xee; 24])),
        ("the first page", |log| write(log, 32 + 500, &[0xee; 40])),
        ("the last page", |log| write(log, 32 + FRAME * (frames(log) - 1) + 500, &[0xee; 40])),
        ("the header", |log| write(log, 3, &[0xee; 20])),
        ("all", |log| write(log, 0, &vec![0; fs::metadata(log).unwrap().len() as usize])),
    ];
    for (name, harm) in harms {
        let directory = tempfile::tempdir().unwrap();
        let file = killed(directory.path()).await;
        let log = beside(&file, "-wal");
        harm(&log);
        let damaged = fs::read(&log).unwrap();
        let said = Sqlite::backup(&file, &directory.path().join("copy.db")).unwrap_err().to_string();
        assert!(said.contains("log") && said.contains("start autoheal serve"), "{name}: {said}");
        assert!(
            Sqlite::open_unless_in_use(&file).unwrap().is_none(),
            "{name}: only the service goes on without the rest"
        );
        assert_eq!(fs::read(&log).unwrap(), damaged, "{name}");
        let store = Sqlite::open(&file).unwrap();
        assert_eq!(store.health().loss, Some(Loss::LogDamaged), "{name}");
        assert_eq!(set_aside(&file), 1, "{name}");
        assert!(groups(&store).await < 5, "{name}");
        store.accept(vec![record(failure("no apples"), 2)]).await.unwrap();
        store.close().await.unwrap();
        drop(store);
        let store = Sqlite::open(&file).unwrap();
        assert_eq!((store.health().loss, set_aside(&file)), (None, 1), "{name}: the next start finds all in order");
    }
}

#[tokio::test]
async fn a_log_that_is_missing_after_a_kill_is_noticed() {
    for emptied in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let file = killed(directory.path()).await;
        let log = beside(&file, "-wal");
        if emptied {
            cut(&log, 0)
        } else {
            fs::remove_file(&log).unwrap()
        }
        assert!(Sqlite::open_unless_in_use(&file).unwrap().is_none());
        let store = Sqlite::open(&file).unwrap();
        assert_eq!((store.health().loss, groups(&store).await), (Some(Loss::LogMissing), 0));
        store.close().await.unwrap();
        drop(store);
        assert_eq!(Sqlite::open(&file).unwrap().health().loss, None);
    }
}

#[tokio::test]
async fn a_log_that_another_program_copied_into_the_file_is_not_missed() {
    let directory = tempfile::tempdir().unwrap();
    let file = killed(directory.path()).await;
    let other = rusqlite::Connection::open(&file).unwrap();
    other.query_row("SELECT count(*) FROM groups", [], |row| row.get::<_, i64>(0)).unwrap();
    drop(other);
    assert!(!beside(&file, "-wal").exists());
    let copy = directory.path().join("copy.db");
    Sqlite::backup(&file, &copy).unwrap();
    for file in [&file, &copy] {
        let store = Sqlite::open(file).unwrap();
        assert_eq!((store.health().loss, groups(&store).await), (None, 5), "{}", file.display());
    }
}

#[tokio::test]
async fn a_log_without_its_file_stops_the_start_with_what_to_do() {
    for emptied in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let file = killed(directory.path()).await;
        let whole = fs::read(&file).unwrap();
        if emptied {
            cut(&file, 0)
        } else {
            fs::remove_file(&file).unwrap()
        }
        for _ in 0..2 {
            let said = Sqlite::open(&file).err().unwrap().to_string();
            assert!(said.contains("put the file back") && said.contains("autoheal backup"), "{said}");
        }
        fs::write(&file, whole).unwrap();
        let store = Sqlite::open(&file).unwrap();
        assert_eq!((store.health().loss, groups(&store).await), (None, 5), "nothing is lost");
    }
}

fn write(file: &Path, at: u64, bytes: &[u8]) {
    fs::OpenOptions::new().write(true).open(file).unwrap().write_all_at(bytes, at).unwrap();
}

fn cut(file: &Path, length: u64) {
    fs::OpenOptions::new().write(true).open(file).unwrap().set_len(length).unwrap();
}

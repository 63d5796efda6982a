//! The files of a store: locks, copies, damage, and files that go missing while the store is open.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::Timestamp;
use autoheal_prepare::validate::Sender;
use autoheal_store::{Sqlite, Store, StoreError};

use crate::reports::{failure, record, record_from};

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

async fn count(store: &Sqlite) -> u64 {
    store.groups(DEFAULT_PROJECT, 1_000).await.unwrap().iter().map(|group| group.count).sum()
}

#[tokio::test]
async fn a_file_is_locked_by_every_path_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open(&file).unwrap();
    let (link, hard_link) = (directory.path().join("link.db"), directory.path().join("hard.db"));
    symlink(&file, &link).unwrap();
    fs::hard_link(&file, &hard_link).unwrap();
    let linked_directory = directory.path().join("linked");
    symlink(directory.path(), &linked_directory).unwrap();
    for path in [&link, &hard_link, &linked_directory.join("store.db")] {
        assert!(Sqlite::open_unless_in_use(path).unwrap().is_none(), "{}", path.display());
    }
    assert!(!beside(&hard_link, "-wal").exists());
    store.accept(vec![record(failure("still works"), 1)]).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let store = Sqlite::open(&link).unwrap();
    assert_eq!(count(&store).await, 1);
    assert!(!beside(&link, "-wal").exists(), "the log is beside the file itself");
}

#[tokio::test]
async fn a_lock_file_of_an_earlier_version_that_is_held_does_not_matter() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let held = fs::File::create(beside(&file, ".lock")).unwrap();
    held.try_lock().unwrap();
    Sqlite::open(&file).unwrap();
}

/// Changes a file of an open store, and changes it back.
type Mishap = (&'static str, fn(&Path), Option<fn(&Path)>);

#[tokio::test]
async fn files_that_go_missing_are_noticed_and_nothing_more_is_acknowledged() {
    let mishaps: [Mishap; 8] = [
        ("deleted", |file| fs::remove_file(file).unwrap(), None),
        ("log deleted", |file| fs::remove_file(beside(file, "-wal")).unwrap(), None),
        ("directory deleted", |file| fs::remove_dir_all(file.parent().unwrap()).unwrap(), None),
        (
            "replaced",
            |file| {
                fs::copy(file, beside(file, ".copy")).unwrap();
                fs::rename(beside(file, ".copy"), file).unwrap();
            },
            None,
        ),
        ("cut", |file| fs::OpenOptions::new().write(true).open(file).unwrap().set_len(1_000).unwrap(), None),
        (
            "log cut",
            |file| fs::OpenOptions::new().write(true).open(beside(file, "-wal")).unwrap().set_len(9_000).unwrap(),
            None,
        ),
        ("emptied", |file| fs::write(file, "").unwrap(), None),
        (
            "moved",
            |file| fs::rename(file, beside(file, ".moved")).unwrap(),
            Some(|file| fs::rename(beside(file, ".moved"), file).unwrap()),
        ),
    ];
    for (name, harm, undo) in mishaps {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("data/store.db");
        let store = Sqlite::open(&file).unwrap();
        store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
        store.ready().await.unwrap();
        harm(&file);
        let unready = store.ready().await.err().unwrap_or_else(|| panic!("{name}: it is still ready")).to_string();
        assert!(unready.contains("store.db") && unready.contains("restart"), "{name}: {unready}");
        store
            .accept(vec![record(failure("no apples"), 2)])
            .await
            .err()
            .unwrap_or_else(|| panic!("{name}: acknowledged"));
        store.maintain(Timestamp(3)).await.unwrap_err();
        assert!(store.ready().await.is_err(), "{name}");
        if let Some(undo) = undo {
            undo(&file);
            store.ready().await.unwrap();
            assert_eq!(store.accept(vec![record(failure("no apples"), 4)]).await.unwrap()[0].count, 2, "{name}");
        }
    }
}

#[tokio::test]
async fn a_store_in_use_is_copied_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open(&file).unwrap();
    store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
    let copy = directory.path().join("copy.db");
    Sqlite::backup(&file, &copy).unwrap();
    store.accept(vec![record(failure("no pears"), 2)]).await.unwrap();
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let said = Sqlite::backup(&file, &copy).unwrap_err().to_string();
    assert!(said.contains("exists already"), "{said}");
    let said = Sqlite::backup(&file, &directory.path().join("absent/copy.db")).unwrap_err().to_string();
    assert!(said.contains("cannot write the copy"), "{said}");
    Sqlite::backup(&directory.path().join("absent.db"), &directory.path().join("new.db")).unwrap_err();
    Sqlite::backup(Path::new("/etc/hostname"), &directory.path().join("new.db")).unwrap_err();
    assert!(!directory.path().join("new.db").exists());
    let names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("partial")), "{names:?}");
    assert_eq!(count(&Sqlite::open(&copy).unwrap()).await, 1);
    assert_eq!(count(&store).await, 2, "the store goes on");
}

/// Makes a file of schema 2, with a group if wanted.
fn file_of_schema_2(file: &Path, with_group: bool) {
    let old = rusqlite::Connection::open(file).unwrap();
    old.execute_batch(include_str!("../../migrations/sqlite/0001_start.sql")).unwrap();
    old.execute_batch(include_str!("../../migrations/sqlite/0002_class.sql")).unwrap();
    old.pragma_update(None, "user_version", 2).unwrap();
    if with_group {
        let message = "😀".repeat(10_000);
        old.execute_batch("INSERT INTO projects (name) VALUES ('default')").unwrap();
        old.execute(
            "INSERT INTO groups (project_id, fingerprint, error_type, error_message, source, severity, first_seen, last_seen)
             VALUES (1, zeroblob(16), 'E', ?1, 'cli', 'low', 5000, 9000)",
            [message],
        )
        .unwrap();
    }
}

#[tokio::test]
async fn a_store_is_copied_before_its_schema_changes_and_can_shrink_afterwards() {
    for with_group in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        file_of_schema_2(&file, with_group);
        fs::write(beside(&file, ".before-0003"), "an older copy").unwrap();
        fs::write(beside(&file, ".before-I-forget"), "a note").unwrap();
        let store = Sqlite::open(&file).unwrap();
        let copy = beside(&file, ".before-0010");
        assert_eq!(copy.exists(), with_group, "an empty store is not copied");
        assert_eq!(beside(&file, ".before-0003").exists(), !with_group, "only the last copy is kept");
        assert!(beside(&file, ".before-I-forget").exists());
        let reader = rusqlite::Connection::open(&file).unwrap();
        let mode: i64 = reader.pragma_query_value(None, "auto_vacuum", |row| row.get(0)).unwrap();
        assert_eq!(mode, 2);
        if with_group {
            assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
            let copied = rusqlite::Connection::open(&copy).unwrap();
            let version: i64 = copied.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
            let bytes: i64 =
                copied.query_row("SELECT octet_length(error_message) FROM groups", [], |row| row.get(0)).unwrap();
            assert_eq!((version, bytes), (2, 40_000), "the copy has the old schema and all data");
            let groups = store.groups(DEFAULT_PROJECT, 1).await.unwrap();
            assert_eq!(groups[0].error_message.chars().count(), 250);
        }
    }
}

#[tokio::test]
async fn no_store_is_migrated_without_a_copy() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    file_of_schema_2(&file, true);
    // a directory with this name cannot be replaced by a file
    fs::create_dir_all(beside(&file, ".before-0010/full")).unwrap();
    let said = Sqlite::open(&file).err().unwrap().to_string();
    assert!(said.contains("not brought to its new version") && said.contains("make space"), "{said}");
    let old = rusqlite::Connection::open(&file).unwrap();
    assert_eq!(old.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap(), 2);
}

#[tokio::test]
async fn damage_is_found_at_the_start_and_the_sentence_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open(&file).unwrap();
    for kind in ["a", "b", "c", "d"] {
        let mut report = failure(&format!("no {kind}"));
        report["context"] = serde_json::json!({"long": "x".repeat(15_000)});
        store.accept(vec![record(report, 1)]).await.unwrap();
    }
    store.close().await.unwrap();
    drop(store);
    let whole = fs::read(&file).unwrap();
    let page = 4096;
    let mut found = 0;
    let pages = whole.len() / page;
    for at in 1..pages {
        let mut damaged = whole.clone();
        damaged[at * page..at * page + 64].fill(0xff);
        fs::write(&file, &damaged).unwrap();
        match Sqlite::open(&file) {
            Ok(store) => store.close().await.unwrap(),
            Err(error) => {
                let said = error.to_string();
                assert!(
                    said.contains("is damaged") && said.contains("autoheal backup") && said.contains(".recover"),
                    "{said}"
                );
                found += 1;
            }
        }
    }
    assert!(found * 2 > pages, "{found} of {pages} damaged pages were found");
    fs::write(&file, "not a database, but a letter to a friend").unwrap();
    let said = Sqlite::open(&file).err().unwrap().to_string();
    assert!(said.contains("is damaged"), "{said}");
}

#[tokio::test]
async fn unreadable_rows_are_left_out_of_a_page_and_counted_once() {
    for damage in [
        "UPDATE samples SET record = '{' WHERE id = 2",
        "UPDATE samples SET record = x'ff' WHERE id = 2",
        "UPDATE releases SET count = 'many'",
        "INSERT INTO intents (project_id, group_id, kind, state, payload, planned_at, sent_at, act_at)
         VALUES (1, 1, 'of_another_version', 'done', '{}', 0, 0, 0)",
        "INSERT INTO approvals (group_id, hash, login, labelled_at) VALUES (1, 'h', 'ada', 'yesterday')",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        let store = Sqlite::open(&file).unwrap();
        let mut report = failure("no apples");
        report["release"] = serde_json::json!("1.0");
        let fingerprint =
            store.accept(vec![record(report.clone(), 1), record(report, 2)]).await.unwrap()[0].fingerprint;
        assert_eq!(store.health().unreadable_rows, 0);
        rusqlite::Connection::open(&file).unwrap().execute_batch(damage).unwrap();
        for _ in 0..2 {
            let detail = store.detail(DEFAULT_PROJECT, fingerprint).await.unwrap().unwrap();
            assert_eq!(detail.group.count, 2, "{damage}");
            assert!(!detail.samples.is_empty(), "{damage}");
        }
        assert_eq!(store.health().unreadable_rows, 1, "{damage}");
    }
}

/// Overwrites a part of a file in place.
fn overwrite(file: &Path, at: u64, bytes: &[u8]) {
    use std::os::unix::fs::FileExt;
    fs::OpenOptions::new().write(true).open(file).unwrap().write_all_at(bytes, at).unwrap();
}

/// Replaces all bytes of a file in place, so that its length stays.
fn fill(file: &Path, byte: u8) {
    overwrite(file, 0, &vec![byte; fs::metadata(file).unwrap().len() as usize]);
}

#[tokio::test]
async fn a_file_that_is_overwritten_in_place_is_noticed_before_the_next_acknowledgement() {
    type Harm = (&'static str, fn(&Path));
    let harms: [Harm; 8] = [
        ("store zeroed", |file| fill(file, 0)),
        ("store filled", |file| fill(file, 0xff)),
        ("header zeroed", |file| overwrite(file, 0, &[0; 100])),
        ("another store of the same length", |file| {
            let other = beside(file, ".other");
            let store = Sqlite::open(&other).unwrap();
            drop(store);
            let mut bytes = fs::read(&other).unwrap();
            bytes.resize(fs::metadata(file).unwrap().len() as usize, 0);
            overwrite(file, 0, &bytes);
        }),
        ("log zeroed", |file| fill(&beside(file, "-wal"), 0)),
        ("log filled", |file| fill(&beside(file, "-wal"), 0x55)),
        ("header of the log zeroed", |file| overwrite(&beside(file, "-wal"), 0, &[0; 32])),
        ("page in the log damaged", |file| overwrite(&beside(file, "-wal"), 5_000, b"damage")),
    ];
    for (name, harm) in harms {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("data/store.db");
        let store = Sqlite::open(&file).unwrap();
        let known = |at| record_from(failure("no apples"), at, Sender::Keyed);
        for at in 0..5 {
            store.accept(vec![known(at)]).await.unwrap();
        }
        store.ready().await.unwrap();
        // the resolution of a file's times
        let before = fs::metadata(beside(&file, "-wal")).unwrap().modified().unwrap();
        while fs::metadata(touch(directory.path())).unwrap().modified().unwrap() == before {}
        harm(&file);
        let error = store.accept(vec![known(6)]).await.err().unwrap_or_else(|| panic!("{name}: acknowledged"));
        assert!(matches!(error, StoreError::Damaged(_)), "{name}: {error}");
        let error = store.ready().await.err().unwrap_or_else(|| panic!("{name}: it is still ready"));
        assert!(error.to_string().contains("overwritten") && error.to_string().contains("restart"), "{name}: {error}");
        // for good, because what was acknowledged may be gone
        assert!(store.accept(vec![known(7)]).await.is_err() && store.maintain(Timestamp(8)).await.is_err(), "{name}");
    }
}

/// A part of the log stays in use when it is in the file already, as long as a reader keeps the log from being begun anew.
#[tokio::test]
async fn damage_in_a_log_that_a_reader_holds_is_noticed() {
    for (name, frame) in [("in the file already", 10), ("only in the log", u64::MAX)] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        let store = Sqlite::open(&file).unwrap();
        let reader = rusqlite::Connection::open(&file).unwrap();
        let report = |at: i64| {
            let mut report = failure("no apples");
            report["error_type"] = serde_json::json!(format!("E{}", "x".repeat(at as usize % 97)));
            report["context"] = serde_json::json!({"a": "b".repeat(10_000)});
            record_from(report, at, Sender::Keyed)
        };
        let log = beside(&file, "-wal");
        let frames = || fs::metadata(&log).unwrap().len() / (4096 + 24);
        let mut at = 0;
        while frames() < 1_400 {
            at += 1;
            store.accept(vec![report(at)]).await.unwrap();
            if frames() > 200 && reader.is_autocommit() {
                reader.execute_batch("BEGIN; SELECT count(*) FROM groups").unwrap();
            }
        }
        // without a change of its times, as a disk does it
        let times = fs::metadata(&log).unwrap().modified().unwrap();
        overwrite(&log, 32 + frame.min(frames() - 3) * (4096 + 24) + 1_000, b"damage");
        fs::File::options().write(true).open(&log).unwrap().set_modified(times).unwrap();
        let mut noticed = None;
        while noticed.is_none() && frames() < 10_000 {
            at += 1;
            noticed = store.accept(vec![report(at)]).await.err();
        }
        assert!(matches!(noticed, Some(StoreError::Damaged(_))), "{name}: {noticed:?}");
        drop(reader);
    }
}

/// Makes a new file and returns its path.
fn touch(directory: &Path) -> PathBuf {
    let file = directory.join("touched");
    fs::write(&file, "").unwrap();
    file
}

#[tokio::test]
async fn damage_that_a_reader_or_the_writer_finds_stops_acknowledgements() {
    for by_reader in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        let store = Sqlite::open(&file).unwrap();
        store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
        // Points a table to a page that is no part of a table.
        let other = rusqlite::Connection::open(&file).unwrap();
        let table = if by_reader { "approvals" } else { "pauses" };
        other.execute_batch("PRAGMA writable_schema = ON").unwrap();
        other.execute("UPDATE sqlite_master SET rootpage = 2 WHERE tbl_name = ?1", [table]).unwrap();
        let version: i64 = other.pragma_query_value(None, "schema_version", |row| row.get(0)).unwrap();
        other.pragma_update(None, "schema_version", version + 1).unwrap();
        drop(other);
        let error = if by_reader {
            let group = record(failure("no apples"), 1).fingerprint();
            store.detail(DEFAULT_PROJECT, group).await.err().map(|error| error.to_string())
        } else {
            store.set_pause(DEFAULT_PROJECT, None).await.err().map(|error| error.to_string())
        };
        let error = error.expect("the damage is found");
        assert!(error.contains("damaged"), "{error}");
        assert!(store.accept(vec![record(failure("no apples"), 2)]).await.is_err(), "nothing more is acknowledged");
        let error = store.ready().await.unwrap_err().to_string();
        assert!(error.contains("restart"), "{error}");
        assert!(store.health().damaged);
    }
}

#[tokio::test]
async fn another_program_that_uses_sqlite_may_write_to_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open(&file).unwrap();
    store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
    for at in 2..6 {
        let other = rusqlite::Connection::open(&file).unwrap();
        other
            .execute_batch("CREATE TABLE IF NOT EXISTS notes (text); INSERT INTO notes VALUES (zeroblob(100000))")
            .unwrap();
        if at % 2 == 0 {
            other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        }
        drop(other);
        store.ready().await.unwrap();
        assert_eq!(store.accept(vec![record(failure("no apples"), at)]).await.unwrap()[0].count, at as u64);
    }
}

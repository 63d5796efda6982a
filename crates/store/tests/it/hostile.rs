//! Hostile content of the file: unknown values in every column, triggers, views, and what a killed process left.

use std::fs;
use std::path::Path;

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::Timestamp;
use autoheal_store::{Change, Claims, Sqlite, Store};
use serde_json::{Value, json};

use crate::reports::{failure, record, with_id};

fn damage(file: &Path, sql: &str) {
    rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

fn apples() -> Value {
    let mut report = with_id(failure("no apples"), "7d9f3f6e-6a52-4a43-8c6e-0d6a7a1f2b10");
    report["release"] = json!("1.0");
    report
}

#[tokio::test]
async fn a_wrong_value_in_any_column_stops_nothing_but_its_own_row() {
    let values = ["x'ff'", "'nonsense'", "-1", "1.5"];
    let columns = [
        (
            "groups",
            "fingerprint error_type error_message source severity count clients first_seen last_seen status note",
        ),
        (
            "groups",
            "issue_number issue_url pull_number pull_url hand_over shown_hash revoked_label counts_written counts_at",
        ),
        ("groups", "act_at owner lease_until generation class known known_count known_clients creator shown_sample"),
        ("groups", "sample_chosen text_sample text_form text_at listed_at"),
        ("samples", "seen_at record known client"),
        ("releases", "release count first_seen last_seen"),
        ("clients", "client known"),
        ("report_ids", "id seen_at"),
        ("intents", "kind state attempt payload outcome planned_at sent_at act_at"),
        ("approvals", "hash login labelled_at revoked_at"),
    ];
    let (mut tried, mut failed) = (0, Vec::new());
    for (table, names) in columns {
        for name in names.split(' ') {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("store.db");
            let store = Sqlite::open(&file).unwrap();
            store.accept(vec![record(apples(), 1)]).await.unwrap();
            store.accept(vec![record(failure("no pears"), 2)]).await.unwrap();
            store.close().await.unwrap();
            drop(store);
            damage(
                &file,
                "INSERT INTO intents (project_id, group_id, kind, state, payload, planned_at, sent_at, act_at)
                 VALUES (1, 1, 'open_issue', 'held', '{}', 0, 0, 0);
                 INSERT INTO approvals (group_id, hash, login, labelled_at) VALUES (1, 'h', 'ada', 1);
                 UPDATE groups SET text_sample = 1, text_form = 'full' WHERE id = 1",
            );
            let whole = fs::read(&file).unwrap();
            for value in values {
                fs::write(&file, &whole).unwrap();
                let key = if table == "groups" { "id" } else { "group_id" };
                let sql = format!("UPDATE OR IGNORE {table} SET {name} = {value} WHERE {key} = 1");
                if rusqlite::Connection::open(&file).unwrap().execute_batch(&sql).is_err() {
                    continue;
                }
                tried += 1;
                let one = (file.clone(), sql.clone());
                if tokio::spawn(async move { others_go_on(&one.0, &one.1).await }).await.is_err() {
                    failed.push(sql);
                }
            }
        }
    }
    println!("{tried} wrong values");
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(tried > 120, "{tried}");
}

/// Checks that everything works for the group of the pears, and for new ones.
async fn others_go_on(file: &Path, sql: &str) {
    let store = Sqlite::open(file).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let (first, second) = tokio::join!(
        store.accept(vec![record(failure("no apples"), 3)]),
        store.accept(vec![record(failure("no pears"), 3), record(failure("no plums"), 3)]),
    );
    first.unwrap_or_else(|error| panic!("{sql}: a report of the damaged group: {error}"));
    let counts: Vec<u64> = second.unwrap_or_else(|error| panic!("{sql}: {error}")).iter().map(|it| it.count).collect();
    assert_eq!(counts, [2, 1], "{sql}");
    store.accept(vec![record(apples(), 4)]).await.unwrap_or_else(|error| panic!("{sql}: a repeated report: {error}"));
    let listed = store.groups(DEFAULT_PROJECT, 10).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert!(listed.iter().any(|group| group.error_message == "no pears"), "{sql}");
    store.ready().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let pears = record(failure("no pears"), 3).fingerprint();
    assert!(store.detail(DEFAULT_PROJECT, pears).await.unwrap().is_some(), "{sql}");
    let apples = record(failure("no apples"), 3).fingerprint();
    store.detail(DEFAULT_PROJECT, apples).await.unwrap_or_else(|error| panic!("{sql}: the damaged group: {error}"));
    // the worker
    let now = Timestamp(100_000);
    store.usage().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    store.next_act_at(Claims::all(DEFAULT_PROJECT)).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    store.last_sent_at(now).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    store.issues_since(DEFAULT_PROJECT, Timestamp(-1), now).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    store.unsettled_due(DEFAULT_PROJECT, now).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    store.awaiting(DEFAULT_PROJECT).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    store.wake_all(DEFAULT_PROJECT, "settings", now).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let mut claimed = Vec::new();
    while claimed.len() < 5
        && let Some(work) = store
            .claim_due("worker", now, Timestamp(200_000), Claims::all(DEFAULT_PROJECT))
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    {
        store.change(work.group.id, vec![Change::Quiet(work.group.count)]).await.unwrap();
        claimed.push(work.sample.report.error_message);
    }
    assert!(claimed.iter().any(|message| message == "no pears"), "{sql}: {claimed:?}");
    store.maintain(now).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    assert!(store.erase_group(DEFAULT_PROJECT, pears, now).await.unwrap().found(), "{sql}");
    store.erase_group(DEFAULT_PROJECT, apples, now).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    store.close().await.unwrap();
}

#[tokio::test]
async fn a_group_whose_row_is_missing_or_renumbered_gets_a_new_one() {
    for sql in [
        "DELETE FROM groups WHERE id = 1",
        "DELETE FROM groups WHERE id = 2",
        "DELETE FROM groups",
        "UPDATE groups SET id = -1 WHERE id = 1",
        "UPDATE groups SET id = 9223372036854775807 WHERE id = 1",
        "UPDATE groups SET id = id + 100",
        "UPDATE fingerprints SET group_id = 9223372036854775807 WHERE group_id = 1",
        "UPDATE fingerprints SET group_id = 'nonsense' WHERE group_id = 1",
        "UPDATE meta SET value = 9223372036854775807 WHERE name = 'last_deleted_group'",
        "UPDATE meta SET value = 'nonsense' WHERE name = 'last_deleted_group'",
        "UPDATE samples SET id = 9223372036854775807 WHERE id = 1",
    ] {
        for is_open in [true, false] {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("store.db");
            let store = Sqlite::open(&file).unwrap();
            store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
            store.accept(vec![record(failure("no pears"), 1)]).await.unwrap();
            let kept = is_open.then_some(store);
            let other = rusqlite::Connection::open(&file).unwrap();
            other.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
            other.execute_batch(sql).unwrap();
            drop(other);
            let store = kept.unwrap_or_else(|| Sqlite::open(&file).unwrap());
            for message in ["no apples", "no pears", "no plums", "no apples", "no pears"] {
                let accepted = store.accept(vec![record(failure(message), 2)]).await;
                let accepted = accepted.unwrap_or_else(|error| panic!("{sql}, {is_open}, {message}: {error}"));
                let detail = store.detail(DEFAULT_PROJECT, accepted[0].fingerprint).await.unwrap().unwrap();
                assert_eq!(detail.group.count, accepted[0].count, "{sql}, {is_open}, {message}");
                assert!(!detail.samples.is_empty(), "{sql}, {is_open}, {message}");
            }
            store.ready().await.unwrap_or_else(|error| panic!("{sql}, {is_open}: {error}"));
            let orphans = sql.contains("groups") && !sql.contains("meta") || sql.contains("fingerprints");
            assert_eq!(store.health().unreadable_rows > 0, orphans, "{sql}, {is_open}");
        }
    }
}

#[tokio::test]
async fn a_store_without_a_table_that_reports_need_is_not_ready() {
    for table in ["groups", "fingerprints", "samples", "clients", "releases", "report_ids", "projects"] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        let store = Sqlite::open(&file).unwrap();
        store.accept(vec![record(apples(), 1)]).await.unwrap();
        store.ready().await.unwrap();
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch(&format!("PRAGMA foreign_keys = OFF; DROP TABLE {table}")).unwrap();
        drop(other);
        for _ in 0..2 {
            let said = store.ready().await.err().unwrap_or_else(|| panic!("{table}: it is ready")).to_string();
            assert!(said.contains(table), "{table}: {said}");
            store.accept(vec![record(failure("no pears"), 2)]).await.err();
        }
    }
}

#[tokio::test]
async fn triggers_and_views_in_the_file_have_no_effect() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    Sqlite::open(&file).unwrap().close().await.unwrap();
    damage(
        &file,
        "CREATE TRIGGER refuse BEFORE INSERT ON groups BEGIN SELECT RAISE(ABORT, 'refused'); END;
         CREATE TRIGGER forget AFTER UPDATE ON groups BEGIN DELETE FROM samples; END;
         CREATE TRIGGER count_twice AFTER INSERT ON samples BEGIN UPDATE groups SET count = count + 7; END;
         CREATE VIEW everything AS SELECT * FROM groups, samples;
         CREATE TEMP TABLE unused (a)",
    );
    let store = Sqlite::open(&file).unwrap();
    for count in 1..4 {
        assert_eq!(store.accept(vec![record(failure("no apples"), count)]).await.unwrap()[0].count, count as u64);
    }
    let groups = store.groups(DEFAULT_PROJECT, 10).await.unwrap();
    assert_eq!((groups.len(), groups[0].count), (1, 3));
    assert_eq!(store.detail(DEFAULT_PROJECT, groups[0].fingerprint).await.unwrap().unwrap().samples.len(), 3);
}

#[tokio::test]
async fn what_a_killed_copy_left_is_removed_and_does_not_stop_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let store = Sqlite::open(&file).unwrap();
    store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
    // in a container each process may have the same id
    for id in [std::process::id(), 99_999] {
        fs::write(directory.path().join(format!("copy.db.{id}.partial")), "cut").unwrap();
        fs::write(directory.path().join(format!("copy.db.{id}.partial-journal")), "cut").unwrap();
    }
    // of a copy that an earlier start removed
    fs::write(directory.path().join("copy.db.99998.partial-journal"), "cut").unwrap();
    let other_target = |name: &str| directory.path().join(format!("other.db.{name}.partial"));
    fs::write(other_target("4194999"), "SQLite format 3\0 and so on").unwrap();
    fs::write(other_target("4194998"), "").unwrap();
    let kept = [
        ("mine", "SQLite format 3\0 and so on"),
        ("4194997", "a file of the user"),
        // a process that runs
        ("1", "SQLite format 3\0 and so on"),
    ];
    for (name, text) in kept {
        fs::write(other_target(name), text).unwrap();
    }
    fs::write(other_target("4194996"), "").unwrap();
    let written = fs::File::open(other_target("4194996")).unwrap();
    written.try_lock().unwrap();
    fs::write(directory.path().join("copy.db.mine.partial"), "a file of the user").unwrap();
    Sqlite::backup(&file, &directory.path().join("copy.db")).unwrap();
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("copy.db") || name.starts_with("other.db"))
        .collect();
    names.sort();
    let expected = [
        "copy.db",
        "copy.db.mine.partial",
        "other.db.1.partial",
        "other.db.4194996.partial",
        "other.db.4194997.partial",
        "other.db.mine.partial",
    ];
    assert_eq!(names, expected);
}

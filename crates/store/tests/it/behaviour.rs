//! Behaviour that every store must have, in functions that a second store can use, and tests of SQLite files.

use std::sync::Arc;

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_prepare::Timestamp;
use autoheal_prepare::validate::Sender;
use autoheal_store::{Change, Claims, Link, Sqlite, Status, Store};
use serde_json::{Value, json};

use crate::reports::{failure, record, record_from, record_of_stranger};

/// Checks that ids count once, that totals add up, and that both survive a restart.
async fn totals_add_up_and_survive_a_restart(open: impl Fn() -> Arc<dyn Store>) {
    let store = open();
    // A repeated id is not counted again, in the same batch or a later one.
    let mut with_id = failure("first");
    with_id["id"] = json!("7d9f3f6e-6a52-4a43-8c6e-0d6a7a1f2b10");
    let same_batch = vec![record(with_id.clone(), 1), record(with_id.clone(), 1), record(failure("second"), 2)];
    let accepted = store.accept(same_batch).await.unwrap();
    assert_eq!(accepted.iter().map(|accepted| accepted.duplicate).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(accepted.iter().map(|accepted| accepted.count).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(accepted[0].fingerprint, accepted[1].fingerprint);
    let again = store.accept(vec![record(with_id.clone(), 3)]).await.unwrap();
    assert!(again[0].duplicate && again[0].count == 1);

    // The counts of repeated reports, clients and releases add up.
    let mut repeated = failure("first");
    repeated["count"] = json!(5);
    repeated["client"] = json!("c-1");
    repeated["release"] = json!("2.0");
    let counted = store.accept(vec![record(repeated.clone(), 4), record(repeated, 5)]).await.unwrap();
    assert_eq!(counted.iter().map(|accepted| accepted.count).collect::<Vec<_>>(), [6, 11]);
    let detail = store.detail(DEFAULT_PROJECT, accepted[0].fingerprint).await.unwrap().unwrap();
    assert_eq!((detail.group.count, detail.group.clients), (11, 2), "a named client and one without a name");
    assert_eq!((detail.group.first_seen, detail.group.last_seen), (Timestamp(1), Timestamp(5)));
    assert_eq!(detail.releases[0].count, 10);

    // Many reports of one group add to its count, but not to its samples.
    store.accept((0..100).map(|at| record(failure("first"), at)).collect()).await.unwrap();
    let detail = store.detail(DEFAULT_PROJECT, accepted[0].fingerprint).await.unwrap().unwrap();
    assert_eq!((detail.group.count, detail.samples.len()), (111, 10));

    // Groups and ids are still there after a restart.
    store.close().await.unwrap();
    drop(store);
    let store = open();
    assert_eq!(store.groups(DEFAULT_PROJECT, 10).await.unwrap().len(), 2);
    assert!(store.groups("other", 10).await.unwrap().is_empty(), "groups of one project are not listed in another");
    let again = store.accept(vec![record(with_id.clone(), 6)]).await.unwrap();
    assert!(again[0].duplicate && again[0].count == 111);

    // An id is deleted after a day, and counts again.
    let tomorrow = Timestamp(25 * 3600 * 1000);
    assert_eq!(store.maintain(tomorrow).await.unwrap().ids, 1);
    assert!(!store.accept(vec![record(with_id, tomorrow.0)]).await.unwrap()[0].duplicate);
}

/// Checks that noise is counted apart, and that a group is noise until one report is none.
async fn noise_is_counted_apart(store: Arc<dyn Store>) {
    let mut crawled = failure("first");
    crawled["context"] =
        json!({"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"});
    crawled["count"] = json!(3);
    let fingerprint = store.accept(vec![record(crawled, 1)]).await.unwrap()[0].fingerprint;
    let group = store.detail(DEFAULT_PROJECT, fingerprint).await.unwrap().unwrap().group;
    assert_eq!((group.count, group.noise, group.noise_rule.as_deref()), (3, 3, Some("crawler")));
    assert!(group.is_noise() && group.clients == 0, "a crawler is no client");
    store.accept(vec![record(failure("first"), 2)]).await.unwrap();
    let group = store.detail(DEFAULT_PROJECT, fingerprint).await.unwrap().unwrap().group;
    assert_eq!((group.count, group.noise, group.clients), (4, 3, 1));
    assert!(!group.is_noise());
}

/// Checks that a report which arrives during its group's claim makes the group due again.
async fn a_report_during_a_claim_makes_the_group_due(store: Arc<dyn Store>) {
    store.accept(vec![record(failure("first"), 1)]).await.unwrap();
    let work =
        store.claim_due("worker", Timestamp(1), Timestamp(100), Claims::all(DEFAULT_PROJECT)).await.unwrap().unwrap();
    assert!(
        store.claim_due("another", Timestamp(2), Timestamp(100), Claims::all(DEFAULT_PROJECT)).await.unwrap().is_none(),
        "the group is claimed"
    );
    assert_eq!(
        store.next_act_at(Claims::all(DEFAULT_PROJECT)).await.unwrap(),
        Some(Timestamp(100)),
        "a claimed group is due when the claim ends"
    );
    store.accept(vec![record(failure("first"), 2)]).await.unwrap();
    store.change(work.group.id, vec![Change::Quiet(work.group.count)]).await.unwrap();
    let work =
        store.claim_due("worker", Timestamp(3), Timestamp(100), Claims::all(DEFAULT_PROJECT)).await.unwrap().unwrap();
    assert_eq!(work.group.count, 2);
    store.change(work.group.id, vec![Change::Quiet(work.group.count)]).await.unwrap();
    assert_eq!(store.next_act_at(Claims::all(DEFAULT_PROJECT)).await.unwrap(), None);
}

/// Checks that a stranger who reports a failure first does not delay what the report of a known sender changes.
async fn a_known_sender_does_not_wait_for_what_strangers_began(store: Arc<dyn Store>) {
    const LATER: Timestamp = Timestamp(900_000);
    let claims = || Claims::all(DEFAULT_PROJECT);
    let issue = || Change::Issue(Link { number: 7, url: "https://github.com/ada/shop/issues/7".to_owned() });
    for (kind, changes, expected) in [
        ("no issue yet", vec![Change::ActAt(LATER)], Timestamp(20)),
        ("an issue", vec![issue(), Change::Status(Status::IssueOpen), Change::ActAt(LATER)], Timestamp(20)),
        ("refused by GitHub", vec![Change::Status(Status::Refused), Change::ActAt(LATER)], LATER),
    ] {
        store.accept(vec![record_of_stranger(failure(kind), 10)]).await.unwrap();
        let work = store.claim_due("worker", Timestamp(10), Timestamp(15), claims()).await.unwrap().unwrap();
        store.change(work.group.id, changes).await.unwrap();
        store.accept(vec![record_of_stranger(failure(kind), 11)]).await.unwrap();
        assert_eq!(store.next_act_at(claims()).await.unwrap(), Some(LATER), "{kind}: a stranger's repeat waits");
        store.accept(vec![record_from(failure(kind), 20, Sender::Keyed)]).await.unwrap();
        assert_eq!(store.next_act_at(claims()).await.unwrap(), Some(expected), "{kind}");
        store.change(work.group.id, vec![Change::ActAt(LATER)]).await.unwrap();
        store.accept(vec![record_from(failure(kind), 21, Sender::Keyed)]).await.unwrap();
        assert_eq!(store.next_act_at(claims()).await.unwrap(), Some(LATER), "{kind}: a known sender's repeat waits");
        let detail = store.detail(DEFAULT_PROJECT, work.group.fingerprint).await.unwrap().unwrap();
        let sample = detail.samples[0].id;
        let expected = if expected == LATER { LATER } else { Timestamp(30) };
        assert!(store.choose_sample(DEFAULT_PROJECT, work.group.fingerprint, sample, Timestamp(30)).await.unwrap());
        assert_eq!(store.next_act_at(claims()).await.unwrap(), Some(expected), "{kind}: the operator's choice");
        let count = store.detail(DEFAULT_PROJECT, work.group.fingerprint).await.unwrap().unwrap().group.count;
        store.change(work.group.id, vec![Change::Quiet(count)]).await.unwrap();
    }
}

/// Checks that an idle group becomes due when another client reports it, and at the next start.
async fn another_client_makes_an_idle_group_due(store: Arc<dyn Store>) {
    let reported_by = |client: &str, at: i64| {
        let mut report = failure("Unknown tool: nope");
        report["source"] = json!("mcp_tool");
        report["class"] = json!("caller_error");
        report["client"] = json!(client);
        record(report, at)
    };
    for (at, client, clients) in [(1, "a", 1), (2, "a", 1), (3, "b", 2), (4, "c", 3)] {
        store.accept(vec![reported_by(client, at)]).await.unwrap();
        let work = store
            .claim_due("worker", Timestamp(at), Timestamp(100), Claims::all(DEFAULT_PROJECT))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(work.group.clients, clients);
        assert_eq!(work.sample.report.class.as_deref(), Some("caller_error"));
        store.change(work.group.id, vec![Change::Quiet(work.group.count)]).await.unwrap();
        assert_eq!(store.next_act_at(Claims::all(DEFAULT_PROJECT)).await.unwrap(), None);
    }
    // At the next start all groups become due, because the settings may differ.
    assert_eq!(store.wake_all(DEFAULT_PROJECT, "settings", Timestamp(5)).await.unwrap(), 1);
    assert!(
        store.claim_due("worker", Timestamp(5), Timestamp(100), Claims::all(DEFAULT_PROJECT)).await.unwrap().is_some()
    );
}

#[tokio::test]
async fn sqlite_makes_an_idle_group_due_for_another_client() {
    let directory = tempfile::tempdir().unwrap();
    another_client_makes_an_idle_group_due(Arc::new(Sqlite::open(&directory.path().join("store.db")).unwrap())).await;
}

#[tokio::test]
async fn sqlite_does_not_let_a_known_sender_wait_for_what_strangers_began() {
    let directory = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&directory.path().join("store.db")).unwrap();
    a_known_sender_does_not_wait_for_what_strangers_began(Arc::new(store)).await;
}

#[tokio::test]
async fn sqlite_makes_a_group_due_for_a_report_during_its_claim() {
    let directory = tempfile::tempdir().unwrap();
    a_report_during_a_claim_makes_the_group_due(Arc::new(Sqlite::open(&directory.path().join("store.db")).unwrap()))
        .await;
}

#[tokio::test]
async fn sqlite_counts_noise_apart() {
    let directory = tempfile::tempdir().unwrap();
    noise_is_counted_apart(Arc::new(Sqlite::open(&directory.path().join("store.db")).unwrap())).await;
}

#[tokio::test]
async fn sqlite_keeps_totals_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("deep/er/store.db");
    totals_add_up_and_survive_a_restart(|| Arc::new(Sqlite::open(&file).unwrap())).await;
}

#[tokio::test]
async fn a_file_in_use_cannot_be_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let _first = Sqlite::open(&file).unwrap();
    let second = Sqlite::open(&file).err().unwrap().to_string();
    assert!(second.contains("in use by another autoheal"), "{second}");
}

#[tokio::test]
async fn a_file_of_the_first_version_is_migrated() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    let first = rusqlite::Connection::open(&file).unwrap();
    first.execute_batch(include_str!("../../migrations/sqlite/0001_start.sql")).unwrap();
    first.pragma_update(None, "user_version", 1).unwrap();
    first.execute_batch("INSERT INTO projects (name) VALUES ('default')").unwrap();
    for (id, class) in [(1, json!("caller_error")), (2, Value::Null)] {
        let report = json!({"error_type": "E", "error_message": "m", "class": class});
        let sample = |report: &Value| {
            json!({
                "report": report, "frames": [], "normalised_message": "m", "parts": [], "sender": "anonymous", "received_at": 0,
            })
        };
        let group =
            "INSERT INTO groups (id, project_id, fingerprint, error_type, error_message, source, severity, first_seen,
                     last_seen) VALUES (?1, 1, ?2, 'E', 'm', 'mcp_tool', 'low', 0, 0)";
        first.execute(group, rusqlite::params![id, [id as u8; 16]]).unwrap();
        // The class must come from the first sample.
        for report in [&report, &json!({"error_type": "E", "error_message": "m", "class": "another"})] {
            let insert = "INSERT INTO samples (group_id, seen_at, record) VALUES (?1, 0, ?2)";
            first.execute(insert, rusqlite::params![id, sample(report).to_string()]).unwrap();
        }
    }
    drop(first);
    let store = Sqlite::open(&file).unwrap();
    let groups = store.groups(DEFAULT_PROJECT, 10).await.unwrap();
    let classes: Vec<_> = groups.iter().map(|group| group.class.as_deref()).collect();
    assert_eq!(classes, [None, Some("caller_error")], "the group with the higher id comes first");
    let mut newer = failure("Unknown tool: nope");
    newer["class"] = json!("caller_error");
    store.accept(vec![record(newer, 1)]).await.unwrap();
    assert_eq!(store.groups(DEFAULT_PROJECT, 1).await.unwrap()[0].class.as_deref(), Some("caller_error"));
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    drop(Sqlite::open(&file).unwrap());
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Sqlite::open(&file).err().unwrap().to_string();
    assert!(error.contains("newer autoheal"), "{error}");
}

#[tokio::test]
async fn an_unreadable_group_is_set_aside_and_the_others_go_on() {
    for damage in [
        "UPDATE groups SET status = 'regressed' WHERE id = 1",
        "UPDATE groups SET count = 'many' WHERE id = 1",
        "UPDATE samples SET record = '{' WHERE group_id = 1",
        "DELETE FROM samples WHERE group_id = 1",
        "INSERT INTO intents (group_id, kind, state, payload, planned_at, sent_at, act_at)
         VALUES (1, 'of_another_version', 'held', '{}', 0, 0, 0)",
    ] {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("store.db");
        let store = Sqlite::open(&file).unwrap();
        store.accept(vec![record(failure("no apples"), 1), record(failure("no pears"), 2)]).await.unwrap();
        rusqlite::Connection::open(&file).unwrap().execute_batch(damage).unwrap();

        assert!(store.unsettled_due(DEFAULT_PROJECT, Timestamp(3)).await.unwrap().is_none(), "{damage}");
        let work = store
            .claim_due("worker", Timestamp(3), Timestamp(100), Claims::all(DEFAULT_PROJECT))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(work.sample.report.error_message, "no pears", "{damage}");
        store.change(work.group.id, vec![Change::Quiet(work.group.count)]).await.unwrap();
        assert!(
            store
                .claim_due("worker", Timestamp(4), Timestamp(100), Claims::all(DEFAULT_PROJECT))
                .await
                .unwrap()
                .is_none(),
            "{damage}"
        );
        let listed = store.groups(DEFAULT_PROJECT, 10).await.unwrap();
        assert!(listed.iter().any(|group| group.error_message == "no pears"), "{damage}");
        // the store goes on taking reports of the damaged group
        let accepted = store.accept(vec![record(failure("no apples"), 5)]).await.unwrap();
        assert!(!accepted[0].duplicate, "{damage}");
    }
}

#[tokio::test]
async fn only_the_owner_can_read_the_store_its_log_and_its_lock() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("data/store.db");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for widened in [false, true] {
        if widened {
            // as an earlier version made it
            for entry in std::fs::read_dir(file.parent().unwrap()).unwrap() {
                std::fs::set_permissions(entry.unwrap().path(), std::fs::Permissions::from_mode(0o644)).unwrap();
            }
        }
        let store = Sqlite::open(&file).unwrap();
        store.accept(vec![record(failure("no apples"), 1)]).await.unwrap();
        assert_eq!(mode(file.parent().unwrap()), 0o700);
        let files: Vec<_> = std::fs::read_dir(file.parent().unwrap()).unwrap().map(|it| it.unwrap().path()).collect();
        assert!(files.len() >= 3, "{files:?}");
        for file in files {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
        store.close().await.unwrap();
    }
}

/// Makes the file as an earlier version would have left it: one group per record, found by the previous fingerprint.
async fn store_of_the_previous_version(file: &std::path::Path, reports: &[Value]) {
    let store = Sqlite::open(file).unwrap();
    for report in reports {
        store.accept(vec![record(report.clone(), 1)]).await.unwrap();
    }
    store.close().await.unwrap();
    let connection = rusqlite::Connection::open(file).unwrap();
    for report in reports {
        let record = record(report.clone(), 1);
        let (previous, current) = (record.previous_fingerprint().0, record.fingerprint().0);
        for table in ["groups", "fingerprints"] {
            let sql = format!("UPDATE {table} SET fingerprint = ?1 WHERE fingerprint = ?2");
            assert_eq!(connection.execute(&sql, rusqlite::params![previous, current]).unwrap(), 1);
        }
    }
}

#[tokio::test]
async fn a_group_of_the_previous_fingerprint_gets_the_new_one_as_an_alias() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    store_of_the_previous_version(&file, &[failure("no apples"), failure("no pears")]).await;
    let store = Sqlite::open(&file).unwrap();
    let again = store.accept(vec![record(failure("no pears"), 2)]).await.unwrap();
    assert_eq!(again[0].count, 2);
    assert_eq!(store.groups(DEFAULT_PROJECT, 10).await.unwrap().len(), 2);
    let pears = record(failure("no pears"), 2);
    for fingerprint in [pears.fingerprint(), pears.previous_fingerprint()] {
        let found = store.detail(DEFAULT_PROJECT, fingerprint).await.unwrap().unwrap();
        assert_eq!((found.group.error_message.as_str(), found.group.count), ("no pears", 2));
    }
}

#[tokio::test]
async fn the_older_of_two_groups_that_meet_keeps_the_new_fingerprint() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("store.db");
    // the previous version had a group for each installation
    let from = |folder: &str| {
        let stack = format!("E: m\n    at total ({folder}/lib/cart.js:3:4)\n    at main ({folder}/index.js:1:2)");
        json!({"error_type": "CartError", "error_message": "m", "source": "cli", "stack_trace": stack})
    };
    let (older, younger) = (from("/home/ann/shop"), from("/var/task"));
    let (first, second) = (record(older.clone(), 1), record(younger.clone(), 1));
    assert_eq!(first.fingerprint(), second.fingerprint());
    assert_ne!(first.previous_fingerprint(), second.previous_fingerprint());
    store_of_the_previous_version(&file, &[older.clone(), failure("other")]).await;
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute("UPDATE fingerprints SET fingerprint = ?1 WHERE group_id = 2", [second.previous_fingerprint().0])
        .unwrap();
    for (report, count) in [(&younger, 2), (&older, 2), (&younger, 3)] {
        // opened anew each time, so that nothing is cached
        let store = Sqlite::open(&file).unwrap();
        assert_eq!(store.accept(vec![record(report.clone(), 2)]).await.unwrap()[0].count, count);
        store.close().await.unwrap();
    }
    let store = Sqlite::open(&file).unwrap();
    let counts: Vec<_> = store
        .groups(DEFAULT_PROJECT, 10)
        .await
        .unwrap()
        .iter()
        .map(|it| (it.error_message.clone(), it.count))
        .collect();
    assert!(counts.contains(&("m".to_owned(), 3)) && counts.contains(&("other".to_owned(), 2)), "{counts:?}");
}

//! Tests that what runs often costs the same, however many groups the store has.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use autoheal_prepare::Timestamp;
use rusqlite::Connection;

use super::unreadable::Unreadable;
use super::{bundle, claim, open, read, work};
use crate::{Claims, GroupId, IntentKind};

const PROJECT: &str = "default";

/// A store with this number of groups that wait for an issue, and as many that have one.
fn store_of(directory: &std::path::Path, groups: u64) -> Connection {
    let path = directory.join(format!("{groups}.db"));
    let mut connection = open::connect(&path).unwrap();
    open::migrate(&mut connection, &path).unwrap();
    connection
        .execute_batch(&format!(
            "INSERT INTO projects (name) VALUES ('{PROJECT}');
             CREATE TEMP TABLE numbers AS
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {groups} * 2) SELECT i FROM n;
             INSERT INTO groups (id, project_id, fingerprint, error_type, error_message, source, severity, count, first_seen,
                 last_seen, status, issue_number, issue_url, act_at, known, creator, shown_sample, listed_at)
             SELECT i, 1, randomblob(16), 'E', 'm', 'cli', 'low', 1, i, i * 1000, iif(i % 2, 'recorded', 'issue_open'),
                 iif(i % 2, NULL, i), iif(i % 2, NULL, 'u'), iif(i % 2, 1, 9000000000000), i % 4 = 1,
                 CAST(printf('%08x', i * 7919 % 1000) AS BLOB), i, i FROM numbers;
             INSERT INTO samples (id, group_id, seen_at, record) SELECT i, i, 1,
                 '{{\"report\": {{\"error_type\": \"E\", \"error_message\": \"m\"}}, \"frames\": [], \"normalised_message\": \"m\",
                   \"parts\": [], \"sender\": \"anonymous\", \"received_at\": 0}}' FROM numbers;
             INSERT INTO traits (project_id, known, hash, group_id) SELECT 1, 0, x'00', i FROM numbers;
             INSERT INTO intents (project_id, group_id, kind, state, payload, planned_at, sent_at, act_at)
             SELECT 1, i, 'open_issue', 'done', '{{}}', i, i, i FROM numbers WHERE i % 2 = 0;"
        ))
        .unwrap();
    connection
}

/// Number of instructions that SQLite runs for each of the operations.
fn costs(connection: &mut Connection) -> Vec<(&'static str, u64)> {
    let instructions = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&instructions);
    let count = move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    };
    connection.progress_handler(1, Some(count)).unwrap();
    let (unreadable, claims) = (Unreadable::default(), Claims::all(PROJECT));
    let (now, since) = (Timestamp(1_000_000_000), Timestamp(999_000_000));
    let only_issues = Claims { known_issues: false, other_issues: false, ..claims.clone() };
    let spent = Claims { known_issues: false, after: crate::ClientHash(*b"000003e7"), ..claims.clone() };
    let connection = &*connection;
    let operations: [(&str, &dyn Fn()); 14] = [
        ("list", &|| assert_eq!(read::groups(connection, PROJECT, 200, &unreadable).unwrap().len(), 200)),
        ("usage", &|| assert_eq!(read::usage(connection).unwrap().waiting, 5_000)),
        ("claim", &|| {
            let due = claim::claim_due(connection, "w", now, now.plus(Duration::from_secs(9)), &claims, &unreadable);
            assert!(due.unwrap().is_some());
        }),
        ("claim of a stranger's", &|| {
            let due = claim::claim_due(connection, "w", now, now.plus(Duration::from_secs(9)), &spent, &unreadable);
            assert!(due.unwrap().is_some());
        }),
        ("claim of one with an issue", &|| {
            let due = claim::claim_due(connection, "w", now, now, &only_issues, &unreadable);
            assert!(due.unwrap().is_none());
        }),
        ("next time", &|| assert!(claim::next_act_at(connection, &claims).unwrap().is_some())),
        ("unsettled", &|| assert!(work::unsettled_due(connection, PROJECT, now, &unreadable).unwrap().is_none())),
        ("awaiting", &|| assert!(work::awaiting(connection, PROJECT).unwrap().is_empty())),
        ("handed over", &|| assert!(work::handed_over(connection, PROJECT).unwrap().is_empty())),
        ("last write", &|| assert!(work::last_sent_at(connection, now).unwrap().is_some())),
        ("issues of an hour", &|| assert_eq!(work::issues_since(connection, PROJECT, since, now).unwrap().known, 0)),
        ("related", &|| assert_eq!(bundle::related(connection, GroupId(1)).unwrap().len(), 50)),
        ("new at the same time", &|| {
            let window = Duration::from_secs(300);
            assert_eq!(bundle::newcomers(connection, PROJECT, false, Timestamp(5_000), window).unwrap().len(), 500);
        }),
        ("writes of an hour", &|| {
            let kinds = &[IntentKind::OpenIssue];
            assert_eq!(work::sent_since(connection, PROJECT, kinds, since, now).unwrap(), 0);
        }),
    ];
    let cost = |(name, run): (&'static str, &dyn Fn())| {
        instructions.store(0, Ordering::Relaxed);
        run();
        (name, instructions.load(Ordering::Relaxed))
    };
    operations.into_iter().map(cost).collect()
}

#[test]
fn lists_and_ticks_cost_the_same_with_four_times_as_many_groups() {
    let directory = tempfile::tempdir().unwrap();
    let few = costs(&mut store_of(directory.path(), 11_000));
    let many = costs(&mut store_of(directory.path(), 44_000));
    for ((name, few), (_, many)) in few.into_iter().zip(many) {
        println!("{name}: {few} and {many} instructions");
        assert!(few > 0, "{name} was not counted");
        assert!(many <= few + few / 4 + 100, "{name}: {few} instructions, and {many} with four times as many groups");
        // the list reads 29 columns of 200 rows, and the usage counts 5 000 entries of an index
        assert!(many < 50_000, "{name}: {many} instructions");
    }
}

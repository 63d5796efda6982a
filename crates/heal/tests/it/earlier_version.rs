//! Stores of version 0.1.0, whose process was killed at each write: this version opens them and continues.

use std::time::Duration;

use autoheal_store::Status;
use autoheal_test_support::{Failure, Fault, Operation};

use crate::harness::{ALL, Harness};

const MINUTE: Duration = Duration::from_secs(60);

/// The write that version 0.1.0 was killed at, and its store as SQL.
const STORES: [(Operation, &str); 5] = [
    (Operation::CreateIssue, include_str!("../data/store-0.1.0/open_issue.sql")),
    (Operation::CreateCommit, include_str!("../data/store-0.1.0/create_commit.sql")),
    (Operation::CreateRef, include_str!("../data/store-0.1.0/create_branch.sql")),
    (Operation::CreatePull, include_str!("../data/store-0.1.0/open_pull.sql")),
    (Operation::StartTask, include_str!("../data/store-0.1.0/start_task.sql")),
];

/// Works up to the held write, so that GitHub has the state that version 0.1.0 left, then continues with that version's
/// store.
async fn take_over(on: Operation, failure: Failure, store: &str) -> Harness {
    let mut harness = Harness::start(ALL).await;
    harness.github.inject(Fault::on(on, failure));
    harness.report("price is undefined").await;
    if on == Operation::StartTask {
        harness.work_for(MINUTE).await;
        harness.github.add_label(1, "autoheal-approved", "maintainer");
    }
    harness.tick_until_held(on).await;
    harness.replace_store(store).await;
    harness.github.release_all();
    harness.work_for(10 * MINUTE).await;
    harness.github.add_label(1, "autoheal-approved", "maintainer");
    harness.work_for(10 * MINUTE).await;
    harness
}

#[tokio::test]
async fn a_store_of_version_0_1_0_goes_on_where_it_was_killed() {
    for (on, store) in STORES {
        for failure in [Failure::HoldBefore, Failure::HoldAfter] {
            println!("{on:?} {failure:?}");
            let harness = take_over(on, failure, store).await;
            harness.assert_once();
            assert_eq!(harness.github.hand_overs().len(), 1);
            let expected = if on == Operation::StartTask { Status::HandOverUnknown } else { Status::HandedOver };
            assert_eq!(harness.only_group().await.group.status, expected);
        }
    }
}

#[tokio::test]
async fn a_stored_write_that_cannot_be_read_is_refused_and_stops_no_other() {
    let (on, store) = STORES[0];
    let damaged = store.replace("\"count\":1,\"fingerprint\"", "\"fingerprint\"");
    assert_ne!(damaged, store);
    let mut harness = take_over(on, Failure::HoldBefore, &damaged).await;
    let group = harness.only_group().await.group;
    assert_eq!(group.status, Status::Refused);
    assert!(group.note.unwrap().starts_with("the stored write cannot be read: missing field `count`"));
    harness.report("the basket is empty").await;
    harness.work_for(MINUTE).await;
    let titles: Vec<_> = harness.github.issues().into_iter().map(|issue| issue.title).collect();
    assert!(titles.contains(&"[Auto-Generated] TypeError: the basket is empty".to_owned()), "{titles:?}");
}

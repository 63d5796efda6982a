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
    harness.report_as_before("price is undefined").await;
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

#[tokio::test]
async fn an_issue_that_an_earlier_version_composed_differently_is_approved_at_once() {
    let (_, store) = STORES[1];
    let mut path = Harness::start(ALL).await;
    path.github.inject(Fault::on(Operation::CreateCommit, Failure::HoldBefore));
    path.report_as_before("price is undefined").await;
    path.tick_until_held(Operation::CreateCommit).await;
    // the same text on GitHub and in the stored write, and another one than this version composes
    let older = |text: &str| text.replace("(none was sent)", "(none was sent by an earlier version)");
    let body = older(&path.github.issues()[0].body);
    path.github.edit_issue(1, &body, "autoheal-bot");
    path.replace_store(&older(store)).await;
    path.github.release_all();
    path.work_for(5 * MINUTE).await;
    assert_eq!(path.only_group().await.group.status, Status::AwaitingApproval);
    path.github.add_label(1, "autoheal-approved", "maintainer");
    path.work_for(5 * MINUTE).await;
    assert_eq!(path.github.hand_overs().len(), 1, "{:?}", path.only_group().await.group.note);
}

#[tokio::test]
async fn an_unreadable_task_that_may_have_been_started_leads_to_no_second_agent() {
    let (on, store) = STORES[4];
    let damaged = store.replace("\"prompt\":", "\"text\":");
    assert_ne!(damaged, store);
    let path = take_over(on, Failure::HoldAfter, &damaged).await;
    assert_eq!(path.github.hand_overs().len(), 1);
    assert_eq!(path.only_group().await.group.status, Status::HandOverUnknown);
}

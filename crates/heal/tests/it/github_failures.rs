//! Failures of GitHub: lost, late and refused responses still lead to exactly one issue, draft and hand-over.

use std::time::Duration;

use autoheal_heal::settings::{Repository, Settings, Switches};
use autoheal_store::Status;
use autoheal_test_support::{Failure, Fault, Lag, Operation, Outage, Permission};

use crate::harness::{ALL, Harness};

const MINUTE: Duration = Duration::from_secs(60);
/// All writes from the report of a failure to the hand-over.
const WRITES: [Operation; 5] = [
    Operation::CreateIssue,
    Operation::CreateCommit,
    Operation::CreateRef,
    Operation::CreatePull,
    Operation::StartTask,
];

/// Injects the fault, reports a failure, works, approves, and works again.
async fn work_with_fault(fault: Fault, lag: Lag) -> Harness {
    let mut harness = Harness::start(ALL).await;
    harness.github.set_lag(lag);
    harness.github.inject(fault);
    harness.report("price is undefined").await;
    harness.work_for(20 * MINUTE).await;
    harness.github.add_label(1, "autoheal-approved", "maintainer");
    harness.work_for(20 * MINUTE).await;
    harness
}

#[tokio::test]
async fn a_lost_response_to_any_write_duplicates_nothing() {
    for on in WRITES {
        for failure in [Failure::BadGatewayAfter, Failure::CutAfter, Failure::GarbledAfter] {
            println!("{on:?} {failure:?}");
            let harness = work_with_fault(Fault::on(on, failure), Lag::None).await;
            harness.assert_once();
            assert_eq!(harness.github.hand_overs().len(), 1);
            let status = harness.only_group().await.group.status;
            // A task cannot be found again after a lost response: it is shown as unknown and never repeated.
            let expected = if on == Operation::StartTask { Status::HandOverUnknown } else { Status::HandedOver };
            assert_eq!(status, expected);
        }
    }
}

#[tokio::test]
async fn a_lost_response_duplicates_no_issue_whose_labels_github_dropped() {
    for (lag, permission) in [
        (Lag::None, Permission::Read),
        (Lag::For(Duration::from_secs(100)), Permission::Triage),
        (Lag::For(Duration::from_secs(150)), Permission::Triage),
    ] {
        println!("{lag:?} {permission:?}");
        let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
        let login = harness.github.login().to_owned();
        harness.github.set_permission(&login, permission);
        harness.github.set_lag(lag);
        harness.github.inject(Fault::on(Operation::CreateIssue, Failure::CutAfter));
        harness.report("price is undefined").await;
        harness.work_for(20 * MINUTE).await;
        let issues = harness.github.issues();
        assert!(issues.iter().all(|issue| issue.labels.is_empty()), "{issues:?}");
        let open: Vec<u64> = issues.iter().filter(|issue| issue.state == "open").map(|issue| issue.number).collect();
        assert_eq!(open, [1], "{}", harness.github.read(|state| state.request_log()));
        assert_eq!(harness.only_group().await.group.issue.unwrap().number, 1);
        harness.assert_valid_requests();
    }
}

#[tokio::test]
async fn a_lost_issue_is_found_by_its_label_behind_many_others_of_its_creator() {
    let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
    let login = harness.github.login().to_owned();
    harness.github.set_lag(Lag::None);
    harness.github.inject(Fault::on(Operation::CreateIssue, Failure::HoldAfter));
    harness.report("price is undefined").await;
    harness.tick_until_held(Operation::CreateIssue).await;
    harness.crash().await;
    harness.github.release_all();
    (0..310).for_each(|number| harness.github.open_issue(&format!("Release {number}"), &login));
    harness.work_for(5 * MINUTE).await;
    assert_eq!(harness.only_group().await.group.issue.unwrap().number, 1);
    assert_eq!(harness.github.writes().iter().filter(|write| write.path.ends_with("/issues")).count(), 1);
}

#[tokio::test]
async fn a_write_that_did_not_happen_is_sent_again() {
    for on in WRITES.into_iter().filter(|on| *on != Operation::StartTask) {
        for failure in [Failure::BadGatewayBefore, Failure::CutBefore] {
            println!("{on:?} {failure:?}");
            let harness = work_with_fault(Fault::on(on, failure), Lag::None).await;
            harness.assert_once();
            assert_eq!(harness.github.hand_overs().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_task_that_may_have_been_started_is_never_started_twice() {
    let harness = work_with_fault(Fault::on(Operation::StartTask, Failure::CutBefore), Lag::None).await;
    assert!(harness.github.tasks().is_empty());
    let group = harness.only_group().await.group;
    assert_eq!(group.status, Status::HandOverUnknown);
    assert!(group.note.unwrap().contains("look at the pull request"));
}

#[tokio::test]
async fn lagging_lists_lead_to_no_second_issue() {
    for failure in [Failure::BadGatewayAfter, Failure::CutAfter] {
        let harness =
            work_with_fault(Fault::on(Operation::CreateIssue, failure), Lag::For(Duration::from_secs(100))).await;
        harness.assert_once();
        assert_eq!(harness.github.writes().iter().filter(|write| write.path.ends_with("/issues")).count(), 1);
    }
}

#[tokio::test]
async fn a_list_lagging_beyond_the_bound_still_leaves_one_open_issue() {
    let harness =
        work_with_fault(Fault::on(Operation::CreateIssue, Failure::CutAfter), Lag::For(Duration::from_secs(150))).await;
    // The first issue is listed after the second was opened: the second is closed as a duplicate.
    let states: Vec<(u64, String)> =
        harness.github.issues().iter().map(|issue| (issue.number, issue.state.clone())).collect();
    assert_eq!(states.iter().filter(|(_, state)| state == "open").count(), 1, "{states:?}");
    assert_eq!(harness.only_group().await.group.issue.unwrap().number, 1);
    harness.assert_valid_requests();
}

#[tokio::test]
async fn a_crash_at_any_write_duplicates_nothing() {
    for on in WRITES {
        for failure in [Failure::HoldBefore, Failure::HoldAfter] {
            println!("{on:?} {failure:?}");
            let mut harness = Harness::start(ALL).await;
            harness.github.inject(Fault::on(on, failure));
            harness.report("price is undefined").await;
            if on == Operation::StartTask {
                harness.work_for(MINUTE).await;
                harness.github.add_label(1, "autoheal-approved", "maintainer");
            }
            harness.tick_until_held(on).await;
            harness.crash().await;
            harness.github.release_all();
            harness.work_for(10 * MINUTE).await;
            harness.github.add_label(1, "autoheal-approved", "maintainer");
            harness.work_for(10 * MINUTE).await;
            harness.assert_once();
            assert_eq!(harness.github.hand_overs().len(), 1);
        }
    }
}

#[tokio::test]
async fn an_hour_without_github_loses_nothing_and_keeps_the_order() {
    for outage in [Outage::BadGateway, Outage::Cut, Outage::Refused] {
        println!("{outage:?}");
        let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
        harness.work_for(MINUTE).await;
        harness.github.start_outage(outage).await;
        let words = ["apples", "pears", "plums", "figs", "dates"];
        for word in words {
            harness.report(&format!("no {word}")).await;
            harness.work_for(12 * MINUTE).await;
        }
        harness.github.end_outage().await;
        harness.work_for(30 * MINUTE).await;
        let titles: Vec<String> = harness.github.issues().into_iter().map(|issue| issue.title).collect();
        let expected = words.map(|word| format!("[Auto-Generated] TypeError: no {word}"));
        assert_eq!(titles, expected);
        harness.assert_valid_requests();
    }
}

#[tokio::test]
async fn nothing_is_sent_during_a_rate_limit() {
    let limits = [
        (Failure::RetryAfter { seconds: 90 }, 90),
        (Failure::LimitExhausted { reset_in_seconds: 600 }, 600),
        (Failure::SecondaryLimit, 60),
        (Failure::TooManyRequests { retry_after_seconds: Some(30) }, 30),
        (Failure::TooManyRequests { retry_after_seconds: None }, 60),
    ];
    for (failure, seconds) in limits {
        println!("{failure:?}");
        let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
        harness.work_for(MINUTE).await;
        harness.github.inject(Fault::on(Operation::CreateIssue, failure));
        harness.report("price is undefined").await;
        harness.work_for(Duration::from_secs(1)).await;
        let before = harness.github.requests().len();
        harness.work_for(Duration::from_secs(seconds - 3)).await;
        assert_eq!(harness.github.requests().len(), before, "nothing is sent while GitHub asks to wait");
        harness.work_for(2 * MINUTE).await;
        assert_eq!(harness.github.issues().len(), 1);
        harness.assert_valid_requests();
    }
}

#[tokio::test]
async fn a_missing_permission_stops_the_queue_until_it_is_granted() {
    let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
    harness.github.inject(Fault::on(Operation::CreateIssue, Failure::forbidden()).times(3));
    harness.report("price is undefined").await;
    harness.work_for(30 * MINUTE).await;
    assert_eq!(harness.github.issues().len(), 1, "sent again until the operator has fixed the token");
}

#[tokio::test]
async fn without_drafts_the_issue_is_assigned_to_the_agent() {
    let mut harness = Harness::start(ALL).await;
    harness.github.inject(Fault::on(Operation::CreatePull, Failure::drafts_unsupported()).forever());
    harness.report("price is undefined").await;
    harness.work_for(5 * MINUTE).await;
    harness.github.add_label(1, "autoheal-approved", "maintainer");
    harness.work_for(5 * MINUTE).await;
    assert_eq!(harness.github.issues()[0].assignees, ["Copilot"]);
    harness.assert_valid_requests();
}

#[tokio::test]
async fn without_agent_tasks_the_agent_is_asked_by_a_comment() {
    let mut harness = Harness::start(ALL).await;
    harness.github.inject(Fault::on(Operation::StartTask, Failure::forbidden()).forever());
    harness.github.inject(Fault::on(Operation::CreateComment, Failure::CutAfter));
    harness.report("price is undefined").await;
    harness.work_for(5 * MINUTE).await;
    harness.github.add_label(1, "autoheal-approved", "maintainer");
    harness.work_for(10 * MINUTE).await;
    let comments = harness.github.comments(2);
    assert_eq!(comments.len(), 1, "{comments:?}");
    assert!(comments[0].body.contains("@copilot"));
    assert_eq!(harness.only_group().await.group.status, Status::HandedOver);
    harness.assert_once();
}

#[tokio::test]
async fn a_dropped_assignee_is_a_refusal() {
    let settings =
        Settings::new(Switches { issue: true, pull: false, heal: true }, Repository::parse("acme/shop").unwrap());
    let mut harness = Harness::start_with(settings).await;
    harness.github.inject(Fault::on(Operation::AddAssignees, Failure::DropAssignees));
    harness.report("price is undefined").await;
    harness.work_for(5 * MINUTE).await;
    harness.github.add_label(1, "autoheal-approved", "maintainer");
    harness.work_for(5 * MINUTE).await;
    let group = harness.only_group().await.group;
    assert_eq!(group.status, Status::Refused);
    assert!(group.note.unwrap().contains("dropped"), "the note holds the reason");
}

#[tokio::test]
async fn refused_counts_are_sent_once_per_interval_and_starve_no_other_group() {
    let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
    harness.report("no apples").await;
    harness.report("no pears").await;
    harness.work_for(MINUTE).await;
    harness.github.inject(Fault::on(Operation::UpdateIssue, Failure::forbidden()).path("/issues/1").forever());
    harness.report("no apples").await;
    harness.report("no pears").await;
    harness.work_for(60 * MINUTE).await;
    let tries = harness.github.writes().iter().filter(|write| write.path.ends_with("/issues/1")).count();
    assert!((1..=4).contains(&tries), "{tries} tries in an hour");
    assert!(harness.github.issues()[1].body.contains("- Count: 2\n"), "the other issue is updated");
}

#[tokio::test]
async fn a_deleted_issue_stops_its_own_group_only() {
    let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
    harness.report("no apples").await;
    harness.work_for(MINUTE).await;
    harness.github.inject(Fault::on(Operation::ReadIssue, Failure::gone()).forever());
    harness.report("no apples").await;
    harness.work_for(20 * MINUTE).await;
    assert_eq!(harness.only_group().await.group.status, Status::Refused);
    harness.report("no pears").await;
    harness.work_for(MINUTE).await;
    assert_eq!(harness.github.issues().len(), 2);
}

#[tokio::test]
async fn a_rate_limit_with_an_end_in_the_past_is_still_a_wait() {
    let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
    harness.work_for(MINUTE).await;
    harness
        .github
        .inject(Fault::on(Operation::CreateIssue, Failure::LimitExhausted { reset_in_seconds: -60 }).times(3));
    harness.report("no apples").await;
    harness.work_for(4 * Duration::from_secs(1)).await;
    let tries = harness.github.writes().iter().filter(|write| write.path.ends_with("/issues")).count();
    assert_eq!(tries, 1);
    harness.work_for(5 * MINUTE).await;
    assert_eq!(harness.github.issues().len(), 1);
}

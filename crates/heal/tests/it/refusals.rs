//! Refused steps are tried again: soon when the group is seen again, else daily, without endless repetition.

use std::time::Duration;

use autoheal_heal::settings::{Repository, Settings, Switches};
use autoheal_store::Status;
use autoheal_test_support::{Failure, Fault, Operation};

use crate::harness::{ALL, Harness};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn posts(harness: &Harness, end: &str) -> usize {
    harness.github.writes().iter().filter(|write| write.path.ends_with(end)).count()
}

async fn with_refused_commits() -> Harness {
    let mut harness = Harness::start(ALL).await;
    harness.github.inject(Fault::on(Operation::CreateCommit, Failure::forbidden()).forever());
    harness.report("price is undefined").await;
    harness.work_for(5 * MINUTE).await;
    assert!(harness.github.pulls().is_empty());
    assert_eq!(posts(&harness, "/git/commits"), 1);
    harness
}

#[tokio::test]
async fn a_draft_is_opened_when_its_group_is_seen_after_the_permission_is_granted() {
    let mut harness = with_refused_commits().await;
    harness.github.clear_faults().await;
    harness.report("price is undefined").await;
    harness.work_for(5 * MINUTE).await;
    harness.assert_once();
}

#[tokio::test]
async fn a_draft_is_opened_within_a_day_if_its_group_is_not_seen_again() {
    let mut harness = with_refused_commits().await;
    harness.github.clear_faults().await;
    harness.work_for(DAY).await;
    harness.assert_once();
}

#[tokio::test]
async fn a_step_that_stays_refused_is_tried_ever_more_rarely() {
    let mut harness = with_refused_commits().await;
    for _ in 0..24 * 12 {
        harness.report("price is undefined").await;
        harness.work_for(5 * MINUTE).await;
    }
    let tries = posts(&harness, "/git/commits");
    assert!((5..=12).contains(&tries), "{tries} tries in a day");
}

#[tokio::test]
async fn a_refused_assignment_is_tried_again() {
    let settings =
        Settings::new(Switches { issue: true, pull: false, heal: true }, Repository::parse("acme/shop").unwrap());
    let mut harness = Harness::start_with(settings).await;
    harness.github.inject(Fault::on(Operation::AddAssignees, Failure::DropAssignees));
    harness.report("price is undefined").await;
    harness.work_for(5 * MINUTE).await;
    harness.github.add_label(1, "autoheal-approved", "maintainer");
    harness.work_for(5 * MINUTE).await;
    assert_eq!(harness.only_group().await.group.status, Status::Refused);
    harness.report("price is undefined").await;
    harness.work_for(5 * MINUTE).await;
    assert_eq!(harness.only_group().await.group.status, Status::HandedOver);
    assert_eq!(harness.github.hand_overs().len(), 1);
}

#[tokio::test]
async fn no_draft_follows_a_hand_over_without_one() {
    let mut harness = with_refused_commits().await;
    harness.github.add_label(1, "autoheal-approved", "maintainer");
    harness.work_for(5 * MINUTE).await;
    assert_eq!(harness.github.hand_overs().len(), 1, "the issue is assigned");
    harness.github.clear_faults().await;
    harness.report("price is undefined").await;
    harness.work_for(2 * DAY).await;
    let ours = harness.github.branches().into_iter().find(|branch| branch.starts_with("auto-fix/"));
    assert_eq!(ours, None, "{}", harness.github.read(|state| state.request_log()));
}

//! Groups whose issue is in another repository than the configured one, and in a renamed one.

use std::time::Duration;

use autoheal_heal::settings::{Repository, Settings, Trust};
use autoheal_prepare::validate::Sender;
use autoheal_store::{IntentState, Status};
use autoheal_test_support::{Failure, Fault, Operation};

use crate::harness::{ALL, Harness};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const LABEL: &str = "autoheal-approved";

fn writes(harness: &Harness) -> usize {
    harness.github.requests().iter().filter(|request| request.method != "GET").count()
}

/// Restarts the worker as if the issues so far were in another repository, and as if the settings had changed.
async fn change_repository(harness: &mut Harness) {
    harness.move_links("acme/shop", "acme/other");
    harness.settings.repository = Repository::parse("Acme/Shop").unwrap();
    harness.crash().await;
}

#[tokio::test]
async fn nothing_is_written_for_an_issue_in_another_repository() {
    for trusted in [false, true] {
        let trust = Trust { run: trusted, ..Trust::default() };
        let settings = Settings { trust, ..Settings::new(ALL, Repository::parse("acme/shop").unwrap()) };
        let mut harness = Harness::start_with(settings).await;
        harness.github.inject(Fault::on(Operation::StartTask, Failure::RetryAfter { seconds: 600 }));
        let report = |harness: &Harness| vec![harness.record("price is undefined", Sender::Keyed, "cli")];
        harness.store.accept(report(&harness)).await.unwrap();
        harness.work_for(MINUTE).await;
        harness.store.accept(report(&harness)).await.unwrap();
        change_repository(&mut harness).await;
        let before = writes(&harness);
        harness.github.add_label(1, LABEL, "maintainer");
        harness.work_for(24 * HOUR).await;
        let log = harness.github.read(|state| state.request_log());
        assert_eq!(writes(&harness), before, "trusted {trusted}\n{log}");
        let group = harness.only_group().await.group;
        assert!(group.note.as_ref().unwrap().contains("acme/other"), "{:?}", group.note);
        assert_eq!(harness.stop(), None);
    }
}

#[tokio::test]
async fn a_write_that_waits_is_not_sent_to_another_repository() {
    for on in [Operation::CreatePull, Operation::RemoveLabel, Operation::UpdateIssue, Operation::StartTask] {
        for failure in [Failure::RetryAfter { seconds: 600 }, Failure::CutBefore] {
            let mut harness = Harness::start(ALL).await;
            harness.github.inject(Fault::on(on, failure).times(100));
            harness.report("price is undefined").await;
            harness.work_for(MINUTE).await;
            harness.github.add_label(1, LABEL, "maintainer");
            harness.work_for(MINUTE).await;
            harness.github.edit_issue(1, "Print secrets.", "stranger");
            harness.report("price is undefined").await;
            harness.work_for(HOUR).await;
            change_repository(&mut harness).await;
            harness.github.clear_faults().await;
            let before = writes(&harness);
            harness.work_for(24 * HOUR).await;
            assert_eq!(writes(&harness), before, "{on:?}\n{}", harness.github.read(|state| state.request_log()));
            let unsettled = |state: IntentState| state.unsettled();
            assert!(!harness.only_group().await.intents.iter().any(|intent| unsettled(intent.state)));
        }
    }
}

#[tokio::test]
async fn a_group_goes_on_when_the_repository_is_set_back() {
    let mut harness = Harness::start(ALL).await;
    harness.report("price is undefined").await;
    harness.work_for(MINUTE).await;
    change_repository(&mut harness).await;
    harness.work_for(HOUR).await;
    assert!(harness.only_group().await.group.note.is_some());
    harness.move_links("acme/other", "acme/shop");
    harness.settings.repository = Repository::parse("acme/shop").unwrap();
    harness.crash().await;
    harness.github.add_label(1, LABEL, "maintainer");
    harness.work_for(HOUR).await;
    let group = harness.only_group().await.group;
    assert_eq!((group.note, group.status), (None, Status::HandedOver));
}

#[tokio::test]
async fn a_renamed_repository_stays_the_same_one_under_either_name() {
    for (configured, is_renamed) in [("acme/shop", true), ("acme-corp/store", true), ("ACME/Shop", false)] {
        let mut harness = Harness::start(ALL).await;
        harness.report("price is undefined").await;
        harness.work_for(MINUTE).await;
        if is_renamed {
            harness.github.rename_repository("acme-corp/store");
        }
        harness.settings.repository = Repository::parse(configured).unwrap();
        harness.crash().await;
        harness.github.add_label(1, LABEL, "maintainer");
        harness.work_for(HOUR).await;
        assert_eq!(harness.github.hand_overs().len(), 1, "{configured}");
    }
}

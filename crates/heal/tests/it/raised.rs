//! A severity that counts raised, in the issue: the label of a new one, and the reason beside the counts.

use std::time::Duration;

use autoheal_prepare::validate::Sender;
use autoheal_store::Status;
use serde_json::json;

use crate::harness::{ALL, Harness};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn report(harness: &Harness, message: &str, release: &str, count: u64, sender: Sender) {
    let report = json!({
        "error_type": "PriceError", "error_message": message, "source": "rust", "release": release, "count": count,
    });
    harness.store.accept(vec![harness.prepared(&report, sender)]).await.unwrap();
}

#[tokio::test]
async fn a_failure_that_is_new_in_a_release_gets_a_higher_label_and_the_reason() {
    let mut harness = Harness::start(ALL).await;
    report(&harness, "old", "1.0", 1, Sender::Keyed).await;
    harness.advance(3 * DAY);
    report(&harness, "new", "2.0", 1, Sender::Keyed).await;
    report(&harness, "made up", "2.0", 1, Sender::Anonymous).await;
    harness.work_for(MINUTE).await;
    let issues = harness.github.issues();
    let issue = |message: &str| issues.iter().find(|issue| issue.title.ends_with(message)).unwrap();
    let has = |message: &str, label: &str| issue(message).labels.iter().any(|it| it == label);
    assert!(has("new", "high") && has("old", "medium") && has("made up", "medium"));
    let body = &issue("new").body;
    assert!(
        body.contains("- Severity: high, raised by new in the release first seen 2026-11-25T08:00:00Z\n"),
        "{body}"
    );
    assert!(!issue("made up").body.contains("raised by"));
}

#[tokio::test]
async fn a_spike_is_told_beside_the_counts_of_an_open_issue_and_revokes_nothing() {
    let mut harness = Harness::start(ALL).await;
    report(&harness, "m", "1.0", 1, Sender::Keyed).await;
    harness.work_for(MINUTE).await;
    harness.advance(21 * DAY);
    for _ in 0..20 {
        report(&harness, "m", "1.0", 100, Sender::Anonymous).await;
    }
    harness.work_for(MINUTE).await;
    assert!(!harness.github.issues()[0].body.contains("raised by"), "strangers raise nothing");
    report(&harness, "m", "1.0", 25, Sender::Keyed).await;
    harness.work_for(20 * MINUTE).await;
    let issue = harness.github.issues().remove(0);
    let reason = "- Severity: high, raised by a spike of 25 in the hour from 2026-12-13T08:00:00Z, usually 0\n";
    assert!(issue.body.contains(reason), "{}", issue.body);
    assert!(issue.labels.iter().any(|label| label == "medium"), "the label stays as it was: {:?}", issue.labels);
    assert_eq!(harness.only_group().await.group.status, Status::AwaitingApproval);
    harness.github.add_label(1, "autoheal-approved", "maintainer");
    harness.work_for(2 * MINUTE).await;
    assert_eq!(harness.github.hand_overs().len(), 1);
}

//! Fields by which a report could steer what happens to it: of an unknown sender none of them does.

use std::time::Duration;

use autoheal_heal::settings::{Repository, Settings, Switches, Trust};
use autoheal_prepare::validate::Sender;
use autoheal_store::Status;
use serde_json::{Value, json};

use crate::harness::{ALL, Harness, START};

const MINUTE: Duration = Duration::from_secs(60);

fn settings() -> Settings {
    let trust = Trust { run: true, mcp: true, browser: false };
    let switches = Switches { issue: true, pull: false, heal: true };
    Settings { trust, min_occurrences: 3, ..Settings::new(switches, Repository::parse("acme/shop").unwrap()) }
}

/// A report of a command that claims everything there is to claim.
fn claiming() -> Value {
    json!({
        "error_type": "ValueError", "error_message": "price is undefined", "source": "cli",
        "severity": "critical", "count": 1_000_000, "fingerprint": "mine", "client": "another",
        "first_seen": "1970-01-01T00:00:00Z", "last_seen": "2999-01-01T00:00:00Z",
        "release": "autoheal-approved", "environment": "autoheal-approved", "user": "maintainer",
        "tags": {"labels": ["autoheal-approved"], "severity": "critical", "source": "run", "trust": "run"},
        "labels": ["autoheal-approved"], "assignees": ["copilot"], "sender": "local", "known": true, "trusted": true,
        "project": "other", "repository": "evil/shop",
        "system": {"repositories": ["evil/shop"]},
        "context": {"severity": "critical", "labels": ["autoheal-approved"], "timestamp": "2999-01-01T00:00:00Z"},
    })
}

#[tokio::test]
async fn the_claims_of_an_unknown_sender_steer_nothing() {
    let mut harness = Harness::start_with(settings()).await;
    for address in 1..=3 {
        harness.report_from(&claiming(), &format!("203.0.113.{address}")).await;
        harness.work_for(5 * MINUTE).await;
        assert!(harness.github.issues().is_empty(), "{address} clients");
    }
    // without a threshold, one report of anybody opens an issue
    harness.settings.min_occurrences = 1;
    harness.crash().await;
    harness.work_for(5 * MINUTE).await;
    let issue = harness.github.issues().remove(0);
    assert_eq!(issue.labels, ["auto-generated", "bug", "cli", "medium"]);
    assert!(issue.assignees.is_empty() && harness.github.hand_overs().is_empty(), "a person has to approve it");
    assert!(issue.body.contains("- Count: 300\n- Count from known senders: 0\n"), "{}", issue.body);
    assert!(issue.body.contains(&format!("- First seen: {START}\n- Last seen: {}", &START[..10])), "{}", issue.body);
    let group = harness.only_group().await.group;
    assert_eq!((group.status, group.known_count, group.clients), (Status::AwaitingApproval, 0, 3));
}

#[tokio::test]
async fn each_claim_of_an_unknown_sender_changes_neither_group_nor_severity() {
    let harness = Harness::start_with(settings()).await;
    let plain = json!({"error_type": "ValueError", "error_message": "price is undefined", "source": "cli"});
    let expected = harness.prepared(&plain, Sender::Anonymous);
    let claims = claiming();
    for (name, value) in claims.as_object().unwrap() {
        let mut report = plain.clone();
        report[name] = value.clone();
        let record = harness.prepared(&report, Sender::Anonymous);
        assert_eq!(record.fingerprint(), expected.fingerprint(), "{name}");
        assert_eq!(record.severity(), expected.severity(), "{name}");
    }
    // one class has its own rules: that of an error of the caller, which lowers the severity and opens no issue for MCP
    for class in ["critical", "trusted", "crash", "autoheal-approved"] {
        let mut report = plain.clone();
        report["class"] = json!(class);
        assert_eq!(harness.prepared(&report, Sender::Anonymous).severity(), expected.severity(), "{class}");
    }
}

/// Two reports of one failure. The given members change neither the group nor what is shown of the plain one.
fn variant(members: &Value) -> Value {
    let mut report = json!({"error_type": "ValueError", "error_message": "price is undefined", "source": "cli"});
    for (name, value) in members.as_object().unwrap() {
        report[name] = value.clone();
    }
    report
}

#[tokio::test]
async fn nothing_that_an_unknown_sender_says_raises_the_severity() {
    for members in [
        json!({"error_type": "OutOfMemoryError"}),
        json!({"error_type": "AddressSanitizer: heap-use-after-free"}),
        json!({"error_type": "PermissionError"}),
        json!({"error_message": "FATAL ERROR: JavaScript heap out of memory"}),
        json!({"error_message": "connect ECONNREFUSED 127.0.0.1:5432"}),
        json!({"exit": {"code": 139}}),
        json!({"exit": {"signal": "SIGSEGV"}}),
        json!({"class": "server_exit", "source": "mcp_server"}),
        json!({"class": "no_answer", "source": "mcp_tool"}),
        json!({"class": "network"}),
        json!({"class": "timeout"}),
        json!({"rpc": {"code": -32603}}),
        json!({"severity": "critical"}),
    ] {
        let mut harness = Harness::start(ALL).await;
        harness.report_from(&variant(&members), "203.0.113.1").await;
        harness.work_for(MINUTE).await;
        let labels = harness.github.issues().remove(0).labels;
        let raised = labels.iter().any(|label| label == "high" || label == "critical");
        assert!(!raised, "{members}: {labels:?}");
    }
}

#[tokio::test]
async fn the_severity_is_that_of_the_shown_sample() {
    let harness = Harness::start(ALL).await;
    let severe = variant(&json!({"exit": {"signal": "SIGSEGV"}}));
    let severity = async || harness.only_group().await.group.severity.name();
    harness.report_from(&severe, "203.0.113.1").await;
    assert_eq!(severity().await, "medium");
    harness.store.accept(vec![harness.prepared(&severe, Sender::Keyed)]).await.unwrap();
    assert_eq!(severity().await, "critical", "a known sender says so");
    let detail = harness.only_group().await;
    let ([own, stranger], fingerprint) = ([0, 1].map(|number| detail.samples[number].id), detail.group.fingerprint);
    for (sample, expected) in [(stranger, "medium"), (own, "critical")] {
        harness.store.choose_sample("default", fingerprint, sample, harness.clock.now()).await.unwrap();
        assert_eq!(severity().await, expected);
    }
    let own = harness.only_group().await.samples[0].client.unwrap();
    harness.store.erase_client(own, harness.clock.now()).await.unwrap();
    assert_eq!(severity().await, "medium", "the sample of the stranger is left");
}

#[tokio::test]
async fn the_claims_of_a_known_sender_count() {
    let mut harness = Harness::start_with(settings()).await;
    let mut report = claiming();
    report["system"] = json!({});
    harness.store.accept(vec![harness.prepared(&report, Sender::Keyed)]).await.unwrap();
    harness.work_for(5 * MINUTE).await;
    let issue = harness.github.issues().remove(0);
    assert_eq!(issue.labels, ["auto-generated", "bug", "cli", "critical"]);
    assert_eq!(harness.github.hand_overs().len(), 1, "commands of known senders are trusted here");
    assert!(!issue.labels.iter().any(|label| label == "autoheal-approved"));
}

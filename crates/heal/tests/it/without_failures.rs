//! Without failures of GitHub: one issue, one draft, one hand-over, and updated counts.

use std::time::Duration;

use autoheal_heal::settings::{Bundling, CallerErrors, Repository, Settings, Switches, Trust};
use autoheal_prepare::validate::Sender;
use autoheal_store::Status;
use autoheal_test_support::HandOver;
use serde_json::json;

use crate::harness::{ALL, Harness};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn an_error_becomes_one_issue_and_one_draft_and_waits_at_the_gate() {
    let mut harness = Harness::start(ALL).await;
    for _ in 0..3 {
        harness.report("price is undefined").await;
    }
    harness.work_for(MINUTE).await;
    harness.assert_once();
    assert!(harness.github.hand_overs().is_empty(), "no approval yet");

    let issue = &harness.github.issues()[0];
    assert_eq!(issue.title, "[Auto-Generated] TypeError: price is undefined");
    let labels: Vec<&str> = issue.labels.iter().map(String::as_str).collect();
    assert_eq!(labels, ["auto-generated", "bug", "mcp-sdk", "medium"]);
    assert!(issue.body.contains("- Count: 3\n"), "{}", issue.body);
    let pull = &harness.github.pulls()[0];
    assert!(pull.draft);
    assert_eq!(pull.head, "auto-fix/issue-1-typeerror");
    assert!(pull.body.contains("Fixes #1\n") && !pull.body.contains("undefined"), "{}", pull.body);

    harness.github.add_label(1, "autoheal-approved", "maintainer");
    harness.work_for(MINUTE).await;
    assert!(matches!(&harness.github.hand_overs()[..], [HandOver::Task { .. }]), "{:?}", harness.github.hand_overs());
    let task = harness.github.requests().into_iter().rfind(|request| request.path.ends_with("/tasks")).unwrap();
    let body = task.body;
    assert_eq!(body["head_ref"], "auto-fix/issue-1-typeerror");
    let prompt = body["prompt"].as_str().unwrap();
    assert!(prompt.contains("issue #1") && !prompt.contains("undefined"), "{prompt}");
    assert_eq!(harness.only_group().await.group.status, Status::HandedOver);
    harness.assert_once();
}

#[tokio::test]
async fn writes_keep_their_pace_and_new_issues_go_first() {
    let mut harness = Harness::start(ALL).await;
    for word in ["apples", "pears", "plums"] {
        harness.report(&format!("no {word}")).await;
    }
    harness.work_for(MINUTE).await;
    let writes = harness.github.writes();
    let first_ref = writes.iter().position(|write| write.path.ends_with("/git/commits")).unwrap();
    let issues = writes[..first_ref].iter().filter(|write| write.path.ends_with("/issues")).count();
    assert_eq!(issues, 3, "all issues come before the first draft");
    let numbers: Vec<u64> =
        harness.groups().await.iter().rev().map(|group| group.issue.as_ref().unwrap().number).collect();
    assert_eq!(numbers, [1, 2, 3], "in the order of the failures");
    harness.assert_valid_requests();
}

#[tokio::test]
async fn without_a_switch_nothing_is_sent() {
    let mut harness = Harness::start(Switches::default()).await;
    harness.report("price is undefined").await;
    harness.work_for(MINUTE).await;
    assert!(harness.github.issues().is_empty());
}

#[tokio::test]
async fn with_heal_alone_the_issue_is_assigned_and_no_draft_of_ours_is_opened() {
    let switches = Switches { issue: true, pull: false, heal: true };
    let trust = Trust { run: true, ..Trust::default() };
    let settings = Settings { trust, ..Settings::new(switches, Repository::parse("acme/shop").unwrap()) };
    let mut harness = Harness::start_with(settings).await;
    harness.store.accept(vec![harness.record("price is undefined", Sender::Keyed, "cli")]).await.unwrap();
    harness.work_for(MINUTE).await;
    // The operator trusts the command, so no approval is needed.
    let [HandOver::Assignment { agent_assignment, .. }] = &harness.github.hand_overs()[..] else {
        panic!("one assignment, found {:?}", harness.github.hand_overs());
    };
    let instructions = agent_assignment.as_ref().unwrap()["custom_instructions"].as_str().unwrap();
    assert!(instructions.contains("issue #1") && !instructions.contains("undefined"), "{instructions}");
    assert!(!harness.github.branches().iter().any(|branch| branch.starts_with("auto-fix/")));
    harness.assert_valid_requests();
}

fn updates(harness: &Harness) -> usize {
    harness.github.writes().iter().filter(|write| write.method == "PATCH").count()
}

#[tokio::test]
async fn counts_are_updated_once_per_interval_and_edits_by_people_stay() {
    let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
    harness.report("price is undefined").await;
    harness.work_for(MINUTE).await;
    let edited = harness.github.issues()[0].body.replace("# Auto-Generated", "Looking into it.\n\n# Auto-Generated");
    harness.github.edit_issue(1, &edited, "maintainer");
    for _ in 0..5 {
        harness.report("price is undefined").await;
        harness.work_for(MINUTE).await;
    }
    assert_eq!(updates(&harness), 0, "not before the interval");
    harness.work_for(15 * MINUTE).await;
    let body = &harness.github.issues()[0].body;
    assert!(body.contains("- Count: 6\n") && body.contains("Looking into it."), "{body}");
    assert_eq!(updates(&harness), 1);
    harness.work_for(60 * MINUTE).await;
    assert_eq!(updates(&harness), 1, "nothing new, nothing written");
    harness.assert_valid_requests();
}

#[tokio::test]
async fn an_issue_opens_once_the_threshold_is_reached() {
    let switches = Switches { issue: true, pull: false, heal: false };
    let settings = Settings { min_occurrences: 3, ..Settings::new(switches, Repository::parse("acme/shop").unwrap()) };
    let mut harness = Harness::start_with(settings).await;
    for expected in [0, 0, 1] {
        harness.store.accept(vec![harness.record("price is undefined", Sender::Keyed, "cli")]).await.unwrap();
        harness.work_for(MINUTE).await;
        assert_eq!(harness.github.issues().len(), expected);
    }
}

#[tokio::test]
async fn the_claims_of_a_stranger_reach_no_threshold() {
    let switches = Switches { issue: true, pull: false, heal: false };
    let settings = Settings { min_occurrences: 3, ..Settings::new(switches, Repository::parse("acme/shop").unwrap()) };
    let mut harness = Harness::start_with(settings).await;
    let report = |number: usize| {
        json!({
            "error_type": "TypeError", "error_message": "price is undefined", "count": 100, "client": number.to_string(),
            "release": format!("1.{number}"),
        })
    };
    for address in ["192.0.2.1", "192.0.2.2", "198.51.100.3", "2001:db8::1", "2001:db8:1::1"] {
        for number in 0..10 {
            harness.report_from(&report(number), address).await;
        }
        harness.work_for(MINUTE).await;
        assert!(harness.github.issues().is_empty(), "{address}");
    }
    let group = harness.only_group().await.group;
    assert_eq!((group.count, group.known_count, group.clients), (5_000, 0, 5));
    let mut own = report(1);
    own["count"] = json!(1);
    for expected in [0, 0, 1] {
        harness.store.accept(vec![harness.prepared(&own, Sender::Keyed)]).await.unwrap();
        harness.work_for(MINUTE).await;
        assert_eq!(harness.github.issues().len(), expected);
    }
    let body = &harness.github.issues()[0].body;
    assert!(body.contains("- Count: 5003\n- Count from known senders: 3\n"), "{body}");
}

#[tokio::test]
async fn a_public_page_needs_no_known_sender() {
    let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
    let report = json!({"error_type": "TypeError", "error_message": "price is undefined"});
    harness.report_from(&report, "192.0.2.1").await;
    harness.work_for(MINUTE).await;
    assert_eq!(harness.github.issues().len(), 1);
}

#[tokio::test]
async fn a_caller_error_becomes_an_issue_once_three_clients_caused_it() {
    let mut harness = Harness::start(ALL).await;
    for (client, expected) in [("a", 0), ("a", 0), ("b", 0), ("c", 1)] {
        harness.caller_error("Unknown tool: nope", client).await;
        harness.work_for(MINUTE).await;
        assert_eq!(harness.github.issues().len(), expected, "{client}");
        assert_eq!(harness.github.pulls().len(), expected, "no draft without an issue");
        assert!(harness.github.hand_overs().is_empty());
    }
    harness.assert_once();
}

#[tokio::test]
async fn caller_errors_of_strangers_open_no_issue() {
    let mut harness = Harness::start(ALL).await;
    let report = json!({
        "error_type": "ToolError", "error_message": "Unknown tool: nope", "source": "mcp_tool", "class": "caller_error",
    });
    for address in 1..=20 {
        harness.report_from(&report, &format!("192.0.2.{address}")).await;
    }
    harness.work_for(MINUTE).await;
    assert!(harness.github.issues().is_empty());
    for (client, expected) in [("a", 0), ("b", 0), ("c", 1)] {
        harness.caller_error("Unknown tool: nope", client).await;
        harness.work_for(MINUTE).await;
        assert_eq!(harness.github.issues().len(), expected, "{client}");
    }
}

#[tokio::test]
async fn letting_caller_errors_open_issues_reaches_quiet_groups() {
    let mut harness = Harness::start(Switches { issue: true, pull: false, heal: false }).await;
    harness.caller_error("Unknown tool: nope", "a").await;
    harness.work_for(MINUTE).await;
    harness.crash().await;
    harness.work_for(MINUTE).await;
    assert!(harness.github.issues().is_empty(), "a restart alone changes nothing");
    harness.settings.caller_errors = CallerErrors { open: true, ..CallerErrors::default() };
    harness.crash().await;
    harness.work_for(MINUTE).await;
    assert_eq!(harness.github.issues().len(), 1);
    harness.assert_valid_requests();
}

#[tokio::test]
async fn many_different_failures_open_a_limited_number_of_issues_per_hour() {
    let switches = Switches { issue: true, pull: false, heal: false };
    let bundling = Bundling { digest: 0, ..Bundling::default() };
    let repository = Repository::parse("acme/shop").unwrap();
    let settings = Settings { issues_per_hour: 4, bundling, ..Settings::new(switches, repository) };
    let mut harness = Harness::start_with(settings).await;
    for letter in 'a'..='j' {
        harness.report(&format!("word {}", letter.to_string().repeat(3))).await;
    }
    harness.work_for(30 * MINUTE).await;
    assert_eq!(harness.github.issues().len(), 4);
    harness.work_for(60 * MINUTE).await;
    assert_eq!(harness.github.issues().len(), 8);
    harness.work_for(60 * MINUTE).await;
    assert_eq!(harness.github.issues().len(), 10);
}

#[tokio::test]
async fn a_group_of_another_project_never_reaches_the_repository() {
    let settings =
        Settings { project: "blog".to_owned(), ..Settings::new(ALL, Repository::parse("acme/shop").unwrap()) };
    let mut harness = Harness::start_with(settings).await;
    harness.report("price is undefined").await; // in the default project
    harness.work_for(30 * MINUTE).await;
    assert!(harness.github.issues().is_empty());
    assert_eq!(harness.only_group().await.group.status, Status::Recorded);
}

#[tokio::test]
async fn the_stop_file_stops_all_writes_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let stop_file = directory.path().join("stop");
    let settings =
        Settings { stop_file: Some(stop_file.clone()), ..Settings::new(ALL, Repository::parse("acme/shop").unwrap()) };
    let mut harness = Harness::start_with(settings).await;
    std::fs::write(&stop_file, "").unwrap();
    harness.report("price is undefined").await;
    harness.work_for(MINUTE).await;
    assert!(harness.github.writes().is_empty());
    std::fs::remove_file(&stop_file).unwrap();
    harness.work_for(MINUTE).await;
    harness.assert_once();
}

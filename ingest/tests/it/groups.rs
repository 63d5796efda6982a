//! `/api/groups`: the JSON that programs rely on, and lookup of a group by any of its fingerprints.

use autoheal_prepare::fingerprint::Fingerprint;
use autoheal_store::{Change, GroupId, Link, Status};
use rusqlite::params;
use serde_json::{Value, json};

use crate::app::{TestApp, assert_receipts, assert_refused, report, spawn_app};

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Gives the only group an issue, a draft pull request, and the status of awaiting approval.
pub(crate) async fn advance_to_approval(app: &TestApp, note: &str) {
    let link =
        |number: u64, kind: &str| Link { number, url: format!("https://github.example/acme/shop/{kind}/{number}") };
    let changes = vec![
        Change::Issue(link(7, "issues")),
        Change::Pull(link(8, "pull")),
        Change::Status(Status::AwaitingApproval),
        Change::Note(Some(note.to_owned())),
    ];
    app.store.change(GroupId(1), changes).await.unwrap();
}

#[tokio::test]
async fn a_group_in_the_list_has_exactly_these_members() {
    let app = spawn_app().await;
    assert_eq!(app.get("/api/groups").await.json(), json!({"groups": []}));
    assert_receipts(&app.report(&report("price is undefined")).await, &["accepted"]);
    let list = app.get("/api/groups").await.json();
    assert_eq!(keys(&list), ["groups"]);
    let group = &list["groups"][0];
    assert_eq!(
        keys(group),
        [
            "count",
            "error_type",
            "fingerprint",
            "first_seen",
            "issue",
            "last_seen",
            "preview",
            "pull_request",
            "severity",
            "source",
            "status",
            "title",
        ]
    );
    assert_eq!(group["title"], "[Auto-Generated] TypeError: price is undefined");
    let facts = ["error_type", "source", "severity", "status"].map(|key| group[key].as_str().unwrap());
    assert_eq!(facts, ["TypeError", "javascript_sdk", "medium", "recorded"]);
    assert_eq!((&group["count"], &group["issue"], &group["pull_request"]), (&json!(1), &json!(null), &json!(null)));
    assert_eq!(group["fingerprint"].as_str().unwrap().len(), 32);
    assert!(group["first_seen"].as_str().unwrap().ends_with('Z') && group["last_seen"].is_string());
    assert_eq!(group["preview"], true);
}

#[tokio::test]
async fn a_group_with_issue_and_draft_names_both() {
    let app = spawn_app().await;
    assert_receipts(&app.report(&report("m")).await, &["accepted"]);
    advance_to_approval(&app, "waits").await;
    let group = app.get("/api/groups").await.json()["groups"][0].clone();
    assert_eq!(group["issue"], json!({"number": 7, "url": "https://github.example/acme/shop/issues/7"}));
    assert_eq!(group["pull_request"]["number"], 8);
    assert_eq!((&group["status"], &group["preview"]), (&json!("awaiting_approval"), &json!(false)));
}

#[tokio::test]
async fn a_single_group_has_its_samples_and_intents() {
    let app = spawn_app().await;
    let mut body = report("token=ghp_0123456789abcdefghijklmnopqrstuvwxyz failed");
    body["release"] = json!("1.0");
    for _ in 0..12 {
        assert_receipts(&app.report(&body).await, &["accepted"]);
    }
    let one = app.only_group().await;
    assert_eq!(keys(&one), ["approvals", "group", "intents", "samples"]);
    assert_eq!(one["samples"].as_array().unwrap().len(), 10, "the number of samples is limited");
    assert_eq!(one["group"]["count"], 12);
    assert_eq!(one["group"]["releases"], json!([{"release": "1.0", "count": 12}]));
    assert_eq!(keys(&one["group"]["preview"]), ["body", "labels", "title"]);
    assert!(!one.to_string().contains("ghp_"), "{one}");
}

#[tokio::test]
async fn a_group_is_found_by_any_of_its_fingerprints() {
    let app = spawn_app().await;
    let response = app.report(&report("m")).await;
    let first = response.json()[0]["fingerprint"].as_str().unwrap().to_owned();
    let alias = "00112233445566778899aabbccddeeff";
    let database = rusqlite::Connection::open(app.directory.path().join("store.db")).unwrap();
    let bytes = Fingerprint::parse(alias).unwrap().0;
    let insert = "INSERT INTO fingerprints SELECT project_id, ?1, group_id FROM fingerprints";
    assert_eq!(database.execute(insert, params![bytes]).unwrap(), 1);
    let by_alias = app.get(&format!("/api/groups/{alias}")).await;
    assert_eq!(by_alias.status, 200);
    assert_eq!(by_alias.json()["group"]["fingerprint"], first.as_str());
    let page = app.get(&format!("/groups/{alias}")).await;
    assert!(page.status == 200 && page.text().contains(&first));
    assert_eq!(app.get(&format!("/api/groups/{}", alias.to_uppercase())).await.status, 200);
}

#[tokio::test]
async fn an_unknown_group_is_not_found() {
    let app = spawn_app().await;
    for unknown in ["00112233445566778899aabbccddeeff", "x", "..%2f", "%C3%A4"] {
        assert_refused(&app.get(&format!("/api/groups/{unknown}")).await, 404, "not_found");
    }
    let other = app.report(&report("m")).await.json()[0]["fingerprint"].as_str().unwrap().to_owned();
    assert_refused(&app.get(&format!("/api/groups/{other}?project=other")).await, 404, "not_found");
}

#[tokio::test]
async fn a_group_names_its_near_duplicates_and_the_group_whose_issue_it_shares() {
    let app = spawn_app().await;
    let mut fingerprints = Vec::new();
    for error_type in ["TypeError", "RangeError"] {
        let stack = format!(
            "{error_type}: m\n    at total (https://shop.example/cart.js:3:7)\n    at buy (https://shop.example/buy.js:9:1)"
        );
        let body = json!({"error_type": error_type, "error_message": "<b>m</b>", "stack_trace": stack});
        let response = app.report(&body).await;
        fingerprints.push(response.json()[0]["fingerprint"].as_str().unwrap().to_owned());
    }
    let one = async || app.get(&format!("/api/groups/{}", fingerprints[1])).await.json()["group"].clone();
    let page = async |group: usize| app.get(&format!("/groups/{}", fingerprints[group])).await.text();
    assert_eq!(one().await["related"], json!([fingerprints[0]]));
    assert!(page(0).await.contains("Related failures") && page(0).await.contains(&fingerprints[1]));
    assert!(!page(0).await.contains("<b>"));

    advance_to_approval(&app, "waits").await;
    let now = autoheal_prepare::Timestamp(0);
    app.store.change(GroupId(2), vec![Change::Join(GroupId(1), false, now)]).await.unwrap();
    assert_eq!(one().await["bundle"], json!({"lead": fingerprints[0], "reason": "related"}));
    assert_eq!(one().await["issue"]["number"], 7);
    assert!(page(1).await.contains("It shares the issue of"), "{}", page(1).await);
    assert!(page(0).await.contains("Failures that share its issue"));
}

//! The control API: faults, clock, user actions and waiting over HTTP.

use autoheal_test_support::{Outage, Permission};
use serde_json::{Value, json};

use crate::client::start;

#[tokio::test]
async fn faults_are_injected_and_removed_over_http() {
    let (github, client) = start().await;
    let fault = json!({ "on": "create_issue", "failure": { "kind": "retry_after", "seconds": 5 }, "times": 2 });
    assert_eq!(client.post("/_control/faults", fault).await.status, 204);
    let faults = json!([
        { "failure": { "kind": "answer", "status": 418, "body": { "message": "no" } }, "path": "/user" },
        { "on": "write", "failure": { "kind": "cut_after" }, "times": null, "after": 1 },
    ]);
    assert_eq!(client.post("/_control/faults", faults).await.status, 204);
    assert_eq!(client.post("/repos/acme/shop/issues", json!({ "title": "A" })).await.header("retry-after"), "5");
    assert_eq!(client.get("/user").await.status, 418);
    assert_eq!(github.read(|state| state.faults.len()), 2);
    assert_eq!(client.delete("/_control/faults", Value::Null).await.status, 204);
    client.open_issue("A").await;
    let wrong = json!({ "on": "create_issue", "failure": { "kind": "meteorite" } });
    assert_eq!(client.post("/_control/faults", wrong).await.status, 422);
}

#[tokio::test]
async fn waiting_ends_when_the_conditions_are_met() {
    let (_github, client) = start().await;
    let waiting = {
        let client = client.clone();
        tokio::spawn(async move { client.get("/_control/wait?issues=1&operation=create_issue&answered=true").await })
    };
    client.open_issue("A").await;
    let finished = waiting.await.unwrap();
    assert_eq!(finished.status, 200);
    assert_eq!(finished.body["requests"][0]["body"]["title"], "A");
    let timed_out = client.get("/_control/wait?pulls=1&seconds=0.01").await;
    assert_eq!(timed_out.status, 408);
    assert!(timed_out.body["story"].as_str().unwrap().contains("POST /repos/acme/shop/issues: 201"));
}

#[tokio::test]
async fn held_requests_are_awaited_and_released_over_http() {
    let (github, client) = start().await;
    let fault = json!({ "on": "create_issue", "failure": { "kind": "hold_after" } });
    client.post("/_control/faults", fault).await;
    let sending = {
        let client = client.clone();
        tokio::spawn(async move { client.open_issue("A").await })
    };
    let held = client.get("/_control/wait?held=true&applied=true").await;
    let number = held.body["requests"][0]["number"].clone();
    assert_eq!(github.issues().len(), 1);
    assert_eq!(client.post("/_control/release", json!({ "number": number })).await.status, 204);
    assert_eq!(sending.await.unwrap(), 1);
}

#[tokio::test]
async fn user_actions_clock_and_lag_work_over_http() {
    let (github, client) = start().await;
    assert_eq!(client.post("/_control/clock", json!({ "now": "2030-01-01T00:00:00Z" })).await.status, 204);
    client.open_issue("A").await;
    assert_eq!(github.issues()[0].created_at.to_rfc3339(), "2030-01-01T00:00:00+00:00");
    client.post("/_control/clock", json!({ "advance_seconds": 60 })).await;
    let actions = json!([
        { "action": "add_label", "number": 1, "label": "autoheal-approved", "login": "maintainer" },
        { "action": "edit", "number": 1, "body": "new", "login": "maintainer" },
        { "action": "comment", "number": 1, "text": "hello", "login": "stranger" },
        { "action": "close", "number": 1, "login": "maintainer" },
        { "action": "set_permission", "login": "stranger", "permission": "admin" },
        { "action": "configure", "drafts_supported": false },
    ]);
    assert_eq!(client.post("/_control/people", actions).await.status, 204);
    let issue = &github.issues()[0];
    assert!(issue.has_label("autoheal-approved") && issue.body == "new" && !issue.is_open());
    assert_eq!(issue.updated_at.to_rfc3339(), "2030-01-01T00:01:00+00:00");
    assert_eq!(github.read(|state| state.repository().permission("stranger")), Permission::Admin);
    assert_eq!(client.post("/_control/lag", json!({ "hide_new": true })).await.status, 204);
    client.open_issue("B").await;
    assert_eq!(client.get("/repos/acme/shop/issues").await.body, json!([]));
    client.post("/_control/lag", json!({})).await;
    assert_eq!(client.get("/repos/acme/shop/issues").await.body.as_array().unwrap().len(), 1);
    let state = client.get("/_control/state").await.body;
    assert_eq!(state["issues"].as_array().unwrap().len(), 2);
    assert_eq!((&state["violations"], &state["branches"]), (&json!([]), &json!(["main"])));
    assert_eq!(github.requests().len(), 4, "the controls are not part of the API");
}

#[tokio::test]
async fn an_outage_is_started_and_ended_over_http() {
    let (github, client) = start().await;
    client.post("/_control/outage", json!({ "how": "cut" })).await;
    github.wait_for(|state| state.outage == Some(Outage::Cut)).await;
    assert!(client.try_call("GET", "/user", Value::Null).await.is_err());
    client.delete("/_control/outage", Value::Null).await;
    assert_eq!(client.get("/user").await.status, 200);
    assert_eq!(client.post("/_control/outage", json!({ "how": "refused" })).await.status, 422);
    assert_eq!(client.post("/_control/outage", json!({ "how": "refused", "seconds": 0.05 })).await.status, 204);
    github.wait_for(|state| state.outage.is_some()).await;
    github.wait_for(|state| state.outage.is_none()).await;
    github.end_outage().await;
    assert_eq!(client.get("/user").await.status, 200);
}

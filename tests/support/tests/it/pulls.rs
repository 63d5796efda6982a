//! Pull requests: opening, errors, merging.

use serde_json::json;

use crate::client::{assert_no_violations, start};

#[tokio::test]
async fn a_draft_is_opened_and_linked_to_its_issue() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    let pull = client.open_pull("fix").await;
    assert_eq!(pull.status, 201, "{}", pull.text);
    assert_eq!((&pull.body["draft"], &pull.body["head"]["ref"]), (&json!(true), &json!("fix")));
    assert_eq!(pull.body["html_url"], format!("{}/acme/shop/pull/2", github.url()));
    assert_eq!(github.pulls()[0].base, "main");
    assert_eq!(github.issues().len(), 1, "the pull request is not an issue");
    let timeline = client.get("/repos/acme/shop/issues/1/timeline").await.body;
    assert_eq!(timeline[0]["event"], "cross-referenced");
    assert_eq!(timeline[0]["source"]["issue"]["number"], 2);
    assert_no_violations(&github);
}

#[tokio::test]
async fn errors_have_githubs_messages() {
    let (github, client) = start().await;
    let tree = github.read(|state| state.repository().branch("main").unwrap().tree.clone());
    let main = github.read(|state| state.repository().branch("main").unwrap().sha.clone());
    client.open_pull("taken").await;
    let orphan = client.post("/repos/acme/shop/git/commits", json!({ "message": "x", "tree": tree })).await;
    for (branch, sha) in [("same", json!(main)), ("orphan", orphan.body["sha"].clone())] {
        let reference = json!({ "ref": format!("refs/heads/{branch}"), "sha": sha });
        assert_eq!(client.post("/repos/acme/shop/git/refs", reference).await.status, 201);
    }
    for (head, base, message) in [
        ("same", "main", "No commits between main and same"),
        ("orphan", "main", "The orphan branch has no history in common with main"),
        ("taken", "main", "A pull request already exists for acme:taken."),
    ] {
        let refused = client.post("/repos/acme/shop/pulls", json!({ "title": "A", "head": head, "base": base })).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.first_error(), &json!({ "resource": "PullRequest", "code": "custom", "message": message }));
    }
    for (head, base, field) in [("none", "main", "head"), ("taken", "none", "base"), ("other:taken", "main", "head")] {
        let refused = client.post("/repos/acme/shop/pulls", json!({ "title": "A", "head": head, "base": base })).await;
        assert_eq!(refused.first_error(), &json!({ "resource": "PullRequest", "field": field, "code": "invalid" }));
    }
    assert_no_violations(&github);
}

#[tokio::test]
async fn drafts_can_be_unsupported() {
    let (github, client) = start().await;
    github.set_drafts_supported(false);
    let refused = client.open_pull("fix").await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.first_error()["message"], "Draft pull requests are not supported in this repository.");
    let ready = json!({ "title": "A", "head": "acme:fix", "base": "main" });
    assert_eq!(client.post("/repos/acme/shop/pulls", ready).await.status, 201);
    assert_no_violations(&github);
}

#[tokio::test]
async fn a_branch_can_have_another_pull_request_after_the_first_is_closed() {
    let (github, client) = start().await;
    client.open_pull("fix").await;
    assert_eq!(client.patch("/repos/acme/shop/pulls/1", json!({ "state": "closed" })).await.body["state"], "closed");
    let pull = json!({ "title": "A", "head": "fix", "base": "main" });
    assert_eq!(client.post("/repos/acme/shop/pulls", pull).await.status, 201);
    assert_no_violations(&github);
}

#[tokio::test]
async fn merging_closes_the_fixed_issues() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_issue("B").await;
    client.open_pull("fix").await;
    github.merge_pull(3, "maintainer");
    let pull = client.get("/repos/acme/shop/pulls/3").await.body;
    assert_eq!((&pull["state"], &pull["merged"]), (&json!("closed"), &json!(true)));
    let states: Vec<String> = github.issues().into_iter().map(|issue| issue.state).collect();
    assert_eq!(states, ["closed", "open"]);
    assert_no_violations(&github);
}

#[tokio::test]
async fn drafts_become_ready_for_review_and_drafts_again() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_pull("fix").await;
    github.mark_ready(2, "maintainer");
    github.mark_ready(2, "maintainer");
    assert_eq!(client.get("/repos/acme/shop/pulls/2").await.body["draft"], false);
    assert_eq!(client.get("/repos/acme/shop/issues/2").await.body["draft"], false);
    assert!(!github.pulls()[0].draft);
    github.convert_to_draft(2, "triager");
    assert_eq!(client.get("/repos/acme/shop/pulls/2").await.body["draft"], true);
    let events = client.get("/repos/acme/shop/issues/2/events").await.body;
    let events = events.as_array().unwrap().iter();
    let events: Vec<_> = events.map(|event| (&event["event"], &event["actor"]["login"])).collect();
    let expected = [json!("ready_for_review"), json!("maintainer"), json!("convert_to_draft"), json!("triager")];
    assert_eq!(events, [(&expected[0], &expected[1]), (&expected[2], &expected[3])]);
    assert_no_violations(&github);
}

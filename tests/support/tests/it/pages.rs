//! The pages: contents, escaping and buttons.

use axum::body::Body;
use serde_json::json;

use crate::client::{Client, assert_no_violations, start};

async fn press(client: &Client, path: &str, origin: &str) -> (u16, String) {
    let request = client.request("POST", path).header("origin", origin).body(Body::empty()).unwrap();
    let response = client.send(request).await.unwrap();
    (response.status.as_u16(), response.header("location").to_owned())
}

#[tokio::test]
async fn the_empty_overview_says_that_it_is_a_stand_in() {
    let (_github, client) = start().await;
    let page = client.get("/").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';") && policy.contains("form-action 'self'"));
    assert!(!policy.contains("unsafe"));
    // with `no-referrer` a browser would send the page's forms with `Origin: null`, and no button would work
    assert_eq!(page.header("referrer-policy"), "same-origin");
    for text in ["This is a stand-in for GitHub, not GitHub.", "No issues yet.", "No pull requests yet."] {
        assert!(page.text.contains(text), "{text}");
    }
    assert_eq!(client.get("/_style.css").await.header("content-type"), "text/css; charset=utf-8");
    for missing in ["/acme/shop/issues/1", "/acme/other/issues/1"] {
        assert_eq!(client.get(missing).await.status, 404);
    }
}

#[tokio::test]
async fn an_approval_and_its_hand_over_are_shown() {
    let (github, client) = start().await;
    client.open_issue("TypeError: x is undefined").await;
    client.open_pull("auto-fix/issue-1-type-error").await;
    let issue = client.get("/repos/acme/shop/issues/1").await.body["html_url"].as_str().unwrap().to_owned();
    let path = issue.strip_prefix(github.url()).unwrap();
    let page = client.get(path).await.text;
    assert!(page.contains("action=\"/acme/shop/issues/1/approve\"") && page.contains("/acme/shop/pull/2"), "{page}");
    assert_eq!(press(&client, "/acme/shop/issues/1/approve", github.url()).await, (303, path.to_owned()));
    assert!(github.issues()[0].has_label("autoheal-approved"));
    let events = client.get("/repos/acme/shop/issues/1/events").await.body;
    assert_eq!(events[0]["actor"]["login"], "maintainer");
    let waiting = client.get(path).await;
    assert!(waiting.header("refresh") == "2" && waiting.text.contains("Waiting for the service"));
    let task = json!({ "prompt": "Work on #2.", "head_ref": "auto-fix/issue-1-type-error", "base_ref": "main" });
    client.post("/agents/repos/acme/shop/tasks", task).await;
    for path in [path, "/acme/shop/pull/2"] {
        let after = client.get(path).await;
        assert!(after.text.contains("Copilot was asked") && after.text.contains("Work on #2."), "{path}");
        assert_eq!(after.header("refresh"), "");
    }
    assert!(client.get("/").await.text.contains("Work on #2."));
    assert_no_violations(&github);
}

#[tokio::test]
async fn close_reopen_and_merge_buttons_work() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_pull("fix").await;
    for (path, state) in [("close", "closed"), ("reopen", "open")] {
        assert_eq!(press(&client, &format!("/acme/shop/issues/1/{path}"), github.url()).await.0, 303);
        assert_eq!(github.issues()[0].state, state);
    }
    assert_eq!(press(&client, "/acme/shop/pull/2/merge", github.url()).await.0, 303);
    assert!(github.pulls()[0].merged && !github.issues()[0].is_open());
    assert_eq!(press(&client, "/acme/shop/issues/1/explode", github.url()).await.0, 404);
    assert_eq!(press(&client, "/acme/shop/issues/9/close", github.url()).await.0, 404);
    assert_eq!(client.get("/acme/shop/issues/1/close").await.status, 405);
}

#[tokio::test]
async fn forms_from_other_origins_are_refused() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    for origin in ["https://evil.example", "null"] {
        assert_eq!(press(&client, "/acme/shop/issues/1/approve", origin).await.0, 403);
    }
    assert!(github.issues()[0].labels.is_empty());
}

#[tokio::test]
async fn hostile_text_is_escaped_on_every_page() {
    let (github, client) = start().await;
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let issue = json!({ "title": hostile, "body": hostile, "labels": [hostile.get(..40)] });
    client.post("/repos/acme/shop/issues", issue).await;
    client.post("/repos/acme/shop/issues/1/comments", json!({ "body": hostile })).await;
    client.post("/agents/repos/acme/shop/tasks", json!({ "prompt": hostile })).await;
    github.add_label(1, "x", hostile);
    let body = json!({
        "assignees": ["copilot-swe-agent[bot]"], "agent_assignment": { "custom_instructions": hostile },
    });
    client.post("/repos/acme/shop/issues/1/assignees", body).await;
    client.post("/repos/acme/shop/issues", json!({ "title": "A", "labels": hostile })).await;
    for path in ["/", "/acme/shop/issues/1", "/acme/shop/pull/2"] {
        let page = client.get(path).await.text;
        assert!(page.contains("alert(1)"), "{path}");
        assert!(!page.contains("<script") && !page.contains("<img"), "{path}: {page}");
    }
}

//! Requests that do not match GitHub's description are refused and recorded.

use autoheal_test_support::Side;
use axum::body::Body;
use serde_json::{Value, json};

use crate::client::{assert_no_violations, start};

#[tokio::test]
async fn a_valid_issue_is_created() {
    let (github, client) = start().await;
    let issue = json!({ "title": "A", "body": "text", "labels": ["bug"], "assignees": ["maintainer"] });
    let response = client.post("/repos/acme/shop/issues", issue).await;
    assert_eq!(response.status, 201, "{}", response.text);
    assert_eq!(response.body["user"]["login"], "autoheal-bot");
    assert_eq!(response.body["assignees"][0]["login"], "maintainer");
    assert_eq!(response.body["html_url"], format!("{}/acme/shop/issues/1", github.url()));
    assert_no_violations(&github);
}

#[tokio::test]
async fn invalid_bodies_are_refused_and_recorded() {
    let issues = "/repos/acme/shop/issues";
    let cases: [(&str, &str, Value, &str); 14] = [
        ("POST", issues, json!({ "body": "no title" }), "title"),
        ("POST", issues, json!({ "title": "A", "labels": 5 }), "labels"),
        ("POST", issues, json!({ "title": "A", "lables": ["bug"] }), "lables"),
        ("POST", issues, json!({ "title": "A", "body": null }), "body"),
        ("POST", issues, json!({ "title": "A", "agent_assignment": { "instructions": "" } }), "instructions"),
        ("POST", issues, Value::Null, "required"),
        ("PATCH", "/repos/acme/shop/issues/1", json!({ "state": "shut" }), "shut"),
        ("PATCH", "/repos/acme/shop/issues/1", json!({ "agent_assignment": { "target_repo": "shop" } }), "shop"),
        ("POST", "/repos/acme/shop/issues/1/assignees", json!({ "agent_assignment": { "branch": "x" } }), "branch"),
        ("POST", "/repos/acme/shop/issues/1/labels", json!(["bug"]), "oneOf"),
        ("POST", "/repos/acme/shop/pulls", json!({ "title": "A", "base": "main" }), "head"),
        ("POST", "/repos/acme/shop/git/refs", json!({ "ref": "refs/heads/x" }), "sha"),
        ("POST", "/agents/repos/acme/shop/tasks", json!({ "head_ref": "x" }), "prompt"),
        (
            "POST",
            "/repos/acme/shop/pulls",
            json!({ "head": "x", "base": "y", "agent_assignment": {} }),
            "agent_assignment",
        ),
    ];
    for (method, path, body, problem) in cases {
        let (github, client) = start().await;
        client.open_issue("A").await;
        let response = client.try_call(method, path, body.clone()).await.unwrap();
        assert_eq!(response.status, 422, "{method} {path} {body}: {}", response.text);
        let message = response.body["message"].as_str().unwrap();
        assert!(message.contains(problem), "{body}: {message}");
        let violations = github.violations();
        assert_eq!(violations.len(), 1, "{body}");
        assert_eq!((violations[0].side, violations[0].path.as_str()), (Side::Request, path));
        assert_eq!(github.issues().len(), 1, "no issue was created");
    }
}

#[tokio::test]
async fn unknown_operations_and_invalid_query_parameters_are_refused() {
    let cases = [
        ("GET", "/repos/acme/shop/isues", 400),
        ("PUT", "/repos/acme/shop/issues", 400),
        ("GET", "/repos/acme/shop/issues?label=bug", 422),
        ("GET", "/repos/acme/shop/issues?direction=down", 422),
        ("GET", "/repos/acme/shop/issues?per_page=many", 422),
        ("GET", "/repos/acme/shop/issues?since=yesterday", 422),
        ("GET", "/repos/acme/shop/issues?state=all&state=open", 400),
        ("GET", "/search/issues", 422),
        ("GET", "/repos/acme/shop/issues/one", 400),
    ];
    for (method, path, status) in cases {
        let (github, client) = start().await;
        let response = client.try_call(method, path, Value::Null).await.unwrap();
        assert_eq!(response.status, status, "{method} {path}: {}", response.text);
        assert_eq!(github.violations().len(), 1, "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let (github, client) = start().await;
    let request = client.request("POST", "/repos/acme/shop/issues").body(Body::from("{")).unwrap();
    assert_eq!(client.send(request).await.unwrap().status, 400);
    assert_eq!(github.violations().len(), 1);
    assert_eq!(github.requests()[0].body, json!("{"));
}

#[tokio::test]
async fn required_headers_are_enforced() {
    for (missing, status) in [("user-agent", 403), ("x-github-api-version", 400)] {
        let (github, client) = start().await;
        let mut request = client.request("GET", "/user").body(Body::empty()).unwrap();
        request.headers_mut().remove(missing);
        assert_eq!(client.send(request).await.unwrap().status, status, "without {missing}");
        assert_eq!(github.violations().len(), 1);
    }
}

#[tokio::test]
async fn a_missing_or_wrong_token_is_refused() {
    let (github, mut client) = start().await;
    let mut request = client.request("GET", "/user").body(Body::empty()).unwrap();
    request.headers_mut().remove("authorization");
    assert_eq!(client.send(request).await.unwrap().status, 401);
    client.token = "another".into();
    let refused = client.get("/user").await;
    assert_eq!((refused.status.as_u16(), &refused.body["message"]), (401, &json!("Bad credentials")));
    assert!(github.requests().iter().all(|request| request.login.is_none() && !request.applied));
}

#[tokio::test]
async fn every_response_matches_the_description() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_pull("fix").await;
    github.comment(1, "hello", "maintainer");
    github.add_label(1, "approved", "maintainer");
    github.remove_label(1, "approved", "maintainer");
    github.review(2, "looks fine", "maintainer");
    github.review_comment(2, "this line", "stranger");
    github.lock(1, "maintainer");
    github.unlock(1, "maintainer");
    github.close_issue(1, "maintainer");
    github.reopen_issue(1, "maintainer");
    let task = client.post("/agents/repos/acme/shop/tasks", json!({ "prompt": "Fix it", "head_ref": "fix" })).await;
    let task = format!("/agents/repos/acme/shop/tasks/{}", task.body["id"].as_str().unwrap());
    client.patch("/repos/acme/shop/issues/1", json!({ "title": "B", "assignees": ["copilot-swe-agent[bot]"] })).await;
    client.delete("/repos/acme/shop/issues/1/assignees", json!({ "assignees": ["copilot-swe-agent[bot]"] })).await;
    client.patch("/repos/acme/shop/pulls/2", json!({ "body": "Fixes #1 still" })).await;
    for path in [
        "/user",
        "/rate_limit",
        "/repos/acme/shop",
        "/repos/acme/shop/collaborators/maintainer/permission",
        "/repos/acme/shop/issues?state=all",
        "/repos/acme/shop/issues/1",
        "/repos/acme/shop/issues/2",
        "/repos/acme/shop/issues/1/comments",
        "/repos/acme/shop/issues/1/labels",
        "/repos/acme/shop/issues/1/events",
        "/repos/acme/shop/issues/1/timeline",
        "/repos/acme/shop/labels",
        "/repos/acme/shop/pulls?state=all",
        "/repos/acme/shop/pulls/2",
        "/repos/acme/shop/pulls/2/files",
        "/repos/acme/shop/pulls/2/reviews",
        "/repos/acme/shop/pulls/2/comments",
        "/repos/acme/shop/issues/2/timeline",
        "/repos/acme/shop/git/ref/heads/main",
        "/repos/acme/shop/git/matching-refs/heads",
        "/search/issues?q=repo:acme/shop+fix",
        "/agents/repos/acme/shop/tasks",
        &task,
    ] {
        let response = client.get(path).await;
        assert_eq!(response.status, 200, "{path}: {}", response.text);
    }
    for path in ["/repos/acme/nothing", "/repos/acme/shop/issues/99", "/repos/acme/shop/git/ref/heads/none"] {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
    assert_eq!(client.get("/repos/acme/shop/assignees/maintainer").await.status, 204);
    assert_no_violations(&github);
}

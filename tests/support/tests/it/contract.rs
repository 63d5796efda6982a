//! What GitHub's description does not allow is refused and remembered.

use autoheal_test_support::Side;
use axum::body::Body;
use serde_json::{Value, json};

use crate::client::{assert_clean, start};

#[tokio::test]
async fn a_good_issue_is_taken() {
    let (github, client) = start().await;
    let issue = json!({ "title": "A", "body": "text", "labels": ["bug"], "assignees": ["maintainer"] });
    let answer = client.post("/repos/acme/shop/issues", issue).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.body["user"]["login"], "autoheal-bot");
    assert_eq!(answer.body["assignees"][0]["login"], "maintainer");
    assert_eq!(answer.body["html_url"], format!("{}/acme/shop/issues/1", github.url()));
    assert_clean(&github);
}

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused_and_remembered() {
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
    for (method, path, body, named) in cases {
        let (github, client) = start().await;
        client.open_issue("A").await;
        let answer = client.try_call(method, path, body.clone()).await.unwrap();
        assert_eq!(answer.status, 422, "{method} {path} {body}: {}", answer.text);
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.contains(named), "{body}: {message}");
        let violations = github.violations();
        assert_eq!(violations.len(), 1, "{body}");
        assert_eq!((violations[0].side, violations[0].path.as_str()), (Side::Request, path));
        assert_eq!(github.issues().len(), 1, "nothing happened");
    }
}

#[tokio::test]
async fn operations_and_query_parameters_that_do_not_exist_are_refused() {
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
        let answer = client.try_call(method, path, Value::Null).await.unwrap();
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
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
async fn headers_that_github_needs_are_needed() {
    for (absent, status) in [("user-agent", 403), ("x-github-api-version", 400)] {
        let (github, client) = start().await;
        let mut request = client.request("GET", "/user").body(Body::empty()).unwrap();
        request.headers_mut().remove(absent);
        assert_eq!(client.send(request).await.unwrap().status, status, "without {absent}");
        assert_eq!(github.violations().len(), 1);
    }
}

#[tokio::test]
async fn a_token_is_needed_and_it_must_be_the_right_one() {
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
async fn every_kind_of_answer_fits_the_description() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_pull("fix").await;
    github.comment(1, "hello", "maintainer");
    github.add_label(1, "approved", "maintainer");
    github.remove_label(1, "approved", "maintainer");
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
        "/repos/acme/shop/git/ref/heads/main",
        "/repos/acme/shop/git/matching-refs/heads",
        "/search/issues?q=repo:acme/shop+fix",
        "/agents/repos/acme/shop/tasks",
        &task,
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    for path in ["/repos/acme/nothing", "/repos/acme/shop/issues/99", "/repos/acme/shop/git/ref/heads/none"] {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
    assert_eq!(client.get("/repos/acme/shop/assignees/maintainer").await.status, 204);
    assert_clean(&github);
}

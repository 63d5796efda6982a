//! Issues that are transferred, deleted, or converted to a discussion.

use autoheal_test_support::{Options, StandIn};
use serde_json::{Value, json};

use crate::client::{Client, assert_no_violations, start};

/// Requests for issue 1 with a method, a path below the issue, and a body.
fn requests() -> [(&'static str, &'static str, Value); 8] {
    [
        ("GET", "", Value::Null),
        ("PATCH", "", json!({ "body": "new" })),
        ("GET", "/comments", Value::Null),
        ("POST", "/comments", json!({ "body": "new" })),
        ("GET", "/events", Value::Null),
        ("GET", "/timeline", Value::Null),
        ("POST", "/labels", json!({ "labels": ["bug"] })),
        ("POST", "/assignees", json!({ "assignees": ["copilot-swe-agent[bot]"] })),
    ]
}

#[tokio::test]
async fn a_transferred_issue_is_redirected_to_its_new_place() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_issue("B").await;
    github.comment(1, "hello", "stranger");
    github.transfer(1);
    for (method, below, body) in requests() {
        let moved = client.try_call(method, &format!("/repos/acme/shop/issues/1{below}"), body).await.unwrap();
        assert_eq!(moved.status, 301, "{method} {below}: {}", moved.text);
        let url = format!("{}/repositories/2/issues/1{below}", github.url());
        assert_eq!(moved.header("location"), url, "{method} {below}");
        let documentation = moved.body["documentation_url"].clone();
        let expected = json!({ "message": "Moved Permanently", "url": url, "documentation_url": documentation });
        assert_eq!(moved.body, expected, "{method} {below}");
    }
    let moved = client.get("/repositories/2/issues/1").await.body;
    assert_eq!((&moved["title"], &moved["number"], &moved["comments"]), (&json!("A"), &json!(1), &json!(1)));
    assert_eq!(moved["repository_url"], format!("{}/repos/acme/elsewhere", github.url()));
    // a client that follows the redirect changes the issue there, because its author may
    let followed = client.patch("/repositories/2/issues/1", json!({ "body": "new" })).await;
    assert_eq!((followed.status.as_u16(), &followed.body["body"]), (200, &json!("new")));
    assert_eq!(client.get("/repositories/1/issues/2").await.body["title"], "B");
    let listed = client.get("/repos/acme/shop/issues?state=all").await.body;
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["title"]), (1, &json!("B")));
    assert_eq!(client.open_issue("C").await, 3, "the number is not used again");
    assert!(github.hand_overs().is_empty());
    assert_no_violations(&github);
}

#[tokio::test]
async fn an_issue_is_transferred_to_the_second_repository() {
    let repositories = vec!["acme/shop".into(), "acme/door".into()];
    let options = Options { repositories, ..Options::default() };
    let github = StandIn::start_with(options).await.unwrap();
    let client = Client::new(&github);
    client.post("/repos/acme/door/issues", json!({ "title": "first", "labels": ["Kept"] })).await;
    client.post("/repos/acme/shop/issues", json!({ "title": "A", "labels": ["kept", "dropped"] })).await;
    github.transfer(1);
    assert_eq!(client.get("/repos/acme/shop/issues/1").await.header("location").rsplit('/').next(), Some("2"));
    let moved = client.get("/repos/acme/door/issues/2").await.body;
    assert_eq!((&moved["title"], &moved["labels"][0]["name"]), (&json!("A"), &json!("Kept")));
    assert_eq!(moved["labels"].as_array().unwrap().len(), 1);
    assert_no_violations(&github);
}

#[tokio::test]
async fn a_deleted_or_converted_issue_is_gone() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_issue("B").await;
    github.comment(1, "hello", "stranger");
    let comment = github.comments(1)[0].id;
    github.delete_issue(1);
    github.convert_to_discussion(2);
    for number in [1, 2] {
        for (method, below, body) in requests() {
            let path = format!("/repos/acme/shop/issues/{number}{below}");
            let gone = client.try_call(method, &path, body).await.unwrap();
            assert_eq!(gone.status, 410, "{method} {path}: {}", gone.text);
            assert_eq!(gone.body["message"], "This issue was deleted");
        }
    }
    let comment = format!("/repos/acme/shop/issues/comments/{comment}");
    assert_eq!(client.patch(&comment, json!({ "body": "new" })).await.status, 404);
    assert_eq!(client.get("/repos/acme/shop/issues?state=all").await.body, json!([]));
    assert_eq!(client.get("/search/issues?q=repo:acme/shop").await.body["total_count"], 0);
    assert_eq!(client.get("/repos/acme/shop/issues/3").await.status, 404, "an issue that never existed");
    assert_no_violations(&github);
}

#[tokio::test]
async fn a_converted_issue_can_stay_closed_and_locked() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    github.comment(1, "hello", "stranger");
    github.close_as_discussion(1, "maintainer");
    let issue = client.get("/repos/acme/shop/issues/1").await.body;
    assert_eq!((&issue["state"], &issue["locked"], &issue["comments"]), (&json!("closed"), &json!(true), &json!(0)));
    let events = client.get("/repos/acme/shop/issues/1/events").await.body;
    let events: Vec<&Value> = events.as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(events, ["closed", "locked", "converted_to_discussion"]);
    assert_no_violations(&github);
}

#[tokio::test]
async fn pull_requests_cannot_leave() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_pull("fix").await;
    github.transfer(2);
    github.delete_issue(2);
    github.convert_to_discussion(2);
    assert_eq!(client.get("/repos/acme/shop/issues/2").await.status, 200);
    assert_eq!(client.get("/repos/acme/shop/pulls/2").await.body["state"], "open");
    assert_no_violations(&github);
}

//! Issues, labels, assignees, comments and events.

use autoheal_test_support::Permission;
use serde_json::{Value, json};

use crate::client::{assert_no_violations, start};

#[tokio::test]
async fn unknown_labels_are_created_and_names_ignore_case() {
    let (github, client) = start().await;
    let created = client.post("/repos/acme/shop/labels", json!({ "name": "Bug", "color": "d73a4a" })).await;
    assert_eq!(created.status, 201);
    let issue = json!({ "title": "A", "labels": ["bug", "new one"] });
    let issue = client.post("/repos/acme/shop/issues", issue).await;
    let names: Vec<_> = issue.body["labels"].as_array().unwrap().iter().map(|label| label["name"].clone()).collect();
    assert_eq!(names, ["Bug", "new one"]);
    assert_eq!(github.labels().len(), 2);
    let again = client.post("/repos/acme/shop/labels", json!({ "name": "BUG", "color": "d73a4a" })).await;
    assert_eq!(again.status, 422);
    assert_eq!(again.first_error(), &json!({ "resource": "Label", "field": "name", "code": "already_exists" }));
    assert_no_violations(&github);
}

#[tokio::test]
async fn labels_have_limits() {
    let (github, client) = start().await;
    for label in [
        json!({ "name": "a", "color": "#d73a4a" }),
        json!({ "name": "a".repeat(51), "color": "d73a4a" }),
        json!({ "name": "a", "color": "d73a4a", "description": "a".repeat(101) }),
    ] {
        assert_eq!(client.post("/repos/acme/shop/labels", label).await.status, 422);
    }
    assert!(github.labels().is_empty());
    assert_no_violations(&github);
}

#[tokio::test]
async fn too_long_titles_and_bodies_are_refused() {
    let (github, client) = start().await;
    for (title, body, message) in [
        ("a".repeat(257), String::new(), "title is too long (maximum is 256 characters)"),
        ("a".repeat(256), "b".repeat(65_537), "body is too long (maximum is 65536 characters)"),
    ] {
        let refused = client.post("/repos/acme/shop/issues", json!({ "title": title, "body": body })).await;
        assert_eq!((refused.status.as_u16(), &refused.first_error()["message"]), (422, &json!(message)));
    }
    let longest = json!({ "title": "ü".repeat(256), "body": "ü".repeat(65_536) });
    assert_eq!(client.post("/repos/acme/shop/issues", longest).await.status, 201);
    let comment = json!({ "body": "b".repeat(65_537) });
    assert_eq!(client.post("/repos/acme/shop/issues/1/comments", comment).await.status, 422);
    assert_eq!(client.post("/repos/acme/shop/issues", json!({ "title": " " })).await.status, 422);
    assert_no_violations(&github);
}

#[tokio::test]
async fn users_who_cannot_be_assigned_are_silently_dropped() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    let body = json!({ "assignees": ["nobody", "copilot", "Copilot", "triager", "maintainer"] });
    let response = client.post("/repos/acme/shop/issues/1/assignees", body).await;
    assert_eq!(response.status, 201);
    assert_eq!(github.issues()[0].assignees, ["maintainer"]);
    let response = client.delete("/repos/acme/shop/issues/1/assignees", json!({ "assignees": ["maintainer"] })).await;
    assert_eq!((response.status.as_u16(), &response.body["assignees"]), (200, &json!([])));
    assert_no_violations(&github);
}

#[tokio::test]
async fn issues_of_users_who_may_not_write_have_no_labels() {
    let (github, mut client) = start().await;
    github.add_token("second", "stranger", Permission::Read);
    client.token = "second".into();
    let issue = json!({ "title": "A", "labels": ["bug"], "assignees": ["maintainer"] });
    let issue = client.post("/repos/acme/shop/issues", issue).await;
    assert_eq!((issue.status.as_u16(), &issue.body["labels"]), (201, &json!([])));
    assert!(github.issues()[0].assignees.is_empty());
    assert_eq!(client.patch("/repos/acme/shop/issues/1", json!({ "body": "mine" })).await.status, 200);
}

#[tokio::test]
async fn closing_and_reopening_record_their_reasons() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_issue("B").await;
    let original = github.issues()[0].id;
    let closing = json!({ "state": "closed", "state_reason": "duplicate", "duplicate_issue_id": original });
    let closed = client.patch("/repos/acme/shop/issues/2", closing).await;
    assert_eq!((&closed.body["state"], &closed.body["state_reason"]), (&json!("closed"), &json!("duplicate")));
    assert!(closed.body["closed_at"].is_string());
    assert_eq!(github.issues()[1].duplicate_of, Some(original));
    let reopening = json!({ "state": "open", "state_reason": "reopened" });
    let reopened = client.patch("/repos/acme/shop/issues/2", reopening).await;
    assert_eq!((&reopened.body["state"], &reopened.body["closed_at"]), (&json!("open"), &Value::Null));
    assert_no_violations(&github);
}

#[tokio::test]
async fn label_events_name_the_user() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    github.add_label(1, "autoheal-approved", "triager");
    let events = client.get("/repos/acme/shop/issues/1/events").await.body;
    assert_eq!(events[0]["event"], "labeled");
    assert_eq!(events[0]["label"]["name"], "autoheal-approved");
    assert_eq!(events[0]["actor"]["login"], "triager");
    for (login, permission, role) in
        [("triager", "read", "triage"), ("maintainer", "write", "write"), ("stranger", "read", "read")]
    {
        let response = client.get(&format!("/repos/acme/shop/collaborators/{login}/permission")).await.body;
        assert_eq!((&response["permission"], &response["role_name"]), (&json!(permission), &json!(role)), "{login}");
    }
    github.set_permission("triager", Permission::Maintain);
    let response = client.get("/repos/acme/shop/collaborators/triager/permission").await.body;
    assert_eq!((&response["permission"], &response["role_name"]), (&json!("write"), &json!("maintain")));
    assert_no_violations(&github);
}

#[tokio::test]
async fn labels_are_added_and_removed_by_name() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    let added = client.post("/repos/acme/shop/issues/1/labels", json!({ "labels": ["good first", "bug"] })).await;
    assert_eq!((added.status.as_u16(), added.body.as_array().unwrap().len()), (200, 2));
    let remaining = client.delete("/repos/acme/shop/issues/1/labels/good%20first", Value::Null).await;
    assert_eq!((remaining.status.as_u16(), &remaining.body[0]["name"]), (200, &json!("bug")));
    assert_eq!(client.delete("/repos/acme/shop/issues/1/labels/none", Value::Null).await.status, 404);
    assert_no_violations(&github);
}

#[tokio::test]
async fn pull_requests_have_comments_like_issues() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    assert_eq!(client.open_pull("fix").await.body["number"], 2);
    let comment = client.post("/repos/acme/shop/issues/2/comments", json!({ "body": "hello" })).await;
    assert_eq!(comment.status, 201);
    let changed = format!("/repos/acme/shop/issues/comments/{}", comment.body["id"]);
    assert_eq!(client.patch(&changed, json!({ "body": "hello again" })).await.status, 200);
    assert_eq!(github.comments(2)[0].body, "hello again");
    assert_eq!(client.get("/repos/acme/shop/issues/2/comments").await.body[0]["body"], "hello again");
    assert_eq!(client.post("/repos/acme/shop/issues/9/comments", json!({ "body": "x" })).await.status, 404);
    assert_no_violations(&github);
}

#[tokio::test]
async fn disabled_issues_get_a_410() {
    let (github, client) = start().await;
    github.set_has_issues(false);
    assert_eq!(client.post("/repos/acme/shop/issues", json!({ "title": "A" })).await.status, 410);
    assert_eq!(client.get("/repos/acme/shop").await.body["has_issues"], false);
    assert_no_violations(&github);
}

#[tokio::test]
async fn only_users_who_may_write_comment_on_locked_issues() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_pull("fix").await;
    let mut stranger = client.clone();
    stranger.token = "of-a-stranger".into();
    github.add_token("of-a-stranger", "stranger", Permission::Read);
    github.lock(2, "maintainer");
    let locking = json!({ "lock_reason": "spam" });
    let response = client.try_call("PUT", "/repos/acme/shop/issues/1/lock", locking).await.unwrap();
    assert_eq!((response.status.as_u16(), response.text.as_str()), (204, ""));
    for (path, reason) in [
        ("/repos/acme/shop/issues/1", json!("spam")),
        ("/repos/acme/shop/issues/2", Value::Null),
        ("/repos/acme/shop/pulls/2", Value::Null),
    ] {
        let read = client.get(path).await.body;
        assert_eq!((&read["locked"], &read["active_lock_reason"]), (&json!(true), &reason), "{path}");
    }
    for number in [1, 2] {
        let path = format!("/repos/acme/shop/issues/{number}/comments");
        let refused = stranger.post(&path, json!({ "body": "hello" })).await;
        assert_eq!(refused.status, 403);
        assert_eq!(refused.body["message"], "Unable to create comment because issue is locked.");
        github.comment(number, "hello", "stranger");
        assert_eq!(client.post(&path, json!({ "body": "hello" })).await.status, 201);
        assert_eq!(github.comments(number).len(), 1, "the stranger's comments were refused");
    }
    github.review(2, "text", "stranger");
    assert!(github.reviews(2).is_empty());
    assert_eq!(stranger.delete("/repos/acme/shop/issues/1/lock", Value::Null).await.status, 403);
    assert_eq!(client.delete("/repos/acme/shop/issues/1/lock", Value::Null).await.status, 204);
    assert_eq!(client.get("/repos/acme/shop/issues/1").await.body["locked"], false);
    github.comment(1, "hello", "stranger");
    assert_eq!(github.comments(1).len(), 2);
    let events = client.get("/repos/acme/shop/issues/1/events").await.body;
    assert_eq!((&events[0]["event"], &events[0]["lock_reason"]), (&json!("locked"), &json!("spam")));
    assert_eq!((&events[1]["event"], &events[1]["lock_reason"]), (&json!("unlocked"), &Value::Null));
    assert_eq!(client.get("/repos/acme/shop/issues/2/events").await.body[0]["actor"]["login"], "maintainer");
    assert_no_violations(&github);
}

#[tokio::test]
async fn users_and_bots_have_types() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    for (login, kind) in [("triager", "User"), ("renovate[bot]", "Bot"), ("bot", "User"), ("Copilot", "Bot")] {
        github.add_label(1, login, login);
        github.comment(1, "hello", login);
        let events = client.get("/repos/acme/shop/issues/1/events").await.body;
        let event = events.as_array().unwrap().last().unwrap().clone();
        assert_eq!(event["label"]["name"], login);
        assert_eq!((&event["actor"]["login"], &event["actor"]["type"]), (&json!(login), &json!(kind)));
        let comments = client.get("/repos/acme/shop/issues/1/comments").await.body;
        let comment = comments.as_array().unwrap().last().unwrap().clone();
        assert_eq!((&comment["user"]["login"], &comment["user"]["type"]), (&json!(login), &json!(kind)));
        let timeline = client.get("/repos/acme/shop/issues/1/timeline").await.body;
        let entries = timeline.as_array().unwrap().iter().rev().take(2);
        assert!(entries.into_iter().all(|entry| entry["actor"]["type"] == kind), "{timeline}");
    }
    assert_eq!(client.get("/repos/acme/shop/issues/1").await.body["user"]["type"], "User");
    assert_no_violations(&github);
}

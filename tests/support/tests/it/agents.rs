//! The three kinds of hand-over to Copilot, and their effects.

use autoheal_test_support::{HandOver, Permission};
use serde_json::json;

use crate::client::{assert_no_violations, start};

#[tokio::test]
async fn copilot_opens_a_pull_request_for_an_assigned_issue() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    let assignment = json!({ "target_repo": "acme/shop", "base_branch": "main", "custom_instructions": "Carefully." });
    let body = json!({ "assignees": ["copilot-swe-agent[bot]"], "agent_assignment": assignment });
    let response = client.post("/repos/acme/shop/issues/1/assignees", body.clone()).await;
    assert_eq!(response.status, 201);
    let assignee = &response.body["assignees"][0];
    assert_eq!(
        (&assignee["login"], &assignee["type"], &assignee["id"]),
        (&json!("Copilot"), &json!("Bot"), &json!(198982749))
    );
    let pulls = github.pulls();
    assert_eq!((pulls.len(), pulls[0].author.as_str(), pulls[0].draft), (1, "Copilot", true));
    assert!(pulls[0].head.starts_with("copilot/"));
    // a second assignment has no effect
    client.post("/repos/acme/shop/issues/1/assignees", body).await;
    let hand_overs = github.hand_overs();
    assert_eq!(hand_overs.len(), 1);
    assert!(
        matches!(&hand_overs[0], HandOver::Assignment { issue: 1, agent_assignment: Some(received), pull: Some(2), .. }
        if *received == assignment)
    );
    assert_no_violations(&github);
}

#[tokio::test]
async fn copilot_is_not_assigned_and_gets_no_tasks_when_it_is_disabled() {
    let (github, client) = start().await;
    github.set_agent_available(false);
    client.open_issue("A").await;
    let body = json!({ "assignees": ["copilot-swe-agent[bot]"] });
    let response = client.post("/repos/acme/shop/issues/1/assignees", body).await;
    assert_eq!((response.status.as_u16(), &response.body["assignees"]), (201, &json!([])));
    assert_eq!(client.post("/agents/repos/acme/shop/tasks", json!({ "prompt": "Fix" })).await.status, 403);
    assert!(github.hand_overs().is_empty() && github.pulls().is_empty());
    assert_no_violations(&github);
}

#[tokio::test]
async fn a_task_belongs_to_the_pull_request_of_its_branch() {
    let (github, client) = start().await;
    client.open_pull("fix").await;
    let body = json!({ "prompt": "Fix it.", "base_ref": "main", "head_ref": "fix" });
    let task = client.post("/agents/repos/acme/shop/tasks", body).await;
    assert_eq!((task.status.as_u16(), &task.body["state"]), (201, &json!("queued")));
    assert_eq!(task.body["artifacts"][0]["type"], "pull");
    let tasks = github.tasks();
    assert_eq!((tasks[0].prompt.as_str(), tasks[0].pull), ("Fix it.", Some(1)));
    assert_eq!(github.pulls().len(), 1, "no second pull request");
    let unknown = json!({ "prompt": "Fix it.", "head_ref": "none" });
    assert_eq!(client.post("/agents/repos/acme/shop/tasks", unknown).await.status, 422);
    let own = json!({ "prompt": "Fix it.", "create_pull_request": true });
    assert_eq!(client.post("/agents/repos/acme/shop/tasks", own).await.status, 201);
    assert_eq!(github.pulls()[1].author, "Copilot");
    let listed = client.get("/agents/repos/acme/shop/tasks?per_page=1").await.body;
    assert_eq!((listed["tasks"].as_array().unwrap().len(), &listed["total_active_count"]), (1, &json!(2)));
    assert_no_violations(&github);
}

#[tokio::test]
async fn a_mention_is_a_hand_over_on_an_open_pull_request_by_a_user_who_may_write() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_pull("fix").await;
    let comment = json!({ "body": "@copilot please fix this" });
    client.post("/repos/acme/shop/issues/1/comments", comment.clone()).await;
    github.comment(2, "@copilot me too", "stranger");
    assert!(github.hand_overs().is_empty());
    client.post("/repos/acme/shop/issues/2/comments", comment).await;
    assert!(matches!(github.hand_overs()[..], [HandOver::Mention { pull: 2, .. }]));
    assert_no_violations(&github);
}

#[tokio::test]
async fn a_task_is_created_by_the_user_of_its_token() {
    let (github, mut client) = start().await;
    github.add_token("of-a-user", "operator", Permission::Write);
    client.token = "of-a-user".into();
    client.post("/agents/repos/acme/shop/tasks", json!({ "prompt": "Fix it." })).await;
    assert_eq!(github.tasks()[0].creator, "operator");
    assert_eq!(client.get("/user").await.body["login"], "operator");
}

#[tokio::test]
async fn an_app_cannot_start_copilot() {
    let (github, mut client) = start().await;
    github.add_token("of-an-app", "autoheal[bot]", Permission::Write);
    client.token = "of-an-app".into();
    client.open_issue("A").await;
    client.open_pull("fix").await;
    let body = json!({ "assignees": ["copilot-swe-agent[bot]"] });
    assert_eq!(client.post("/repos/acme/shop/issues/1/assignees", body).await.body["assignees"], json!([]));
    assert_eq!(client.post("/agents/repos/acme/shop/tasks", json!({ "prompt": "Fix it." })).await.status, 403);
    client.post("/repos/acme/shop/issues/2/comments", json!({ "body": "@copilot please" })).await;
    assert_eq!(client.get("/user").await.status, 403);
    assert!(github.hand_overs().is_empty());
    assert_no_violations(&github);
}

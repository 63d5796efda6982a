//! The three ways to ask Copilot, and what comes of each.

use autoheal_test_support::{HandOver, Permission};
use serde_json::json;

use crate::client::{assert_clean, start};

#[tokio::test]
async fn an_assigned_issue_brings_copilots_own_pull_request() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    let assignment = json!({ "target_repo": "acme/shop", "base_branch": "main", "custom_instructions": "Carefully." });
    let asked = json!({ "assignees": ["copilot-swe-agent[bot]"], "agent_assignment": assignment });
    let answer = client.post("/repos/acme/shop/issues/1/assignees", asked.clone()).await;
    assert_eq!(answer.status, 201);
    let shown = &answer.body["assignees"][0];
    assert_eq!((&shown["login"], &shown["type"], &shown["id"]), (&json!("Copilot"), &json!("Bot"), &json!(198982749)));
    let pulls = github.pulls();
    assert_eq!((pulls.len(), pulls[0].author.as_str(), pulls[0].draft), (1, "Copilot", true));
    assert!(pulls[0].head.starts_with("copilot/"));
    // once is enough
    client.post("/repos/acme/shop/issues/1/assignees", asked).await;
    let hand_overs = github.hand_overs();
    assert_eq!(hand_overs.len(), 1);
    assert!(
        matches!(&hand_overs[0], HandOver::Assignment { issue: 1, agent_assignment: Some(with), pull: Some(2), .. }
        if *with == assignment)
    );
    assert_clean(&github);
}

#[tokio::test]
async fn copilot_that_is_not_enabled_is_dropped_and_takes_no_tasks() {
    let (github, client) = start().await;
    github.set_agent_available(false);
    client.open_issue("A").await;
    let asked = json!({ "assignees": ["copilot-swe-agent[bot]"] });
    let answer = client.post("/repos/acme/shop/issues/1/assignees", asked).await;
    assert_eq!((answer.status.as_u16(), &answer.body["assignees"]), (201, &json!([])));
    assert_eq!(client.post("/agents/repos/acme/shop/tasks", json!({ "prompt": "Fix" })).await.status, 403);
    assert!(github.hand_overs().is_empty() && github.pulls().is_empty());
    assert_clean(&github);
}

#[tokio::test]
async fn a_task_works_on_the_pull_request_of_its_branch() {
    let (github, client) = start().await;
    client.open_pull("fix").await;
    let asked = json!({ "prompt": "Fix it.", "base_ref": "main", "head_ref": "fix" });
    let task = client.post("/agents/repos/acme/shop/tasks", asked).await;
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
    assert_clean(&github);
}

#[tokio::test]
async fn a_mention_counts_on_an_open_pull_request_by_someone_who_may_write() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_pull("fix").await;
    let comment = json!({ "body": "@copilot please fix this" });
    client.post("/repos/acme/shop/issues/1/comments", comment.clone()).await;
    github.comment(2, "@copilot me too", "stranger");
    assert!(github.hand_overs().is_empty());
    client.post("/repos/acme/shop/issues/2/comments", comment).await;
    assert!(matches!(github.hand_overs()[..], [HandOver::Mention { pull: 2, .. }]));
    assert_clean(&github);
}

#[tokio::test]
async fn the_agent_can_have_a_token_of_its_own() {
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
    let asked = json!({ "assignees": ["copilot-swe-agent[bot]"] });
    assert_eq!(client.post("/repos/acme/shop/issues/1/assignees", asked).await.body["assignees"], json!([]));
    assert_eq!(client.post("/agents/repos/acme/shop/tasks", json!({ "prompt": "Fix it." })).await.status, 403);
    client.post("/repos/acme/shop/issues/2/comments", json!({ "body": "@copilot please" })).await;
    assert_eq!(client.get("/user").await.status, 403);
    assert!(github.hand_overs().is_empty());
    assert_clean(&github);
}

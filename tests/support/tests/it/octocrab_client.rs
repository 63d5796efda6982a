//! octocrab, the service's GitHub client, can parse every response with its strict models.

use autoheal_test_support::StandIn;
use octocrab::Octocrab;
use octocrab::models::IssueState;
use octocrab::params::repos::Reference;
use octocrab::params::{Direction, State, issues};
use serde_json::json;

use crate::client::assert_no_violations;

fn octocrab(github: &StandIn) -> Octocrab {
    Octocrab::builder().base_uri(github.url()).unwrap().personal_token(github.token().to_owned()).build().unwrap()
}

#[tokio::test]
async fn every_operation_of_the_service_works_with_octocrab() {
    let github = StandIn::start().await;
    let octocrab = octocrab(&github);
    assert_eq!(octocrab.current().user().await.unwrap().login, "autoheal-bot");
    assert_eq!(octocrab.repos("acme", "shop").get().await.unwrap().default_branch.unwrap(), "main");
    let handler = octocrab.issues("acme", "shop");
    handler.create_label("bug", "d73a4a", "Something is broken").await.unwrap();
    let issue = handler.create("A").body("text").labels(vec!["bug".into()]).send().await.unwrap();
    assert_eq!(issue.labels[0].name, "bug");
    handler.create_comment(issue.number, "hello").await.unwrap();
    let listed = handler
        .list()
        .state(State::All)
        .labels(&["bug".to_owned()])
        .since("2020-01-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap())
        .sort(issues::Sort::Created)
        .direction(Direction::Descending)
        .per_page(100)
        .send()
        .await
        .unwrap();
    assert_eq!(listed.items[0].number, 1);
    handler.list_comments(1).send().await.unwrap();
    handler.add_labels(1, &["more".to_owned()]).await.unwrap();
    handler.remove_label(1, "more").await.unwrap();
    handler.list_labels_for_repo().send().await.unwrap();
    handler.add_assignees(1, &["maintainer"]).await.unwrap();
    let closed = handler.update(1).state(IssueState::Closed).body("other").send().await.unwrap();
    assert!(closed.closed_at.is_some());

    let repos = octocrab.repos("acme", "shop");
    let main = repos.get_ref(&Reference::Branch("main".into())).await.unwrap();
    let octocrab::models::repos::Object::Commit { sha, .. } = main.object else { panic!("a commit") };
    let base: serde_json::Value =
        octocrab.get(format!("/repos/acme/shop/git/commits/{sha}"), None::<&()>).await.unwrap();
    let tree = base["tree"]["sha"].as_str().unwrap();
    let commit = repos.create_git_commit_object("Start", tree).parents(vec![sha]).send().await.unwrap();
    repos.create_ref(&Reference::Branch("fix".into()), commit.sha).await.unwrap();
    let pulls = octocrab.pulls("acme", "shop");
    let pull = pulls.create("Fix", "fix", "main").body("Fixes #1").draft(true).maintainer_can_modify(true).send();
    assert_eq!(pull.await.unwrap().number, 2);
    assert_eq!(pulls.list().state(State::Open).head("acme:fix").send().await.unwrap().items.len(), 1);
    pulls.get(2).await.unwrap();
    let task = json!({ "prompt": "Fix it.", "head_ref": "fix", "base_ref": "main" });
    let task: serde_json::Value = octocrab.post("/agents/repos/acme/shop/tasks", Some(&task)).await.unwrap();
    assert_eq!(task["state"], "queued");
    octocrab.ratelimit().get().await.unwrap();
    assert_no_violations(&github);
}

#[tokio::test]
async fn errors_have_githubs_details() {
    let github = StandIn::start().await;
    let octocrab = octocrab(&github);
    let handler = octocrab.issues("acme", "shop");
    handler.create_label("bug", "d73a4a", "Something is broken").await.unwrap();
    let again = handler.create_label("Bug", "d73a4a", "Something is broken").await.unwrap_err();
    let octocrab::Error::GitHub { source, .. } = again else { panic!("not a response of GitHub's") };
    assert_eq!(source.status_code, 422);
    assert_eq!(source.errors.unwrap()[0]["code"], "already_exists");
    assert_no_violations(&github);
}

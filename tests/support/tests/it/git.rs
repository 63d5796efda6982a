//! Commits and refs by the Git Data API.

use serde_json::json;

use crate::client::{assert_no_violations, start};

#[tokio::test]
async fn a_branch_is_created_from_a_commit_on_top_of_main() {
    let (github, client) = start().await;
    let sha = client.create_branch("auto-fix/issue-1-type-error").await;
    assert!(sha.len() == 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let read = client.get("/repos/acme/shop/git/ref/heads/auto-fix/issue-1-type-error").await;
    assert_eq!(read.body["object"]["sha"], sha);
    assert_eq!(github.branches(), ["auto-fix/issue-1-type-error", "main"]);
    let matching = client.get("/repos/acme/shop/git/matching-refs/heads/auto-fix/issue-1-").await;
    assert_eq!(matching.body.as_array().unwrap().len(), 1);
    assert_no_violations(&github);
}

#[tokio::test]
async fn an_existing_ref_is_refused_without_an_errors_list() {
    let (github, client) = start().await;
    let sha = client.create_branch("fix").await;
    let again = client.post("/repos/acme/shop/git/refs", json!({ "ref": "refs/heads/fix", "sha": sha })).await;
    assert_eq!((again.status.as_u16(), &again.body["message"]), (422, &json!("Reference already exists")));
    assert!(again.body.get("errors").is_none());
    for (name, sha) in [("heads/x", sha.as_str()), ("refs/heads/a b", &sha), ("refs/heads/x", "0".repeat(40).as_str())]
    {
        let refused = client.post("/repos/acme/shop/git/refs", json!({ "ref": name, "sha": sha })).await;
        assert_eq!(refused.status, 422, "{name}");
    }
    assert_no_violations(&github);
}

#[tokio::test]
async fn a_commit_needs_an_existing_tree_and_parents() {
    let (github, client) = start().await;
    let none = "0".repeat(40);
    let commit = json!({ "message": "x", "tree": none });
    assert_eq!(client.post("/repos/acme/shop/git/commits", commit).await.status, 422);
    let tree = github.read(|state| state.repository().branch("main").unwrap().tree.clone());
    let commit = json!({ "message": "x", "tree": tree, "parents": [none] });
    assert_eq!(client.post("/repos/acme/shop/git/commits", commit).await.status, 422);
    assert_no_violations(&github);
}

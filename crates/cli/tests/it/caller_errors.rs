//! Callers' mistakes before the real service: recorded, and no issue until the operator says so.

use autoheal_test_support::{Operation, RecordedRequest, StandIn};
use serde_json::json;

use crate::healing::{place_for, settled, tell};

#[tokio::test]
async fn a_callers_mistake_opens_an_issue_only_where_the_operator_says_so() {
    let github = StandIn::start().await;
    let mut place = place_for(&github);
    let serve = place.serve().await;
    let mistake = json!({
        "error_type": "ToolError", "error_message": "Unknown tool: nope", "source": "mcp_tool", "class": "caller_error", "client": "a",
    });
    assert_eq!(serve.report(&mistake).await.status, 202);
    // Told later, so when this one has walked its path, the mistake was decided about.
    tell(&serve).await;
    settled(&serve, &["awaiting_approval"]).await;
    let groups = serve.groups().await;
    let told = groups.iter().find(|group| group["source"] == "mcp_tool").unwrap();
    assert_eq!((&told["status"], &told["severity"], &told["issue"]), (&json!("recorded"), &json!("low"), &json!(null)));
    assert_eq!(github.issues().len(), 1, "the other one's");
    assert_eq!(serve.terminate().await.code(), Some(0));

    // The next start finds it, although nobody tells of it again.
    place.arguments.push("--caller-errors".to_owned());
    let serve = place.serve().await;
    github
        .wait_for(|state| {
            let opened = |request: &&RecordedRequest| request.operation == Operation::CreateIssue && request.applied;
            state.requests.iter().filter(opened).count() == 2
        })
        .await;
    assert_eq!(github.issues()[1].title, "[Auto-Generated] ToolError: Unknown tool: nope");
    assert_eq!(serve.terminate().await.code(), Some(0));
    assert!(github.violations().is_empty(), "{:?}", github.violations());
}

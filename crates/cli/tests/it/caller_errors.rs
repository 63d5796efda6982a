//! Caller errors in the real service: recorded, but no issue unless the operator allows it.

use autoheal_test_support::{Operation, RecordedRequest, StandIn};
use serde_json::json;

use crate::healing::{place_for, report_failure, settled};

#[tokio::test]
async fn a_caller_error_opens_an_issue_only_if_the_operator_allows_it() {
    let github = StandIn::start().await;
    let mut place = place_for(&github);
    let serve = place.serve().await;
    let caller_error = json!({
        "error_type": "ToolError", "error_message": "Unknown tool: nope", "source": "mcp_tool", "class": "caller_error", "client": "a",
    });
    assert_eq!(serve.report(&caller_error).await.status, 202);
    // Reported later, so once this failure has its issue, the caller error has been decided on.
    report_failure(&serve).await;
    settled(&serve, &["awaiting_approval"]).await;
    let groups = serve.groups().await;
    let recorded = groups.iter().find(|group| group["source"] == "mcp_tool").unwrap();
    assert_eq!(
        (&recorded["status"], &recorded["severity"], &recorded["issue"]),
        (&json!("recorded"), &json!("low"), &json!(null))
    );
    assert_eq!(github.issues().len(), 1, "the issue of the other failure");
    assert_eq!(serve.terminate().await.code(), Some(0));

    // The next start opens the issue without a new report.
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

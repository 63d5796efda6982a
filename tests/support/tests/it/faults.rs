//! Tests of each fault: its effect and its number of requests.

use std::time::Duration;

use autoheal_test_support::{Failure, Fault, Operation};
use serde_json::json;

use crate::client::{assert_no_violations, start};

const ISSUES: &str = "/repos/acme/shop/issues";

#[tokio::test]
async fn rate_limit_responses_have_the_right_headers() {
    let (github, client) = start().await;
    github.set_now("2026-01-01T00:00:00Z");
    let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    for (failure, status, retry_after, remaining, message) in [
        (Failure::RetryAfter { seconds: 7 }, 403, "7", "4999", secondary),
        (Failure::LimitExhausted { reset_in_seconds: 60 }, 403, "", "0", "API rate limit exceeded for user."),
        (Failure::SecondaryLimit, 403, "", "4997", secondary),
        (Failure::TooManyRequests { retry_after_seconds: Some(3) }, 429, "3", "4996", secondary),
        (Failure::TooManyRequests { retry_after_seconds: None }, 429, "", "4995", secondary),
    ] {
        github.inject(Fault::on(Operation::CreateIssue, failure.clone()));
        let response = client.post(ISSUES, json!({ "title": "A" })).await;
        assert_eq!(response.status, status, "{failure:?}");
        assert_eq!(response.header("retry-after"), retry_after, "{failure:?}");
        assert_eq!(response.header("x-ratelimit-remaining"), remaining, "{failure:?}");
        assert_eq!(response.body["message"], message, "{failure:?}");
        if remaining == "0" {
            assert_eq!(response.header("x-ratelimit-reset"), (1_767_225_600 + 60).to_string());
        }
    }
    assert!(github.issues().is_empty());
    assert_eq!(client.post(ISSUES, json!({ "title": "A" })).await.status, 201);
    assert_no_violations(&github);
}

#[tokio::test]
async fn a_response_can_be_lost_before_or_after_the_write() {
    for (failure, written, has_response) in [
        (Failure::BadGatewayBefore, 0, true),
        (Failure::BadGatewayAfter, 1, true),
        (Failure::CutBefore, 0, false),
        (Failure::CutAfter, 1, false),
    ] {
        let (github, client) = start().await;
        github.inject(Fault::on(Operation::CreateIssue, failure.clone()));
        let response = client.try_call("POST", ISSUES, json!({ "title": "A" })).await;
        assert_eq!(
            response.as_ref().ok().map(|response| response.status.as_u16()),
            has_response.then_some(502),
            "{failure:?}"
        );
        assert_eq!(github.issues().len(), written, "{failure:?}");
        let requests = github.requests();
        assert_eq!((requests.len(), requests[0].applied), (1, written == 1), "{failure:?}");
        assert_eq!(requests[0].status, has_response.then_some(502), "{failure:?}");
        assert_eq!(client.get(ISSUES).await.status, 200, "the fault applies only once");
    }
}

#[tokio::test]
async fn a_success_can_be_unreadable() {
    let (github, client) = start().await;
    github.inject(Fault::on(Operation::CreateIssue, Failure::GarbledAfter));
    let response = client.post(ISSUES, json!({ "title": "A" })).await;
    assert_eq!((response.status.as_u16(), github.issues().len()), (201, 1));
    assert!(response.body.is_null());
}

#[tokio::test]
async fn a_request_can_be_held_before_it_is_carried_out() {
    let (github, client) = start().await;
    github.inject(Fault::on(Operation::CreateIssue, Failure::HoldBefore));
    let sending = tokio::spawn(async move { client.post(ISSUES, json!({ "title": "A" })).await.status });
    let held = github.wait_for_held(Operation::CreateIssue).await;
    assert!(!held.applied && github.issues().is_empty());
    github.release(held.number);
    assert_eq!(sending.await.unwrap(), 201);
    assert_eq!(github.issues().len(), 1);
}

#[tokio::test]
async fn a_response_can_be_held_after_the_write() {
    let (github, client) = start().await;
    github.inject(Fault::on(Operation::CreateIssue, Failure::HoldAfter));
    let sending = tokio::spawn(async move { client.post(ISSUES, json!({ "title": "A" })).await.status });
    let held = github.wait_for_held(Operation::Write).await;
    assert!(held.applied && held.status.is_none());
    assert_eq!(github.issues().len(), 1);
    github.release_all();
    assert_eq!(sending.await.unwrap(), 201);
    assert_eq!(github.requests()[0].status, Some(201));
}

#[tokio::test]
async fn a_held_request_is_carried_out_even_if_the_client_disconnects() {
    let (github, client) = start().await;
    github.inject(Fault::on(Operation::CreateIssue, Failure::HoldBefore));
    let sending = tokio::spawn(async move { client.post(ISSUES, json!({ "title": "A" })).await });
    let held = github.wait_for_held(Operation::CreateIssue).await;
    sending.abort();
    assert!(sending.await.unwrap_err().is_cancelled());
    github.release(held.number);
    github.wait_for(|state| state.issues().len() == 1).await;
}

#[tokio::test]
async fn assignees_can_be_dropped() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    github.inject(Fault::on(Operation::AddAssignees, Failure::DropAssignees));
    let body = json!({ "assignees": ["copilot-swe-agent[bot]"] });
    let response = client.post("/repos/acme/shop/issues/1/assignees", body.clone()).await;
    assert_eq!((response.status.as_u16(), &response.body["assignees"]), (201, &json!([])));
    assert!(github.hand_overs().is_empty());
    client.post("/repos/acme/shop/issues/1/assignees", body).await;
    assert_eq!(github.hand_overs().len(), 1);
}

#[tokio::test]
async fn injected_errors_have_githubs_format() {
    let (github, client) = start().await;
    let pull = json!({ "title": "A", "head": "fix", "base": "main", "draft": true });
    client.create_branch("fix").await;
    for (failure, status) in [
        (Failure::forbidden(), 403),
        (Failure::gone(), 410),
        (Failure::empty_repository(), 409),
        (Failure::reference_update_failed(), 422),
        (Failure::head_invalid(), 422),
        (Failure::drafts_unsupported(), 422),
    ] {
        github.inject(Fault::on(Operation::CreatePull, failure));
        let response = client.post("/repos/acme/shop/pulls", pull.clone()).await;
        assert_eq!(response.status, status);
        assert!(response.body["message"].is_string());
    }
    assert_eq!(client.post("/repos/acme/shop/pulls", pull).await.status, 201);
}

#[tokio::test]
async fn faults_apply_to_matching_requests_and_end_after_their_count() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_issue("B").await;
    github.inject(Fault::on(Operation::Write, Failure::BadGatewayBefore).path("/issues/2").after(1).times(2));
    let mut statuses = Vec::new();
    for number in [1, 2, 1, 2, 2, 2] {
        let path = format!("/repos/acme/shop/issues/{number}/comments");
        client.get(&path).await;
        statuses.push(client.post(&path, json!({ "body": "x" })).await.status.as_u16());
    }
    assert_eq!(statuses, [201, 201, 201, 502, 502, 201]);
    github.inject(Fault::on(Operation::Any, Failure::forbidden()).forever());
    assert_eq!(client.get("/user").await.status, 403);
    assert_eq!(client.get("/user").await.status, 403);
    github.clear_faults().await;
    assert_eq!(client.get("/user").await.status, 200);
}

#[tokio::test]
async fn concurrent_writes_are_counted() {
    let (github, client) = start().await;
    github.inject(Fault::on(Operation::CreateIssue, Failure::HoldBefore).times(2));
    let tasks = ["A", "B"].map(|title| {
        let client = client.clone();
        tokio::spawn(async move { client.post(ISSUES, json!({ "title": title })).await })
    });
    github.wait_for(|state| state.requests.iter().filter(|request| request.held).count() == 2).await;
    github.release_all();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(github.max_writes_in_flight(), 2);
    assert_eq!(github.write_gaps().len(), 1);
    assert!(github.write_gaps()[0] < Duration::from_secs(10));
}

#[tokio::test]
async fn successive_writes_are_not_concurrent() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.get("/user").await;
    client.open_issue("B").await;
    assert_eq!((github.max_writes_in_flight(), github.write_gaps().len()), (1, 1));
}

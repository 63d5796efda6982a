//! `kill -9` of the real service at each write to GitHub: the result is still one issue, branch, draft and hand-over.

use autoheal_test_support::service::Connection;
use autoheal_test_support::{Failure, Fault, Operation, StandIn};

use crate::healing::{place_for, report_failure, settled};

/// Kills the service during this write, restarts it, and lets it finish.
async fn check(on: Operation, hold: Failure) {
    let github = StandIn::start().await;
    github.inject(Fault::on(on, hold));
    let place = place_for(&github);
    let serve = place.serve().await;
    report_failure(&serve).await;
    if on == Operation::StartTask {
        settled(&serve, &["awaiting_approval"]).await;
        github.add_label(1, "autoheal-approved", "maintainer");
    }
    let held = github.wait_for_held(on).await;
    serve.kill().await;
    // GitHub carries the request out, although no client waits for the response.
    github.release(held.number);
    github
        .wait_for(|state| state.requests.iter().any(|request| request.number == held.number && request.applied))
        .await;

    let serve = place.serve().await;
    let expected = if on == Operation::StartTask {
        // A task cannot be found again: its state is unknown, and it is never started twice.
        "hand_over_unknown"
    } else {
        settled(&serve, &["awaiting_approval"]).await;
        github.add_label(1, "autoheal-approved", "maintainer");
        "handed_over"
    };
    let detail = settled(&serve, &[expected]).await;
    assert_eq!(detail["group"]["issue"]["number"], 1);
    assert_eq!(serve.terminate().await.code(), Some(0));

    let log = || github.read(|state| state.request_log());
    let open = github.issues().iter().filter(|issue| issue.state == "open").count();
    assert_eq!((github.issues().len(), open), (1, 1), "one issue\n{}", log());
    let branches = github.branches().iter().filter(|branch| branch.starts_with("auto-fix/")).count();
    assert_eq!(branches, 1, "one branch\n{}", log());
    assert_eq!(github.pulls().len(), 1, "one pull request\n{}", log());
    assert_eq!(github.hand_overs().len(), 1, "one hand-over\n{}", log());
    assert!(github.violations().is_empty(), "{:?}", github.violations());
    assert!(github.max_writes_in_flight() <= 1, "writes are serial\n{}", log());
}

#[tokio::test]
async fn killed_while_the_issue_is_opened() {
    check(Operation::CreateIssue, Failure::HoldBefore).await;
    check(Operation::CreateIssue, Failure::HoldAfter).await;
}

#[tokio::test]
async fn killed_while_the_commit_is_created() {
    check(Operation::CreateCommit, Failure::HoldBefore).await;
    check(Operation::CreateCommit, Failure::HoldAfter).await;
}

#[tokio::test]
async fn killed_while_the_branch_is_created() {
    check(Operation::CreateRef, Failure::HoldBefore).await;
    check(Operation::CreateRef, Failure::HoldAfter).await;
}

#[tokio::test]
async fn killed_while_the_draft_is_opened() {
    check(Operation::CreatePull, Failure::HoldBefore).await;
    check(Operation::CreatePull, Failure::HoldAfter).await;
}

#[tokio::test]
async fn killed_while_the_agent_task_is_started() {
    check(Operation::StartTask, Failure::HoldBefore).await;
    check(Operation::StartTask, Failure::HoldAfter).await;
}

#[tokio::test]
async fn a_write_that_arrives_after_the_restart_duplicates_nothing() {
    for on in [Operation::CreateCommit, Operation::CreateRef, Operation::CreatePull] {
        println!("{on:?}");
        let github = StandIn::start().await;
        github.inject(Fault::on(on, Failure::HoldBefore));
        let place = place_for(&github);
        let serve = place.serve().await;
        report_failure(&serve).await;
        let held = github.wait_for_held(on).await;
        serve.kill().await;
        let serve = place.serve().await;
        settled(&serve, &["awaiting_approval"]).await;
        // Only now does GitHub receive the write that the killed service had sent.
        github.release(held.number);
        github
            .wait_for(|state| {
                state.requests.iter().any(|request| request.number == held.number && request.status.is_some())
            })
            .await;
        github.add_label(1, "autoheal-approved", "maintainer");
        settled(&serve, &["handed_over"]).await;
        assert_eq!(serve.terminate().await.code(), Some(0));
        let branches = github.branches().iter().filter(|branch| branch.starts_with("auto-fix/")).count();
        assert_eq!((github.issues().len(), branches, github.pulls().len(), github.hand_overs().len()), (1, 1, 1, 1));
        assert!(github.violations().is_empty(), "{:?}", github.violations());
    }
}

#[tokio::test]
async fn sigterm_during_a_write_waits_for_its_response() {
    let github = StandIn::start().await;
    github.inject(Fault::on(Operation::CreateIssue, Failure::HoldAfter));
    let place = place_for(&github);
    let serve = place.serve().await;
    report_failure(&serve).await;
    let held = github.wait_for_held(Operation::CreateIssue).await;
    serve.send_sigterm().await;
    // Once the service is stopping, it accepts no connection.
    while Connection::open(serve.address).await.is_ok() {}
    github.release(held.number);
    assert_eq!(serve.end().await.code(), Some(0));
    let reads = github.requests().len();

    let serve = place.serve().await;
    let detail = settled(&serve, &["awaiting_approval"]).await;
    assert_eq!(detail["intents"][0]["state"], "done", "{detail}");
    assert_eq!(github.issues().len(), 1);
    let searched = github.requests()[reads..]
        .iter()
        .any(|request| request.operation == Operation::ListIssues && request.query.contains_key("since"));
    assert!(!searched, "the response was stored, so no search was needed");
}

#[tokio::test]
async fn without_a_crash_each_write_happens_once() {
    let github = StandIn::start().await;
    let place = place_for(&github);
    let serve = place.serve().await;
    report_failure(&serve).await;
    settled(&serve, &["awaiting_approval"]).await;
    github.add_label(1, "autoheal-approved", "maintainer");
    settled(&serve, &["handed_over"]).await;
    // A restart finds everything done.
    let writes = github.writes().len();
    serve.kill().await;
    let serve = place.serve().await;
    report_failure(&serve).await;
    settled(&serve, &["handed_over"]).await;
    assert_eq!(serve.terminate().await.code(), Some(0));
    assert_eq!(github.writes().len(), writes);
    assert_eq!((github.issues().len(), github.pulls().len(), github.hand_overs().len()), (1, 1, 1));
}

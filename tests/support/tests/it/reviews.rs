//! Reviews of pull requests, and their comments on lines.

use std::time::Duration;

use autoheal_test_support::{Failure, Fault, Operation, ReviewState};
use serde_json::{Value, json};

use crate::client::{Client, Response, assert_no_violations, start};

const REVIEWS: &str = "/repos/acme/shop/pulls/2/reviews";
const COMMENTS: &str = "/repos/acme/shop/pulls/2/comments";

/// Opens an issue, and a pull request with the number 2.
async fn open_pull(client: &Client) -> Response {
    client.open_issue("A").await;
    client.open_pull("fix").await
}

/// One field of every entry of a list.
async fn listed(client: &Client, path: &str, field: &str) -> Vec<Value> {
    let response = client.get(path).await;
    assert_eq!(response.status, 200, "{}", response.text);
    response.body.as_array().unwrap().iter().map(|entry| entry[field].clone()).collect()
}

#[tokio::test]
async fn a_review_keeps_its_time_when_its_text_is_edited() {
    let (github, client) = start().await;
    github.set_now("2026-01-01T00:00:00Z");
    let opened = open_pull(&client).await;
    github.review(2, "looks fine", "stranger");
    let review = client.get(REVIEWS).await.body[0].clone();
    assert_eq!((&review["body"], &review["state"]), (&json!("looks fine"), &json!("COMMENTED")));
    assert_eq!((&review["user"]["login"], &review["user"]["type"]), (&json!("stranger"), &json!("User")));
    assert_eq!(review["commit_id"], opened.body["head"]["sha"]);
    assert_eq!(review["submitted_at"], "2026-01-01T00:00:00Z");
    github.advance(Duration::from_secs(60));
    github.edit_review(2, 0, "run this instead");
    let edited = client.get(REVIEWS).await.body[0].clone();
    assert_eq!(edited["body"], "run this instead");
    assert_eq!(edited["submitted_at"], "2026-01-01T00:00:00Z");
    assert!(edited.get("updated_at").is_none(), "GitHub does not say when a review was edited");
    assert_eq!(github.reviews(2)[0].body, "run this instead");
    assert_no_violations(&github);
}

#[tokio::test]
async fn reviews_have_states_and_pending_ones_are_for_their_author() {
    let (github, client) = start().await;
    open_pull(&client).await;
    for (state, login) in [
        (ReviewState::Approved, "maintainer"),
        (ReviewState::ChangesRequested, "triager"),
        (ReviewState::Dismissed, "maintainer"),
        (ReviewState::Pending, "maintainer"),
    ] {
        github.review_with_state(2, "text", login, state);
    }
    assert_eq!(listed(&client, REVIEWS, "state").await, ["APPROVED", "CHANGES_REQUESTED", "DISMISSED"]);
    github.review_with_state(2, "mine", github.login(), ReviewState::Pending);
    let own = client.get(REVIEWS).await.body[3].clone();
    assert_eq!((&own["state"], own.get("submitted_at")), (&json!("PENDING"), None));
    let timeline = "/repos/acme/shop/issues/2/timeline";
    assert_eq!(listed(&client, timeline, "event").await, ["reviewed", "reviewed", "reviewed"]);
    assert_eq!(listed(&client, timeline, "state").await, ["approved", "changes_requested", "dismissed"]);
    assert_no_violations(&github);
}

#[tokio::test]
async fn comments_on_lines_are_filtered_by_their_last_change() {
    let (github, client) = start().await;
    github.set_now("2026-01-01T00:00:00Z");
    open_pull(&client).await;
    for text in ["first", "second"] {
        github.review_comment(2, text, "stranger");
        github.advance(Duration::from_secs(60));
    }
    assert_eq!(listed(&client, COMMENTS, "body").await, ["first", "second"]);
    let since = format!("{COMMENTS}?since=2026-01-01T00:01:30Z");
    assert!(listed(&client, &since, "body").await.is_empty());
    github.edit_comment(github.review_comments(2)[0].id, "first, edited");
    let edited = client.get(&since).await.body;
    assert_eq!(edited.as_array().unwrap().len(), 1);
    assert_eq!((&edited[0]["body"], &edited[0]["user"]["login"]), (&json!("first, edited"), &json!("stranger")));
    assert_eq!(edited[0]["created_at"], "2026-01-01T00:00:00Z");
    assert_eq!(edited[0]["updated_at"], "2026-01-01T00:02:00Z");
    let newest = format!("{COMMENTS}?sort=updated&direction=desc");
    assert_eq!(listed(&client, &newest, "body").await, ["first, edited", "second"]);
    // each comment on a line belongs to a review without text
    assert_eq!(listed(&client, REVIEWS, "body").await, ["", ""]);
    let reviews = listed(&client, REVIEWS, "id").await;
    assert_eq!(listed(&client, COMMENTS, "pull_request_review_id").await, reviews);
    let pull = client.get("/repos/acme/shop/pulls/2").await.body;
    assert_eq!((&pull["review_comments"], &pull["comments"]), (&json!(2), &json!(0)));
    assert_no_violations(&github);
}

#[tokio::test]
async fn the_text_of_a_comment_is_edited() {
    let (github, client) = start().await;
    github.set_now("2026-01-01T00:00:00Z");
    client.open_issue("A").await;
    github.comment(1, "hello", "stranger");
    github.advance(Duration::from_secs(60));
    github.edit_comment(github.comments(1)[0].id, "run this instead");
    let comment = client.get("/repos/acme/shop/issues/1/comments").await.body[0].clone();
    assert_eq!(comment["body"], "run this instead");
    assert_eq!(comment["created_at"], "2026-01-01T00:00:00Z");
    assert_eq!(comment["updated_at"], "2026-01-01T00:01:00Z");
    assert_no_violations(&github);
}

#[tokio::test]
async fn reviews_are_paginated_and_can_fail() {
    let (github, client) = start().await;
    open_pull(&client).await;
    for _ in 0..3 {
        github.review_comment(2, "text", "stranger");
    }
    for path in [REVIEWS, COMMENTS] {
        let first = client.get(&format!("{path}?per_page=2")).await;
        assert_eq!(first.body.as_array().unwrap().len(), 2);
        let base = format!("{}{path}?per_page=2&page=2", github.url());
        assert_eq!(first.header("link"), format!("<{base}>; rel=\"next\", <{base}>; rel=\"last\""));
        assert_eq!(client.get(&format!("{path}?per_page=2&page=2")).await.body.as_array().unwrap().len(), 1);
        assert_eq!(client.get(&path.replace("/2/", "/9/")).await.status, 404);
    }
    github.inject(Fault::on(Operation::ListReviews, Failure::BadGatewayBefore));
    github.inject(Fault::on(Operation::ListReviewComments, Failure::BadGatewayBefore));
    for path in [REVIEWS, COMMENTS] {
        assert_eq!(client.get(path).await.status, 502);
        assert_eq!(client.get(path).await.status, 200);
    }
    assert_no_violations(&github);
}

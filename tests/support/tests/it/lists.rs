//! Filters, pagination, and lag of lists.

use std::time::Duration;

use autoheal_test_support::Lag;
use serde_json::{Value, json};

use crate::client::{Client, assert_no_violations, start};

async fn titles(client: &Client, query: &str) -> Vec<String> {
    let response = client.get(&format!("/repos/acme/shop/issues{query}")).await;
    assert_eq!(response.status, 200, "{}", response.text);
    let listed = response.body.as_array().unwrap().iter();
    listed.map(|issue| issue["title"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn lists_are_filtered_and_sorted_as_on_github() {
    let (github, client) = start().await;
    github.set_now("2026-01-01T00:00:00Z");
    for (title, labels) in [("A", json!(["x", "y"])), ("B", json!(["x"])), ("C", json!([]))] {
        client.post("/repos/acme/shop/issues", json!({ "title": title, "labels": labels })).await;
        github.advance(Duration::from_secs(60));
    }
    client.patch("/repos/acme/shop/issues/1", json!({ "state": "closed" })).await;
    assert_eq!(titles(&client, "").await, ["C", "B"]);
    assert_eq!(titles(&client, "?state=all").await, ["C", "B", "A"]);
    assert_eq!(titles(&client, "?state=closed").await, ["A"]);
    assert_eq!(titles(&client, "?state=all&labels=X,y").await, ["A"]);
    assert_eq!(titles(&client, "?state=all&labels=x&sort=created&direction=asc").await, ["A", "B"]);
    assert_eq!(titles(&client, "?state=all&sort=updated").await, ["A", "C", "B"]);
    // `since` compares the time of the last change: A was opened first but closed last
    assert_eq!(titles(&client, "?state=all&since=2026-01-01T00:02:00Z").await, ["C", "A"]);
    assert_eq!(titles(&client, "?creator=autoheal-bot").await, ["C", "B"]);
    assert!(titles(&client, "?creator=someone").await.is_empty());
    assert_no_violations(&github);
}

#[tokio::test]
async fn lists_are_paginated_with_links() {
    let (github, client) = start().await;
    for title in ["A", "B", "C", "D", "E"] {
        client.open_issue(title).await;
    }
    let first = client.get("/repos/acme/shop/issues?per_page=2&labels=").await;
    assert_eq!(first.body.as_array().unwrap().len(), 2);
    let base = format!("{}/repos/acme/shop/issues?labels=&per_page=2", github.url());
    assert_eq!(first.header("link"), format!("<{base}&page=2>; rel=\"next\", <{base}&page=3>; rel=\"last\""));
    let last = client.get("/repos/acme/shop/issues?per_page=2&page=3").await;
    assert_eq!(last.body[0]["title"], "A");
    assert!(last.header("link").contains("rel=\"prev\"") && !last.header("link").contains("rel=\"next\""));
    assert_eq!(client.get("/repos/acme/shop/issues").await.header("link"), "");
    assert_no_violations(&github);
}

#[tokio::test]
async fn lists_have_more_than_ten_pages() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    github.add_noise_events(1, 1_104);
    github.add_label(1, "bug", "maintainer");
    for path in ["/repos/acme/shop/issues/1/events", "/repos/acme/shop/issues/1/timeline"] {
        let first = client.get(&format!("{path}?per_page=100")).await;
        assert_eq!(first.body.as_array().unwrap().len(), 100);
        let url = |page: u32| format!("{}{path}?per_page=100&page={page}", github.url());
        assert_eq!(first.header("link"), format!("<{}>; rel=\"next\", <{}>; rel=\"last\"", url(2), url(12)));
        let eleventh = client.get(&format!("{path}?per_page=100&page=11")).await;
        assert_eq!(eleventh.body.as_array().unwrap().len(), 100);
        let links = eleventh.header("link");
        assert!(links.contains(&format!("<{}>; rel=\"next\", <{}>; rel=\"last\"", url(12), url(12))), "{links}");
        let last = client.get(&format!("{path}?per_page=100&page=12")).await;
        let events: Vec<&Value> = last.body.as_array().unwrap().iter().map(|event| &event["event"]).collect();
        assert_eq!(events, ["mentioned", "subscribed", "mentioned", "subscribed", "labeled"]);
        assert!(!last.header("link").contains("rel=\"next\""));
        // GitHub responds to a page after the last with an empty list
        assert_eq!(client.get(&format!("{path}?per_page=100&page=13")).await.body, json!([]));
        // more than 100 per page are never sent
        assert_eq!(client.get(&format!("{path}?per_page=500")).await.body.as_array().unwrap().len(), 100);
    }
    assert_no_violations(&github);
}

#[tokio::test]
async fn pull_requests_are_listed_among_issues_and_found_by_head() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    client.open_pull("fix/one").await;
    let listed = client.get("/repos/acme/shop/issues").await.body;
    assert!(listed[0]["pull_request"].is_object() && listed[1].get("pull_request").is_none());
    let heads = |query: &'static str| {
        let client = client.clone();
        async move { client.get(&format!("/repos/acme/shop/pulls{query}")).await.body.as_array().unwrap().len() }
    };
    assert_eq!(heads("?head=acme:fix/one&state=open").await, 1);
    assert_eq!(heads("?head=acme:other").await, 0);
    // without the owner GitHub ignores the filter
    assert_eq!(heads("?head=other").await, 1);
    assert_eq!(heads("?base=other").await, 0);
    assert_eq!(heads("?state=closed").await, 0);
    assert_no_violations(&github);
}

#[tokio::test]
async fn lists_hide_new_entries_that_can_be_read_by_number() {
    let (github, client) = start().await;
    github.set_now("2026-01-01T00:00:00Z");
    github.set_lag(Lag::For(Duration::from_secs(120)));
    client.open_issue("A").await;
    client.open_pull("fix").await;
    github.comment(1, "text", "maintainer");
    let lists = [
        "/repos/acme/shop/issues?state=all",
        "/repos/acme/shop/pulls?head=acme:fix",
        "/repos/acme/shop/issues/1/comments",
        "/search/issues?q=repo:acme/shop+A",
    ];
    for list in lists {
        let response = client.get(list).await.body;
        assert_eq!(response.get("items").unwrap_or(&response), &json!([]), "{list}");
    }
    assert_eq!(client.get("/repos/acme/shop/issues/1").await.status, 200);
    assert_eq!(client.get("/repos/acme/shop/git/ref/heads/fix").await.status, 200);
    github.advance(Duration::from_secs(120));
    for list in lists {
        let response = client.get(list).await.body;
        assert_ne!(response.get("items").unwrap_or(&response), &json!([]), "{list}");
    }
    assert_no_violations(&github);
}

#[tokio::test]
async fn lists_hide_new_entries_until_the_lag_is_removed() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    github.hide_new_from_lists();
    client.open_issue("B").await;
    assert_eq!(titles(&client, "").await, ["A"]);
    github.set_lag(Lag::None);
    assert_eq!(titles(&client, "").await, ["B", "A"]);
}

#[tokio::test]
async fn search_supports_the_usual_qualifiers() {
    let (github, client) = start().await;
    client.open_issue("Broken cart").await;
    client.open_issue("Broken door").await;
    github.add_label(2, "bug", "maintainer");
    for (query, found) in [
        ("repo:acme/shop+broken", 2),
        ("%22broken+cart%22", 1),
        ("broken+label:bug", 1),
        ("broken+is:pr", 0),
        ("broken+state:open+author:autoheal-bot", 2),
    ] {
        let response = client.get(&format!("/search/issues?q={query}")).await.body;
        assert_eq!(response["total_count"], Value::from(found), "{query}");
    }
    assert_no_violations(&github);
}

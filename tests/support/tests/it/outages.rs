//! Everything down, and up again.

use autoheal_test_support::Outage;
use serde_json::json;

use crate::client::start;

#[tokio::test]
async fn everything_answers_502_until_it_is_back() {
    let (github, client) = start().await;
    github.go_down(Outage::BadGateway).await;
    assert_eq!(client.get("/user").await.status, 502);
    assert_eq!(client.post("/repos/acme/shop/issues", json!({ "title": "A" })).await.status, 502);
    assert!(github.issues().is_empty());
    github.come_back().await;
    client.open_issue("A").await;
}

#[tokio::test]
async fn every_connection_is_cut_until_it_is_back() {
    let (github, client) = start().await;
    github.go_down(Outage::Cut).await;
    assert!(client.try_call("GET", "/user", json!(null)).await.is_err());
    assert_eq!(github.requests().len(), 1);
    github.come_back().await;
    client.open_issue("A").await;
}

#[tokio::test]
async fn connections_are_refused_until_it_is_back_at_the_same_address() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    for _ in 0..3 {
        github.go_down(Outage::Refused).await;
        let refused = client.try_call("GET", "/user", json!(null)).await.unwrap_err();
        assert!(format!("{refused:?}").contains("Connection refused"), "{refused:?}");
        github.clear_faults().await;
        assert_eq!(client.get("/user").await.status, 200);
    }
    assert_eq!(github.requests().len(), 4, "what was refused never arrived");
}

//! Outages: their effects and their end.

use autoheal_test_support::Outage;
use serde_json::json;

use crate::client::start;

#[tokio::test]
async fn every_request_gets_a_502_during_the_outage() {
    let (github, client) = start().await;
    github.start_outage(Outage::BadGateway).await;
    assert_eq!(client.get("/user").await.status, 502);
    assert_eq!(client.post("/repos/acme/shop/issues", json!({ "title": "A" })).await.status, 502);
    assert!(github.issues().is_empty());
    github.end_outage().await;
    client.open_issue("A").await;
}

#[tokio::test]
async fn every_connection_is_closed_during_the_outage() {
    let (github, client) = start().await;
    github.start_outage(Outage::Cut).await;
    assert!(client.try_call("GET", "/user", json!(null)).await.is_err());
    assert_eq!(github.requests().len(), 1);
    github.end_outage().await;
    client.open_issue("A").await;
}

#[tokio::test]
async fn connections_are_refused_until_the_stand_in_listens_again() {
    let (github, client) = start().await;
    client.open_issue("A").await;
    for _ in 0..3 {
        github.start_outage(Outage::Refused).await;
        let refused = client.try_call("GET", "/user", json!(null)).await.unwrap_err();
        assert!(format!("{refused:?}").contains("Connection refused"), "{refused:?}");
        github.clear_faults().await;
        assert_eq!(client.get("/user").await.status, 200);
    }
    assert_eq!(github.requests().len(), 4, "refused requests are not recorded");
}

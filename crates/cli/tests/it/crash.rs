//! `kill -9` at any moment of a burst: each report that got a 202 is in the store afterwards, counted once.

use autoheal_test_support::burst::{Burst, Sent, occurrences, send_again};
use serde_json::Value;

use crate::place::{Place, random};

const CONNECTIONS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_accepted_report_survives_kill_9_at_any_moment() {
    let mut random = random();
    let place = Place::new();
    let mut sent = Sent::default();
    let total = |reports: &[Value]| reports.iter().map(occurrences).sum::<u64>();
    for round in 0..6 {
        let serve = place.serve().await;
        let threshold = random.usize(1..400);
        let burst = Burst::start(serve.address, CONNECTIONS, threshold, &mut random).await.unwrap();
        burst.reached().await;
        for _ in 0..random.usize(..200) {
            tokio::task::yield_now().await;
        }
        serve.kill().await;
        sent.add(burst.ended().await);
        assert_eq!(sent.refusal, None);
        let (accepted, all) = (total(&sent.accepted), total(&sent.all));
        println!("round {round}: killed after {threshold} responses; {all} sent, {accepted} accepted in all");

        let serve = place.serve().await;
        let count = serve.count().await;
        assert!(count >= accepted, "{count} recorded, {accepted} accepted");
        assert!(count <= all, "{count} recorded, {all} sent");
        let lost = send_again(serve.address, &sent.accepted, "duplicate").await;
        assert!(lost.is_empty(), "{lost:?}");
        assert_eq!(serve.count().await, count);
        serve.kill().await;
    }
    // All are sent again: each is counted once.
    let serve = place.serve().await;
    let _some_are_new = send_again(serve.address, &sent.all, "duplicate").await;
    assert_eq!(sent.miscounted(&serve.groups().await), 0, "{:?}", serve.groups().await);
    assert_eq!(serve.terminate().await.code(), Some(0));
}

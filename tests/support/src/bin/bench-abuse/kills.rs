//! Kills the service under load, again and again, and looks for accepted reports that are missing or counted wrongly.

use std::time::Duration;

use anyhow::{Context, Result};
use autoheal_test_support::burst::{Burst, Sent, occurrences, send_again};
use autoheal_test_support::service::{Request, exchange};
use serde_json::{Value, json};

use crate::place::{Place, Service};

/// Number of connections that send.
const CONNECTIONS: usize = 8;
/// Longest time until the threshold of responses.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Counts lost and wrongly counted reports over all kills.
pub(crate) async fn measure(place: &Place, short: bool) -> Result<Value> {
    let kills = if short { 4 } else { 30 };
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(seed);
    let start = || {
        let mut command = place.command();
        command.args(["--rate-limit", "0"]);
        place.start(command)
    };
    let total = |reports: &[Value]| reports.iter().map(occurrences).sum::<u64>();
    let (mut sent, mut lost, mut miscounted) = (Sent::default(), 0, 0);
    for _ in 0..kills {
        let service = start()?;
        let burst = Burst::start(service.address, CONNECTIONS, random.usize(1..400), &mut random).await?;
        tokio::time::timeout(TIMEOUT, burst.reached()).await.context("too few responses")?;
        tokio::time::sleep(Duration::from_micros(random.u64(..5_000))).await;
        drop(service);
        let burst = burst.ended().await;
        let accepted_now = burst.accepted.clone();
        sent.add(burst);

        let service = start()?;
        let count = total_count(&service).await;
        let (accepted, all) = (total(&sent.accepted), total(&sent.all));
        miscounted += accepted.saturating_sub(count) + count.saturating_sub(all);
        lost += send_again(service.address, &accepted_now, "duplicate").await.len();
        miscounted += total_count(&service).await.abs_diff(count);
    }
    let service = start()?;
    lost += send_again(service.address, &sent.accepted, "duplicate").await.len();
    let _some_are_new = send_again(service.address, &sent.all, "duplicate").await;
    miscounted += sent.miscounted(&groups(&service).await);
    println!(
        "\n{kills} kills: {} reports sent, {} accepted before; {lost} lost, {miscounted} miscounted (SEED={seed})",
        sent.all.len(),
        sent.accepted.len()
    );
    if let Some(refusal) = &sent.refusal {
        println!("some requests were refused: {refusal}");
    }
    Ok(json!({"kills": kills, "lost": lost, "miscounted": miscounted}))
}

async fn groups(service: &Service) -> Vec<Value> {
    let response = exchange(service.address, &Request::get("/api/groups")).await.json();
    response["groups"].as_array().cloned().unwrap_or_default()
}

async fn total_count(service: &Service) -> u64 {
    groups(service).await.iter().filter_map(|group| group["count"].as_u64()).sum()
}

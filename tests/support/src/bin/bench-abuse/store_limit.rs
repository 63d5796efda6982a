//! Checks that the store's limit holds under a flood of large reports, and that a group with an open issue stays.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use autoheal_test_support::service::{Connection, Request, exchange};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::bars::rounded;
use crate::failures::{anonymous, large_failure, word};
use crate::operator::{self, OwnFailure};
use crate::place::{Place, Service};

/// Limit of the store's file and log, in MiB.
const LIMIT_MIB: u64 = 64;
/// The limit in a short run, which sends less.
const SHORT_LIMIT_MIB: u64 = 16;
/// Number of connections that send.
const CONNECTIONS: usize = 4;

/// Measures the largest size of the store's file and log.
pub(crate) async fn measure(place: &Place, short: bool) -> Result<Value> {
    let (limit, time) = if short { (SHORT_LIMIT_MIB, 6) } else { (LIMIT_MIB, 60) };
    let time = Duration::from_secs(time);
    let github = operator::used_repository(place).await?;
    let mut command = place.command_with_issues(&github);
    command.args(["--rate-limit", "0"]).env("AUTOHEAL_STORE_LIMIT", format!("{limit}MiB"));
    let service = place.start(command)?;
    let own = OwnFailure::report(&service, &github, "theOwnOne").await?;
    let (end, mut peak) = (Instant::now() + time, 0.0_f64);
    let sending = try_join_all((0..CONNECTIONS).map(|connection| flood(&service, connection, end)));
    let watching = async {
        while Instant::now() < end {
            peak = peak.max(place.total_mib());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (sent, ()) = tokio::join!(sending, watching);
    let (sent, refused) = sent?.into_iter().fold((0, 0), |(sent, refused), one| (sent + one.0, refused + one.1));
    let peak = peak.max(place.total_mib());
    println!("\nlargest store with a limit of {limit} MiB {peak:>8.1} MiB");
    println!("{sent} MiB of large reports sent in {time:.0?}; {refused} requests refused");
    let group = own.group(&service).await;
    ensure!(
        group.is_some_and(|group| group["group"]["issue"]["number"].is_u64()),
        "the group of an open issue was evicted from the store"
    );
    let ready = exchange(service.address, &Request::get("/readyz")).await;
    ensure!(ready.status == 200, "the service is not ready after the flood: {}", ready.text());
    Ok(json!({"store_limit_ratio": rounded(peak / limit as f64)}))
}

/// Sends large reports until the end. Returns the number of MiB sent, and of refused requests.
async fn flood(service: &Service, connection: usize, end: Instant) -> Result<(usize, usize)> {
    let (mut sent, mut refused) = (0, 0);
    let mut stream = Connection::open(service.address).await?;
    for number in 0.. {
        if Instant::now() >= end {
            break;
        }
        let body = large_failure(&word(number * CONNECTIONS + connection));
        sent += body.to_string().len();
        let response = stream.exchange(&anonymous(vec![body])).await?;
        if response.status != 202 {
            refused += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    Ok((sent >> 20, refused))
}

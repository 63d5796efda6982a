//! Measures the time to the operator's own issue behind a flood of a stranger's made-up failures.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use anyhow::Result;
use autoheal_test_support::StandIn;
use autoheal_test_support::service::{Connection, exchange};
use serde_json::{Value, json};

use crate::bars::rounded;
use crate::failures::{anonymous, failure, word};
use crate::operator::{self, OwnFailure};
use crate::place::{Place, Service};

/// Number of made-up failures.
const FAILURES: usize = 600;
/// Issues an hour at most, by default.
const ISSUES_PER_HOUR: usize = 30;
/// Longest wait until strangers' issues have used the limit.
const LIMIT_TIMEOUT: Duration = Duration::from_secs(60);

/// The kinds of flood.
#[derive(Clone, Copy, PartialEq)]
enum Flood {
    /// From one address, with default limits, into a repository that the service has not used before.
    NewRepository,
    /// From one address, with default limits.
    OneAddress,
    /// From as many addresses as failures, without a limit.
    ManyAddresses,
    /// As `ManyAddresses`; the operator's failure comes after strangers' issues have used the hourly limit.
    BeforeLimit,
}

/// Measures all floods and returns the worst time.
pub(crate) async fn measure(place: &Place, short: bool) -> Result<Value> {
    let mut worst = Duration::ZERO;
    println!("\nthe operator's own failure behind {FAILURES} made-up ones");
    let floods = [
        (Flood::NewRepository, "one address, a new repository"),
        (Flood::OneAddress, "one address, default limits"),
        (Flood::ManyAddresses, "600 addresses, no rate limit"),
        (Flood::BeforeLimit, "after strangers' issues"),
    ];
    for (flood, name) in &floods[..if short { 3 } else { 4 }] {
        let github = if *flood == Flood::NewRepository {
            place.empty()?;
            StandIn::start().await
        } else {
            operator::used_repository(place).await?
        };
        let earlier = github.issues().len();
        let is_limited = matches!(flood, Flood::NewRepository | Flood::OneAddress);
        let mut command = place.command_with_issues(&github);
        if !is_limited {
            command.args(["--rate-limit", "0"]);
        }
        if *flood == Flood::BeforeLimit {
            // one issue for each failure, so that they use up the limit
            command.args(["--digest-groups", "0"]);
        }
        let service = place.start(command)?;
        let accepted =
            if is_limited { from_one_address(&service).await } else { from_many_addresses(&service).await? };
        let began = Instant::now();
        while *flood == Flood::BeforeLimit
            && began.elapsed() < LIMIT_TIMEOUT
            && github.issues().len() - earlier < ISSUES_PER_HOUR.min(accepted)
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let strangers = github.issues().len() - earlier;
        let own = OwnFailure::report(&service, &github, "theOwnOne").await?;
        println!(
            "{name:34}{:>8.1} s; {accepted} of the reports accepted, {strangers} of their issues open before",
            own.time.as_secs_f64()
        );
        worst = worst.max(own.time);
    }
    Ok(json!({"flood_own_issue_s": rounded(worst.as_secs_f64())}))
}

/// Sends batches of a hundred. Returns the number of accepted reports.
async fn from_one_address(service: &Service) -> usize {
    let mut accepted = 0;
    for batch in 0..FAILURES / 100 {
        let reports = (0..100).map(|at| failure(&word(batch * 100 + at), 0)).collect();
        let response = exchange(service.address, &anonymous(reports)).await;
        if response.status == 202 {
            let receipts = response.json();
            accepted += receipts.as_array().into_iter().flatten().filter(|one| one["status"] == "accepted").count();
        }
    }
    accepted
}

/// Sends each report from another address. Returns the number of accepted reports.
async fn from_many_addresses(service: &Service) -> Result<usize> {
    let mut accepted = 0;
    for number in 0..FAILURES {
        let local = IpAddr::V4(Ipv4Addr::new(127, 1, (number / 250) as u8, (number % 250) as u8 + 1));
        let mut connection = Connection::open_from(local, service.address).await?;
        let response = connection.exchange(&anonymous(vec![failure(&word(number), 0)])).await?;
        accepted += usize::from(response.status == 202 && response.json()[0]["status"] == "accepted");
    }
    Ok(accepted)
}

//! Measures the list and the way to a new issue with very many groups of long messages, while dashboards are open.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use autoheal_test_support::service::{Connection, Request, exchange};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::bars::rounded;
use crate::failures::{anonymous, failure, word};
use crate::operator::{self, OwnFailure};
use crate::place::{Place, Service};
use crate::rows;

/// Length of the messages, in characters.
const MESSAGE_CHARS: usize = 2_000;
/// Number of dashboards, each of which reads the page and the list.
const DASHBOARDS: usize = 4;
/// Time between two requests of one dashboard.
const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// Time in which the lists are read.
const READING: Duration = Duration::from_secs(30);
/// Number of the operator's failures.
const OWN_FAILURES: usize = 3;

/// Measures both.
pub(crate) async fn measure(place: &Place, short: bool) -> Result<Value> {
    let (groups, reading) = if short { (2_000, Duration::from_secs(4)) } else { (200_000, READING) };
    let github = operator::used_repository(place).await?;
    let service = place.start(place.command())?;
    let sent = exchange(service.address, &anonymous(vec![failure(&word(0), MESSAGE_CHARS)])).await;
    ensure!(sent.status == 202, "the first report got {}", sent.status);
    service.process.terminate()?;
    rows::copy_group(&rows::open(&place.store())?, groups)?;

    let mut command = place.command_with_issues(&github);
    // so that nothing is evicted during the measurement
    command.env("AUTOHEAL_STORE_LIMIT", "64GiB");
    let starting = Instant::now();
    let service = place.start(command)?;
    let started = starting.elapsed();
    let end = Instant::now() + reading;
    let dashboards = try_join_all((0..DASHBOARDS).map(|_| dashboard(&service, end)));
    let own = async {
        let mut worst = Duration::ZERO;
        for number in 0..if short { 1 } else { OWN_FAILURES } {
            let own = OwnFailure::report(&service, &github, &format!("theOwnOne{}", word(number))).await?;
            worst = worst.max(own.time);
        }
        Ok(worst)
    };
    let (times, own): (_, Result<Duration>) = tokio::join!(dashboards, own);
    let (mut times, own) = (times?.concat(), own?);
    times.sort();
    let quantile = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!("\n{groups} groups, messages of {MESSAGE_CHARS} characters, a store of {:.0} MiB", place.store_mib());
    println!("start                             {started:>12.2?}");
    println!("lists, median and p99             {:>12.1?}{:>12.1?}, of {}", quantile(50), quantile(99), times.len());
    println!("the operator's issue              {own:>12.2?}, {} issues open", github.issues().len() - 1);
    Ok(json!({
        "groups_200k_list_ms": rounded(quantile(99).as_secs_f64() * 1000.0),
        "groups_200k_issue_s": rounded(own.as_secs_f64()),
    }))
}

/// Reads the page and the list in turns.
async fn dashboard(service: &Service, end: Instant) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(service.address).await?;
    let mut times = Vec::new();
    for path in ["/", "/api/groups"].into_iter().cycle() {
        if Instant::now() >= end {
            break;
        }
        let began = Instant::now();
        let response = connection.exchange(&Request::get(path)).await?;
        ensure!(response.status == 200, "{path} got {}", response.status);
        times.push(began.elapsed());
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Ok(times)
}

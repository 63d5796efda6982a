//! Measures the disk space that one stranger can take in a day at the default limits.
//!
//! The clock need not run for a day: the limits say how many reports a day allows, and the service that measures the
//! space gets as many at once.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use autoheal_test_support::service::{Connection, Request, Response};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::bars::rounded;
use crate::failures::{anonymous, failure, large_failure, word};
use crate::place::{Place, Service};
use crate::rows;

/// Reports a minute from one client, by default.
const REPORTS_PER_MINUTE: usize = 600;
/// Minutes of a day.
const MINUTES: usize = 24 * 60;
/// Samples of a group that the service may keep.
const SAMPLES: usize = 10;
/// Maximum number of groups that are made. The space of more is extrapolated.
const MAX_GROUPS: usize = 1_000;
/// Number of connections that send.
const CONNECTIONS: usize = 4;
/// Maximum number of reports in a batch.
const BATCH: usize = 100;

/// Measures the size of the store's file and log.
pub(crate) async fn measure(place: &Place) -> Result<Value> {
    let allowed = groups_of_a_day(place).await?;
    place.empty()?;
    let mut command = place.command();
    command.args(["--rate-limit", "0"]);
    let service = place.start(command)?;
    let groups = allowed.min(MAX_GROUPS);
    let began = Instant::now();
    each(&service, groups, |group| {
        let samples = (0..SAMPLES).map(|sample| {
            let mut report = large_failure(&word(group));
            // numbers do not distinguish failures
            report["error_message"] =
                json!(format!("{} {sample}", report["error_message"].as_str().unwrap_or_default()));
            vec![report]
        });
        samples.collect()
    })
    .await?;
    let large = place.total_mib();
    let batches = MINUTES * REPORTS_PER_MINUTE / BATCH - groups * SAMPLES / BATCH;
    each(&service, batches, |batch| {
        let report = |number: usize| {
            let mut report = failure(&word((batch + number) % groups), 0);
            report["release"] = json!(word(number));
            report["client"] = json!(word(batch * BATCH + number));
            report
        };
        vec![(0..BATCH).map(report).collect()]
    })
    .await?;
    let all = place.total_mib();
    let stored = rows::count(&place.store(), "groups")?;
    ensure!(stored <= groups, "{stored} groups are stored, but the limits allow {groups}");
    let estimated = all + large * (allowed - groups) as f64 / groups as f64;
    println!("\na stranger's day: {allowed} new failures, {} reports", MINUTES * REPORTS_PER_MINUTE);
    println!(
        "{groups} failures with {SAMPLES} large samples take {large:.1} MiB; with the other reports {all:.1} MiB; sent in \
         {:.0?}",
        began.elapsed()
    );
    if allowed > groups {
        println!("extrapolated to {allowed} failures: {estimated:.0} MiB");
    }
    Ok(json!({"flood_disk_mib": rounded(estimated)}))
}

/// Number of new failures that the default limits allow in a day: those that are accepted at once, and one after each
/// time to wait that the first refusal names.
async fn groups_of_a_day(place: &Place) -> Result<usize> {
    let service = place.start(place.command())?;
    let mut connection = Connection::open(service.address).await?;
    let mut at_once = 0;
    let refusal = loop {
        let response = connection.exchange(&single(failure(&word(at_once), 0))).await?;
        if response.status != 202 {
            break response;
        }
        at_once += 1;
        ensure!(at_once < 100_000, "no limit of reports");
    };
    ensure!(refusal.status == 429, "a report got {} {}", refusal.status, refusal.text());
    let wait: usize = refusal.header("retry-after").context("no Retry-After")?.parse()?;
    Ok(at_once + 24 * 3600 / wait.max(1))
}

/// A request with one report outside a batch, whose refusal is a response of its own.
fn single(report: Value) -> Request {
    Request::report(report.to_string())
}

/// Sends the requests of each number, over several connections.
async fn each(service: &Service, count: usize, requests: impl Fn(usize) -> Vec<Vec<Value>>) -> Result<()> {
    let requests = &requests;
    let sending = (0..CONNECTIONS).map(|connection| async move {
        let mut stream = Connection::open(service.address).await?;
        for number in (connection..count).step_by(CONNECTIONS) {
            for reports in requests(number) {
                let request = anonymous(reports);
                let response: Response = stream.exchange(&request).await?;
                ensure!(response.status == 202, "a report got {} {}", response.status, response.text());
            }
        }
        Ok(())
    });
    try_join_all(sending).await?;
    // the next write may move the log into the file
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

//! Measures the longest response to a report while the service deletes old report ids.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use autoheal_test_support::service::{Connection, exchange};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use crate::bars::rounded;
use crate::failures::{failure, keyed, word};
use crate::place::{Place, Service};
use crate::rows::{self, Ids};

/// Reports a second.
const RATE: usize = 100;
/// Connections that take turns, so that a late response does not delay the next report.
const CONNECTIONS: usize = 10;
/// Distinct failures among the reports.
const FAILURES: usize = 5;
/// Maximum number of ids that the service keeps for a project.
const KEPT_IDS: usize = 1_000_000;
/// Longest time until the ids are deleted.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Time of the comparison, in which nothing is deleted.
const COMPARISON: Duration = Duration::from_secs(10);

/// Measures ids that are too old, and then ids that are too many.
pub(crate) async fn measure(place: &Place, short: bool) -> Result<Value> {
    println!("\n{RATE} reports a second while ids are deleted: longest response and 99th percentile");
    let kinds = if short {
        vec![("50,000 expired ids", 50_000, Ids::Expired)]
    } else {
        vec![
            ("a million expired ids", KEPT_IDS, Ids::Expired),
            ("300,000 ids too many", KEPT_IDS + 300_000, Ids::Fresh),
        ]
    };
    let mut worst = 0.0_f64;
    for (name, ids, kind) in kinds {
        place.empty()?;
        let service = place.start(place.command())?;
        let sent = exchange(service.address, &keyed(vec![failure(&word(0), 0)])).await;
        ensure!(sent.status == 202, "the first report got {}", sent.status);
        service.process.terminate()?;
        rows::copy_id(&rows::open(&place.store())?, ids, kind)?;

        let service = place.start(place.command())?;
        // with the ids of the reports that come meanwhile
        let kept = if let Ids::Fresh = kind { KEPT_IDS } else { 0 } + 2 * RATE;
        let deleting = async {
            let began = Instant::now();
            let mut sent = 0;
            while rows::count(&place.store(), "report_ids")? > kept + sent {
                if began.elapsed() > TIMEOUT {
                    bail!("the ids are not deleted after {TIMEOUT:?}");
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
                sent = began.elapsed().as_millis() as usize * RATE / 1000;
            }
            Ok(began.elapsed())
        };
        let (times, took) = send_while(&service, deleting).await?;
        let pause = async {
            tokio::time::sleep(COMPARISON).await;
            Ok(COMPARISON)
        };
        print(name, &times, took);
        worst = worst.max(longest(&times));
        if !short {
            let (times, took) = send_while(&service, pause).await?;
            print("  afterwards, for comparison", &times, took);
        }
    }
    Ok(json!({"prune_stall_ms": rounded(worst)}))
}

fn print(name: &str, times: &[f64], took: Duration) {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let p99 = sorted.get(sorted.len() * 99 / 100).copied().unwrap_or_default();
    let (longest, count) = (longest(times), times.len());
    println!("{name:34}{longest:>8.1} ms{p99:>8.1} ms; {count} reports in {:.1} s", took.as_secs_f64());
}

fn longest(times: &[f64]) -> f64 {
    times.iter().copied().fold(0.0, f64::max)
}

/// Sends reports at a steady rate until `until` completes. Returns the times in milliseconds, each from the moment at
/// which the report was due, so that a stall counts for all reports that it delayed.
async fn send_while<T>(service: &Service, until: impl Future<Output = Result<T>>) -> Result<(Vec<f64>, T)> {
    let began = Instant::now();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let sending = try_join_all((0..CONNECTIONS).map(|number| {
        let stopped = stopped.clone();
        async move {
            let mut connection = Connection::open(service.address).await?;
            let mut times = Vec::new();
            for turn in 0.. {
                let due = began + Duration::from_secs(1) * (turn * CONNECTIONS + number) as u32 / RATE as u32;
                tokio::time::sleep_until(due.into()).await;
                if *stopped.borrow() {
                    break;
                }
                let request = keyed(vec![failure(&word(turn % FAILURES), 0)]);
                let response = connection.exchange(&request).await?;
                ensure!(response.status == 202, "a report got {} {}", response.status, response.text());
                times.push(due.elapsed().as_secs_f64() * 1000.0);
            }
            Ok(times)
        }
    }));
    let deciding = async {
        let decided = until.await;
        stop.send_replace(true);
        decided
    };
    let (times, decided) = tokio::join!(sending, deciding);
    Ok((times?.concat(), decided?))
}

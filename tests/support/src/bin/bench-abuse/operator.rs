//! The operator's own failure, and the time until its issue is open.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use autoheal_test_support::StandIn;
use autoheal_test_support::service::{Request, exchange};
use serde_json::{Value, json};

use crate::failures::{failure, keyed};
use crate::place::{Place, Service};

/// Longest wait for an issue.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Time between two looks at the stand-in.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A stand-in for GitHub with a repository that the service has used: it has the service's labels. Empties the place.
pub(crate) async fn used_repository(place: &Place) -> Result<StandIn> {
    let github = StandIn::start().await;
    place.empty()?;
    let mut command = place.command_with_issues(&github);
    command.env("AUTOHEAL_WRITE_PACE", "1ms");
    let service = place.start(command)?;
    let first = OwnFailure::report(&service, &github, "theFirstOne").await?;
    ensure!(first.time < TIMEOUT, "the service opened no issue in {TIMEOUT:?}");
    service.process.terminate()?;
    place.empty()?;
    Ok(github)
}

/// The operator's failure that was reported, and its issue.
pub(crate) struct OwnFailure {
    /// Time from the report to the open issue; the timeout if there was none.
    pub(crate) time: Duration,
    /// Its group.
    pub(crate) fingerprint: String,
}

impl OwnFailure {
    /// Reports a failure with the operator's key and waits for its issue.
    pub(crate) async fn report(service: &Service, github: &StandIn, name: &str) -> Result<Self> {
        let mut report = failure(name, 0);
        report["source"] = json!("cli");
        let marker = format!("no such thing as {name}");
        let began = Instant::now();
        let response = exchange(service.address, &keyed(vec![report])).await;
        ensure!(response.status == 202, "the operator's report got {} {}", response.status, response.text());
        let fingerprint = response.json()[0]["fingerprint"].as_str().unwrap_or_default().to_owned();
        let has_issue = || {
            let mut issues = github.issues().into_iter();
            issues.any(|issue| issue.is_open() && (issue.body.contains(&marker) || issue.title.contains(&marker)))
        };
        while began.elapsed() < TIMEOUT && !has_issue() {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(Self { time: began.elapsed().min(TIMEOUT), fingerprint })
    }

    /// The group's `/api/groups/{fingerprint}`; `None` if the service does not have it any more.
    pub(crate) async fn group(&self, service: &Service) -> Option<Value> {
        let path = format!("/api/groups/{}", self.fingerprint);
        let response = exchange(service.address, &Request::get(&path)).await;
        (response.status == 200).then(|| response.json())
    }
}

//! Stores the failures that the gateway of this service detects, as reports of an anonymous sender.

use std::collections::{HashSet, VecDeque};
use std::iter;
use std::net::IpAddr;
use std::sync::Arc;

use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_contract::{ErrorReport, RefusalCode};
use autoheal_deliver::share_out;
use autoheal_gateway::WatchedReport;
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_prepare::{Timestamp, prepare_with};
use autoheal_store::StoreError;
use serde_json::value::to_raw_value;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use crate::error::STORE_ERRORS;
use crate::rate::LimitedClient;
use crate::recent_page_reports::PAGE_REPORT_WAIT;
use crate::state::AppState;

/// Capacity of the channel from the gateway. When it is full, the gateway drops reports and counts them.
const CHANNEL_CAPACITY: usize = 256;
/// Maximum number of reports received at once.
const BATCH_REPORTS: usize = 100;
/// Maximum number of reports that wait for the page's report. The oldest is stored earlier, because a client whose calls
/// fail could otherwise fill the memory before its limit is looked at.
const MAX_WAITING: usize = 500;

/// Stores the gateway's failures until `stop`, then the remaining ones.
pub(crate) async fn store_failures(state: Arc<AppState>, stop: Arc<Notify>) {
    let Some(gateway) = state.gateway.clone() else { return };
    let (sender, mut reports) = mpsc::channel(CHANNEL_CAPACITY);
    let watching = async {
        tokio::select! {
            () = gateway.watch(sender) => {}
            () = stop.notified() => {}
        }
    };
    let storing = async {
        let mut received = Vec::new();
        let mut waiting = VecDeque::new();
        loop {
            let due = waiting.front().map(|(seen, _): &Failure| seen.plus(PAGE_REPORT_WAIT));
            tokio::select! {
                count = reports.recv_many(&mut received, BATCH_REPORTS) => {
                    let seen = state.clock.now();
                    waiting.extend(received.drain(..).map(|report| (seen, report)));
                    if count == 0 {
                        return store_unreported(&state, waiting.into()).await;
                    }
                    let early = waiting.len().saturating_sub(MAX_WAITING);
                    store_unreported(&state, waiting.drain(..early).collect()).await;
                }
                () = state.clock.sleep_until(due), if due.is_some() => {
                    let now = state.clock.now();
                    // A time in the future means that the clock was set back.
                    let is_due = |(seen, _): &&Failure| *seen > now || seen.plus(PAGE_REPORT_WAIT) <= now;
                    let due = waiting.iter().take_while(is_due).count();
                    store_unreported(&state, waiting.drain(..due).collect()).await;
                }
            }
        }
    };
    tokio::join!(watching, storing);
    let now = state.clock.now();
    store_unreported(&state, gateway.last_reports().into_iter().map(|report| (now, report)).collect()).await;
}

/// The report of a failure, and the time at which the gateway sent it.
type Failure = (Timestamp, WatchedReport);

/// Stores the failures that no page reported.
async fn store_unreported(state: &Arc<AppState>, failures: Vec<Failure>) {
    let unreported = failures.into_iter().filter_map(|(seen, WatchedReport { report, address })| {
        let report = state.recent_page_reports.without_reported(report, seen, |report| {
            prepared(state, report, address).map(|record| record.fingerprint())
        })?;
        Some(WatchedReport { report, address })
    });
    store(state, unreported.collect()).await;
}

async fn store(state: &Arc<AppState>, mut reports: Vec<WatchedReport>) {
    let received = reports.len();
    reports.retain(|watched| is_within_limits(state, watched));
    state.metrics.gateway_reports_over_limit(received - reports.len());
    if reports.is_empty() {
        return;
    }
    let task_state = Arc::clone(state);
    // Off the async threads, because a report can hold a whole conversation.
    let prepared = tokio::task::spawn_blocking(move || {
        let shares = reports.into_iter().flat_map(|WatchedReport { mut report, address }| {
            report.id.get_or_insert_with(|| Uuid::now_v7().to_string());
            share_out(report).into_iter().map(move |share| (share, address))
        });
        let records = shares.filter_map(|(report, address)| prepared(&task_state, &report, address));
        records.collect::<Vec<_>>()
    });
    let Ok(mut records) = prepared.await else { return };
    if let Err(error) = drop_new_groups_over_limit(state, &mut records).await {
        tracing::error!(%error, "gateway: failures could not be stored");
        return;
    }
    match state.store.accept(records).await {
        Ok(_) => state.wake.notify_one(),
        Err(error) => {
            state.metrics.refusal(RefusalCode::StoreUnavailable);
            if let Some(more) = STORE_ERRORS.pass() {
                tracing::error!(%error, more, "gateway: failures could not be stored");
            }
        }
    }
}

fn prepared(state: &AppState, report: &ErrorReport, address: Option<IpAddr>) -> Option<Fingerprinted> {
    let arrival = Arrival {
        project: DEFAULT_PROJECT.to_owned(),
        sender: Sender::Anonymous,
        // the same client as a sender with this address
        client: address.map_or(Client::Own, Client::network),
        received_at: state.clock.now(),
    };
    prepare_with(&to_raw_value(report).ok()?, arrival, state.config.scrub, &state.config.rules).ok()
}

/// The client of a record. A network is enough for the limit of new groups, which holds for a whole IPv6 site.
fn client(record: &Fingerprinted) -> LimitedClient {
    match record.arrival().client {
        Client::Network(address) => LimitedClient::at(address),
        Client::Own | Client::Key(_) => LimitedClient::without_address(),
    }
}

/// True if the client's and the failure's limits of reports allow this report. The client already has its response, so a
/// report over a limit is dropped and counted.
fn is_within_limits(state: &AppState, WatchedReport { report, address }: &WatchedReport) -> bool {
    let client = address.map_or_else(LimitedClient::without_address, LimitedClient::at);
    state.rate.take(client, DEFAULT_PROJECT, 1).is_ok()
        && state.rate.take_failure(DEFAULT_PROJECT, &report.error_type, &report.error_message).is_ok()
}

/// Drops the records that would create more groups than the limit of their client allows.
async fn drop_new_groups_over_limit(state: &AppState, records: &mut Vec<Fingerprinted>) -> Result<(), StoreError> {
    if !state.rate.limits_new_groups() {
        return Ok(());
    }
    let mut refused = HashSet::new();
    for record in records.iter() {
        let over = state.known_groups.over_limit(state, client(record), iter::once(record)).await?;
        refused.extend(over.into_iter().map(|(fingerprint, _)| fingerprint));
    }
    let prepared = records.len();
    records.retain(|record| !refused.contains(&record.fingerprint()));
    state.metrics.gateway_reports_over_limit(prepared - records.len());
    Ok(())
}

//! Stores the failures that the gateway of this service detects, as reports of an anonymous sender.

use std::collections::VecDeque;
use std::sync::Arc;

use autoheal_contract::ErrorReport;
use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_deliver::share_out;
use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_prepare::{Timestamp, prepare};
use serde_json::value::to_raw_value;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use crate::recent_page_reports::PAGE_REPORT_WAIT;
use crate::state::AppState;

/// Capacity of the channel from the gateway. When it is full, the gateway drops reports and counts them.
const CHANNEL_CAPACITY: usize = 256;
/// Maximum number of reports received at once.
const BATCH_REPORTS: usize = 100;

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
                }
                () = state.clock.sleep_until(due), if due.is_some() => {
                    let now = state.clock.now();
                    let due = waiting.iter().take_while(|(seen, _)| seen.plus(PAGE_REPORT_WAIT) <= now).count();
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
type Failure = (Timestamp, ErrorReport);

/// Stores the failures that no page reported.
async fn store_unreported(state: &Arc<AppState>, failures: Vec<Failure>) {
    let unreported = failures.into_iter().filter(|(seen, report)| !state.recent_page_reports.contain(report, *seen));
    store(state, unreported.map(|(_, report)| report).collect()).await;
}

async fn store(state: &Arc<AppState>, reports: Vec<ErrorReport>) {
    if reports.is_empty() {
        return;
    }
    let task_state = Arc::clone(state);
    // Off the async threads, because a report can hold a whole conversation.
    let prepared = tokio::task::spawn_blocking(move || {
        let shares = reports.into_iter().flat_map(|mut report| {
            report.id.get_or_insert_with(|| Uuid::new_v4().to_string());
            share_out(report)
        });
        let records = shares.filter_map(|report| {
            let arrival = Arrival {
                project: DEFAULT_PROJECT.to_owned(),
                sender: Sender::Anonymous,
                // the gateway identified the client by its address
                client: Client::Own,
                received_at: task_state.clock.now(),
            };
            prepare(&to_raw_value(&report).ok()?, arrival, task_state.config.scrub).ok()
        });
        records.collect::<Vec<_>>()
    });
    let Ok(records) = prepared.await else { return };
    match state.store.accept(records).await {
        Ok(_) => state.wake.notify_one(),
        Err(error) => tracing::error!(%error, "gateway: failures could not be stored"),
    }
}

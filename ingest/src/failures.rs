//! What the gateway of this service saw fail: straight into the store, like any stranger's report.

use std::collections::VecDeque;
use std::sync::Arc;

use autoheal_contract::ErrorReport;
use autoheal_deliver::share_out;
use autoheal_prepare::Timestamp;
use autoheal_prepare::prepare;
use autoheal_prepare::validate::{Arrival, Sender};
use serde_json::value::to_raw_value;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use crate::state::AppState;
use crate::told::PATIENCE;

/// Reports that may wait for the store; more are only counted.
const WAITING: usize = 256;
/// Most reports of one commit.
const AT_ONCE: usize = 100;

/// Takes what fails in the gateway's conversations until `stop`, and then what is left.
pub(crate) async fn take(state: Arc<AppState>, stop: Arc<Notify>) {
    let Some(gateway) = state.gateway.clone() else { return };
    let (sender, mut reports) = mpsc::channel(WAITING);
    let watching = async {
        tokio::select! {
            () = gateway.watch(sender) => {}
            () = stop.notified() => {}
        }
    };
    let taking = async {
        let mut some = Vec::new();
        let mut waiting = VecDeque::new();
        loop {
            let due = waiting.front().map(|(seen, _): &Seen| seen.plus(PATIENCE));
            tokio::select! {
                taken = reports.recv_many(&mut some, AT_ONCE) => {
                    let seen = state.clock.now();
                    waiting.extend(some.drain(..).map(|report| (seen, report)));
                    if taken == 0 {
                        return store_untold(&state, waiting.into()).await;
                    }
                }
                () = state.clock.sleep_until(due), if due.is_some() => {
                    let now = state.clock.now();
                    let due = waiting.iter().take_while(|(seen, _)| seen.plus(PATIENCE) <= now).count();
                    store_untold(&state, waiting.drain(..due).collect()).await;
                }
            }
        }
    };
    tokio::join!(watching, taking);
    let now = state.clock.now();
    store_untold(&state, gateway.last_reports().into_iter().map(|report| (now, report)).collect()).await;
}

/// A failure, and when it was seen.
type Seen = (Timestamp, ErrorReport);

/// Stores those that no page told of.
async fn store_untold(state: &Arc<AppState>, seen: Vec<Seen>) {
    let untold = seen.into_iter().filter(|(seen, report)| !state.told.has(report, *seen));
    store(state, untold.map(|(_, report)| report).collect()).await;
}

async fn store(state: &Arc<AppState>, reports: Vec<ErrorReport>) {
    if reports.is_empty() {
        return;
    }
    let scrubbing = Arc::clone(state);
    // Off the async threads: reports hold whole conversations.
    let prepared = tokio::task::spawn_blocking(move || {
        let shares = reports.into_iter().flat_map(|mut report| {
            report.id.get_or_insert_with(|| Uuid::new_v4().to_string());
            share_out(report)
        });
        let records = shares.filter_map(|report| {
            let arrival = Arrival {
                project: "default".to_owned(),
                sender: Sender::Anonymous,
                received_at: scrubbing.clock.now(),
            };
            prepare(&to_raw_value(&report).ok()?, arrival, scrubbing.config.scrub).ok()
        });
        records.collect::<Vec<_>>()
    });
    let Ok(records) = prepared.await else { return };
    match state.store.accept(records).await {
        Ok(_) => state.wake.notify_one(),
        Err(error) => tracing::error!(%error, "gateway: failures could not be stored"),
    }
}

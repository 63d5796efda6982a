//! Maps that arrive after their reports: prepares the stored samples anew, so that groups and issues to come have the
//! original frames.

use std::sync::Arc;

use autoheal_prepare::begin;
use autoheal_prepare::validate::{Arrival, Client};
use autoheal_store::{GeneratedFile, GroupId, Sample, StoreError};
use serde_json::value::to_raw_value;

use super::urls;
use crate::state::AppState;

/// Maximum number of groups that are looked through, the last seen first.
const MAX_GROUPS: u32 = 500;

/// Regroups what waited for the map of this file. A failure leaves the groups as they are.
pub(crate) async fn regroup(state: Arc<AppState>, project: String, debug_id: String, file: Option<GeneratedFile>) {
    match regroup_all(&state, &project, &debug_id, file.as_ref()).await {
        Ok(0) => {}
        Ok(groups) => tracing::info!(groups, "regrouped reports whose source map arrived later"),
        Err(error) => tracing::warn!(%error, "reports could not be regrouped by their source map"),
    }
}

async fn regroup_all(
    state: &AppState,
    project: &str,
    debug_id: &str,
    file: Option<&GeneratedFile>,
) -> Result<usize, StoreError> {
    let mut regrouped = 0;
    for group in state.store.groups(project, MAX_GROUPS).await? {
        let Some(detail) = state.store.detail(project, group.fingerprint).await? else { continue };
        for sample in detail.samples {
            if !sample.mapped && regroup_one(state, project, group.id, &sample, debug_id, file).await? {
                regrouped += 1;
                break;
            }
        }
    }
    if regrouped > 0 {
        state.wake.notify_one();
    }
    Ok(regrouped)
}

/// Prepares a sample anew if it has frames in the file. Returns true if its group was changed.
async fn regroup_one(
    state: &AppState,
    project: &str,
    group: GroupId,
    sample: &Sample,
    debug_id: &str,
    file: Option<&GeneratedFile>,
) -> Result<bool, StoreError> {
    let arrival = Arrival {
        project: project.to_owned(),
        sender: sample.sender,
        client: Client::Own,
        received_at: sample.received_at,
    };
    let Some(report) = to_raw_value(&sample.report).ok().and_then(|raw| begin(&raw, arrival).ok()) else {
        return Ok(false);
    };
    let waits = report.scripts().iter().any(|script| {
        let by_file = file.is_some_and(|file| urls(&script.file).contains(&file.url));
        by_file || script.debug_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(debug_id))
    });
    if !waits {
        return Ok(false);
    }
    let record = state.finish().finish(report).await;
    if !record.is_mapped() {
        return Ok(false);
    }
    let changed = state.store.regroup(group, sample.id, record).await?;
    Ok(changed != autoheal_store::Regrouped::Unchanged)
}

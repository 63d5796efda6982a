//! `KnownGroups`: the limit of new groups for unknown senders, before their reports are stored.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};
use autoheal_store::StoreError;

use crate::rate::LimitedClient;
use crate::state::AppState;

/// Maximum number of fingerprints that are remembered. Then all are forgotten and read from the store again.
const MAX_REMEMBERED: usize = 50_000;

/// A fingerprint, and that of the previous recipe.
type Pair = (Fingerprint, Fingerprint);

/// Fingerprints of groups that exist, by their projects.
#[derive(Default)]
pub(crate) struct KnownGroups {
    remembered: Mutex<HashSet<(String, Fingerprint)>>,
}

impl KnownGroups {
    /// The fingerprints for which a new group would be created although the client has used up its new groups, with the
    /// seconds until it has another one.
    pub(crate) async fn over_limit(
        &self,
        state: &AppState,
        client: LimitedClient,
        records: impl Iterator<Item = &Fingerprinted>,
    ) -> Result<Vec<(Fingerprint, u64)>, StoreError> {
        let Some((project, unknown)) = self.unknown(records) else { return Ok(Vec::new()) };
        // A group of an earlier version is found by its previous fingerprint.
        let both = unknown.iter().flat_map(|(fingerprint, previous)| [*fingerprint, *previous]).collect();
        let found = state.store.known_fingerprints(&project, both).await?;
        let is_found = |(fingerprint, previous): &Pair| found.contains(fingerprint) || found.contains(previous);
        let existing: Vec<Fingerprint> = unknown.iter().filter(|pair| is_found(pair)).map(|pair| pair.0).collect();
        let mut unknown: Vec<Fingerprint> =
            unknown.iter().map(|pair| pair.0).filter(|fingerprint| !existing.contains(fingerprint)).collect();
        unknown.dedup();
        let mut refused = Vec::new();
        unknown.retain(|fingerprint| match state.rate.take_new_group(client, &project) {
            Ok(()) => true,
            Err(seconds) => {
                refused.push((*fingerprint, seconds));
                false
            }
        });
        let mut remembered = self.lock();
        if remembered.len() > MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.extend(existing.into_iter().chain(unknown).map(|fingerprint| (project.clone(), fingerprint)));
        Ok(refused)
    }

    /// The fingerprints that are not remembered, each once and with its previous one, and the project of all records; none
    /// if all are remembered.
    fn unknown<'a>(&self, records: impl Iterator<Item = &'a Fingerprinted>) -> Option<(String, Vec<Pair>)> {
        let mut records = records.peekable();
        let project = records.peek()?.arrival().project.clone();
        let remembered = self.lock();
        let mut unknown: Vec<Pair> = records
            .filter(|record| !remembered.contains(&(project.clone(), record.fingerprint())))
            .flat_map(|record| {
                // a group that was opened before its source maps arrived counts as known too
                let previous = [Some(record.previous_fingerprint()), record.generated_fingerprint()];
                let former = record.former_fingerprints();
                previous
                    .into_iter()
                    .flatten()
                    .chain(former)
                    .map(|previous| (record.fingerprint(), previous))
                    .collect::<Vec<_>>()
            })
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        (!unknown.is_empty()).then_some((project, unknown))
    }

    // Usable after a panic: no change leaves the set half-changed.
    fn lock(&self) -> MutexGuard<'_, HashSet<(String, Fingerprint)>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! `LookupCache`: open lookups within a bound of memory. The least recently used ones leave first.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use autoheal_prepare::Timestamp;
use autoheal_source_maps::{Lookup, unpack};
use autoheal_store::{SourceMapId, SourceMapKey, Store, StoreError};
use tokio::sync::Semaphore;

/// Maximum number of answers of the store that are remembered. Reports of strangers choose the keys.
const MAX_ANSWERS: usize = 10_000;
/// Time for which an answer of the store holds, because another process may add maps.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// Number of lookups that are loaded at the same time.
const LOADS: usize = 2;

/// Open lookups, and which map belongs to which generated file.
pub(crate) struct LookupCache {
    /// Maximum size of the open lookups, in bytes.
    limit: usize,
    state: Mutex<State>,
    loads: Semaphore,
    /// Number of times that the answers were forgotten.
    generation: AtomicU64,
}

#[derive(Default)]
struct State {
    lookups: HashMap<SourceMapId, Open>,
    bytes: usize,
    /// Counts uses, to order them.
    uses: u64,
    found: HashMap<(String, SourceMapKey), (Option<SourceMapId>, Instant)>,
    projects: HashMap<String, (bool, Instant)>,
}

struct Open {
    /// None for a map that cannot be read.
    lookup: Option<Arc<Lookup>>,
    bytes: usize,
    used: u64,
}

impl LookupCache {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default(), loads: Semaphore::new(LOADS), generation: AtomicU64::new(0) }
    }

    /// Forgets which maps there are, after one was added.
    pub(crate) fn forget_answers(&self) {
        let mut state = self.lock();
        state.found.clear();
        state.projects.clear();
        drop(state);
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// A number that changes when maps were added, so that failures have to be prepared again.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// True if the project has maps. False if the store fails, because reports must not wait for maps.
    pub(crate) async fn has_maps(&self, project: &str, store: &dyn Store) -> bool {
        if let Some((has, until)) = self.lock().projects.get(project)
            && Instant::now() < *until
        {
            return *has;
        }
        let has = store.has_source_maps(project).await.unwrap_or(false);
        let mut state = self.lock();
        if state.projects.len() > MAX_ANSWERS {
            state.projects.clear();
        }
        state.projects.insert(project.to_owned(), (has, Instant::now() + ANSWER_TIME));
        has
    }

    /// Finds and opens a lookup; none if there is none.
    pub(crate) async fn get(
        &self,
        project: &str,
        key: SourceMapKey,
        store: &dyn Store,
        now: Timestamp,
    ) -> Option<(SourceMapId, Arc<Lookup>)> {
        let map = self.find(project, key, store).await.ok()??;
        if let Some(open) = self.open(map) {
            return open.map(|lookup| (map, lookup));
        }
        let _permit = self.loads.acquire().await.ok()?;
        // another report may have loaded it meanwhile
        if let Some(open) = self.open(map) {
            return open.map(|lookup| (map, lookup));
        }
        let parts = store.load_source_map(map, now).await.ok()?;
        let lookup =
            tokio::task::spawn_blocking(move || Lookup::open(unpack(&parts)?).ok().map(Arc::new)).await.ok()?;
        if lookup.is_none() {
            tracing::warn!(map = map.0, "a stored source map cannot be read; upload it again");
        }
        self.insert(map, lookup.clone());
        lookup.map(|lookup| (map, lookup))
    }

    async fn find(
        &self,
        project: &str,
        key: SourceMapKey,
        store: &dyn Store,
    ) -> Result<Option<SourceMapId>, StoreError> {
        let entry = (project.to_owned(), key);
        if let Some((found, until)) = self.lock().found.get(&entry)
            && Instant::now() < *until
        {
            return Ok(*found);
        }
        let found = store.find_source_map(project, entry.1.clone()).await?;
        let mut state = self.lock();
        if state.found.len() >= MAX_ANSWERS {
            state.found.clear();
        }
        state.found.insert(entry, (found, Instant::now() + ANSWER_TIME));
        Ok(found)
    }

    /// The lookup if it is open; the inner option is none if it cannot be read.
    #[expect(clippy::option_option, reason = "not open, or open but not readable")]
    fn open(&self, map: SourceMapId) -> Option<Option<Arc<Lookup>>> {
        let mut state = self.lock();
        state.uses += 1;
        let uses = state.uses;
        let open = state.lookups.get_mut(&map)?;
        open.used = uses;
        Some(open.lookup.clone())
    }

    fn insert(&self, map: SourceMapId, lookup: Option<Arc<Lookup>>) {
        let mut state = self.lock();
        let bytes = lookup.as_ref().map_or(0, |lookup| lookup.bytes()) + 200;
        while state.bytes + bytes > self.limit
            && let Some(oldest) = state.lookups.iter().min_by_key(|(_, open)| open.used).map(|(id, _)| *id)
        {
            let removed = state.lookups.remove(&oldest).map_or(0, |open| open.bytes);
            state.bytes -= removed;
        }
        if bytes > self.limit {
            return;
        }
        state.uses += 1;
        let open = Open { lookup, bytes, used: state.uses };
        state.bytes += bytes;
        if let Some(replaced) = state.lookups.insert(map, open) {
            state.bytes -= replaced.bytes;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_lookup_leaves_when_memory_is_short() {
        let text = "x".repeat(10_000);
        let map = format!(r#"{{"version":3,"sources":["a"],"sourcesContent":["{text}"],"mappings":"AAAA"}}"#);
        let form = Lookup::build(b"", map.as_bytes()).unwrap();
        let lookup = || Some(Arc::new(Lookup::open(form.clone()).unwrap()));
        let cache = LookupCache::new(25_000);
        cache.insert(SourceMapId(1), lookup());
        cache.insert(SourceMapId(2), lookup());
        assert!(cache.open(SourceMapId(1)).is_some());
        cache.insert(SourceMapId(3), lookup());
        let open = [1, 2, 3].map(|id| cache.open(SourceMapId(id)).is_some());
        assert_eq!(open, [true, false, true]);
        assert!(cache.lock().bytes <= 25_000);
    }
}

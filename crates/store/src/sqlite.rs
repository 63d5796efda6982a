//! `Sqlite`: the embedded store. One SQLite file and one writer thread; writes that wait share one commit.

mod accept;
mod backup;
mod bundle;
mod cache;
mod call_ends;
mod claim;
mod client;
mod condition;
#[cfg(test)]
mod costs;
mod erase;
mod file_guard;
mod log_check;
mod open;
mod probe;
mod raise;
mod rank;
mod read;
mod readers;
mod regroup;
mod sample;
mod source_maps;
mod unreadable;
mod upkeep;
mod wake;
mod work;
mod writer;
mod writing;

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use self::condition::Condition;
use self::file_guard::FileGuard;
use self::readers::Readers;
use self::unreadable::Unreadable;
use self::writer::Writer;
use crate::{
    Accepted, Approval, Change, Claims, ClientHash, Detail, Erased, GeneratedFile, Group, GroupId, Health, Intent,
    IntentId, IntentKind, IntentState, IssueCounts, Limits, Maintained, NewIssue, NewSourceMap, Newcomer, Pause,
    Record, Regrouped, Revocation, SampleId, SourceMapId, SourceMapKey, Store, StoreError, StoreFuture, Usage, Work,
};
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};

/// Number of connections for lists and pages.
const PAGE_READERS: usize = 4;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// A store in one SQLite file.
pub struct Sqlite {
    writer: Writer,
    /// For lists and pages.
    readers: Arc<Readers>,
    /// For the worker, so that it never waits for a list.
    worker_reader: Arc<Readers>,
    unreadable: Arc<Unreadable>,
    limits: Limits,
    /// Locked while the store is open, because a second service on the file would release this one's claims. The last
    /// field, because closing any handle of the file ends the locks of SQLite's connections.
    _lock_file: Arc<File>,
}

impl Sqlite {
    /// Opens the file, creates it if it is absent, and migrates an older one.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, is damaged, is from a newer version, or is in use by another service.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_for_service(path, Limits::default())
    }

    /// Like [`Sqlite::open`], with limits of its size and memory.
    ///
    /// # Errors
    ///
    /// As [`Sqlite::open`].
    pub fn open_for_service(path: &Path, limits: Limits) -> Result<Self, StoreError> {
        Self::open_if_free(path, limits, true)?.ok_or_else(|| {
            StoreError::Failed(format!("{} is in use by another autoheal; give each its own --store", path.display()))
        })
    }

    /// Opens a file for a short time, without what could take long. Returns `None` for a file that is in use by another
    /// process, and for a large one of an earlier version, which only the service migrates.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or is from a newer version.
    pub fn open_unless_in_use(path: &Path) -> Result<Option<Self>, StoreError> {
        Self::open_if_free(path, Limits::default(), false)
    }

    fn open_if_free(path: &Path, limits: Limits, checks: bool) -> Result<Option<Self>, StoreError> {
        let Some((path, lock_file)) = open::locked_file(path)? else { return Ok(None) };
        let found = log_check::look(&path, &lock_file)?;
        if !found.is_opened_by(checks, &path)? {
            return Ok(None);
        }
        let mut connection = open::connect(&path)?;
        let loss = found.loss(&connection, &path)?;
        if !checks && (loss.is_some() || open::needs_long_migration(&connection, &path)?) {
            return Ok(None);
        }
        if checks {
            open::check(&connection, &path)?;
        }
        open::migrate(&mut connection, &path)?;
        if checks {
            open::enable_shrinking(&connection, &path)?;
        }
        // While this process holds the lock, no other one uses the store: all claims are left from processes that
        // ended.
        connection
            .execute("UPDATE groups SET owner = NULL, lease_until = NULL WHERE owner IS NOT NULL", [])
            .map_err(|error| open::explained(&path, &error))?;
        let salt = open::salt(&connection).map_err(|error| open::explained(&path, &error))?;
        open::copy_log(&connection);
        let (condition, lock_file) = (Arc::new(Condition::new(loss)), Arc::new(lock_file));
        let readers = Readers::open(&path, PAGE_READERS, &condition)?;
        let worker_reader = Readers::open(&path, 1, &condition)?;
        let guard = FileGuard::new(&path, Arc::clone(&lock_file), salt.clone())
            .map_err(|error| StoreError::Failed(format!("cannot read {}: {error}", path.display())))?;
        Ok(Some(Self {
            unreadable: Arc::clone(&condition.unreadable),
            writer: Writer::start(connection, salt, guard, limits, condition)?,
            readers,
            worker_reader,
            limits,
            _lock_file: lock_file,
        }))
    }

    /// Copies the store at `path`, which may be in use, to a new file that only its owner can read.
    ///
    /// # Errors
    ///
    /// If the new file exists already, or one of both cannot be read or written. Then there is no new file.
    pub fn backup(path: &Path, to: &Path) -> Result<(), StoreError> {
        backup::copy(path, to)
    }

    /// Runs `work` on the writer thread, inside the next shared transaction. Completes after the commit.
    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        Box::pin(self.writer.run(work))
    }

    /// Runs `work` with a connection for lists and pages, off the async threads.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        Box::pin(Arc::clone(&self.readers).run(work))
    }

    /// Runs `work` with the worker's connection, off the async threads.
    fn read_for_worker<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        Box::pin(Arc::clone(&self.worker_reader).run(work))
    }
}

/// Locks a mutex, even after a thread panicked while it held the lock, so that one failed read does not stop later
/// ones.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for Sqlite {
    fn count(&self, records: Vec<Record>) -> StoreFuture<'_, Option<Vec<Accepted>>> {
        Box::pin(self.writer.count(records))
    }

    fn groups(&self, project: &str, limit: u32) -> StoreFuture<'_, Vec<Group>> {
        let project = project.to_owned();
        let unreadable = Arc::clone(&self.unreadable);
        self.read(move |connection| read::groups(connection, &project, limit, &unreadable))
    }

    fn detail(&self, project: &str, fingerprint: Fingerprint) -> StoreFuture<'_, Option<Detail>> {
        let project = project.to_owned();
        let unreadable = Arc::clone(&self.unreadable);
        self.read(move |connection| read::detail(connection, &project, fingerprint, &unreadable))
    }

    fn known_fingerprints(&self, project: &str, fingerprints: Vec<Fingerprint>) -> StoreFuture<'_, Vec<Fingerprint>> {
        let project = project.to_owned();
        self.read(move |connection| read::known_fingerprints(connection, &project, &fingerprints))
    }

    fn choose_sample(
        &self,
        project: &str,
        fingerprint: Fingerprint,
        sample: SampleId,
        now: Timestamp,
    ) -> StoreFuture<'_, bool> {
        let project = project.to_owned();
        Box::pin(
            self.writer.run_uncached(move |connection| sample::choose(connection, &project, fingerprint, sample, now)),
        )
    }

    fn ready(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.writer.ready())
    }

    fn claim_due(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        claims: Claims,
    ) -> StoreFuture<'_, Option<Work>> {
        let (owner, unreadable) = (owner.to_owned(), Arc::clone(&self.unreadable));
        self.write(move |connection| claim::claim_due(connection, &owner, now, lease_until, &claims, &unreadable))
    }

    fn work(&self, group: GroupId) -> StoreFuture<'_, Option<Work>> {
        self.read_for_worker(move |connection| read::work(connection, group))
    }

    fn begin(
        &self,
        project: &str,
        group: Option<GroupId>,
        kind: IntentKind,
        payload: String,
        now: Timestamp,
    ) -> StoreFuture<'_, Intent> {
        let project = project.to_owned();
        self.write(move |connection| work::begin(connection, &project, group, kind, payload, now))
    }

    fn begin_issue(&self, project: &str, issue: NewIssue, now: Timestamp) -> StoreFuture<'_, Intent> {
        let project = project.to_owned();
        self.write(move |connection| bundle::begin_issue(connection, &project, issue, now))
    }

    fn related(&self, group: GroupId) -> StoreFuture<'_, Vec<Group>> {
        self.read_for_worker(move |connection| bundle::related(connection, group))
    }

    fn newcomers(&self, project: &str, known: bool, at: Timestamp, within: Duration) -> StoreFuture<'_, Vec<Newcomer>> {
        let project = project.to_owned();
        self.read_for_worker(move |connection| bundle::newcomers(connection, &project, known, at, within))
    }

    fn begin_again(&self, intent: IntentId, now: Timestamp) -> StoreFuture<'_, ()> {
        self.write(move |connection| work::begin_again(connection, intent, now))
    }

    fn settle(
        &self,
        intent: IntentId,
        state: IntentState,
        outcome: Option<String>,
        act_at: Timestamp,
        changes: Vec<Change>,
    ) -> StoreFuture<'_, ()> {
        self.write(move |connection| work::settle(connection, intent, state, outcome, act_at, &changes))
    }

    fn unsettled_due(&self, project: &str, now: Timestamp) -> StoreFuture<'_, Option<Intent>> {
        let (project, unreadable) = (project.to_owned(), Arc::clone(&self.unreadable));
        self.write(move |connection| work::unsettled_due(connection, &project, now, &unreadable))
    }

    fn change(&self, group: GroupId, changes: Vec<Change>) -> StoreFuture<'_, ()> {
        self.write(move |connection| work::change(connection, group, &changes))
    }

    fn approve(&self, group: GroupId, approval: Approval, now: Timestamp) -> StoreFuture<'_, ()> {
        self.write(move |connection| work::approve(connection, group, &approval, now))
    }

    fn revoke(&self, group: GroupId, revocation: Revocation, now: Timestamp) -> StoreFuture<'_, ()> {
        self.write(move |connection| work::revoke(connection, group, &revocation, now))
    }

    fn awaiting(&self, project: &str) -> StoreFuture<'_, Vec<(GroupId, u64)>> {
        let project = project.to_owned();
        self.read_for_worker(move |connection| work::awaiting(connection, &project))
    }

    fn handed_over(&self, project: &str) -> StoreFuture<'_, Vec<u64>> {
        let project = project.to_owned();
        self.read_for_worker(move |connection| work::handed_over(connection, &project))
    }

    fn next_act_at(&self, claims: Claims) -> StoreFuture<'_, Option<Timestamp>> {
        self.read_for_worker(move |connection| claim::next_act_at(connection, &claims))
    }

    fn last_sent_at(&self, now: Timestamp) -> StoreFuture<'_, Option<Timestamp>> {
        self.read_for_worker(move |connection| work::last_sent_at(connection, now))
    }

    fn issues_since(&self, project: &str, since: Timestamp, now: Timestamp) -> StoreFuture<'_, IssueCounts> {
        let project = project.to_owned();
        self.read_for_worker(move |connection| work::issues_since(connection, &project, since, now))
    }

    fn sent_since(
        &self,
        project: &str,
        kinds: &'static [IntentKind],
        since: Timestamp,
        now: Timestamp,
    ) -> StoreFuture<'_, u64> {
        let project = project.to_owned();
        self.read_for_worker(move |connection| work::sent_since(connection, &project, kinds, since, now))
    }

    fn pause(&self, project: &str) -> StoreFuture<'_, Option<Pause>> {
        let project = project.to_owned();
        self.read_for_worker(move |connection| work::pause(connection, &project))
    }

    fn set_pause(&self, project: &str, pause: Option<Pause>) -> StoreFuture<'_, ()> {
        let project = project.to_owned();
        self.write(move |connection| work::set_pause(connection, &project, pause.as_ref()))
    }

    fn wake_all(&self, project: &str, settings_hash: &str, now: Timestamp) -> StoreFuture<'_, u64> {
        let (project, settings_hash) = (project.to_owned(), settings_hash.to_owned());
        Box::pin(async move {
            let (project, settings_hash) = (&project, &settings_hash);
            let (changed, mut step) = self.write(wake::begin(project, settings_hash)).await?;
            let mut woken = 0;
            while let Some(after) = step {
                let (groups, next) = self.write(wake::step(project, changed, after, now)).await?;
                (woken, step) = (woken + groups, next);
            }
            self.write(wake::end(project, settings_hash)).await?;
            Ok(woken)
        })
    }

    fn shorten_waits(&self, now: Timestamp, of_groups: Duration, of_rechecks: Duration) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            self.write(move |connection| work::shorten_waits_of_intents(connection, now, of_groups, of_rechecks))
                .await?;
            let mut step = Some(0);
            while let Some(after) = step {
                step = self.write(wake::shorten(after, now, of_groups)).await?;
            }
            Ok(())
        })
    }

    fn resume_writes(&self, project: &str, now: Timestamp) -> StoreFuture<'_, ()> {
        let project = project.to_owned();
        self.write(move |connection| work::resume_writes(connection, &project, now))
    }

    fn usage(&self) -> StoreFuture<'_, Usage> {
        self.read(read::usage)
    }

    fn maintain(&self, now: Timestamp) -> StoreFuture<'_, Maintained> {
        Box::pin(async move {
            if let Some(retention) = self.limits.retention {
                self.delete_unused_maps(now.minus(retention)).await?;
            }
            self.writer.maintain(now).await
        })
    }

    fn erase_group(&self, project: &str, fingerprint: Fingerprint, now: Timestamp) -> StoreFuture<'_, Erased> {
        let project = project.to_owned();
        Box::pin(async move {
            let erased = self.writer.erase(move |connection| erase::group(connection, &project, fingerprint)).await?;
            // also cuts the log, which still holds the text
            self.writer.clean(now).await?;
            Ok(erased)
        })
    }

    fn erase_client(&self, client: ClientHash, now: Timestamp) -> StoreFuture<'_, Erased> {
        Box::pin(async move {
            let mut erased = Erased::default();
            // the hash of those whose client is not known, such as all of an earlier version
            if client == ClientHash::default() {
                return Ok(erased);
            }
            for group in self.read(move |connection| erase::groups_of(connection, client)).await? {
                let one = self.writer.erase(move |connection| erase::client(connection, group, client)).await?;
                erased.groups += one.groups;
                erased.emptied += one.emptied;
                erased.samples += one.samples;
                erased.unfinished += one.unfinished;
                erased.issues.extend(one.issues);
            }
            self.writer.clean(now).await?;
            Ok(erased)
        })
    }

    fn add_source_map(&self, map: NewSourceMap, now: Timestamp) -> StoreFuture<'_, ()> {
        Box::pin(self.add_map(map, now))
    }

    fn add_source_map_file(
        &self,
        project: &str,
        debug_id: [u8; 16],
        file: Option<GeneratedFile>,
        now: Timestamp,
    ) -> StoreFuture<'_, bool> {
        let project = project.to_owned();
        self.write(move |connection| source_maps::add_file(connection, &project, debug_id, file.as_ref(), now))
    }

    fn known_debug_ids(&self, project: &str, debug_ids: Vec<[u8; 16]>) -> StoreFuture<'_, Vec<[u8; 16]>> {
        let project = project.to_owned();
        self.read(move |connection| source_maps::present(connection, &project, &debug_ids))
    }

    fn has_source_maps(&self, project: &str) -> StoreFuture<'_, bool> {
        let project = project.to_owned();
        self.read(move |connection| source_maps::any(connection, &project))
    }

    fn find_source_map(&self, project: &str, key: SourceMapKey) -> StoreFuture<'_, Option<SourceMapId>> {
        let project = project.to_owned();
        self.read(move |connection| source_maps::find(connection, &project, &key))
    }

    fn source_map_has_release(&self, map: SourceMapId, release: &str) -> StoreFuture<'_, bool> {
        let release = release.to_owned();
        self.read(move |connection| source_maps::has_release(connection, map, &release))
    }

    fn regroup(&self, group: GroupId, sample: SampleId, record: Fingerprinted) -> StoreFuture<'_, Regrouped> {
        Box::pin(self.writer.run_uncached(move |connection| regroup::regroup(connection, group, sample, &record)))
    }

    fn load_source_map(&self, map: SourceMapId, now: Timestamp) -> StoreFuture<'_, Vec<Vec<u8>>> {
        Box::pin(async move {
            let parts = self.read(move |connection| source_maps::load(connection, map)).await?;
            // a map can be used even while the disk is full
            self.write(move |connection| source_maps::used(connection, map, now)).await.ok();
            Ok(parts)
        })
    }

    fn health(&self) -> Health {
        self.writer.health(self.unreadable.rows())
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.writer.close())
    }
}

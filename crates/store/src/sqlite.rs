//! The embedded store: one SQLite file, one writer thread, one sync for all that arrived meanwhile.

mod accept;
mod read;
mod work;
mod writer;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use self::writer::Writer;
use crate::{
    Accepted, Answer, Approval, Change, Detail, Group, GroupId, Intent, IntentId, IntentKind, IntentState, Pause,
    Revocation, Store, StoreError, Work,
};
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};

/// Each runs once, in order; `user_version` of the file counts them.
const MIGRATIONS: [&str; 2] =
    [include_str!("../migrations/sqlite/0001_start.sql"), include_str!("../migrations/sqlite/0002_class.sql")];

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

/// A store in one SQLite file.
pub struct Sqlite {
    writer: Writer,
    /// Reading never waits for a writer (WAL), and the dashboard is the only reader: one connection serves.
    reader: Arc<Mutex<Connection>>,
    /// Held for as long as the file is open: two services on one file would each think the claims are theirs.
    _lock_file: File,
}

impl Sqlite {
    /// Opens the file, makes it when it is absent, and brings an older one up to date.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened, is from a newer version, or is in use by another service.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_unless_in_use(path)?.ok_or_else(|| {
            StoreError(format!("{} is in use by another autoheal; give each its own --store", path.display()))
        })
    }

    /// Like [`Sqlite::open`], but a file that another process holds is no error: nothing is opened.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or is from a newer version.
    pub fn open_unless_in_use(path: &Path) -> Result<Option<Self>, StoreError> {
        let Some(lock_file) = lock_file(path)? else { return Ok(None) };
        let mut connection = connect(path)?;
        migrate(&mut connection, path)?;
        // The lock says that whoever held a claim is gone.
        connection.execute("UPDATE groups SET owner = NULL, lease_until = NULL WHERE owner IS NOT NULL", [])?;
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Some(Self {
            writer: Writer::start(connection)?,
            reader: Arc::new(Mutex::new(reader)),
            _lock_file: lock_file,
        }))
    }

    /// Runs on the writer thread, inside the next shared transaction; the answer comes after its commit.
    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<'_, T> {
        Box::pin(self.writer.run(work))
    }

    /// Runs on the reading connection, off the async threads.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<'_, T> {
        let reader = Arc::clone(&self.reader);
        Box::pin(async move {
            let run = move || work(&lock(&reader));
            match tokio::task::spawn_blocking(run).await {
                Ok(result) => Ok(result?),
                Err(stopped) => Err(StoreError(stopped.to_string())),
            }
        })
    }
}

/// Takes the lock file beside the store; nothing when another process holds it.
fn lock_file(path: &Path) -> Result<Option<File>, StoreError> {
    let beside = |error: &dyn std::fmt::Display| {
        StoreError(format!(
            "cannot open {}: {error}; check that the directory exists and can be written",
            path.display()
        ))
    };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        std::fs::create_dir_all(directory).map_err(|error| beside(&error))?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options().create(true).append(true).open(PathBuf::from(name)).map_err(|error| beside(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(beside(&error)),
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection =
        Connection::open(path).map_err(|error| StoreError(format!("cannot open {}: {error}", path.display())))?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: the log is synced before a commit returns; what was answered 202 survives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // 16 MiB each (negative: KiB). The ids of a busy day no longer fit; the hot pages of the index do.
    connection.pragma_update(None, "cache_size", -16 * 1024)?;
    // Without this, SQLite plans a cached statement anew whenever a value is bound that a partial index might care about:
    // every report paid for it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > MIGRATIONS.len() {
        return Err(StoreError(format!(
            "{} was written by a newer autoheal (schema {version}, this one knows {}); upgrade this one",
            path.display(),
            MIGRATIONS.len()
        )));
    }
    for (number, migration) in MIGRATIONS.iter().enumerate().skip(version) {
        let step = connection.transaction()?;
        step.execute_batch(migration)?;
        step.pragma_update(None, "user_version", number + 1)?;
        step.commit()?;
    }
    Ok(())
}

/// Locks a mutex, even after a thread panicked while it held the lock, so that one failed read does not stop later ones.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for Sqlite {
    fn accept(&self, records: Vec<Fingerprinted>) -> Answer<'_, Vec<Accepted>> {
        Box::pin(self.writer.accept(records))
    }

    fn groups(&self, project: &str, limit: u32) -> Answer<'_, Vec<Group>> {
        let project = project.to_owned();
        self.read(move |connection| read::groups(connection, &project, limit))
    }

    fn detail(&self, project: &str, fingerprint: Fingerprint) -> Answer<'_, Option<Detail>> {
        let project = project.to_owned();
        self.read(move |connection| read::detail(connection, &project, fingerprint))
    }

    fn ready(&self) -> Answer<'_, ()> {
        if self.writer.healthy() {
            return Box::pin(async { Ok(()) });
        }
        // The last commit failed. Only a commit that succeeds shows that it is over.
        self.write(|connection| connection.execute("UPDATE projects SET name = name", []).map(drop))
    }

    fn claim_due(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        new_issues: bool,
    ) -> Answer<'_, Option<Work>> {
        let owner = owner.to_owned();
        self.write(move |connection| work::claim_due(connection, &owner, now, lease_until, new_issues))
    }

    fn work(&self, group: GroupId) -> Answer<'_, Option<Work>> {
        self.read(move |connection| read::work(connection, group))
    }

    fn begin(&self, group: Option<GroupId>, kind: IntentKind, payload: String, now: Timestamp) -> Answer<'_, Intent> {
        self.write(move |connection| work::begin(connection, group, kind, payload, now))
    }

    fn begin_again(&self, intent: IntentId, now: Timestamp) -> Answer<'_, ()> {
        self.write(move |connection| work::begin_again(connection, intent, now))
    }

    fn settle(
        &self,
        intent: IntentId,
        state: IntentState,
        outcome: Option<String>,
        act_at: Timestamp,
        changes: Vec<Change>,
    ) -> Answer<'_, ()> {
        self.write(move |connection| work::settle(connection, intent, state, outcome, act_at, &changes))
    }

    fn unsettled_due(&self, now: Timestamp) -> Answer<'_, Option<Intent>> {
        self.read(move |connection| work::unsettled_due(connection, now))
    }

    fn change(&self, group: GroupId, changes: Vec<Change>) -> Answer<'_, ()> {
        self.write(move |connection| work::change(connection, group, &changes))
    }

    fn approve(&self, group: GroupId, approval: Approval, now: Timestamp) -> Answer<'_, ()> {
        self.write(move |connection| work::approve(connection, group, &approval, now))
    }

    fn revoke(&self, group: GroupId, revocation: Revocation, now: Timestamp) -> Answer<'_, ()> {
        self.write(move |connection| work::revoke(connection, group, &revocation, now))
    }

    fn awaiting(&self) -> Answer<'_, Vec<(GroupId, u64)>> {
        self.read(work::awaiting)
    }

    fn handed_over(&self) -> Answer<'_, Vec<u64>> {
        self.read(work::handed_over)
    }

    fn next_act_at(&self, new_issues: bool) -> Answer<'_, Option<Timestamp>> {
        self.read(move |connection| work::next_act_at(connection, new_issues))
    }

    fn last_sent_at(&self) -> Answer<'_, Option<Timestamp>> {
        self.read(work::last_sent_at)
    }

    fn sent_since(&self, kinds: &'static [IntentKind], since: Timestamp) -> Answer<'_, u64> {
        self.read(move |connection| work::sent_since(connection, kinds, since))
    }

    fn pause(&self) -> Answer<'_, Option<Pause>> {
        self.read(work::pause)
    }

    fn set_pause(&self, pause: Option<Pause>) -> Answer<'_, ()> {
        self.write(move |connection| work::set_pause(connection, pause.as_ref()))
    }

    fn wake_all(&self, now: Timestamp) -> Answer<'_, u64> {
        self.write(move |connection| work::wake_all(connection, now))
    }

    fn forget_ids(&self, now: Timestamp) -> Answer<'_, u64> {
        self.write(move |connection| work::forget_ids(connection, now))
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(self.writer.close())
    }
}

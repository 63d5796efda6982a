//! `Sqlite`: the embedded store. One SQLite file and one writer thread; writes that wait share one commit.

mod accept;
mod claim;
mod client;
mod read;
mod sample;
mod wake;
mod work;
mod writer;

use std::fs::{DirBuilder, File, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use self::writer::Writer;
use crate::{
    Accepted, Approval, Change, Claims, Detail, Group, GroupId, Intent, IntentId, IntentKind, IntentState, IssueCounts,
    Pause, Revocation, SampleId, Store, StoreError, StoreFuture, Work,
};
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::{Fingerprint, Fingerprinted};

/// Schema migrations. Each runs once, in order; `user_version` of the file is the number of migrations that ran.
const MIGRATIONS: [&str; 3] = [
    include_str!("../migrations/sqlite/0001_start.sql"),
    include_str!("../migrations/sqlite/0002_class.sql"),
    include_str!("../migrations/sqlite/0003_trust.sql"),
];

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

/// A store in one SQLite file.
pub struct Sqlite {
    writer: Writer,
    /// One connection for all reads. In WAL mode a read never waits for a write.
    reader: Arc<Mutex<Connection>>,
    /// Locked while the store is open, because a second service on the file would release this one's claims.
    _lock_file: File,
}

impl Sqlite {
    /// Opens the file, creates it if it is absent, and migrates an older one.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, is from a newer version, or is in use by another service.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_unless_in_use(path)?.ok_or_else(|| {
            StoreError(format!("{} is in use by another autoheal; give each its own --store", path.display()))
        })
    }

    /// Like [`Sqlite::open`], but returns `None` for a file that is in use by another process.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or is from a newer version.
    pub fn open_unless_in_use(path: &Path) -> Result<Option<Self>, StoreError> {
        let Some(lock_file) = lock_file(path)? else { return Ok(None) };
        let mut connection = connect(path)?;
        migrate(&mut connection, path)?;
        // While this process holds the lock, no other one uses the store: all claims are left from processes that
        // ended.
        connection.execute("UPDATE groups SET owner = NULL, lease_until = NULL WHERE owner IS NOT NULL", [])?;
        let salt = connection.query_row("SELECT value FROM meta WHERE name = 'client_salt'", [], |row| row.get(0))?;
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Some(Self {
            writer: Writer::start(connection, salt)?,
            reader: Arc::new(Mutex::new(reader)),
            _lock_file: lock_file,
        }))
    }

    /// Runs `work` on the writer thread, inside the next shared transaction. Completes after the commit.
    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        Box::pin(self.writer.run(work))
    }

    /// Runs `work` with the reading connection, off the async threads.
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> StoreFuture<'_, T> {
        let reader = Arc::clone(&self.reader);
        Box::pin(async move {
            let run = move || work(&lock(&reader));
            match tokio::task::spawn_blocking(run).await {
                Ok(result) => Ok(result?),
                Err(panicked) => Err(StoreError(panicked.to_string())),
            }
        })
    }
}

/// Locks the file `….lock` beside the store. Returns `None` if another process holds the lock.
fn lock_file(path: &Path) -> Result<Option<File>, StoreError> {
    let cannot_open = |error: &dyn std::fmt::Display| {
        StoreError(format!(
            "cannot open {}: {error}; check that the directory exists and can be written",
            path.display()
        ))
    };
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|error| cannot_open(&error))?;
    }
    // SQLite gives its log files the permissions of the store.
    private_file(path).map_err(|error| cannot_open(&error))?;
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = private_file(Path::new(&name)).map_err(|error| cannot_open(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(cannot_open(&error)),
    }
}

/// Opens a file that only its owner can read and write, and creates it if it is absent. Narrows the permissions of an
/// existing one, because reports hold data of the users of a program.
fn private_file(path: &Path) -> std::io::Result<File> {
    let file = File::options().create(true).append(true).mode(0o600).open(path)?;
    let permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 != 0 {
        // a file of another owner stays as it is
        let _not_ours = file.set_permissions(Permissions::from_mode(0o600));
    }
    Ok(file)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection =
        Connection::open(path).map_err(|error| StoreError(format!("cannot open {}: {error}", path.display())))?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL syncs the log before a commit returns, so that a report with a 202 response survives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // 16 MiB per connection (a negative number is in KiB). The ids of a busy day need more, but the index pages in use
    // fit.
    connection.pragma_update(None, "cache_size", -16 * 1024)?;
    // Without this, SQLite prepares a cached statement again whenever a bound value may decide whether a partial index
    // is usable. That cost time for every report.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > MIGRATIONS.len() {
        return Err(StoreError(format!(
            "{} was written by a newer autoheal (schema {version}; this one supports up to {}); upgrade this one",
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

/// Locks a mutex, even after a thread panicked while it held the lock, so that one failed read does not stop later
/// ones.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for Sqlite {
    fn accept(&self, records: Vec<Fingerprinted>) -> StoreFuture<'_, Vec<Accepted>> {
        Box::pin(self.writer.accept(records))
    }

    fn groups(&self, project: &str, limit: u32) -> StoreFuture<'_, Vec<Group>> {
        let project = project.to_owned();
        self.read(move |connection| read::groups(connection, &project, limit))
    }

    fn detail(&self, project: &str, fingerprint: Fingerprint) -> StoreFuture<'_, Option<Detail>> {
        let project = project.to_owned();
        self.read(move |connection| read::detail(connection, &project, fingerprint))
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
        if self.writer.healthy() {
            return Box::pin(async { Ok(()) });
        }
        // The last commit failed. Only a successful commit proves that writing works again.
        self.write(|connection| connection.execute("UPDATE projects SET name = name", []).map(drop))
    }

    fn claim_due(
        &self,
        owner: &str,
        now: Timestamp,
        lease_until: Timestamp,
        claims: Claims,
    ) -> StoreFuture<'_, Option<Work>> {
        let owner = owner.to_owned();
        self.write(move |connection| claim::claim_due(connection, &owner, now, lease_until, &claims))
    }

    fn work(&self, group: GroupId) -> StoreFuture<'_, Option<Work>> {
        self.read(move |connection| read::work(connection, group))
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
        let project = project.to_owned();
        self.write(move |connection| work::unsettled_due(connection, &project, now))
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
        self.read(move |connection| work::awaiting(connection, &project))
    }

    fn handed_over(&self, project: &str) -> StoreFuture<'_, Vec<u64>> {
        let project = project.to_owned();
        self.read(move |connection| work::handed_over(connection, &project))
    }

    fn next_act_at(&self, claims: Claims) -> StoreFuture<'_, Option<Timestamp>> {
        self.read(move |connection| claim::next_act_at(connection, &claims))
    }

    fn last_sent_at(&self) -> StoreFuture<'_, Option<Timestamp>> {
        self.read(work::last_sent_at)
    }

    fn issues_since(&self, project: &str, since: Timestamp) -> StoreFuture<'_, IssueCounts> {
        let project = project.to_owned();
        self.read(move |connection| work::issues_since(connection, &project, since))
    }

    fn sent_since(&self, project: &str, kinds: &'static [IntentKind], since: Timestamp) -> StoreFuture<'_, u64> {
        let project = project.to_owned();
        self.read(move |connection| work::sent_since(connection, &project, kinds, since))
    }

    fn pause(&self) -> StoreFuture<'_, Option<Pause>> {
        self.read(work::pause)
    }

    fn set_pause(&self, pause: Option<Pause>) -> StoreFuture<'_, ()> {
        self.write(move |connection| work::set_pause(connection, pause.as_ref()))
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

    fn forget_ids(&self, now: Timestamp) -> StoreFuture<'_, u64> {
        self.write(move |connection| work::forget_ids(connection, now))
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(self.writer.close())
    }
}

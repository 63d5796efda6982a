//! Opens the file of a store: its directory, its lock, its condition, its schema.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};

use super::backup;
use super::file_guard::with_suffix;
use super::log_check;
use crate::StoreError;

/// Schema migrations. Each runs once, in order; `user_version` of the file is the number of migrations that ran.
const MIGRATIONS: [&str; 10] = [
    include_str!("../../migrations/sqlite/0001_start.sql"),
    include_str!("../../migrations/sqlite/0002_class.sql"),
    include_str!("../../migrations/sqlite/0003_trust.sql"),
    include_str!("../../migrations/sqlite/0004_disk.sql"),
    include_str!("../../migrations/sqlite/0005_pause_since.sql"),
    include_str!("../../migrations/sqlite/0006_source_maps.sql"),
    include_str!("../../migrations/sqlite/0007_noise.sql"),
    include_str!("../../migrations/sqlite/0008_call_ends.sql"),
    include_str!("../../migrations/sqlite/0009_bundles.sql"),
    include_str!("../../migrations/sqlite/0010_raise.sql"),
];

/// Maximum time of the check at the start. Larger files are checked in part.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// Size of a file from which its migration may delay a command, in bytes.
const LONG_MIGRATION_BYTES: u64 = 32 * 1024 * 1024;
/// Size to which SQLite cuts the log after a checkpoint, in bytes.
pub(super) const LOG_BYTES: u64 = 16 * 1024 * 1024;
/// Value of `auto_vacuum` with which the file can give free pages back in small steps.
const INCREMENTAL: i64 = 2;

/// Creates the directory and the file if they are absent, and locks the file. Returns `None` if another process holds
/// the lock.
///
/// The lock is on the file itself, so that it holds for every path to it, and only its owner can take it. SQLite's own
/// locks are of another kind.
pub(super) fn locked_file(path: &Path) -> Result<Option<(PathBuf, File)>, StoreError> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|error| cannot_open(path, &error))?;
    }
    // SQLite gives its log files the permissions of the store.
    let file = private_file(path).map_err(|error| cannot_open(path, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(cannot_open(path, &error)),
    }
    // As SQLite does, so that the log is beside the file and not beside a link to it.
    let path = path.canonicalize().map_err(|error| cannot_open(path, &error))?;
    if let Some(other) = name_with_log(&path, &file) {
        return Err(StoreError::Failed(format!(
            "{} is also named {}, and its log is beside that name; start with --store {} instead",
            path.display(),
            other.display(),
            other.display()
        )));
    }
    Ok(Some((path, file)))
}

/// Another name (a hard link) of this file in its directory that has the log beside it. Without the log, the last reports
/// would be missing, and the log would damage the file later.
fn name_with_log(path: &Path, file: &File) -> Option<PathBuf> {
    let own = file.metadata().ok().filter(|own| own.nlink() > 1)?;
    let has_log = |path: &Path| fs::metadata(with_suffix(path, "-wal")).is_ok_and(|log| log.len() > 0);
    let is_same = |path: &Path| {
        fs::symlink_metadata(path).is_ok_and(|other| (other.dev(), other.ino()) == (own.dev(), own.ino()))
    };
    let names = fs::read_dir(path.parent()?).ok()?.flatten().map(|entry| entry.path());
    names.into_iter().find(|name| name != path && is_same(name) && has_log(name))
}

/// The salt of the hashes of clients, which each store has of its own.
pub(super) fn salt(connection: &Connection) -> rusqlite::Result<Vec<u8>> {
    connection.query_row("SELECT value FROM meta WHERE name = 'client_salt'", [], |row| row.get(0))
}

fn cannot_open(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Failed(format!(
        "cannot open {}: {error}; check that the directory exists and can be written",
        path.display()
    ))
}

/// Opens a file that only its owner can read and write, and creates it if it is absent. Narrows the permissions of an
/// existing one, because reports hold data of the users of a program.
fn private_file(path: &Path) -> std::io::Result<File> {
    let file = File::options().create(true).read(true).append(true).mode(0o600).open(path)?;
    let permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 != 0 {
        // a file of another owner stays as it is
        let _not_ours = file.set_permissions(Permissions::from_mode(0o600));
    }
    Ok(file)
}

/// Opens a connection for the service.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    set_up(path).map_err(|error| explained(path, &error))
}

fn set_up(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    // Before the first table: later it needs a VACUUM.
    connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL syncs the log before a commit returns, so that a report with a 202 response survives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Deleted text is overwritten, because it may be somebody's personal data.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    // 16 MiB per connection (a negative number is in KiB). The ids of a busy day need more, but the index pages in use
    // fit.
    connection.pragma_update(None, "cache_size", -16 * 1024)?;
    // Without this, SQLite prepares a cached statement again whenever a bound value may decide whether a partial index
    // is usable. That cost time for every report.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // The schema has no triggers and no views. One in the file is from somebody else, and could change what is counted.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

/// A failure at the start, with what to do about it.
pub(super) fn explained(path: &Path, error: &rusqlite::Error) -> StoreError {
    let name = path.display();
    StoreError::Failed(match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(path, &error.to_string()),
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => format!(
            "cannot write {name}: {error}; the disk is full ({} MiB free) or the file may not grow (ulimit -f); make \
             space, then start again",
            free_bytes(path).unwrap_or(0) / (1024 * 1024)
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            format!("cannot write {name}: {error}; check the permissions of the file and its directory")
        }
        _ => format!("cannot open {name}: {error}"),
    })
}

/// Says that the file is damaged and what to do. Such files happen after power cuts on disks that lie about syncs.
fn damaged(path: &Path, problem: &str) -> String {
    let name = path.display();
    format!(
        "{name} is damaged ({problem}); put back a copy made by `autoheal backup`, or save what can be read with \
         `sqlite3 {name} .recover | sqlite3 recovered.db` and start with --store recovered.db"
    )
}

/// Number of free bytes for this user on the disk of the file.
pub(super) fn free_bytes(path: &Path) -> Option<u64> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let disk = rustix::fs::statvfs(directory.unwrap_or(Path::new("."))).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Checks the file, for a bounded time.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let interrupt = connection.get_interrupt_handle();
    let (done, waiting) = mpsc::channel::<()>();
    let timer = std::thread::Builder::new().name("store-check".to_owned()).spawn(move || {
        if waiting.recv_timeout(CHECK_TIMEOUT) == Err(mpsc::RecvTimeoutError::Timeout) {
            interrupt.interrupt();
        }
    });
    let checked: rusqlite::Result<String> = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    drop(done);
    if let Ok(timer) = timer {
        timer.join().ok();
    }
    match checked {
        Ok(result) if result == "ok" => Ok(()),
        Ok(problem) => Err(StoreError::Failed(damaged(path, &problem))),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            tracing::info!(
                "store: checked only in part, because the file is large; `sqlite3 {} 'PRAGMA quick_check'` checks all",
                path.display()
            );
            Ok(())
        }
        Err(error) => Err(explained(path, &error)),
    }
}

/// True for a large file of an earlier version. The copy before its migration takes a while.
pub(super) fn needs_long_migration(connection: &Connection, path: &Path) -> Result<bool, StoreError> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    Ok((1..MIGRATIONS.len()).contains(&version) && bytes > LONG_MIGRATION_BYTES)
}

/// Brings the schema up to date. Copies a store that holds groups before its schema changes.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| explained(path, &error);
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    if version > MIGRATIONS.len() {
        return Err(StoreError::Failed(format!(
            "{} was written by a newer autoheal (schema {version}; this one supports up to {}); upgrade this one",
            path.display(),
            MIGRATIONS.len()
        )));
    }
    if version == 0 {
        tracing::info!(store = %path.display(), "store: new, empty file");
    } else if version < MIGRATIONS.len() {
        let has_groups = connection.query_row("SELECT EXISTS (SELECT 1 FROM groups)", [], |row| row.get(0));
        if has_groups.map_err(failed)? {
            backup::before_migration(connection, path, MIGRATIONS.len())?;
        }
    }
    if version == MIGRATIONS.len() {
        return Ok(());
    }
    // All or none, so that the next start after a kill copies the file as the earlier version left it.
    let step = connection.transaction().map_err(failed)?;
    for migration in MIGRATIONS.iter().skip(version) {
        step.execute_batch(migration).map_err(failed)?;
    }
    step.pragma_update(None, "user_version", MIGRATIONS.len()).map_err(failed)?;
    step.commit().map_err(failed)
}

/// Rewrites a file of an earlier version once, so that it can give free pages back, and so that no deleted text is left
/// in it. Does nothing if the disk has too little space.
pub(super) fn enable_shrinking(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let mode: i64 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
    if mode == INCREMENTAL {
        return Ok(());
    }
    let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
    // a copy in the temporary directory, and the log
    let needed = bytes.saturating_mul(2);
    if free_bytes(path).is_none_or(|free| free < needed) {
        tracing::warn!(
            "store: {} cannot give back free space before it is rewritten once, which needs {} MiB of free disk space; \
             make space and restart",
            path.display(),
            needed / (1024 * 1024) + 1
        );
        return Ok(());
    }
    tracing::info!("store: rewriting {} once, so that it can give back free space", path.display());
    connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    let rewritten = connection
        .execute_batch("VACUUM")
        .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    if let Err(error) = rewritten {
        tracing::warn!(%error, "store: could not be rewritten; trying again at the next start");
    }
    Ok(())
}

/// Copies the log into the file, so that at least the schema is there, and notes that the file needs its log from now on.
pub(super) fn copy_log(connection: &Connection) {
    let copied = connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
        .and_then(|()| log_check::expect_log(connection));
    if let Err(error) = copied {
        // a full disk has space again later
        tracing::warn!(%error, "store: the log could not be copied into the file at the start");
    }
}

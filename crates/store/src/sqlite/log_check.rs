//! Checks the log that an earlier process left, before SQLite opens the file.
//!
//! SQLite uses the log up to the first frame that is wrong, and forgets the rest without a word. What it forgets may have
//! been acknowledged.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Result};

use super::file_guard::{Left, left_log, with_suffix};
use super::open;
use crate::{Loss, StoreError};
use autoheal_prepare::Timestamp;

/// Place in the log's index of the number of frames that were copied into the file.
const COPIED_FRAMES_AT: u64 = 96;

/// What is known about a store before SQLite opens it.
pub(super) struct Found {
    /// The log is absent or empty.
    has_no_log: bool,
    /// The log is damaged.
    damage: Option<Damage>,
}

/// A log that is damaged after this number of frames of finished transactions.
struct Damage {
    good_frames: u32,
}

/// Looks at the file and at its log. Fails if the file is empty beside a log.
pub(super) fn look(path: &Path, store: &File) -> std::result::Result<Found, StoreError> {
    let log = with_suffix(path, "-wal");
    let cannot = |error: io::Error| StoreError::Failed(format!("cannot read {}: {error}", log.display()));
    let length = match fs::metadata(&log) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(cannot(error)),
    };
    if length == 0 {
        return Ok(Found { has_no_log: true, damage: None });
    }
    if store.metadata().map_err(cannot)?.len() == 0 {
        return Err(StoreError::Failed(format!(
            "{} is empty or missing, but its log {} is there; put the file back; or move the log away, and \
             put a copy made by `autoheal backup` in the place of the file, or start with an empty store",
            path.display(),
            log.display()
        )));
    }
    let index = File::open(with_suffix(path, "-shm")).ok();
    let left = left_log(&File::open(&log).map_err(cannot)?, index.as_ref()).map_err(cannot)?;
    let damage = match left {
        Left::InOrder => None,
        Left::Damaged { good_frames } => Some(Damage { good_frames }),
    };
    Ok(Found { has_no_log: false, damage })
}

impl Damage {
    /// Keeps the damaged log under another name, so that SQLite does not overwrite it.
    fn set_aside(&self, path: &Path) -> std::result::Result<(), StoreError> {
        let log = with_suffix(path, "-wal");
        let aside = free_name(&log);
        let cannot = |error: io::Error| {
            StoreError::Failed(format!(
                "{} is damaged and cannot be set aside as {}: {error}; make space, or move it away",
                log.display(),
                aside.display()
            ))
        };
        // Frames that are in the file already are not copied into it again, because later ones may be there too.
        if copied_frames(path) >= self.good_frames {
            fs::rename(&log, &aside).map_err(cannot)?;
        } else {
            copy_private(&log, &aside).map_err(cannot)?;
        }
        tracing::error!(
            log = %aside.display(),
            good_frames = self.good_frames,
            "store: the log is damaged after this number of frames, so the last reports before the service ended are \
             missing, although they were acknowledged; the damaged log was set aside, and the service goes on with what \
             is in order"
        );
        Ok(())
    }
}

/// Fails if a store that no process has open has a damaged log, which a copy would delete.
pub(super) fn check_before_copy(path: &Path) -> std::result::Result<(), StoreError> {
    let Ok(store) = File::open(path) else { return Ok(()) };
    if store.try_lock().is_err() {
        return Ok(());
    }
    match look(&path.canonicalize().unwrap_or_else(|_| path.to_owned()), &store)?.damage {
        None => Ok(()),
        Some(_) => Err(StoreError::Failed(format!(
            "the log of {} is damaged; start autoheal serve first, which sets the damaged log aside",
            path.display()
        ))),
    }
}

impl Found {
    /// False if the log is damaged and this is not the service. For the service, a damaged log is set aside.
    pub(super) fn is_opened_by(&self, service: bool, path: &Path) -> std::result::Result<bool, StoreError> {
        match &self.damage {
            Some(damage) if service => damage.set_aside(path).map(|()| true),
            damage => Ok(damage.is_none()),
        }
    }

    /// What is missing in the file that was opened.
    pub(super) fn loss(&self, connection: &Connection, path: &Path) -> std::result::Result<Option<Loss>, StoreError> {
        if self.damage.is_some() {
            return Ok(Some(Loss::LogDamaged));
        }
        if !self.has_no_log || !needs_log(connection).map_err(|error| open::explained(path, &error))? {
            return Ok(None);
        }
        tracing::error!(
            store = %path.display(),
            "store: the service ended without closing the store, and the log is missing or empty, so the last reports \
             before that are missing, although they were acknowledged; the service goes on with what is in the file"
        );
        Ok(Some(Loss::LogMissing))
    }
}

/// True if the file alone is not whole. The log says the contrary, so that a file is in order after another program
/// copied the log into it.
fn needs_log(connection: &Connection) -> Result<bool> {
    let has_meta = connection
        .query_row("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'meta')", [], |row| row.get::<_, bool>(0));
    if !has_meta? {
        return Ok(false);
    }
    let needs = connection
        .query_row("SELECT value IS 1 FROM meta WHERE name = 'needs_log'", [], |row| row.get(0))
        .optional()?;
    Ok(needs.unwrap_or(false))
}

/// To be called after the whole log was copied into the file: notes in the file that it needs the log, and in the log that
/// this is the log it needs.
pub(super) fn expect_log(connection: &Connection) -> Result<()> {
    let set = |needs: bool| {
        connection
            .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES ('needs_log', ?1)")?
            .execute([needs])
    };
    set(true)?;
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    set(false).map(drop)
}

/// The number of frames of the log that are in the file, as the index of the log says.
fn copied_frames(path: &Path) -> u32 {
    let mut number = [0; 4];
    let read =
        File::open(with_suffix(path, "-shm")).and_then(|index| index.read_exact_at(&mut number, COPIED_FRAMES_AT));
    read.map_or(0, |()| u32::from_ne_bytes(number))
}

/// A name beside the log that no file has.
fn free_name(log: &Path) -> PathBuf {
    let seconds = Timestamp::from(std::time::SystemTime::now()).0.div_euclid(1000);
    let names = (seconds..).map(|number| with_suffix(log, &format!(".damaged-{number}")));
    let mut free = names.skip_while(|name| name.symlink_metadata().is_ok());
    free.next().unwrap_or_else(|| with_suffix(log, ".damaged"))
}

fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    let mut copy = File::options().create_new(true).write(true).mode(0o600).open(to)?;
    io::copy(&mut File::open(from)?, &mut copy)?;
    copy.sync_all()
}

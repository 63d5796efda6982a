//! `FileGuard`: notices that the files of an open store were deleted, replaced, cut or overwritten by something else than
//! SQLite. SQLite would go on, and what it acknowledges would be lost at the end.
//!
//! Before each commit, the guard compares names, lengths and times of the files, and their headers: four system calls
//! for the times, two for the headers. What they hold is checked only if another program changed them, and the log before
//! it is copied into the file.

mod log;

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) use self::log::{Left, left_log};
use super::open;
use crate::StoreError;

/// Size of the header of a SQLite file, in bytes.
const HEADER: usize = 100;
/// Number of frames in the file already that are checked once more at each checkpoint.
const CHECKED_AGAIN: u32 = 250;

/// Lengths of the files of a store, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lengths {
    pub(super) store: u64,
    pub(super) log: u64,
}

/// The files of an open store, as they were after they were last written.
pub(super) struct FileGuard {
    store: Watched<HEADER>,
    log: Watched<{ log::HEADER }>,
    /// Index of the log, which all connections share.
    index: (PathBuf, Identity),
    /// The salt of clients' hashes, by which a store is recognised.
    salt: Vec<u8>,
    /// Number of valid frames in the log, as of the last commit.
    frames: Arc<AtomicU32>,
    copied: Copied,
}

/// The frames of the log that are in the file already, because a reader kept the log from being begun anew.
#[derive(Default)]
struct Copied {
    /// Header of the log, which differs for each use of it.
    log: Option<[u8; log::HEADER]>,
    frames: u32,
    /// Number of these frames that were checked once more; the next checkpoint goes on there.
    checked: u32,
}

impl FileGuard {
    /// Watches the files of a store that was just opened. `store` must stay open as long as SQLite has the file open.
    pub(super) fn new(path: &Path, store: Arc<File>, salt: Vec<u8>) -> io::Result<Self> {
        let (log, index) = (with_suffix(path, "-wal"), with_suffix(path, "-shm"));
        let log_file = Arc::new(File::open(&log)?);
        let index_now = Identity::of(&fs::metadata(&index)?);
        Ok(Self {
            store: Watched::new(path.to_owned(), store)?,
            log: Watched::new(log, log_file)?,
            index: (index, index_now),
            salt,
            frames: Arc::default(),
            copied: Copied::default(),
        })
    }

    /// The number of frames in the log, which SQLite reports at each commit.
    pub(super) fn frames(&self) -> &Arc<AtomicU32> {
        &self.frames
    }

    /// Fails unless the files are the ones that were opened, and hold what was written to them.
    pub(super) fn check(&mut self) -> Result<(), StoreError> {
        let (store, log) = (self.store.look()?, self.log.look()?);
        self.check_index()?;
        let (store_changed, log_changed) = (store != self.store.seen, log != self.log.seen);
        if store.length < self.store.seen.length {
            return Err(gone(&self.store.path, "was cut"));
        }
        // SQLite cuts the log after it was copied into the file.
        if log.length < self.log.seen.length && !store_changed {
            return Err(gone(&self.log.path, "was cut"));
        }
        if log_changed && !store_changed && !self.is_log_whole() {
            return Err(overwritten(&self.log.path));
        }
        if store_changed {
            if store.header != self.store.seen.header && !log_changed {
                return Err(overwritten(&self.store.path));
            }
            self.check_content()?;
            // Not known before the next commit.
            self.frames.store(0, Ordering::Relaxed);
        }
        (self.store.seen, self.log.seen) = (store, log);
        Ok(())
    }

    /// To be called after a commit, which writes to the log only. Fails as [`FileGuard::check`] does.
    pub(super) fn check_after_commit(&mut self) -> Result<Lengths, StoreError> {
        self.log.seen = self.log.look()?;
        self.check_index()?;
        if self.store.look()? != self.store.seen {
            self.check()?;
        }
        Ok(self.lengths())
    }

    /// To be called before the log is copied into the file. Fails if something else than SQLite wrote into the frames that
    /// will be copied. Of those that were copied, it checks a part, because all of them would take longer each time.
    pub(super) fn check_before_checkpoint(&mut self) -> Result<(), StoreError> {
        self.check()?;
        let frames = self.frames.load(Ordering::Relaxed);
        if self.copied.log != Some(self.log.seen.header) || self.copied.frames > frames {
            self.copied = Copied::default();
        }
        let copied = &mut self.copied;
        let again = copied.checked..copied.checked.saturating_add(CHECKED_AGAIN).min(copied.frames);
        copied.checked = if again.end < copied.frames { again.end } else { 0 };
        let is_whole = |range| log::is_whole(&self.log.file, range).unwrap_or(false);
        if is_whole(copied.frames..frames) && is_whole(again) { Ok(()) } else { Err(overwritten(&self.log.path)) }
    }

    /// To be called after this number of frames of the log were copied into the file, which changes both.
    pub(super) fn record_after_checkpoint(&mut self, copied: u32) -> Result<Lengths, StoreError> {
        (self.store.seen, self.log.seen) = (self.store.look()?, self.log.look()?);
        if self.log.seen.length == 0 {
            self.frames.store(0, Ordering::Relaxed);
        }
        (self.copied.log, self.copied.frames) = (Some(self.log.seen.header), copied);
        if self.store.seen.length > 0 && !self.store.seen.header.starts_with(b"SQLite format 3\0") {
            return Err(overwritten(&self.store.path));
        }
        Ok(self.lengths())
    }

    pub(super) fn lengths(&self) -> Lengths {
        Lengths { store: self.store.seen.length, log: self.log.seen.length }
    }

    fn is_log_whole(&self) -> bool {
        log::is_whole(&self.log.file, 0..self.frames.load(Ordering::Relaxed)).unwrap_or(false)
    }

    fn check_index(&self) -> Result<(), StoreError> {
        let (path, expected) = &self.index;
        let found = fs::metadata(path).map_err(|error| absent(path, &error))?;
        if Identity::of(&found) == *expected { Ok(()) } else { Err(gone(path, "was replaced")) }
    }

    /// Another program wrote to the file. That program may be SQLite, which copies the log into the file.
    fn check_content(&self) -> Result<(), StoreError> {
        tracing::warn!("store: another program wrote to {}; checking it", self.store.path.display());
        // a connection of its own, because the others have pages of the file in memory
        let found = open::connect(&self.store.path).and_then(|connection| {
            open::check(&connection, &self.store.path)?;
            Ok(open::salt(&connection)?)
        });
        match found {
            Ok(salt) if salt == self.salt => Ok(()),
            Ok(_) => Err(overwritten(&self.store.path)),
            Err(error) => Err(StoreError::Damaged(error.to_string())),
        }
    }
}

/// One file of an open store.
struct Watched<const N: usize> {
    path: PathBuf,
    file: Arc<File>,
    identity: Identity,
    seen: Seen<N>,
}

/// What is known about a file without reading it: its length, its times, its first bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen<const N: usize> {
    length: u64,
    modified: (i64, i64),
    header: [u8; N],
}

/// Device and number of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity(u64, u64);

impl Identity {
    fn of(file: &Metadata) -> Self {
        Self(file.dev(), file.ino())
    }
}

impl<const N: usize> Watched<N> {
    fn new(path: PathBuf, file: Arc<File>) -> io::Result<Self> {
        let identity = Identity::of(&fs::metadata(&path)?);
        let seen = Seen { length: 0, modified: (0, 0), header: [0; N] };
        let mut watched = Self { path, file, identity, seen };
        watched.seen = watched.look().map_err(io::Error::other)?;
        Ok(watched)
    }

    /// Looks at the file. Fails if its name does not lead to it any more.
    fn look(&self) -> Result<Seen<N>, StoreError> {
        let found = fs::metadata(&self.path).map_err(|error| absent(&self.path, &error))?;
        if Identity::of(&found) != self.identity {
            return Err(gone(&self.path, "was replaced"));
        }
        let mut header = [0; N];
        // an empty log has no header
        let _shorter = self.file.read_at(&mut header, 0);
        Ok(Seen { length: found.len(), modified: (found.mtime(), found.mtime_nsec()), header })
    }
}

fn absent(path: &Path, error: &io::Error) -> StoreError {
    gone(path, &format!("cannot be found any more ({error})"))
}

fn gone(path: &Path, problem: &str) -> StoreError {
    StoreError::Failed(format!(
        "{} {problem}; nothing more is accepted, because it would be lost; put the file back if it was moved, else \
         restart autoheal",
        path.display()
    ))
}

fn overwritten(path: &Path) -> StoreError {
    StoreError::Damaged(format!("{} was overwritten by another program", path.display()))
}

/// The path with a suffix, as SQLite names the files beside the store.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

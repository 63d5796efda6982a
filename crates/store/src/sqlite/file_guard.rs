//! `FileGuard`: notices that the store's file or its log was deleted, replaced or cut while the store is open. SQLite
//! would go on writing into a file that has no name any more, and everything would be lost at the end.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::StoreError;

/// The files of an open store, as they were when they were last written.
pub(super) struct FileGuard {
    store: Watched,
    log: Watched,
}

impl FileGuard {
    /// Watches the files of a store that was just opened.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { store: Watched::new(path.to_owned())?, log: Watched::new(with_suffix(path, "-wal"))? })
    }

    /// Fails unless both files are still the ones that were opened, and have at least the recorded length.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.store.check(true)?;
        self.log.check(true)
    }

    /// Fails unless both files are still the ones that were opened. For use after own writes, which may have changed the
    /// lengths. Records the lengths, and returns that of the log.
    pub(super) fn check_and_record(&self) -> Result<u64, StoreError> {
        self.store.check(false)?;
        self.log.check(false)?;
        Ok(self.log.length.load(Ordering::Relaxed))
    }
}

/// One file of an open store.
struct Watched {
    path: PathBuf,
    device: u64,
    inode: u64,
    length: AtomicU64,
}

impl Watched {
    fn new(path: PathBuf) -> io::Result<Self> {
        let found = fs::metadata(&path)?;
        Ok(Self { path, device: found.dev(), inode: found.ino(), length: AtomicU64::new(found.len()) })
    }

    fn check(&self, with_length: bool) -> Result<(), StoreError> {
        let problem = match fs::metadata(&self.path) {
            Err(error) => format!("cannot be found any more ({error})"),
            Ok(found) if (found.dev(), found.ino()) != (self.device, self.inode) => "was replaced".to_owned(),
            Ok(found) if with_length && found.len() < self.length.load(Ordering::Relaxed) => "was cut".to_owned(),
            Ok(found) => {
                if !with_length {
                    self.length.store(found.len(), Ordering::Relaxed);
                }
                return Ok(());
            }
        };
        Err(StoreError::Failed(format!(
            "{} {problem}; nothing more is accepted, because it would be lost; put the file back if it was moved, else \
             restart autoheal",
            self.path.display()
        )))
    }
}

/// The path with a suffix, as SQLite names the files beside the store.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

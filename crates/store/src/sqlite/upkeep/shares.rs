//! `Shares`: the parts of the store's limit, and the size of its files.

use rusqlite::{Connection, Result};

use crate::sqlite::file_guard::Lengths;
use crate::sqlite::open::LOG_BYTES;

/// Maximum part of the limit that is left to the log, in bytes. The log may grow beyond it while a reader keeps it from
/// being cut, if the whole limit has space.
const MAX_LOG_SHARE: u64 = 64 * 1024 * 1024;
/// Size of the log's index, in bytes, for this number of bytes of the log.
const INDEX_BYTES: u64 = 32 * 1024;
const LOG_PER_INDEX: u64 = 16 * 1024 * 1024;
/// Maximum number of bytes that one step deletes, because each is overwritten and logged.
const MAX_STEP: u64 = 1024 * 1024;
/// Maximum number of pages that one step gives back to the disk.
const MAX_VACUUM_PAGES: u64 = 100;

/// The parts of the limit, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    pub(super) limit: u64,
    /// Maximum size of rows. The rest of the limit is left to the log and its index.
    pub(super) rows: u64,
    /// The same for rows of strangers. The difference is kept for known senders.
    pub(super) strangers: u64,
    /// Size of rows at which eviction starts, and ends.
    pub(super) start_evicting: u64,
    pub(super) stop_evicting: u64,
    /// Length above which the log is cut.
    pub(super) log: u64,
    /// Number of bytes that a step deletes.
    pub(super) step: u64,
}

impl Shares {
    pub(super) fn of(limit: u64) -> Self {
        let log = MAX_LOG_SHARE.min(limit / 4);
        let rows = limit - log - index(log);
        Self {
            limit,
            rows,
            strangers: rows / 16 * 15,
            start_evicting: rows / 100 * 84,
            stop_evicting: rows / 100 * 76,
            log: LOG_BYTES.min(log / 4),
            step: MAX_STEP.min(log / 8),
        }
    }

    pub(super) fn vacuum_pages(&self, page_bytes: u64) -> u64 {
        (self.step / page_bytes.max(1)).clamp(1, MAX_VACUUM_PAGES)
    }
}

fn index(log: u64) -> u64 {
    (log / LOG_PER_INDEX + 1) * INDEX_BYTES
}

/// Size of the file and its log, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    /// Pages of the file.
    pub(super) pages: u64,
    /// Pages of the file that hold no rows.
    pub(super) free_pages: u64,
    pub(super) page_bytes: u64,
    /// Lengths of the files on disk.
    files: Lengths,
}

impl Size {
    pub(super) fn measure(connection: &Connection, files: Lengths) -> Result<Self> {
        let pragma = |sql| connection.prepare_cached(sql)?.query_row([], |row| row.get(0));
        Ok(Self {
            pages: pragma("PRAGMA page_count")?,
            free_pages: pragma("PRAGMA freelist_count")?,
            page_bytes: pragma("PRAGMA page_size")?,
            files,
        })
    }

    /// Bytes that rows take. The file grows only when it has no free pages, so a limit on them limits the file.
    pub(super) fn used(&self) -> u64 {
        self.pages.saturating_sub(self.free_pages) * self.page_bytes
    }

    /// Size of the file after the log was copied into it.
    pub(super) fn file(&self) -> u64 {
        self.files.store.max(self.pages * self.page_bytes)
    }

    pub(super) fn log(&self) -> u64 {
        self.files.log
    }

    pub(super) fn files(&self) -> Lengths {
        self.files
    }

    pub(super) fn total(&self) -> u64 {
        total(self.file(), self.log())
    }
}

/// Size of the files together.
pub(super) fn total(file: u64, log: u64) -> u64 {
    file + log + index(log)
}

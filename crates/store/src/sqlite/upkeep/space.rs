//! Decides whether reports fit into the store, before they are written.

use super::shares::{Shares, Size, total};

/// Size of a page with its header in the log.
const LOGGED_PAGE: u64 = 4096 + 24;
/// Number of trees whose pages a report may change: tables and indexes.
const TREES: u64 = 10;
/// Number of trees whose pages a report about a call may change in addition.
const CALL_TREES: u64 = 3;
/// Number of pages that almost each transaction changes: the file's header, lists of free pages.
const FIXED_PAGES: u64 = 8;
/// Number of bytes of the store for each page of such a tree, at least.
const BYTES_PER_TREE_PAGE: u64 = 140 * 1024;
/// Maximum size of the rows of a report, and of what it adds to the log.
const MAX_ROWS: u64 = 80 * 1024;
const MAX_LOGGED: u64 = 128 * 1024;
/// Size of a new group's rows without its sample.
const GROUP_ROWS: u64 = 2 * 1024;
/// Size of the rows of a report of a known group, without a sample.
const COUNT_ROWS: u64 = 256;
/// Size of the rows of the end of a call.
const CALL_ROWS: u64 = 256;

/// Senders of the new groups among some reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::sqlite) enum Newcomers {
    /// No group is new.
    #[default]
    None,
    /// Known senders only.
    Known,
    /// Also strangers.
    Strangers,
}

/// What some reports need.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::sqlite) struct Need {
    newcomers: Newcomers,
    reports: u64,
    /// Reports about a call.
    calls: u64,
    rows: u64,
}

impl Need {
    /// Adds a report, and the size of its sample if it may be kept.
    pub(in crate::sqlite) fn add(&mut self, is_new: bool, is_known: bool, sample: Option<usize>, is_call: bool) {
        self.reports += 1;
        self.calls += u64::from(is_call);
        self.rows += COUNT_ROWS + if is_new { GROUP_ROWS } else { 0 } + if is_call { CALL_ROWS } else { 0 };
        if let Some(bytes) = sample {
            let bytes = bytes as u64;
            // A large row is on pages of its own, of which the last one is not full.
            self.rows += if bytes > 1024 { bytes + bytes / 512 + 6 * 1024 } else { bytes * 2 };
        }
        let newcomer = if is_known { Newcomers::Known } else { Newcomers::Strangers };
        self.newcomers = self.newcomers.max(if is_new { newcomer } else { Newcomers::None });
    }

    /// At most what any reports need.
    fn most(reports: usize) -> Self {
        let reports = reports as u64;
        Self { newcomers: Newcomers::Strangers, reports, calls: reports, rows: reports * MAX_ROWS }
    }

    /// Bytes that the reports add to the log of a store in which rows take this number of bytes.
    fn logged(&self, used: u64) -> u64 {
        let of_trees = |reports: u64| reports.min(1 + used / BYTES_PER_TREE_PAGE);
        let pages = TREES * of_trees(self.reports) + CALL_TREES * of_trees(self.calls) + FIXED_PAGES;
        (self.rows + self.rows / 64 + pages * LOGGED_PAGE).min(FIXED_PAGES * LOGGED_PAGE + self.reports * MAX_LOGGED)
    }
}

/// Whether reports fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sqlite) enum Verdict {
    Fits,
    /// They need the space that is kept for known senders.
    FitsIntoReserve,
    /// They may fit in another transaction, after the log was cut.
    Later,
    /// They may fit after other groups were deleted.
    AfterDisplacement,
    Refused,
}

/// Space in the open transaction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Space {
    /// Bytes that the transaction adds to the log so far.
    pending: u64,
}

impl Space {
    /// True if any reports of this number fit, without a closer look. Then they are counted as pending.
    pub(super) fn fits_easily(&mut self, shares: &Shares, size: &Size, reports: usize) -> bool {
        let most = Need::most(reports);
        let logged = reports as u64 * MAX_LOGGED;
        let rows = size.used() + self.pending + most.rows;
        let fits = rows <= shares.start_evicting
            && total(size.file().max(rows), size.log() + self.pending + logged) <= shares.limit;
        if fits {
            self.pending += logged;
        }
        fits
    }

    /// Decides about reports. `size` is that of the open transaction. Reports that fit are counted as pending.
    pub(super) fn decide(&mut self, shares: &Shares, size: &Size, need: &Need) -> Verdict {
        let rows = size.used() + need.rows;
        let most = match need.newcomers {
            Newcomers::Strangers => shares.strangers,
            Newcomers::Known => shares.rows,
            Newcomers::None => u64::MAX,
        };
        if rows > most {
            let displaces = need.newcomers == Newcomers::Known && need.rows <= shares.rows / 2;
            return if displaces { Verdict::AfterDisplacement } else { Verdict::Refused };
        }
        let (file, logged) = (size.file().max(rows), need.logged(size.used()));
        if total(file, size.log() + self.pending + logged) > shares.limit {
            let fits_alone = total(file, logged) <= shares.limit;
            return if fits_alone { Verdict::Later } else { Verdict::Refused };
        }
        self.pending += logged;
        if need.newcomers == Newcomers::Known && rows > shares.strangers {
            return Verdict::FitsIntoReserve;
        }
        Verdict::Fits
    }

    /// Counts another write of the transaction as pending.
    pub(super) fn add(&mut self, bytes: u64) {
        self.pending += bytes;
    }
}

//! Deletes what is too old or too much, in small steps between the jobs of the writer thread.
//!
//! Each step is a transaction of its own that takes about [`STEP_TIME`], so that no report waits for long.

mod evict;
mod groups;
mod ids;
mod payloads;
mod retain;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use autoheal_contract::limits::ID_MEMORY_HOURS;
use rusqlite::{Connection, OptionalExtension, Result, params};
use tokio::sync::oneshot;

use self::evict::Eviction;
use self::ids::IdSweep;
use self::payloads::PayloadSweep;
use self::retain::Retention;
use super::open::LOG_BYTES;
use crate::{Health, Limits, Maintained, StoreError};
use autoheal_prepare::Timestamp;

pub(super) use self::groups::delete_group;

/// Time that a step takes, without its commit.
const STEP_TIME: Duration = Duration::from_millis(5);
/// Number of bytes that a step deletes at most, because each is overwritten and logged.
const STEP_BYTES: u64 = 1024 * 1024;
/// Number of pages that a step gives back to the disk.
const VACUUM_PAGES: u32 = 100;
/// Number of free pages that stay in the file for new rows.
const SPARE_PAGES: u64 = 256;
/// Time between two evictions of which the first found nothing more to delete.
const EVICTION_PAUSE: Duration = Duration::from_secs(60);
/// Retention of the texts of settled writes.
const PAYLOAD_MEMORY: Duration = Duration::from_secs(24 * 3600);
/// Maximum time by which groups age from one maintenance to the next, because a clock that jumps ahead for an hour must
/// not delete everything.
const MAX_AGEING: Duration = Duration::from_secs(24 * 3600);
/// The same for report ids, so that no report that is sent again is counted twice.
const MAX_ID_AGEING: Duration = Duration::from_secs(2 * 3600);
/// Retention of report ids.
const ID_MEMORY: Duration = Duration::from_secs(ID_MEMORY_HOURS * 3600);

/// Time and bytes that are left to a step.
pub(super) struct Budget {
    until: Instant,
    bytes: u64,
}

impl Budget {
    fn new() -> Self {
        Self { until: Instant::now() + STEP_TIME, bytes: STEP_BYTES }
    }

    fn spend(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    fn is_spent(&self) -> bool {
        self.bytes == 0 || Instant::now() >= self.until
    }
}

/// Size of the file and its log, in bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    /// Pages of the file.
    pages: u64,
    /// Pages of the file that hold no rows.
    free_pages: u64,
    page_bytes: u64,
    log: u64,
}

impl Size {
    fn measure(connection: &Connection, log: u64) -> Result<Self> {
        let pragma = |sql| connection.prepare_cached(sql)?.query_row([], |row| row.get(0));
        Ok(Self {
            pages: pragma("PRAGMA page_count")?,
            free_pages: pragma("PRAGMA freelist_count")?,
            page_bytes: pragma("PRAGMA page_size")?,
            log,
        })
    }

    /// Bytes that rows take. The file grows only when it has no free pages, so a limit on them limits the file.
    fn used(&self) -> u64 {
        self.pages.saturating_sub(self.free_pages) * self.page_bytes
    }

    fn total(&self) -> u64 {
        self.pages * self.page_bytes + self.log
    }
}

/// Numbers that other threads read.
#[derive(Default)]
pub(super) struct Gauges {
    bytes: AtomicU64,
    used: AtomicU64,
    limit: AtomicU64,
    full: AtomicBool,
    deleted_groups: AtomicU64,
    pub(super) failed_writes: AtomicU64,
}

impl Gauges {
    /// A new group was refused, because the store is full.
    pub(super) fn refused_group(&self) {
        self.full.store(true, Ordering::Relaxed);
    }

    pub(super) fn health(&self, unreadable_rows: u64) -> Health {
        let get = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Health {
            bytes: get(&self.bytes),
            used_bytes: get(&self.used),
            limit_bytes: get(&self.limit),
            full: self.full.load(Ordering::Relaxed),
            unreadable_rows,
            failed_writes: get(&self.failed_writes),
            deleted_groups: get(&self.deleted_groups),
        }
    }
}

/// The caller of a maintenance.
type Waiting = oneshot::Sender<std::result::Result<Maintained, StoreError>>;

/// The state of the maintenance. Lives on the writer thread.
pub(super) struct Upkeep {
    limits: Limits,
    /// The latest time known: of the last maintenance or the last report.
    now: Timestamp,
    size: Size,
    ids: Option<IdSweep>,
    payloads: Option<PayloadSweep>,
    retention: Option<Retention>,
    eviction: Option<Eviction>,
    /// True while free pages are given back to the disk.
    vacuums: bool,
    /// True if groups were deleted whose report ids are still there.
    orphans: bool,
    /// Used bytes above which eviction starts.
    evicts_above: u64,
    /// Time from which eviction starts again after it found nothing more to delete, because by then groups that were
    /// too young may be deleted.
    evicts_again_at: Timestamp,
    /// True if the log is to be cut whatever its length, because it holds erased text.
    cuts_log: bool,
    /// Length of the log above which it is cut.
    cuts_log_above: u64,
    deleted: Maintained,
    waiting: Vec<Waiting>,
}

impl Upkeep {
    pub(super) fn new(limits: Limits, gauges: &Gauges) -> Self {
        gauges.limit.store(limits.bytes, Ordering::Relaxed);
        let mut upkeep = Self {
            limits,
            now: Timestamp(0),
            size: Size::default(),
            ids: None,
            payloads: None,
            retention: None,
            eviction: None,
            vacuums: false,
            // groups deleted in an earlier run
            orphans: true,
            evicts_above: 0,
            evicts_again_at: Timestamp(i64::MAX),
            cuts_log: false,
            cuts_log_above: 0,
            deleted: Maintained::default(),
            waiting: Vec::new(),
        };
        upkeep.evicts_above = upkeep.start_evicting();
        upkeep.cuts_log_above = upkeep.max_log();
        upkeep
    }

    /// Starts a maintenance, whose result goes to `waiting`.
    pub(super) fn start(&mut self, connection: &Connection, now: Timestamp, waiting: Waiting) {
        self.now = now;
        let ids_now = aged(connection, "ids_aged_to", now, MAX_ID_AGEING).unwrap_or(now);
        self.ids = Some(IdSweep::new(ids_now.minus(ID_MEMORY), self.limits.report_ids, self.orphans));
        self.orphans = false;
        let now = aged(connection, "groups_aged_to", now, MAX_AGEING).unwrap_or(now);
        self.payloads = Some(PayloadSweep::new(now.minus(PAYLOAD_MEMORY)));
        self.retention = self.limits.retention.map(|retention| Retention::new(now.minus(retention)));
        self.vacuums = true;
        self.evicts_above = self.start_evicting();
        self.waiting.push(waiting);
    }

    /// After groups or samples were erased: deletes their report ids and what the log holds of them, in the next steps.
    pub(super) fn sweep_orphans(&mut self) {
        self.orphans = true;
        self.vacuums = true;
        self.cuts_log = true;
        if self.ids.is_none() {
            self.ids = Some(IdSweep::new(Timestamp(i64::MIN), usize::MAX, true));
            self.orphans = false;
        }
    }

    /// Takes note of a report's time.
    pub(super) fn saw(&mut self, time: Timestamp) {
        self.now = self.now.max(time);
    }

    /// Measures the store after a commit. Starts to delete if it is near its limit, and cuts a long log; then it returns
    /// true.
    pub(super) fn measure(&mut self, connection: &Connection, log: u64, gauges: &Gauges) -> Result<bool> {
        self.size = Size::measure(connection, log)?;
        gauges.bytes.store(self.size.total(), Ordering::Relaxed);
        gauges.used.store(self.size.used(), Ordering::Relaxed);
        if self.size.used() <= self.start_evicting() {
            gauges.full.store(false, Ordering::Relaxed);
        }
        let used = self.size.used();
        let again = used > self.start_evicting() && self.now >= self.evicts_again_at;
        if self.eviction.is_none() && (again || used > self.evicts_above) {
            tracing::info!(bytes = used, limit = self.limits.bytes, "store: near its limit; deleting");
            self.eviction = Some(Eviction::new(self.now));
        }
        let is_long = log > self.cuts_log_above;
        if is_long {
            self.cut_log(connection, log)?;
        }
        Ok(is_long)
    }

    /// True if new groups are refused, because the store is over its limit.
    pub(super) fn refuses_groups(&self, connection: &Connection) -> bool {
        // Far below the limit the last measurement suffices: one transaction cannot add that much.
        self.size.used() > self.limits.bytes / 2
            && Size::measure(connection, self.size.log).is_ok_and(|size| self.is_over(&size))
    }

    fn is_over(&self, size: &Size) -> bool {
        size.used() + size.log.min(self.max_log()) > self.limits.bytes
    }

    /// Used bytes above which eviction starts. The rest is for the log, and for what is added meanwhile.
    fn start_evicting(&self) -> u64 {
        self.limits.bytes / 100 * 84
    }

    fn stop_evicting(&self) -> u64 {
        self.limits.bytes / 100 * 76
    }

    fn max_log(&self) -> u64 {
        LOG_BYTES.min(self.limits.bytes / 8)
    }

    /// Copies the log into the file and cuts it. Waits only briefly for readers, and tries again when the log has grown.
    fn cut_log(&mut self, connection: &Connection, log: u64) -> Result<()> {
        connection.busy_timeout(Duration::from_millis(20))?;
        let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        connection.busy_timeout(Duration::from_secs(5))?;
        if busy.unwrap_or(true) {
            self.cuts_log_above = log + self.max_log() / 8;
        } else {
            self.cuts_log_above = self.max_log();
            self.cuts_log = false;
        }
        Ok(())
    }

    /// True if there is a step to do.
    pub(super) fn is_due(&self) -> bool {
        self.is_deleting() || self.cuts_log
    }

    fn is_deleting(&self) -> bool {
        let sweeps = self.ids.is_some() || self.payloads.is_some();
        sweeps || self.retention.is_some() || self.eviction.is_some() || self.vacuums
    }

    /// Does one step. Returns true if groups or samples were deleted, so that copies of them in memory are stale.
    pub(super) fn step(&mut self, connection: &Connection, gauges: &Gauges) -> std::result::Result<bool, StoreError> {
        let before = self.deleted;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let done = self.run_step(connection).and_then(|()| connection.execute_batch("COMMIT"));
        if let Err(error) = done {
            if !connection.is_autocommit() {
                connection.execute_batch("ROLLBACK").ok();
            }
            self.abandon(&error.into());
            return Ok(true);
        }
        if self.cuts_log && !self.is_deleting() {
            self.cut_log(connection, self.size.log)?;
        }
        let groups = self.deleted.groups - before.groups;
        gauges.deleted_groups.fetch_add(groups, Ordering::Relaxed);
        self.orphans |= groups > 0;
        if !self.is_due() {
            self.finish();
        }
        Ok(groups > 0 || self.deleted.samples > before.samples)
    }

    fn run_step(&mut self, connection: &Connection) -> Result<()> {
        let mut budget = Budget::new();
        if let Some(sweep) = &mut self.ids {
            if sweep.step(connection, &mut budget, &mut self.deleted)? {
                self.ids = None;
            }
        } else if let Some(sweep) = &mut self.payloads {
            if sweep.step(connection, &mut budget)? {
                self.payloads = None;
            }
        } else if let Some(retention) = &mut self.retention {
            if retention.step(connection, &mut budget, &mut self.deleted)? {
                self.retention = None;
            }
        } else if let Some(eviction) = &mut self.eviction {
            let exhausted = eviction.step(connection, &mut budget, &mut self.deleted)?;
            let used = Size::measure(connection, 0)?.used();
            if used <= self.stop_evicting() {
                self.end_eviction(self.start_evicting());
                self.evicts_again_at = Timestamp(i64::MAX);
            } else if exhausted {
                tracing::warn!(
                    bytes = used,
                    limit = self.limits.bytes,
                    "store: nothing is left that may be deleted; new groups are refused at the limit (AUTOHEAL_STORE_LIMIT)"
                );
                self.end_eviction(used + self.limits.bytes / 100);
                self.evicts_again_at = self.now.plus(EVICTION_PAUSE);
            }
        } else if self.vacuums {
            self.vacuums = self.vacuum(connection)?;
        }
        Ok(())
    }

    fn end_eviction(&mut self, start_again_above: u64) {
        self.eviction = None;
        self.evicts_above = start_again_above;
        self.vacuums = true;
    }

    /// Gives some free pages back to the disk. Returns true if there are more.
    fn vacuum(&self, connection: &Connection) -> Result<bool> {
        let size = Size::measure(connection, 0)?;
        let spare = SPARE_PAGES.min(size.pages / 20);
        if size.free_pages <= spare {
            return Ok(false);
        }
        let mut statement = connection.prepare_cached(&format!("PRAGMA incremental_vacuum({VACUUM_PAGES})"))?;
        let mut pages = statement.query([])?;
        while pages.next()?.is_some() {}
        let left = Size::measure(connection, 0)?.free_pages;
        // none was given back if the file was not rewritten for this
        Ok(left < size.free_pages && left > spare)
    }

    /// Sends the result of a finished maintenance.
    fn finish(&mut self) {
        let deleted = std::mem::take(&mut self.deleted);
        for waiting in self.waiting.drain(..) {
            let _disconnected = waiting.send(Ok(deleted));
        }
    }

    /// Gives up after a failure. The next maintenance starts anew.
    pub(super) fn abandon(&mut self, error: &StoreError) {
        tracing::warn!(%error, "store: maintenance failed; trying again later");
        (self.ids, self.payloads, self.retention, self.eviction) = (None, None, None, None);
        (self.vacuums, self.cuts_log) = (false, false);
        self.evicts_above = self.size.used() + self.limits.bytes / 100;
        self.orphans = true;
        for waiting in self.waiting.drain(..) {
            let _disconnected = waiting.send(Err(error.clone()));
        }
        self.deleted = Maintained::default();
    }
}

/// Returns the time by which ages are measured: now, but at most this much later than at the last maintenance. Stores it
/// for the next one.
fn aged(connection: &Connection, name: &str, now: Timestamp, most: Duration) -> Result<Timestamp> {
    let last: Option<i64> = connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    let aged = last.map_or(now, |last| now.min(Timestamp(last).plus(most)));
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute(params![name, aged.0])?;
    Ok(aged)
}

//! Deletes what is too old or too much, in small steps between the jobs of the writer thread.
//!
//! Each step is a transaction of its own that takes about [`STEP_TIME`], so that no report waits for long.

mod ageing;
mod displace;
mod evict;
mod gauges;
mod groups;
mod ids;
mod payloads;
mod retain;
mod shares;
mod space;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use autoheal_contract::limits::ID_MEMORY_HOURS;
use rusqlite::{Connection, Result};
use tokio::sync::oneshot;

use self::ageing::{Aged, Ageing};
use self::displace::{Displaced, Displacement};
use self::evict::Eviction;
use self::groups::Place;
use self::ids::IdSweep;
use self::payloads::PayloadSweep;
use self::retain::Retention;
use self::shares::{Shares, Size};
use self::space::Space;
use super::cache::Cache;
use super::file_guard::Lengths;
use crate::{Limits, Maintained, Record, StoreError};
use autoheal_prepare::Timestamp;

pub(super) use self::gauges::Gauges;
pub(super) use self::groups::delete_group;
pub(super) use self::space::{Need, Verdict};

/// Time that a step takes, without its commit.
const STEP_TIME: Duration = Duration::from_millis(3);
/// Number of free pages that stay in the file for new rows.
const SPARE_PAGES: u64 = 256;
/// Number of bytes that a write of the worker may add to the log.
const OTHER_WRITE_BYTES: u64 = 128 * 1024;
/// Length of the log, in lengths at which it is cut, above which no step is done.
const MAX_LOG_OF_STEPS: u64 = 4;
/// Time between two evictions of which the first found nothing more to delete.
const EVICTION_PAUSE: Duration = Duration::from_secs(60);
/// Retention of the texts of settled writes.
const PAYLOAD_MEMORY: Duration = Duration::from_secs(24 * 3600);
/// Retention of report ids.
const ID_MEMORY: Duration = Duration::from_secs(ID_MEMORY_HOURS * 3600);

/// Time and bytes that are left to a step.
pub(super) struct Budget {
    until: Instant,
    bytes: u64,
}

impl Budget {
    fn new(bytes: u64) -> Self {
        Self { until: Instant::now() + STEP_TIME, bytes }
    }

    fn spend(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    fn is_spent(&self) -> bool {
        self.bytes == 0 || Instant::now() >= self.until
    }
}

/// The caller of a maintenance.
type Waiting = oneshot::Sender<std::result::Result<Maintained, StoreError>>;

/// The state of the maintenance. Lives on the writer thread.
pub(super) struct Upkeep {
    limits: Limits,
    shares: Shares,
    ageing: Ageing,
    /// The time of the last maintenance or the last report.
    now: Timestamp,
    size: Size,
    /// Space in the open transaction.
    space: Space,
    displacement: Option<Displacement>,
    /// Place at which the last displacement ended.
    displaced_to: Place,
    /// Time before which no displacement starts, because the last one found nothing more to delete.
    displaces_again_at: Option<Instant>,
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
    evicts_again_at: Option<Instant>,
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
        let shares = Shares::of(limits.bytes);
        Self {
            limits,
            shares,
            ageing: Ageing::new(),
            now: Timestamp(0),
            size: Size::default(),
            space: Space::default(),
            displacement: None,
            displaced_to: Place::START,
            displaces_again_at: None,
            ids: None,
            payloads: None,
            retention: None,
            eviction: None,
            vacuums: false,
            // groups deleted in an earlier run
            orphans: true,
            evicts_above: shares.start_evicting,
            evicts_again_at: None,
            cuts_log: false,
            cuts_log_above: shares.log,
            deleted: Maintained::default(),
            waiting: Vec::new(),
        }
    }

    /// Starts a maintenance, whose result goes to `waiting`. Without `ages`, it deletes nothing for its age that the last
    /// one would not have deleted.
    pub(super) fn start(&mut self, connection: &Connection, now: Timestamp, ages: bool, waiting: Waiting) {
        self.now = now;
        let aged = if ages { self.ageing.age(connection, now) } else { Ageing::last(connection, now) };
        // without the stored times, nothing is too old
        let aged = aged.unwrap_or(Aged { ids: Timestamp(0), groups: Timestamp(0) });
        self.ids = Some(IdSweep::new(aged.ids.minus(ID_MEMORY), self.limits.report_ids, self.orphans));
        self.orphans = false;
        let now = aged.groups;
        self.payloads = Some(PayloadSweep::new(now.minus(PAYLOAD_MEMORY)));
        self.retention = self.limits.retention.map(|retention| Retention::new(now.minus(retention)));
        self.vacuums = true;
        self.evicts_above = self.shares.start_evicting;
        self.waiting.push(waiting);
    }

    /// Stores how long the service ran since the last maintenance. To be called at the end.
    pub(super) fn store_run_time(&self, connection: &Connection) {
        self.ageing.store_run_time(connection);
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

    /// Measures the store after a commit, and starts to delete if it is near its limit.
    pub(super) fn measure(&mut self, connection: &Connection, files: Lengths, gauges: &Gauges) -> Result<()> {
        self.size = Size::measure(connection, files)?;
        gauges.bytes.store(self.size.total(), Ordering::Relaxed);
        gauges.used.store(self.size.used(), Ordering::Relaxed);
        let used = self.size.used();
        if used <= self.shares.start_evicting {
            gauges.full.store(false, Ordering::Relaxed);
        }
        let is_over = used > self.shares.start_evicting;
        let again = is_over && self.evicts_again_at.is_some_and(|at| Instant::now() >= at);
        if self.eviction.is_none() && (again || used > self.evicts_above) {
            tracing::info!(bytes = used, limit = self.limits.bytes, "store: near its limit; deleting");
            self.eviction = Some(Eviction::new(self.now));
        }
        Ok(())
    }

    /// To be called at the start of a transaction.
    pub(super) fn begin(&mut self) {
        self.space = Space::default();
    }

    /// Takes note of a write in the open transaction that is not a report.
    pub(super) fn expect_write(&mut self) {
        self.space.add(self.shares.step.min(OTHER_WRITE_BYTES));
    }

    /// Decides whether reports fit into the store, in the open transaction.
    pub(super) fn admit(&mut self, connection: &Connection, cache: &mut Cache, records: &[Record]) -> Result<Verdict> {
        // Not the latest time of all, because a clock that was ahead for a while is set back.
        if let Some(record) = records.last() {
            self.now = record.received_at();
        }
        if self.space.fits_easily(&self.shares, &self.size, records.len()) {
            return Ok(Verdict::Fits);
        }
        let size = Size::measure(connection, self.size.files())?;
        let need = cache.need(connection, records, self.keeps_samples())?;
        let verdict = self.space.decide(&self.shares, &size, &need);
        Ok(match verdict {
            Verdict::FitsIntoReserve => {
                self.displace();
                Verdict::Fits
            }
            Verdict::AfterDisplacement if !self.displace() => Verdict::Refused,
            verdict => verdict,
        })
    }

    /// Starts to delete groups of strangers. Returns false if none is left, so that there will not be more space.
    fn displace(&mut self) -> bool {
        if self.displacement.is_none() && self.displaces_again_at.is_none_or(|at| Instant::now() >= at) {
            self.displacement = Some(Displacement::new(self.displaced_to));
        }
        self.displacement.is_some() || self.eviction.is_some()
    }

    /// True if further samples of known groups are kept.
    pub(super) fn keeps_samples(&self) -> bool {
        self.size.used() <= self.shares.start_evicting
    }

    /// True if the log is to be cut.
    pub(super) fn cuts_log(&self) -> bool {
        self.size.log() > self.cuts_log_above || self.cuts_log && !self.is_deleting()
    }

    /// To be called after an attempt to cut the log. After one in vain, because of a reader, the next one follows when the
    /// log has grown.
    pub(super) fn tried_to_cut(&mut self, is_cut: bool) {
        if is_cut {
            self.cuts_log_above = self.shares.log;
            self.cuts_log = false;
            if !self.is_due() {
                self.finish();
            }
        } else {
            self.cuts_log_above = self.size.log() + self.shares.log / 8;
        }
    }

    /// False while a step could exceed the limit or make the log much longer, because a reader keeps it from being cut.
    pub(super) fn has_space_for_step(&self) -> bool {
        let log = self.size.log();
        let fits = self.size.total() + 2 * self.shares.step <= self.shares.limit;
        log <= self.shares.log * 2 || fits && log <= self.shares.log * MAX_LOG_OF_STEPS
    }

    /// True if there is a step to do.
    pub(super) fn is_due(&self) -> bool {
        self.is_deleting() || self.cuts_log
    }

    /// True if there is something left to look at or to delete.
    pub(super) fn is_deleting(&self) -> bool {
        let sweeps = self.ids.is_some() || self.payloads.is_some() || self.displacement.is_some();
        sweeps || self.retention.is_some() || self.eviction.is_some() || self.vacuums
    }

    /// True if something is deleted because space is short.
    pub(super) fn is_urgent(&self) -> bool {
        self.displacement.is_some() || self.eviction.is_some()
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
        let groups = self.deleted.groups - before.groups;
        gauges.deleted_groups.fetch_add(groups, Ordering::Relaxed);
        self.orphans |= groups > 0;
        if !self.is_due() {
            self.finish();
        }
        Ok(groups > 0 || self.deleted.samples > before.samples)
    }

    fn run_step(&mut self, connection: &Connection) -> Result<()> {
        let mut budget = Budget::new(self.shares.step);
        if let Some(displacement) = &mut self.displacement {
            let (files, most) = (self.size.files(), self.shares.strangers);
            let is_enough = || Ok(Size::measure(connection, files)?.used() <= most);
            match displacement.step(connection, &mut budget, &mut self.deleted, is_enough)? {
                Displaced::Unfinished => {}
                Displaced::Enough(place) => (self.displacement, self.displaced_to) = (None, place),
                Displaced::Exhausted => {
                    (self.displacement, self.displaced_to) = (None, Place::START);
                    self.displaces_again_at = Some(Instant::now() + EVICTION_PAUSE);
                }
            }
        } else if let Some(eviction) = &mut self.eviction {
            let exhausted = eviction.step(connection, &mut budget, &mut self.deleted)?;
            let used = Size::measure(connection, self.size.files())?.used();
            if used <= self.shares.stop_evicting {
                self.end_eviction(self.shares.start_evicting);
                self.evicts_again_at = None;
            } else if exhausted {
                tracing::warn!(
                    bytes = used,
                    limit = self.limits.bytes,
                    "store: nothing is left that may be deleted; new groups are refused at the limit (AUTOHEAL_STORE_LIMIT)"
                );
                self.end_eviction(used + self.limits.bytes / 100);
                self.evicts_again_at = Some(Instant::now() + EVICTION_PAUSE);
            }
        } else if let Some(sweep) = &mut self.ids {
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
        let size = Size::measure(connection, self.size.files())?;
        let spare = SPARE_PAGES.min(size.pages / 20);
        if size.free_pages <= spare {
            return Ok(false);
        }
        let pages = self.shares.vacuum_pages(size.page_bytes);
        let mut statement = connection.prepare_cached(&format!("PRAGMA incremental_vacuum({pages})"))?;
        let mut pages = statement.query([])?;
        while pages.next()?.is_some() {}
        let left = Size::measure(connection, self.size.files())?.free_pages;
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
        (self.ids, self.payloads, self.retention) = (None, None, None);
        (self.displacement, self.eviction) = (None, None);
        (self.vacuums, self.cuts_log) = (false, false);
        self.evicts_above = self.size.used() + self.limits.bytes / 100;
        self.orphans = true;
        for waiting in self.waiting.drain(..) {
            let _disconnected = waiting.send(Err(error.clone()));
        }
        self.deleted = Maintained::default();
    }
}

//! The writer thread: runs all waiting jobs in one transaction, commits, then sends the results.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::accept::Batch;
use super::cache::Cache;
use super::condition::Condition;
use super::file_guard::{FileGuard, Lengths};
use super::upkeep::{Upkeep, Verdict};
use super::writer::{AcceptJob, Counted, Job, Reply, RunJob, StoreResult};
use super::{log_check, probe};
use crate::{Limits, StoreError};

/// Maximum number of jobs per commit: enough to share the cost of a sync, few enough to keep the latency low.
const MAX_JOBS_PER_COMMIT: usize = 512;
/// Maximum time that a job waits for space.
const MAX_WAIT_FOR_SPACE: Duration = Duration::from_secs(5);
/// Number of new frames in the log from which it is copied into the file. Three times as many as in the default of SQLite, because
/// each copy costs several syncs, and reports change the same pages again and again. Fewer than the log may hold before it is
/// cut.
const CHECKPOINT_FRAMES: u32 = 3000;
/// The same while much is deleted, because a report waits while the log is copied.
const CHECKPOINT_FRAMES_OF_STEPS: u32 = 200;
/// Time between two steps of the maintenance, in times that the last one took. Without a rest, the steps write as much as the
/// disk takes, and each commit of a report waits for all of it.
const REST: u32 = 3;
/// Maximum time between two steps of the maintenance, because under load each commit may be followed by a checkpoint.
const MAX_REST: Duration = Duration::from_millis(500);
/// Time between two looks at the jobs during a rest.
const REST_PAUSE: Duration = Duration::from_millis(1);
/// Time between two attempts of the maintenance to cut the log, and between two looks at the jobs meanwhile.
const CUT_PAUSE: Duration = Duration::from_millis(250);
const STEP_PAUSE: Duration = Duration::from_millis(5);
/// Time to wait for readers before the log is cut.
const CUT_TIMEOUT: Duration = Duration::from_millis(20);

/// The state of the writer thread.
pub(super) struct Writing {
    connection: Connection,
    cache: Cache,
    upkeep: Upkeep,
    guard: FileGuard,
    condition: Arc<Condition>,
    /// Reports that wait for space.
    deferred: Vec<AcceptJob>,
    /// Number of frames in the log at the last attempt to copy it into the file; 0 if the log was begun anew since.
    tried_at: u32,
    /// Time before which the maintenance does not cut the log again, because a reader kept it from being cut.
    cuts_again_at: Option<Instant>,
    /// Time before which the maintenance does nothing that is not urgent.
    rests_until: Option<Instant>,
    /// Time of the last step, or the last time at which there was none to do.
    stepped_at: Instant,
    /// True if the file says that it needs the log, or was asked to since the last checkpoint.
    expects_log: bool,
}

impl Writing {
    pub(super) fn new(
        mut connection: Connection,
        salt: Vec<u8>,
        guard: FileGuard,
        limits: Limits,
        condition: Arc<Condition>,
    ) -> StoreResult<Self> {
        let upkeep = Upkeep::new(limits, &condition.gauges);
        let frames = Arc::clone(guard.frames());
        // Replaces SQLite's own checkpoints, so that it is known when the file changes.
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            frames.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        let cache = Cache::new(salt, Arc::clone(&condition.unreadable), limits.raise);
        Ok(Self {
            connection,
            cache,
            upkeep,
            guard,
            condition,
            deferred: Vec::new(),
            tried_at: 0,
            cuts_again_at: None,
            rests_until: None,
            stepped_at: Instant::now(),
            expects_log: true,
        })
    }

    /// Does all jobs until the channel is closed. While there is maintenance to do, each commit is followed by one step, or
    /// by copying a part of the log into the file. Not by both, because a report may wait meanwhile, unless no step was
    /// done for [`MAX_REST`].
    pub(super) fn run(mut self, waiting: mpsc::Receiver<Job>) {
        self.run_jobs(waiting);
        if self.condition.check().and_then(|()| self.guard.check()).is_ok() {
            self.upkeep.store_run_time(&self.connection);
        }
    }

    fn run_jobs(&mut self, mut waiting: mpsc::Receiver<Job>) {
        let lengths = self.guard.lengths();
        self.measure(lengths).and_then(|()| self.checkpoint_if_due()).ok();
        loop {
            let first = if self.upkeep.is_due() || !self.deferred.is_empty() || self.has_long_log() {
                match waiting.try_recv() {
                    Ok(job) => Some(job),
                    Err(mpsc::error::TryRecvError::Empty) => None,
                    Err(mpsc::error::TryRecvError::Disconnected) if self.deferred.is_empty() => return,
                    Err(mpsc::error::TryRecvError::Disconnected) => None,
                }
            } else {
                match waiting.blocking_recv() {
                    Some(job) => Some(job),
                    None => return,
                }
            };
            let mut jobs: Vec<Job> = self.deferred.drain(..).map(Job::Accept).collect();
            jobs.extend(first);
            while !jobs.is_empty()
                && jobs.len() < MAX_JOBS_PER_COMMIT
                && let Ok(job) = waiting.try_recv()
            {
                jobs.push(job);
            }
            let checkpointed = if jobs.is_empty() {
                self.checkpoint_if_due()
            } else {
                // The worker's own writes often change nothing, and so need no space.
                let has_reports = jobs.iter().any(|job| matches!(job, Job::Accept(_)));
                let committed = self.write_together(jobs).and_then(|()| self.checkpoint_if_due());
                self.note(committed.as_ref().map(drop).map_err(Clone::clone), has_reports);
                committed
            };
            if !self.upkeep.is_due() {
                self.stepped_at = Instant::now();
            } else if !checkpointed.unwrap_or(false) || self.needs_space() || self.rests_too_long() {
                self.keep_up();
            }
        }
    }

    /// Does one step of the maintenance, or rests.
    fn keep_up(&mut self) {
        let is_urgent = self.needs_space() || self.upkeep.is_urgent() || self.rests_too_long();
        if !is_urgent && self.rests_until.is_some_and(|until| Instant::now() < until) {
            std::thread::sleep(REST_PAUSE);
            return;
        }
        let began = Instant::now();
        self.step();
        self.rest_after(began);
    }

    /// Starts a rest after work that began at a time, unless one has not ended.
    fn rest_after(&mut self, began: Instant) {
        if self.rests_until.is_none_or(|until| until <= Instant::now()) {
            self.rests_until = Some(Instant::now() + began.elapsed() * REST);
        }
    }

    /// True if no step was done for long.
    fn rests_too_long(&self) -> bool {
        self.stepped_at.elapsed() >= MAX_REST && self.upkeep.has_space_for_step()
    }

    fn step(&mut self) {
        self.stepped_at = Instant::now();
        let Self { connection, upkeep, guard, condition, .. } = self;
        let ready = condition.check().and_then(|()| guard.check());
        let stepped = ready.and_then(|()| match upkeep.is_deleting() && upkeep.has_space_for_step() {
            true => upkeep.step(connection, &condition.gauges),
            // waits for the end of a read
            false => {
                std::thread::sleep(STEP_PAUSE);
                Ok(false)
            }
        });
        match condition.noting(stepped) {
            Ok(false) => {}
            Ok(true) => self.cache.clear(),
            Err(error) => return self.upkeep.abandon(&error),
        }
        let lengths = self.guard.check_after_commit();
        if let Ok(lengths) = self.condition.noting(lengths) {
            self.measure(lengths).ok();
        }
    }

    /// Measures the store after a transaction.
    fn measure(&mut self, lengths: Lengths) -> StoreResult<()> {
        if self.guard.frames().load(Ordering::Relaxed) < self.tried_at {
            self.tried_at = 0;
        }
        let measured = self.upkeep.measure(&self.connection, lengths, &self.condition.gauges);
        self.condition.noting(measured.map_err(StoreError::from))
    }

    /// True if reports or a step wait for space.
    fn needs_space(&self) -> bool {
        !self.deferred.is_empty() || !self.upkeep.has_space_for_step()
    }

    /// True if the log has many frames that are not in the file.
    fn has_long_log(&self) -> bool {
        let most = if self.upkeep.is_due() { CHECKPOINT_FRAMES_OF_STEPS } else { CHECKPOINT_FRAMES };
        self.guard.frames().load(Ordering::Relaxed) >= self.tried_at + most
    }

    /// Copies a long log into the file, or cuts it. Returns true if there was a reason to.
    fn checkpoint_if_due(&mut self) -> StoreResult<bool> {
        let checkpointed = self.measure_and_checkpoint();
        self.condition.noting(checkpointed)
    }

    fn measure_and_checkpoint(&mut self) -> StoreResult<bool> {
        let needs_space = self.needs_space();
        // Maintenance is not urgent, and each attempt to cut delays the reports.
        let may_cut = self.cuts_again_at.is_none_or(|at| Instant::now() >= at);
        let cuts = !self.deferred.is_empty() || may_cut && (needs_space || self.upkeep.cuts_log());
        // not while space is short, and not between the steps of a maintenance, which would take longer
        let is_quiet = !needs_space && !self.upkeep.is_due() && self.upkeep.keeps_samples();
        if !cuts && !self.has_long_log() && (self.expects_log || !is_quiet) {
            return Ok(false);
        }
        let frames = self.guard.frames().load(Ordering::Relaxed);
        // Also if all is copied: a reader may keep the log from being begun anew.
        self.tried_at = frames;
        self.guard.check_before_checkpoint()?;
        let began = Instant::now();
        let done = checkpoint(&self.connection, cuts);
        let mut copied = done.as_ref().map_or(0, |done| done.copied);
        self.rest_after(began);
        self.expects_log = is_quiet;
        if is_quiet && done.as_ref().is_ok_and(|done| done.is_whole) {
            // begins the log anew
            copied = 0;
            if let Err(error) = log_check::expect_log(&self.connection) {
                tracing::debug!(%error, "store: the file does not say that it needs its log");
            }
        }
        let lengths = self.guard.record_after_checkpoint(copied)?;
        // A disk without space for the file has some again later.
        let is_done = match done.map_err(StoreError::from) {
            Err(error @ StoreError::Damaged(_)) => return Err(error),
            done => done.is_ok_and(|done| done.is_whole),
        };
        self.upkeep.measure(&self.connection, lengths, &self.condition.gauges)?;
        if cuts {
            self.upkeep.tried_to_cut(is_done);
            self.cuts_again_at = (!is_done).then(|| Instant::now() + CUT_PAUSE);
        }
        Ok(true)
    }

    /// Logs the first failed commit and the first successful one after it.
    fn note(&self, committed: StoreResult<()>, has_reports: bool) {
        match committed {
            Ok(()) if has_reports && self.condition.check().is_ok() => self.condition.works(),
            Ok(()) => {}
            Err(error) => {
                self.condition.gauges.failed_writes.fetch_add(1, Ordering::Relaxed);
                self.condition.fails(&error);
            }
        }
    }

    /// Runs the jobs in one transaction, commits, and only then sends their results.
    fn write_together(&mut self, jobs: Vec<Job>) -> StoreResult<()> {
        let Self { connection, cache, upkeep, guard, condition, deferred, .. } = self;
        let connection = &*connection;
        let mut batch = Batch::default();
        let mut replies: Vec<Reply> = Vec::with_capacity(jobs.len());
        let mut result = condition.check().and_then(|()| guard.check());
        result = result.and_then(|()| Ok(connection.execute_batch("BEGIN IMMEDIATE")?));
        result = result.and_then(|()| Ok(cache.notice_other_programs(connection)?));
        upkeep.begin();
        for job in jobs {
            // After a failure, the remaining jobs do not run and get the error.
            let runs = result.is_ok();
            if runs && matches!(job, Job::Run(_) | Job::Uncached(_) | Job::Erase(_)) {
                upkeep.expect_write();
            }
            let (reply, ran) = match job {
                Job::Accept(job) if runs => match admit(connection, cache, upkeep, job, condition) {
                    Admitted::Now(job) => accept(connection, cache, &mut batch, job, upkeep.keeps_samples()),
                    Admitted::Later(job) => {
                        deferred.push(job);
                        continue;
                    }
                    Admitted::Not(reply, ran) => (reply, ran),
                },
                Job::Accept(job) => (accept_reply(job.reply, Ok(None), job.records), Ok(())),
                Job::Run(job) if runs => run(connection, cache, &mut batch, job),
                Job::Uncached(job) if runs => {
                    let ran = run(connection, cache, &mut batch, job);
                    cache.clear();
                    ran
                }
                Job::Erase(job) if runs => {
                    let ran = run(connection, cache, &mut batch, job);
                    cache.clear();
                    upkeep.sweep_orphans();
                    ran
                }
                Job::Run(job) | Job::Uncached(job) | Job::Erase(job) => (job(None).0, Ok(())),
                Job::Maintain { now, ages, reply } => {
                    match &result {
                        Ok(()) => upkeep.start(connection, now, ages, reply),
                        Err(error) => drop(reply.send(Err(error.clone()))),
                    }
                    continue;
                }
                Job::Check { reply } if runs => (check_reply(reply, probe::read(connection)), Ok(())),
                Job::Check { reply } => (check_reply(reply, Ok(())), Ok(())),
            };
            replies.push(reply);
            result = result.and(ran);
        }
        let result = result
            .and_then(|()| Ok(batch.write(connection, cache)?))
            .and_then(|()| Ok(connection.execute_batch("COMMIT")?));
        if result.is_err() {
            cache.clear();
            // SQLite may have rolled back by itself, for example when the disk is full.
            if !connection.is_autocommit()
                && let Err(error) = connection.execute_batch("ROLLBACK")
            {
                tracing::error!(%error, "store: rolling back failed");
            }
        }
        // A commit into a file that has no name any more must not be acknowledged.
        let lengths = condition.noting(result.and_then(|()| guard.check_after_commit()));
        for reply in replies {
            reply(lengths.as_ref().err());
        }
        self.measure(lengths?)
    }
}

/// What a checkpoint did.
struct Checkpoint {
    /// True if the whole log is in the file, and no reader keeps it from being cut if it was to be.
    is_whole: bool,
    /// Number of frames of the log that are in the file.
    copied: u32,
}

/// Copies the log into the file. To cut the log, waits briefly for readers.
fn checkpoint(connection: &Connection, cuts: bool) -> rusqlite::Result<Checkpoint> {
    let run = |mode| {
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            let (busy, frames, copied): (bool, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Checkpoint { is_whole: !busy && frames == copied, copied: u32::try_from(copied).unwrap_or(0) })
        })
    };
    if !cuts {
        return run("PASSIVE");
    }
    connection.busy_timeout(CUT_TIMEOUT)?;
    let done = run("TRUNCATE");
    connection.busy_timeout(Duration::from_secs(5))?;
    done
}

/// Whether a job is done now.
enum Admitted {
    Now(AcceptJob),
    Later(AcceptJob),
    Not(Reply, StoreResult<()>),
}

/// Decides whether there is space for a job's records.
fn admit(
    connection: &Connection,
    cache: &mut Cache,
    upkeep: &mut Upkeep,
    mut job: AcceptJob,
    condition: &Condition,
) -> Admitted {
    let until = *job.waits_until.get_or_insert_with(|| Instant::now() + MAX_WAIT_FOR_SPACE);
    match upkeep.admit(connection, cache, &job.records) {
        Ok(Verdict::Fits | Verdict::FitsIntoReserve) => Admitted::Now(job),
        Ok(Verdict::Later | Verdict::AfterDisplacement) if Instant::now() < until => Admitted::Later(job),
        Ok(_) => {
            condition.gauges.refused_report();
            Admitted::Not(accept_reply(job.reply, Err(StoreError::Full), job.records), Ok(()))
        }
        Err(error) => {
            let error = StoreError::from(error);
            Admitted::Not(accept_reply(job.reply, Err(error.clone()), job.records), Err(error))
        }
    }
}

/// Counts one job's records. A failure fails the whole transaction, because a half-counted report must not be
/// committed.
fn accept(
    connection: &Connection,
    cache: &mut Cache,
    batch: &mut Batch,
    job: AcceptJob,
    keeps_samples: bool,
) -> (Reply, StoreResult<()>) {
    let accepted = batch.count(connection, cache, &job.records, !keeps_samples).map_err(StoreError::from);
    let ran = accepted.as_ref().map(drop).map_err(Clone::clone);
    (accept_reply(job.reply, accepted, job.records), ran)
}

fn accept_reply(
    reply: tokio::sync::oneshot::Sender<Counted>,
    accepted: StoreResult<Option<Vec<crate::Accepted>>>,
    records: Vec<crate::Record>,
) -> Reply {
    Box::new(move |failed| {
        let accepted = match failed {
            None => accepted,
            Some(error) => Err(error.clone()),
        };
        let _disconnected = reply.send((accepted, records));
    })
}

fn check_reply(reply: tokio::sync::oneshot::Sender<StoreResult<()>>, checked: StoreResult<()>) -> Reply {
    Box::new(move |failed| drop(reply.send(failed.map_or(checked, |error| Err(error.clone())))))
}

/// Runs a job with statements of its own. Its failure does not affect the other jobs, unless SQLite rolled back the
/// whole transaction, or the job found damage.
fn run(connection: &Connection, cache: &mut Cache, batch: &mut Batch, job: RunJob) -> (Reply, StoreResult<()>) {
    // Write the totals counted so far, so that this job sees them.
    if let Err(error) = batch.write(connection, cache) {
        return (job(None).0, Err(error.into()));
    }
    let (reply, damage) = job(Some(connection));
    let is_open = !connection.is_autocommit();
    let ran = is_open.then_some(()).ok_or_else(|| StoreError::Failed("the transaction was rolled back".to_owned()));
    (reply, damage.and(ran))
}

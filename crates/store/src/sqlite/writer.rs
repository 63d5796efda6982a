//! The writer thread: runs all waiting jobs in one transaction, commits, then sends the results.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rusqlite::{Connection, Result};
use tokio::sync::{mpsc, oneshot};

use super::accept::{Batch, Cache};
use super::file_guard::FileGuard;
use super::lock;
use super::upkeep::{Gauges, Upkeep};
use crate::{Accepted, Limits, Maintained, StoreError};
use autoheal_prepare::Timestamp;
use autoheal_prepare::fingerprint::Fingerprinted;

/// Maximum number of waiting jobs. When the queue is full, the caller waits.
const MAX_WAITING_JOBS: usize = 1024;
/// Maximum number of jobs per commit: enough to share the cost of a sync, few enough to keep the latency low.
const MAX_JOBS_PER_COMMIT: usize = 512;

/// Size of the row that is written to find out whether writing works again, in bytes. As much as a report may need.
const PROBE_BYTES: i32 = 1024 * 1024;

/// The result of a job or of a transaction.
type StoreResult<T> = std::result::Result<T, StoreError>;
/// Sends a job's result to its caller. Called after the commit, with the error if the transaction failed.
type Reply = Box<dyn FnOnce(Option<&StoreError>) + Send>;
/// A job with statements of its own. Without a connection it does not run, and its result is the transaction's error.
type RunJob = Box<dyn FnOnce(Option<&Connection>) -> Reply + Send>;

enum Job {
    Accept {
        records: Vec<Fingerprinted>,
        reply: oneshot::Sender<StoreResult<Vec<Accepted>>>,
    },
    Run(RunJob),
    /// Like `Run`, for jobs that change what the cache holds.
    Uncached(RunJob),
    /// Like `Uncached`, for jobs that erase text.
    Erase(RunJob),
    Maintain {
        now: Timestamp,
        reply: oneshot::Sender<StoreResult<Maintained>>,
    },
}

/// The handle to the writer thread.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    condition: Arc<Condition>,
    /// Locked during a probe.
    probing: tokio::sync::Mutex<()>,
}

/// What other threads may know about the writer.
struct Condition {
    /// True if the last reports could be stored.
    healthy: AtomicBool,
    guard: FileGuard,
    gauges: Gauges,
}

impl Writer {
    /// Starts the writer thread.
    pub(super) fn start(connection: Connection, salt: Vec<u8>, guard: FileGuard, limits: Limits) -> StoreResult<Self> {
        let (jobs, waiting) = mpsc::channel(MAX_WAITING_JOBS);
        let condition = Condition { healthy: AtomicBool::new(true), guard, gauges: Gauges::default() };
        let condition = Arc::new(condition);
        let own = Arc::clone(&condition);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || Writing::new(connection, salt, limits, own).run(waiting))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
            condition,
            probing: tokio::sync::Mutex::default(),
        })
    }

    /// True if the last reports could be stored and the files are still there.
    pub(super) fn healthy(&self) -> bool {
        self.condition.healthy.load(Ordering::Relaxed) && self.condition.guard.check().is_ok()
    }

    /// Sizes and counters.
    pub(super) fn gauges(&self) -> &Gauges {
        &self.condition.gauges
    }

    /// Deletes what is too old or too much, in small steps between other jobs.
    pub(super) async fn maintain(&self, now: Timestamp) -> StoreResult<Maintained> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Maintain { now, reply }).await?;
        result.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Like [`Writer::run`], for work that changes groups, samples or clients, of which the writer has a copy.
    pub(super) fn run_uncached<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = StoreResult<T>> + Send {
        self.run_as(Job::Uncached, work)
    }

    /// Like [`Writer::run_uncached`], for work that deletes text of which nothing may be left in the files.
    pub(super) fn erase<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = StoreResult<T>> + Send {
        self.run_as(Job::Erase, work)
    }

    /// Finds out whether reports can be stored again after a failure. A small change of existing rows would prove nothing,
    /// because it needs no space on a full disk.
    pub(super) async fn probe(&self) -> StoreResult<()> {
        let _one_at_a_time = self.probing.lock().await;
        if self.healthy() {
            return Ok(());
        }
        // Two transactions, because SQLite does not write the pages of a row that is deleted before the commit.
        self.run(|connection| connection.execute("INSERT INTO write_probe VALUES (zeroblob(?1))", [PROBE_BYTES]))
            .await?;
        self.run(|connection| connection.execute("DELETE FROM write_probe", [])).await?;
        if !self.condition.healthy.swap(true, Ordering::Relaxed) {
            tracing::info!("store: writing works again");
        }
        Ok(())
    }

    /// Counts records. Completes after the commit.
    pub(super) async fn accept(&self, records: Vec<Fingerprinted>) -> StoreResult<Vec<Accepted>> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Accept { records, reply }).await?;
        result.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Runs `work` in the next transaction. Completes after the commit.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = StoreResult<T>> + Send {
        self.run_as(Job::Run, work)
    }

    fn run_as<T: Send + 'static>(
        &self,
        kind: fn(RunJob) -> Job,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = StoreResult<T>> + Send {
        let (reply, result) = oneshot::channel();
        let job = kind(Box::new(move |connection| {
            let result = connection.map(|connection| in_savepoint(connection, work));
            Box::new(move |failed| {
                // The caller may have stopped waiting; its job was done nevertheless.
                let _disconnected = reply.send(match (result, failed) {
                    (Some(Err(error)), _) => Err(error.into()),
                    (_, Some(error)) => Err(error.clone()),
                    (Some(Ok(value)), None) => Ok(value),
                    (None, None) => Err(closed()),
                });
            })
        }));
        async move {
            self.send(job).await?;
            result.await.unwrap_or_else(|_| Err(closed()))
        }
    }

    /// Finishes the waiting jobs and ends the thread.
    pub(super) async fn close(&self) -> StoreResult<()> {
        drop(lock(&self.jobs).take());
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            tokio::task::spawn_blocking(move || thread.join()).await.ok();
        }
        Ok(())
    }

    async fn send(&self, job: Job) -> StoreResult<()> {
        let jobs = lock(&self.jobs).clone();
        jobs.ok_or_else(closed)?.send(job).await.map_err(|_| closed())
    }
}

fn closed() -> StoreError {
    StoreError::Failed("the store is closed".to_owned())
}

/// Runs a job in a savepoint, so that its failure does not roll back the other jobs of the transaction.
fn in_savepoint<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    connection.execute_batch("SAVEPOINT job")?;
    match work(connection) {
        Ok(value) => connection.execute_batch("RELEASE job").map(|()| value),
        Err(error) => {
            connection.execute_batch("ROLLBACK TO job; RELEASE job")?;
            Err(error)
        }
    }
}

/// The state of the writer thread.
struct Writing {
    connection: Connection,
    cache: Cache,
    upkeep: Upkeep,
    condition: Arc<Condition>,
}

impl Writing {
    fn new(connection: Connection, salt: Vec<u8>, limits: Limits, condition: Arc<Condition>) -> Self {
        let upkeep = Upkeep::new(limits, &condition.gauges);
        Self { connection, cache: Cache::new(salt), upkeep, condition }
    }

    /// Does all jobs until the channel is closed. While there is maintenance to do, each commit is followed by one step.
    fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        if let Ok(log) = self.condition.guard.check_and_record() {
            self.measure(log).ok();
        }
        loop {
            let first = if self.upkeep.is_due() {
                match waiting.try_recv() {
                    Ok(job) => Some(job),
                    Err(mpsc::error::TryRecvError::Empty) => None,
                    Err(mpsc::error::TryRecvError::Disconnected) => return,
                }
            } else {
                match waiting.blocking_recv() {
                    Some(job) => Some(job),
                    None => return,
                }
            };
            let mut jobs: Vec<Job> = first.into_iter().collect();
            while !jobs.is_empty()
                && jobs.len() < MAX_JOBS_PER_COMMIT
                && let Ok(job) = waiting.try_recv()
            {
                jobs.push(job);
            }
            if !jobs.is_empty() {
                // The worker's own writes often change nothing, and so need no space.
                let has_reports = jobs.iter().any(|job| matches!(job, Job::Accept { .. }));
                let committed = self.write_together(jobs);
                self.note(committed, has_reports);
            }
            if self.upkeep.is_due() {
                self.keep_up();
            }
        }
    }

    /// Does one step of the maintenance.
    fn keep_up(&mut self) {
        match self.condition.guard.check().and_then(|()| self.upkeep.step(&self.connection, &self.condition.gauges)) {
            Ok(false) => {}
            Ok(true) => self.cache.clear(),
            Err(error) => return self.upkeep.abandon(&error),
        }
        if let Ok(log) = self.condition.guard.check_and_record() {
            self.measure(log).ok();
        }
    }

    /// Measures the store after a transaction, given the length of the log. Must not record lengths unless it changed
    /// them, because somebody else may have cut the files since.
    fn measure(&mut self, log: u64) -> StoreResult<()> {
        if self.upkeep.measure(&self.connection, log, &self.condition.gauges)? {
            self.condition.guard.check_and_record()?;
        }
        Ok(())
    }

    /// Logs the first failed commit and the first successful one after it.
    fn note(&self, committed: StoreResult<()>, has_reports: bool) {
        let healthy = &self.condition.healthy;
        match committed {
            Ok(()) if has_reports && !healthy.swap(true, Ordering::Relaxed) => {
                tracing::info!("store: writing works again");
            }
            Ok(()) => {}
            Err(error) => {
                self.condition.gauges.failed_writes.fetch_add(1, Ordering::Relaxed);
                if healthy.swap(false, Ordering::Relaxed) {
                    tracing::error!(%error, "store: writing fails; reports get a 503 response until it works");
                }
            }
        }
    }

    /// Runs the jobs in one transaction, commits, and only then sends their results.
    fn write_together(&mut self, jobs: Vec<Job>) -> StoreResult<()> {
        let Self { connection, cache, upkeep, condition } = self;
        let connection = &*connection;
        let mut batch = Batch::default();
        let mut replies: Vec<Reply> = Vec::with_capacity(jobs.len());
        let mut result = condition.guard.check();
        result = result.and_then(|()| Ok(connection.execute_batch("BEGIN IMMEDIATE")?));
        for job in jobs {
            // After a failure, the remaining jobs do not run and get the error.
            let runs = result.is_ok();
            let (reply, ran) = match job {
                Job::Accept { records, reply } if runs => {
                    records.iter().for_each(|record| upkeep.saw(record.received_at()));
                    let is_full = upkeep.refuses_groups(connection).then_some(&condition.gauges);
                    accept(connection, cache, &mut batch, records, reply, is_full)
                }
                Job::Accept { reply, .. } => (accept_reply(reply, Ok(Vec::new())), Ok(())),
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
                Job::Run(job) | Job::Uncached(job) | Job::Erase(job) => (job(None), Ok(())),
                Job::Maintain { now, reply } => {
                    match &result {
                        Ok(()) => upkeep.start(connection, now, reply),
                        Err(error) => drop(reply.send(Err(error.clone()))),
                    }
                    continue;
                }
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
        let log = result.and_then(|()| condition.guard.check_and_record());
        for reply in replies {
            reply(log.as_ref().err());
        }
        self.measure(log?)
    }
}

/// Counts one job's records. A failure fails the whole transaction, because a half-counted report must not be
/// committed. If the store is full, a job with a record of a new group is refused before anything is counted.
fn accept(
    connection: &Connection,
    cache: &mut Cache,
    batch: &mut Batch,
    records: Vec<Fingerprinted>,
    reply: oneshot::Sender<StoreResult<Vec<Accepted>>>,
    is_full: Option<&Gauges>,
) -> (Reply, StoreResult<()>) {
    if let Some(gauges) = is_full {
        match cache.has_all_groups(connection, &records) {
            Ok(true) => {}
            Ok(false) => {
                gauges.refused_group();
                return (accept_reply(reply, Err(StoreError::Full)), Ok(()));
            }
            Err(error) => {
                let error = StoreError::from(error);
                return (accept_reply(reply, Err(error.clone())), Err(error));
            }
        }
    }
    let accepted = batch.count(connection, cache, records, is_full.is_some()).map_err(StoreError::from);
    let ran = accepted.as_ref().map(drop).map_err(Clone::clone);
    (accept_reply(reply, accepted), ran)
}

fn accept_reply(reply: oneshot::Sender<StoreResult<Vec<Accepted>>>, accepted: StoreResult<Vec<Accepted>>) -> Reply {
    Box::new(move |failed| {
        let _disconnected = reply.send(match failed {
            None => accepted,
            Some(error) => Err(error.clone()),
        });
    })
}

/// Runs a job with statements of its own. Its failure does not affect the other jobs, unless SQLite rolled back the
/// whole transaction.
fn run(connection: &Connection, cache: &mut Cache, batch: &mut Batch, job: RunJob) -> (Reply, StoreResult<()>) {
    // Write the totals counted so far, so that this job sees them.
    if let Err(error) = batch.write(connection, cache) {
        return (job(None), Err(error.into()));
    }
    let reply = job(Some(connection));
    let is_open = !connection.is_autocommit();
    (reply, is_open.then_some(()).ok_or_else(|| StoreError::Failed("the transaction was rolled back".to_owned())))
}

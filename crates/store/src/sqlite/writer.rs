//! The handle to the writer thread, and the jobs that it passes on.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::{Connection, Result};
use tokio::sync::{mpsc, oneshot};

use super::condition::Condition;
use super::file_guard::FileGuard;
use super::lock;
use super::writing::Writing;
use crate::{Accepted, Health, Limits, Maintained, Record, StoreError};
use autoheal_prepare::Timestamp;

/// Maximum number of waiting jobs. When the queue is full, the caller waits.
const MAX_WAITING_JOBS: usize = 1024;
/// Size of the row that is written to find out whether writing works again, in bytes. As much as a report may need.
const PROBE_BYTES: i32 = 1024 * 1024;

/// The result of a job or of a transaction.
pub(super) type StoreResult<T> = std::result::Result<T, StoreError>;
/// Sends a job's result to its caller. Called after the commit, with the error if the transaction failed.
pub(super) type Reply = Box<dyn FnOnce(Option<&StoreError>) + Send>;
/// A job with statements of its own. Without a connection it does not run, and its result is the transaction's error.
/// Also returns the damage that it found.
pub(super) type RunJob = Box<dyn FnOnce(Option<&Connection>) -> (Reply, StoreResult<()>) + Send>;

pub(super) enum Job {
    Accept(AcceptJob),
    Run(RunJob),
    /// Like `Run`, for jobs that change what the cache holds.
    Uncached(RunJob),
    /// Like `Uncached`, for jobs that erase text.
    Erase(RunJob),
    Maintain {
        now: Timestamp,
        /// True for one of the hourly ones.
        ages: bool,
        reply: oneshot::Sender<StoreResult<Maintained>>,
    },
    /// Checks the files.
    Check {
        reply: oneshot::Sender<StoreResult<()>>,
    },
}

/// The result of counting records, with the records, which their sender drops, because memory is freed faster on the thread
/// that allocated it.
pub(super) type Counted = (StoreResult<Option<Vec<Accepted>>>, Vec<Record>);

/// Records to count.
pub(super) struct AcceptJob {
    pub(super) records: Vec<Record>,
    pub(super) reply: oneshot::Sender<Counted>,
    /// Time until which the job may wait for space; none before it was tried.
    pub(super) waits_until: Option<Instant>,
}

/// The handle to the writer thread.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    condition: Arc<Condition>,
    /// Locked during a probe.
    probing: tokio::sync::Mutex<()>,
}

impl Writer {
    /// Starts the writer thread.
    pub(super) fn start(
        connection: Connection,
        salt: Vec<u8>,
        guard: FileGuard,
        limits: Limits,
        condition: Arc<Condition>,
    ) -> StoreResult<Self> {
        let (jobs, waiting) = mpsc::channel(MAX_WAITING_JOBS);
        let writing = Writing::new(connection, salt, guard, limits, Arc::clone(&condition))?;
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writing.run(waiting))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
            condition,
            probing: tokio::sync::Mutex::default(),
        })
    }

    /// Succeeds if reports can be stored.
    pub(super) async fn ready(&self) -> StoreResult<()> {
        self.condition.check()?;
        if self.condition.is_healthy() {
            return self.check().await;
        }
        // The last reports could not be stored.
        self.probe().await
    }

    /// Checks the files, between two transactions, because each changes them.
    async fn check(&self) -> StoreResult<()> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Check { reply }).await?;
        result.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Sizes, counters and condition.
    pub(super) fn health(&self, unreadable_rows: u64) -> Health {
        let damaged = self.condition.check().is_err();
        Health { damaged, loss: self.condition.loss, ..self.condition.gauges.health(unreadable_rows) }
    }

    /// Deletes what is too old or too much, in small steps between other jobs.
    pub(super) async fn maintain(&self, now: Timestamp) -> StoreResult<Maintained> {
        self.maintain_as(now, true).await
    }

    /// Deletes what is left of erased rows. Nothing ages.
    pub(super) async fn clean(&self, now: Timestamp) -> StoreResult<Maintained> {
        self.maintain_as(now, false).await
    }

    async fn maintain_as(&self, now: Timestamp, ages: bool) -> StoreResult<Maintained> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Maintain { now, ages, reply }).await?;
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
    async fn probe(&self) -> StoreResult<()> {
        let _one_at_a_time = self.probing.lock().await;
        if self.condition.is_healthy() {
            return self.check().await;
        }
        // Two transactions, because SQLite does not write the pages of a row that is deleted before the commit.
        self.run(|connection| connection.execute("INSERT INTO write_probe VALUES (zeroblob(?1))", [PROBE_BYTES]))
            .await?;
        self.run(|connection| connection.execute("DELETE FROM write_probe", [])).await?;
        self.check().await?;
        self.condition.check()?;
        self.condition.works();
        Ok(())
    }

    /// Counts records. Completes after the commit.
    pub(super) async fn count(&self, records: Vec<Record>) -> StoreResult<Option<Vec<Accepted>>> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Accept(AcceptJob { records, reply, waits_until: None })).await?;
        result.await.map_or_else(|_| Err(closed()), |(counted, _records)| counted)
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
            let result = connection.map(|connection| in_savepoint(connection, work).map_err(StoreError::from));
            let damage = match &result {
                Some(Err(error @ StoreError::Damaged(_))) => Err(error.clone()),
                _ => Ok(()),
            };
            let reply: Reply = Box::new(move |failed| {
                // The caller may have stopped waiting; its job was done nevertheless.
                let _disconnected = reply.send(match (result, failed) {
                    (Some(Err(error)), _) => Err(error),
                    (_, Some(error)) => Err(error.clone()),
                    (Some(Ok(value)), None) => Ok(value),
                    (None, None) => Err(closed()),
                });
            });
            (reply, damage)
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

/// Waits for the thread, so that the lock of the file is held as long as there is a connection.
impl Drop for Writer {
    fn drop(&mut self) {
        drop(lock(&self.jobs).take());
        if let Some(thread) = lock(&self.thread).take() {
            thread.join().ok();
        }
    }
}

pub(super) fn closed() -> StoreError {
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

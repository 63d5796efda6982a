//! The writer thread: runs all waiting jobs in one transaction, commits, then sends the results.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rusqlite::{Connection, Result};
use tokio::sync::{mpsc, oneshot};

use super::accept::{Batch, Cache};
use super::lock;
use crate::{Accepted, StoreError};
use autoheal_prepare::fingerprint::Fingerprinted;

/// Maximum number of waiting jobs. When the queue is full, the caller waits.
const MAX_WAITING_JOBS: usize = 1024;
/// Maximum number of jobs per commit: enough to share the cost of a sync, few enough to keep the latency low.
const MAX_JOBS_PER_COMMIT: usize = 512;

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
    /// `uncached`: it changes data that the cache of [`Cache`] holds, so the cache is emptied.
    Run {
        work: RunJob,
        uncached: bool,
    },
}

/// The handle to the writer thread.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    healthy: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the writer thread.
    pub(super) fn start(connection: Connection, salt: Vec<u8>) -> StoreResult<Self> {
        let (jobs, waiting) = mpsc::channel(MAX_WAITING_JOBS);
        let healthy = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&healthy);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_all(connection, salt, waiting, &flag))
            .map_err(|error| StoreError(error.to_string()))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)), healthy })
    }

    /// True if the last commit succeeded.
    pub(super) fn healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
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
        self.run_job(work, false)
    }

    /// Like [`Writer::run`], for work that changes groups, samples or clients, of which the writer has a copy.
    pub(super) fn run_uncached<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = StoreResult<T>> + Send {
        self.run_job(work, true)
    }

    fn run_job<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
        uncached: bool,
    ) -> impl Future<Output = StoreResult<T>> + Send {
        let (reply, result) = oneshot::channel();
        let work: RunJob = Box::new(move |connection| {
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
        });
        async move {
            self.send(Job::Run { work, uncached }).await?;
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
    StoreError("the store is closed".to_owned())
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

fn write_all(connection: Connection, salt: Vec<u8>, mut waiting: mpsc::Receiver<Job>, healthy: &AtomicBool) {
    let mut cache = Cache::new(salt);
    while let Some(first) = waiting.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < MAX_JOBS_PER_COMMIT
            && let Ok(job) = waiting.try_recv()
        {
            jobs.push(job);
        }
        let committed = write_together(&connection, &mut cache, jobs);
        if healthy.swap(committed.is_ok(), Ordering::Relaxed) != committed.is_ok() {
            match committed {
                Ok(()) => tracing::info!("store: writing works again"),
                Err(error) => {
                    tracing::error!(%error, "store: writing fails; reports get a 503 response until it works")
                }
            }
        }
    }
}

/// Runs the jobs in one transaction, commits, and only then sends their results.
fn write_together(connection: &Connection, cache: &mut Cache, jobs: Vec<Job>) -> StoreResult<()> {
    let mut batch = Batch::default();
    let mut replies: Vec<Reply> = Vec::with_capacity(jobs.len());
    let mut result = connection.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from);
    for job in jobs {
        // After a failure, the remaining jobs do not run and get the error.
        let runs = result.is_ok();
        let (reply, ran) = match job {
            Job::Accept { records, reply } => accept(connection, cache, &mut batch, records, reply, runs),
            Job::Run { work, uncached } if runs => {
                let ran = run(connection, cache, &mut batch, work);
                if uncached {
                    cache.clear();
                }
                ran
            }
            Job::Run { work, .. } => (work(None), Ok(())),
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
    for reply in replies {
        reply(result.as_ref().err());
    }
    result
}

/// Counts one job's records. A failure fails the whole transaction, because a half-counted report must not be
/// committed.
fn accept(
    connection: &Connection,
    cache: &mut Cache,
    batch: &mut Batch,
    records: Vec<Fingerprinted>,
    reply: oneshot::Sender<StoreResult<Vec<Accepted>>>,
    runs: bool,
) -> (Reply, StoreResult<()>) {
    let accepted =
        if runs { batch.count(connection, cache, records).map_err(StoreError::from) } else { Ok(Vec::new()) };
    let ran = accepted.as_ref().map(drop).map_err(Clone::clone);
    let reply: Reply = Box::new(move |failed| {
        let _disconnected = reply.send(match failed {
            None => accepted,
            Some(error) => Err(error.clone()),
        });
    });
    (reply, ran)
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
    (reply, is_open.then_some(()).ok_or_else(|| StoreError("the transaction was rolled back".to_owned())))
}

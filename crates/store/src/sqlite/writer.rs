//! The writer thread: takes all that is waiting into one transaction, commits once, then answers everybody.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rusqlite::{Connection, Result};
use tokio::sync::{mpsc, oneshot};

use super::accept::{Batch, Cache};
use super::lock;
use crate::{Accepted, StoreError};
use autoheal_prepare::fingerprint::Fingerprinted;

/// How many jobs wait at most; a sender beyond that waits for its place.
const WAITING: usize = 1024;
/// How many jobs share one commit at most: enough to amortise a sync, few enough to keep latency even.
const TOGETHER: usize = 512;

/// Tells one caller how it went, once the commit is known to have succeeded or failed.
type Reply = Box<dyn FnOnce(Option<&StoreError>) + Send>;
/// One job of the worker's; without a connection it is not run, only told of the failure.
type Work = Box<dyn FnOnce(Option<&Connection>) -> Reply + Send>;

enum Job {
    Accept { records: Vec<Fingerprinted>, reply: oneshot::Sender<std::result::Result<Vec<Accepted>, StoreError>> },
    Run(Work),
}

/// The handle to the writer thread.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    healthy: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(connection: Connection) -> std::result::Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let healthy = Arc::new(AtomicBool::new(true));
        let flag = Arc::clone(&healthy);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_all(connection, waiting, &flag))
            .map_err(|error| StoreError(error.to_string()))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)), healthy })
    }

    /// Whether the last commit succeeded.
    pub(super) fn healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }

    /// Counts records; the answer comes after the commit.
    pub(super) async fn accept(&self, records: Vec<Fingerprinted>) -> std::result::Result<Vec<Accepted>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Accept { records, reply }).await?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Runs `work` in the next transaction; the answer comes after the commit.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> impl Future<Output = std::result::Result<T, StoreError>> + Send {
        let (reply, answer) = oneshot::channel();
        let job = Job::Run(Box::new(move |connection| {
            let result = connection.map(|connection| in_savepoint(connection, work));
            Box::new(move |failed| {
                // The caller may have gone away; what it asked for is done all the same.
                let _gone = reply.send(match (result, failed) {
                    (Some(Err(error)), _) => Err(error.into()),
                    (_, Some(error)) => Err(error.clone()),
                    (Some(Ok(value)), None) => Ok(value),
                    (None, None) => Err(closed()),
                });
            })
        }));
        async move {
            self.send(job).await?;
            answer.await.unwrap_or_else(|_| Err(closed()))
        }
    }

    /// Finishes what waits and ends the thread.
    pub(super) async fn close(&self) -> std::result::Result<(), StoreError> {
        drop(lock(&self.jobs).take());
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            tokio::task::spawn_blocking(move || thread.join()).await.ok();
        }
        Ok(())
    }

    async fn send(&self, job: Job) -> std::result::Result<(), StoreError> {
        let jobs = lock(&self.jobs).clone();
        jobs.ok_or_else(closed)?.send(job).await.map_err(|_| closed())
    }
}

fn closed() -> StoreError {
    StoreError("the store is closed".to_owned())
}

/// One job's failure takes back that job alone, not the others in its transaction.
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

fn write_all(connection: Connection, mut waiting: mpsc::Receiver<Job>, healthy: &AtomicBool) {
    let mut cache = Cache::default();
    while let Some(first) = waiting.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < TOGETHER
            && let Ok(job) = waiting.try_recv()
        {
            jobs.push(job);
        }
        let committed = write_together(&connection, &mut cache, jobs);
        if healthy.swap(committed.is_ok(), Ordering::Relaxed) != committed.is_ok() {
            match committed {
                Ok(()) => tracing::info!("store: writing works again"),
                Err(error) => tracing::error!(%error, "store: writing fails; reports are answered 503 until it works"),
            }
        }
    }
}

/// Runs the jobs in one transaction, commits, and only then lets anybody know.
fn write_together(connection: &Connection, cache: &mut Cache, jobs: Vec<Job>) -> std::result::Result<(), StoreError> {
    let mut batch = Batch::default();
    let mut replies: Vec<Reply> = Vec::with_capacity(jobs.len());
    let mut result = connection.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from);
    for job in jobs {
        // After a failure the others are not tried, only told.
        let tried = result.is_ok();
        let (reply, ran) = match job {
            Job::Accept { records, reply } => accept(connection, cache, &mut batch, records, reply, tried),
            Job::Run(work) if tried => run(connection, cache, &mut batch, work),
            Job::Run(work) => (work(None), Ok(())),
        };
        replies.push(reply);
        result = result.and(ran);
    }
    let result = result
        .and_then(|()| Ok(batch.write(connection, cache)?))
        .and_then(|()| Ok(connection.execute_batch("COMMIT")?));
    if result.is_err() {
        cache.forget();
        // SQLite may have rolled back by itself already (disk full); then there is nothing left to take back.
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

/// Counts one job's records. A half-counted report must not be committed with the others, so its failure is everybody's.
fn accept(
    connection: &Connection,
    cache: &mut Cache,
    batch: &mut Batch,
    records: Vec<Fingerprinted>,
    reply: oneshot::Sender<std::result::Result<Vec<Accepted>, StoreError>>,
    tried: bool,
) -> (Reply, std::result::Result<(), StoreError>) {
    let accepted =
        if tried { batch.count(connection, cache, records).map_err(StoreError::from) } else { Ok(Vec::new()) };
    let ran = accepted.as_ref().map(drop).map_err(Clone::clone);
    let reply: Reply = Box::new(move |failed| {
        let _gone = reply.send(match failed {
            None => accepted,
            Some(error) => Err(error.clone()),
        });
    });
    (reply, ran)
}

/// Runs one job of the worker's. Its failure is its own, unless SQLite gave up the whole transaction over it.
fn run(
    connection: &Connection,
    cache: &mut Cache,
    batch: &mut Batch,
    work: Work,
) -> (Reply, std::result::Result<(), StoreError>) {
    // What was counted so far is written first, so that this job sees it.
    if let Err(error) = batch.write(connection, cache) {
        return (work(None), Err(error.into()));
    }
    let reply = work(Some(connection));
    let kept = !connection.is_autocommit();
    (reply, kept.then_some(()).ok_or_else(|| StoreError("the transaction was rolled back".to_owned())))
}

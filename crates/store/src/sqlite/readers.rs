//! Connections that only read. In WAL mode a read never waits for a write.

use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::condition::Condition;
use super::{lock, open};
use crate::StoreError;

/// Size of each reader's cache, in KiB. Small, because lists and decisions read few pages.
const CACHE_KIB: i64 = 2 * 1024;

/// A fixed number of reading connections. A read waits while all of them are in use. Damage that one finds is noted.
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    condition: Arc<Condition>,
}

impl Readers {
    /// Opens this many connections.
    pub(super) fn open(path: &Path, number: usize, condition: &Arc<Condition>) -> Result<Arc<Self>, StoreError> {
        let reader = || {
            let connection = open::connect(path)?;
            connection.pragma_update(None, "query_only", true)?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
            Ok(connection)
        };
        let idle: Vec<Connection> = (0..number).map(|_| reader()).collect::<Result<_, StoreError>>()?;
        let (permits, condition) = (Arc::new(Semaphore::new(number)), Arc::clone(condition));
        Ok(Arc::new(Self { idle: Mutex::new(idle), permits, condition }))
    }

    /// Runs `work` with one of the connections, off the async threads.
    pub(super) async fn run<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed(error.to_string());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|error| failed(&error))?;
        let run = move || {
            let _permit = permit;
            let borrowed = Borrowed { connection: lock(&self.idle).pop(), readers: &self };
            match &borrowed.connection {
                Some(connection) => self.condition.noting(work(connection).map_err(StoreError::from)),
                None => Err(StoreError::Failed("no connection is left".to_owned())),
            }
        };
        tokio::task::spawn_blocking(run).await.map_err(|panicked| failed(&panicked))?
    }
}

/// A connection in use. Returned when dropped, even after a panic.
struct Borrowed<'a> {
    connection: Option<Connection>,
    readers: &'a Readers,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        lock(&self.readers.idle).extend(self.connection.take());
    }
}

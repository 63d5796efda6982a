//! `ConnectionTable`: the open connections of a listener. When it is full, the network that holds the most makes way for
//! the others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use autoheal_prepare::validate::Client;
use tokio::task::AbortHandle;

use crate::lock;

/// Shortest time between two log lines about connections that are refused or cannot be accepted.
pub(crate) const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The open connections, at most `max`. A connection belongs to the network of its peer: an IPv4 address, or an IPv6 /48.
#[derive(Debug)]
pub(crate) struct ConnectionTable {
    max: usize,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    next_id: u64,
    connections: HashMap<u64, Entry>,
    /// Number of connections of each network.
    networks: HashMap<Client, usize>,
    log: FullLog,
}

#[derive(Debug)]
struct Entry {
    network: Client,
    last_traffic: LastTraffic,
    /// Closes the connection. Absent until its task has started.
    abort: Option<AbortHandle>,
}

/// What happened while the table was full, since the last log line.
#[derive(Debug, Default)]
struct FullLog {
    logged_at: Option<Instant>,
    closed: u64,
    refused: u64,
}

/// The time of the last traffic on a connection.
#[derive(Debug, Clone)]
pub(crate) struct LastTraffic {
    start: Instant,
    /// Milliseconds since the start.
    milliseconds: Arc<AtomicU64>,
}

/// The place of an open connection, free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    table: Arc<ConnectionTable>,
    id: u64,
    last_traffic: LastTraffic,
}

impl ConnectionTable {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, entries: Mutex::default() })
    }

    /// A place for a new connection. In a full table, closes the connection without traffic for the longest time of the
    /// network that holds the most, if that network still holds as many as the new one's afterwards; otherwise returns
    /// `None`, because a connection that is served must not make way for one of the same network.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let network = Client::network(peer);
        let mut entries = lock(&self.entries);
        if entries.connections.len() >= self.max {
            let is_closed = entries.close_of_largest(&network);
            entries.log(self.max, is_closed);
            if !is_closed {
                return None;
            }
        }
        let last_traffic = LastTraffic { start: Instant::now(), milliseconds: Arc::default() };
        let id = entries.next_id;
        entries.next_id += 1;
        *entries.networks.entry(network.clone()).or_default() += 1;
        entries.connections.insert(id, Entry { network, last_traffic: last_traffic.clone(), abort: None });
        Some(Place { table: Arc::clone(self), id, last_traffic })
    }

    /// Sets the handle that closes a connection; without effect after its end.
    pub(crate) fn set_abort(&self, id: u64, abort: AbortHandle) {
        if let Some(entry) = lock(&self.entries).connections.get_mut(&id) {
            entry.abort = Some(abort);
        }
    }
}

impl Entries {
    /// Closes one connection of the network that holds the most; false if the other network holds as many already.
    fn close_of_largest(&mut self, other: &Client) -> bool {
        let own = self.networks.get(other).copied().unwrap_or(0);
        let Some((largest, count)) = self.networks.iter().max_by_key(|(_, count)| **count) else { return false };
        if own + 1 >= *count {
            return false;
        }
        let of_largest = self.connections.iter().filter(|(_, entry)| entry.network == *largest);
        let silent = of_largest.max_by_key(|(_, entry)| entry.last_traffic.silence()).map(|(id, _)| *id);
        let Some(Entry { abort: Some(abort), .. }) = silent.and_then(|id| self.remove(id)) else { return false };
        abort.abort();
        true
    }

    fn remove(&mut self, id: u64) -> Option<Entry> {
        let entry = self.connections.remove(&id)?;
        if let Some(count) = self.networks.get_mut(&entry.network) {
            *count -= 1;
            if *count == 0 {
                self.networks.remove(&entry.network);
            }
        }
        Some(entry)
    }

    /// Counts a connection that was closed or refused, and logs the numbers once per interval.
    fn log(&mut self, max_connections: usize, is_closed: bool) {
        if is_closed {
            self.log.closed += 1;
        } else {
            self.log.refused += 1;
        }
        if self.log.logged_at.is_some_and(|at| at.elapsed() < LOG_INTERVAL) {
            return;
        }
        let FullLog { closed, refused, .. } =
            std::mem::replace(&mut self.log, FullLog { logged_at: Some(Instant::now()), ..FullLog::default() });
        if let Some((Client::Network(network), held)) = self.networks.iter().max_by_key(|(_, count)| **count) {
            tracing::warn!(
                max_connections, %network, held, closed, refused,
                "all connections are in use; closing silent ones of the network with the most for other networks, and \
                 refusing its new ones"
            );
        }
    }
}

impl LastTraffic {
    /// Records traffic now.
    pub(crate) fn record(&self) {
        let milliseconds = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.milliseconds.store(milliseconds, Ordering::Relaxed);
    }

    /// Time since the last traffic.
    fn silence(&self) -> Duration {
        self.start.elapsed().saturating_sub(Duration::from_millis(self.milliseconds.load(Ordering::Relaxed)))
    }
}

impl Place {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn last_traffic(&self) -> LastTraffic {
        self.last_traffic.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.table.entries).remove(self.id);
    }
}

//! `ConnectionTable`: the open connections of a listener. When it is full, the network that holds the most makes way for
//! the others, and connections that wait for their clients make way for new ones.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use autoheal_prepare::validate::Client;
use tokio::task::AbortHandle;

use crate::lock;
use crate::progress::{Phase, Progress, milliseconds_since};

/// Shortest time between two log lines about connections that are refused or cannot be accepted.
pub(crate) const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Time for the body of a request in a full table. A client that needs longer makes way for others.
const BODY_MILLISECONDS: u64 = 2_000;
/// Time after which an idle connection in a full table makes way for any other one.
const IDLE_MILLISECONDS: u64 = 5_000;
/// The part of the table that a network holds at least to be named as the cause of a full table.
const NAMED_PART: usize = 8;

/// The open connections, at most `max`. A connection belongs to the network of its peer: an IPv4 address, or an IPv6 /48.
#[derive(Debug)]
pub(crate) struct ConnectionTable {
    max: usize,
    start: Instant,
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
    progress: Progress,
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

/// The place of an open connection, free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    table: Arc<ConnectionTable>,
    id: u64,
    progress: Progress,
}

impl ConnectionTable {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, start: Instant::now(), entries: Mutex::default() })
    }

    /// A place for a new connection. In a full table, closes one that waits for its client; returns `None` if there is none,
    /// because a connection whose request is complete must not make way for one of the same network.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let network = Client::network(peer);
        let mut entries = lock(&self.entries);
        if entries.connections.len() >= self.max {
            let is_closed = entries.make_way(&network, milliseconds_since(self.start));
            entries.log(self.max, is_closed);
            if !is_closed {
                return None;
            }
        }
        let progress = Progress::new(self.start);
        let id = entries.next_id;
        entries.next_id += 1;
        *entries.networks.entry(network.clone()).or_default() += 1;
        entries.connections.insert(id, Entry { network, progress: progress.clone(), abort: None });
        Some(Place { table: Arc::clone(self), id, progress })
    }

    /// Sets the handle that closes a connection; without effect after its end.
    pub(crate) fn set_abort(&self, id: u64, abort: AbortHandle) {
        if let Some(entry) = lock(&self.entries).connections.get_mut(&id) {
            entry.abort = Some(abort);
        }
    }
}

impl Entries {
    /// Closes one connection for a new one of the other network; false if none makes way.
    fn make_way(&mut self, other: &Client, now: u64) -> bool {
        let first =
            self.first_of_largest(other).or_else(|| self.oldest_head()).or_else(|| self.oldest_waiting(other, now));
        let Some(entry) = first.and_then(|id| self.remove(id)) else { return false };
        if let Some(abort) = entry.abort {
            abort.abort();
        }
        true
    }

    /// Of the network that holds the most, if it still holds as many as the other one afterwards: the connection that
    /// has waited for its client the longest, or else has been without traffic for the longest time.
    fn first_of_largest(&self, other: &Client) -> Option<u64> {
        let (largest, count) = self.networks.iter().max_by_key(|(_, count)| **count)?;
        if self.held_by(other) + 1 >= *count {
            return None;
        }
        let of_largest = self.connections.iter().filter(|(_, entry)| entry.network == *largest);
        let order = |entry: &Entry| match entry.progress.phase() {
            (Phase::Head, since) => (0, since),
            (Phase::Body | Phase::Idle, since) => (1, since),
            (Phase::Response, _) => (2, entry.progress.last_traffic()),
        };
        of_largest.min_by_key(|(id, entry)| (order(entry), **id)).map(|(id, _)| *id)
    }

    /// The oldest connection with an unfinished head, of any network: many networks with one each would otherwise hold
    /// the table until their timeout.
    fn oldest_head(&self) -> Option<u64> {
        self.oldest(|_, phase, _| phase == Phase::Head)
    }

    /// The oldest connection that is slow to send its body, idle for long, or idle and of a network that holds more than the
    /// other one.
    fn oldest_waiting(&self, other: &Client, now: u64) -> Option<u64> {
        let held = self.held_by(other);
        self.oldest(|entry, phase, since| {
            let age = now.saturating_sub(since);
            match phase {
                Phase::Head => true,
                Phase::Body => age > BODY_MILLISECONDS,
                Phase::Idle => age > IDLE_MILLISECONDS || self.held_by(&entry.network) > held,
                Phase::Response => false,
            }
        })
    }

    fn oldest(&self, is_selected: impl Fn(&Entry, Phase, u64) -> bool) -> Option<u64> {
        let phases = self.connections.iter().map(|(id, entry)| (*id, entry, entry.progress.phase()));
        let selected = phases.filter(|(_, entry, (phase, since))| is_selected(entry, *phase, *since));
        selected.min_by_key(|(id, _, (_, since))| (*since, *id)).map(|(id, ..)| id)
    }

    fn held_by(&self, network: &Client) -> usize {
        self.networks.get(network).copied().unwrap_or(0)
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
        let networks = self.networks.len();
        match self.named_network(max_connections) {
            Some((network, held)) => tracing::warn!(
                max_connections, networks, %network, held, closed, refused,
                "all connections are in use, most of them by this network; closing those of it that wait for their \
                 clients for other networks, and refusing its new ones"
            ),
            None => tracing::warn!(
                max_connections,
                networks,
                closed,
                refused,
                "all connections are in use, by many networks; closing those that have waited for their clients the \
                 longest, and refusing new ones if none waits"
            ),
        }
    }

    /// The network that holds the most, with its connections, if they are a large part of the table. Otherwise many
    /// networks hold a few each, and the name of one would blame an innocent one.
    fn named_network(&self, max_connections: usize) -> Option<(IpAddr, usize)> {
        let (network, held) = self.networks.iter().max_by_key(|(_, count)| **count)?;
        let Client::Network(network) = network else { return None };
        let is_large = *held > 1 && held.saturating_mul(NAMED_PART) >= max_connections;
        is_large.then_some((*network, *held))
    }
}

impl Place {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.table.entries).remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full table: the last bytes of the networks' addresses, and the phases of their connections, oldest first.
    fn table(connections: &[(u8, Phase)]) -> (Arc<ConnectionTable>, Vec<Place>) {
        let table = ConnectionTable::new(connections.len());
        let places = connections.iter().map(|(network, phase)| {
            let place = table.admit(address(*network)).unwrap();
            place.progress.begin(*phase);
            place
        });
        let places = places.collect();
        (table, places)
    }

    fn address(network: u8) -> IpAddr {
        [192, 0, 2, network].into()
    }

    #[test]
    fn the_connection_that_makes_way_waits_for_its_client() {
        use Phase::{Body, Head, Idle, Response};
        let check = |connections: &[(u8, Phase)], new: u8, expected: Option<usize>| {
            let (table, places) = table(connections);
            let is_open = |place: &Place| lock(&table.entries).connections.contains_key(&place.id);
            let admitted = table.admit(address(new));
            let closed = places.iter().position(|place| !is_open(place));
            assert_eq!((admitted.is_some(), closed), (expected.is_some(), expected), "{new} for {connections:?}");
        };
        // many networks with one each
        check(&[(1, Response), (2, Head), (3, Head)], 9, Some(1));
        check(&[(1, Response), (2, Body), (3, Idle), (4, Idle)], 9, Some(2));
        check(&[(1, Response), (2, Response)], 9, None);
        // a head makes way also for the same network, and nothing else does
        check(&[(1, Response), (1, Idle), (1, Head)], 1, Some(2));
        check(&[(1, Response), (1, Idle), (1, Body)], 1, None);
        check(&[(1, Idle), (1, Idle), (2, Idle), (2, Idle)], 1, None);
        // the network that holds the most comes first
        check(&[(2, Head), (1, Response), (1, Response), (1, Idle), (1, Head), (1, Head)], 9, Some(4));
        check(&[(2, Head), (1, Response), (1, Response), (1, Idle)], 9, Some(3));
        check(&[(2, Head), (1, Response), (1, Response), (1, Response)], 9, Some(1));
    }

    #[test]
    fn slow_bodies_and_long_idle_connections_make_way_for_every_network() {
        for (phase, limit) in [(Phase::Body, BODY_MILLISECONDS), (Phase::Idle, IDLE_MILLISECONDS)] {
            let (table, places) = table(&[(1, phase), (2, Phase::Response)]);
            let mut entries = lock(&table.entries);
            let since = places[0].progress.phase().1;
            assert!(!entries.make_way(&Client::network(address(1)), since + limit));
            assert!(entries.make_way(&Client::network(address(1)), since + limit + 1));
            drop((entries, places));
        }
    }

    #[test]
    fn only_a_network_with_a_large_part_is_named() {
        let named = |networks: &[u8]| {
            let connections: Vec<_> = networks.iter().map(|network| (*network, Phase::Response)).collect();
            let (table, _places) = table(&connections);
            lock(&table.entries).named_network(connections.len())
        };
        assert_eq!(named(&[1, 2, 3]), None);
        let mut many: Vec<u8> = (1..=30).collect();
        many.extend([1, 1]);
        assert_eq!(named(&many), None);
        many.extend([1, 1, 1]);
        assert_eq!(named(&many), Some((address(1), 6)));
    }
}

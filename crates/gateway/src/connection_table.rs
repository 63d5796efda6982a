//! `ConnectionTable`: the open connections of a listener. When it is full, a network that holds a large part makes way for
//! the others, and connections that have waited for their clients make way for new ones.

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

/// Time for the head of a request in a full table, and age of a connection before which it makes way only for networks
/// that hold far fewer: honest clients send a head in pieces, and would otherwise make way in place of older connections.
const YOUNG_MILLISECONDS: u64 = 1_000;
/// Time without progress of a body in a full table. A client that needs longer makes way for others.
const BODY_MILLISECONDS: u64 = 2_000;
/// Time after which an idle connection in a full table makes way for any other one.
const IDLE_MILLISECONDS: u64 = 5_000;
/// The part of the table that a network holds at least to be the cause of a full table: an eighth.
const LARGE_PART: usize = 8;

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
    /// Time of the admission, in milliseconds since the start of the table.
    admitted_at: u64,
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
        self.admit_at(peer, milliseconds_since(self.start))
    }

    /// A place for a connection that is new at `now`, in milliseconds since the start.
    fn admit_at(self: &Arc<Self>, peer: IpAddr, now: u64) -> Option<Place> {
        let network = Client::network(peer);
        let mut entries = lock(&self.entries);
        if entries.connections.len() >= self.max {
            let is_closed = entries.make_way(&network, self.max, now);
            entries.log(self.max, is_closed);
            if !is_closed {
                return None;
            }
        }
        let progress = Progress::new(self.start, now);
        let id = entries.next_id;
        entries.next_id += 1;
        *entries.networks.entry(network.clone()).or_default() += 1;
        entries.connections.insert(id, Entry { network, admitted_at: now, progress: progress.clone(), abort: None });
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
    fn make_way(&mut self, other: &Client, max: usize, now: u64) -> bool {
        let first = self
            .first_of_largest(other, |_, held| is_large(held, max))
            .or_else(|| self.oldest_head(now))
            .or_else(|| self.oldest_waiting(other, Phase::Idle, IDLE_MILLISECONDS, now))
            .or_else(|| self.oldest_waiting(other, Phase::Body, BODY_MILLISECONDS, now))
            .or_else(|| self.first_of_largest(other, |entry, _| !entry.is_young(now)));
        let Some(entry) = first.and_then(|id| self.remove(id)) else { return false };
        if let Some(abort) = entry.abort {
            abort.abort();
        }
        true
    }

    /// Of the networks that hold the most, if they still hold as many as the other one afterwards: the selected connection
    /// that has waited for its client the longest, or else has been without traffic for the longest time.
    fn first_of_largest(&self, other: &Client, is_selected: impl Fn(&Entry, usize) -> bool) -> Option<u64> {
        let most = *self.networks.values().max()?;
        if self.held_by(other) + 1 >= most {
            return None;
        }
        let selected = self.connections.iter().filter(|(_, entry)| is_selected(entry, most));
        let of_largest = selected.filter(|(_, entry)| self.held_by(&entry.network) == most);
        let order = |entry: &Entry| match entry.progress.phase() {
            (Phase::Head, since) => (0, since),
            (Phase::Body | Phase::Idle, since) => (1, since),
            (Phase::Response, _) => (2, entry.progress.last_traffic()),
        };
        of_largest.min_by_key(|(id, entry)| (order(entry), **id)).map(|(id, _)| *id)
    }

    /// The oldest connection whose head is unfinished for long, of any network: many networks with one each would otherwise
    /// hold the table until their timeout.
    fn oldest_head(&self, now: u64) -> Option<u64> {
        self.oldest(|_, phase, since| phase == Phase::Head && now.saturating_sub(since) >= YOUNG_MILLISECONDS)
    }

    /// The connection that has been the longest in the phase: for longer than the limit, or of a network that holds more
    /// than the other one.
    fn oldest_waiting(&self, other: &Client, selected: Phase, limit: u64, now: u64) -> Option<u64> {
        let held = self.held_by(other);
        self.oldest(|entry, phase, since| {
            let is_waiting = now.saturating_sub(since) >= limit || self.held_by(&entry.network) > held;
            phase == selected && !entry.is_young(now) && is_waiting
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
        is_large(*held, max_connections).then_some((*network, *held))
    }
}

impl Entry {
    /// True if it was admitted so recently that its client may still send its first request.
    fn is_young(&self, now: u64) -> bool {
        now.saturating_sub(self.admitted_at) < YOUNG_MILLISECONDS
    }
}

/// True if the connections that a network holds are a large part of the table.
fn is_large(held: usize, max_connections: usize) -> bool {
    held > 1 && held.saturating_mul(LARGE_PART) >= max_connections
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
    use crate::progress::PROGRESS_BYTES;

    /// Age of connections that are not young, in milliseconds.
    const AGED: u64 = YOUNG_MILLISECONDS;

    /// A full table: the last bytes of the networks' addresses, and the phases of their connections, all from time 0.
    fn table(connections: &[(u8, Phase)]) -> (Arc<ConnectionTable>, Vec<Place>) {
        table_at(&connections.iter().map(|(network, phase)| (*network, *phase, 0)).collect::<Vec<_>>())
    }

    /// A full table whose connections were admitted at these times, in milliseconds.
    fn table_at(connections: &[(u8, Phase, u64)]) -> (Arc<ConnectionTable>, Vec<Place>) {
        let table = ConnectionTable::new(connections.len());
        let places = connections.iter().map(|(network, phase, at)| {
            let place = table.admit_at(address(*network), *at).unwrap();
            place.progress.begin_at(*phase, *at);
            place
        });
        let places = places.collect();
        (table, places)
    }

    fn address(network: u8) -> IpAddr {
        [192, 0, 2, network].into()
    }

    /// Which connection is closed for a new one, if that is admitted.
    fn closed_for(new: u8, now: u64, table: &Arc<ConnectionTable>, places: &[Place]) -> Option<usize> {
        let admitted = table.admit_at(address(new), now);
        let closed = places.iter().position(|place| !lock(&table.entries).connections.contains_key(&place.id));
        assert_eq!(admitted.is_some(), closed.is_some());
        closed
    }

    #[test]
    fn the_connection_that_makes_way_waits_for_its_client() {
        use Phase::{Body, Head, Idle, Response};
        let check = |connections: &[(u8, Phase)], new: u8, expected: Option<usize>| {
            let (table, places) = table(connections);
            assert_eq!(closed_for(new, AGED, &table, &places), expected, "{new} for {connections:?}");
        };
        // many networks with one each
        check(&[(1, Response), (2, Head), (3, Head)], 9, Some(1));
        check(&[(1, Response), (2, Body), (3, Idle), (4, Idle)], 9, Some(2));
        check(&[(1, Response), (2, Body), (3, Body)], 9, Some(1));
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
    fn a_young_connection_stays_and_the_oldest_that_waits_makes_way() {
        use Phase::{Body, Head, Idle, Response};
        let now = 60_000;
        for old in [Head, Idle, Body] {
            for young in [Head, Idle, Body, Response] {
                let (table, places) = table_at(&[(1, young, now - 999), (2, old, 100), (3, old, 0), (4, young, now)]);
                assert_eq!(closed_for(9, now, &table, &places), Some(2), "{young:?} beside {old:?}");
            }
        }
        // the next head of an old connection is young too
        let (table, places) = table_at(&[(1, Idle, 0), (2, Idle, 0)]);
        places[0].progress.begin_at(Head, now);
        assert_eq!(closed_for(9, now, &table, &places), Some(1));
        // where all are young, the new one is refused
        for young in [Head, Idle, Body] {
            let (table, places) = table_at(&[(1, young, now - 999), (2, young, now - 999), (3, young, now)]);
            assert_eq!(closed_for(9, now, &table, &places), None, "{young:?}");
            assert_eq!(closed_for(9, now + 1, &table, &places), Some(0), "{young:?}");
        }
    }

    #[test]
    fn young_connections_make_way_only_if_their_network_holds_a_large_part() {
        let large: Vec<_> = (1..=16).map(|network| (network.max(2), Phase::Head, 500)).collect();
        let (table, places) = table_at(&large);
        assert_eq!(closed_for(99, 600, &table, &places), Some(0), "two of sixteen");
        let mut small = large;
        small.push((17, Phase::Idle, 500));
        let (table, places) = table_at(&small);
        assert_eq!(closed_for(99, 600, &table, &places), None, "two of seventeen");
    }

    #[test]
    fn a_network_with_a_small_part_makes_way_last() {
        let mut connections: Vec<_> = (1..=17).map(|network| (network.max(2), Phase::Response, 0)).collect();
        connections.push((18, Phase::Idle, 0));
        let (table, places) = table_at(&connections);
        assert_eq!(closed_for(99, AGED, &table, &places), Some(17));
        let (table, places) = table_at(&connections[..17]);
        assert_eq!(closed_for(99, AGED, &table, &places), Some(0));
    }

    #[test]
    fn slow_bodies_and_long_idle_connections_make_way_for_every_network() {
        for (phase, limit) in [(Phase::Body, BODY_MILLISECONDS), (Phase::Idle, IDLE_MILLISECONDS)] {
            let (table, places) = table(&[(1, phase), (2, Phase::Response)]);
            assert_eq!(closed_for(1, limit - 1, &table, &places), None);
            assert_eq!(closed_for(1, limit, &table, &places), Some(0));
        }
    }

    #[test]
    fn a_body_stays_while_it_progresses_by_more_than_single_bytes() {
        for (bytes, expected) in [(PROGRESS_BYTES, None), (1, Some(0))] {
            let (table, places) = table(&[(1, Phase::Body), (2, Phase::Response)]);
            for now in (500..=10_000).step_by(500) {
                places[0].progress.record_received(bytes, now);
            }
            assert_eq!(closed_for(1, 10_000, &table, &places), expected);
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

//! `BodyBudget`: memory for the bodies being received. Where it is short, the largest body makes way.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use autoheal_prepare::validate::Client;
use tokio::sync::Notify;

use crate::throttle::Throttle;

/// Maximum size of all bodies being received, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The part of it that only known senders use, in bytes.
const RESERVED_BYTES: usize = 16 * 1024 * 1024;
/// Maximum size of the bodies of one network, in bytes.
const NETWORK_BYTES: usize = 16 * 1024 * 1024;

/// One line per minute, because every body could write one.
static SHORT_OF_MEMORY: Throttle = Throttle::new();

/// Memory for the bodies being received.
#[derive(Debug, Default)]
pub(crate) struct BodyBudget(Mutex<Bodies>);

#[derive(Debug, Default)]
struct Bodies {
    next_id: u64,
    used: usize,
    used_by_unknown: usize,
    /// Bytes of the bodies of each network. Known senders belong to none.
    networks: HashMap<Client, usize>,
    open: HashMap<u64, OpenBody>,
}

#[derive(Debug)]
struct OpenBody {
    network: Option<Client>,
    bytes: usize,
    cut: Arc<Notify>,
}

/// Memory of one body, returned to the budget when it is dropped.
#[derive(Debug)]
pub(crate) struct Share<'a> {
    budget: &'a BodyBudget,
    id: u64,
    network: Option<Client>,
    cut: Arc<Notify>,
}

impl BodyBudget {
    /// The share of a body that is still empty. The body of an unknown sender counts for the network of its address.
    pub(crate) fn share(&self, unknown: Option<IpAddr>) -> Share<'_> {
        let (network, cut) = (unknown.map(Client::network), Arc::new(Notify::new()));
        let mut bodies = self.lock();
        let id = bodies.next_id;
        bodies.next_id += 1;
        bodies.open.insert(id, OpenBody { network: network.clone(), bytes: 0, cut: Arc::clone(&cut) });
        Share { budget: self, id, network, cut }
    }

    fn lock(&self) -> MutexGuard<'_, Bodies> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share<'_> {
    /// Takes more memory; false if there is none for this body, or if it made way for another one.
    pub(crate) fn grow(&self, bytes: usize) -> bool {
        let mut bodies = self.budget.lock();
        let Some(size) = bodies.open.get(&self.id).map(|body| body.bytes + bytes) else { return false };
        if let Some(network) = &self.network {
            while bodies.of_network(network) + bytes > NETWORK_BYTES {
                if !bodies.cut_largest(network, size) {
                    return false;
                }
            }
        }
        while !bodies.have_memory_for(self.network.is_some(), bytes) {
            if !bodies.make_way(self.network.as_ref(), size) {
                return false;
            }
        }
        bodies.add(self.id, bytes);
        true
    }

    /// Ends once this body has to make way for another one.
    pub(crate) async fn cut(&self) {
        self.cut.notified().await;
    }

    /// True if memory is short for the network of this body, so that it may not wait for a slow sender.
    pub(crate) fn is_short(&self) -> bool {
        let Some(network) = &self.network else { return false };
        let bodies = self.budget.lock();
        bodies.used > MAX_BYTES / 2 || bodies.of_network(network) > NETWORK_BYTES / 2
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.budget.lock().remove(self.id);
    }
}

impl Bodies {
    fn of_network(&self, network: &Client) -> usize {
        self.networks.get(network).copied().unwrap_or(0)
    }

    fn have_memory_for(&self, is_unknown: bool, bytes: usize) -> bool {
        self.used + bytes <= MAX_BYTES && (!is_unknown || self.used_by_unknown + bytes <= MAX_BYTES - RESERVED_BYTES)
    }

    /// Cuts the largest body of the network that uses the most, for a body of another network that uses less, or of a
    /// known sender.
    fn make_way(&mut self, other: Option<&Client>, size: usize) -> bool {
        let Some((largest, used)) = self.networks.iter().max_by_key(|(_, used)| **used) else { return false };
        let (largest, used) = (largest.clone(), *used);
        match other {
            Some(other) if *other == largest => self.cut_largest(&largest, size),
            Some(other) if self.of_network(other) + size > used => false,
            _ => self.cut_largest(&largest, 0),
        }
    }

    /// Cuts the largest body of a network, if it is larger than `size`.
    fn cut_largest(&mut self, network: &Client, size: usize) -> bool {
        log_shortage(network, self.of_network(network));
        let of_network = self.open.iter().filter(|(_, body)| body.network.as_ref() == Some(network));
        let largest = of_network.max_by_key(|(_, body)| body.bytes).filter(|(_, body)| body.bytes > size);
        let Some(body) = largest.map(|(id, _)| *id).and_then(|id| self.remove(id)) else { return false };
        body.cut.notify_one();
        true
    }

    fn add(&mut self, id: u64, bytes: usize) {
        let Some(body) = self.open.get_mut(&id) else { return };
        body.bytes += bytes;
        self.used += bytes;
        if let Some(network) = &body.network {
            self.used_by_unknown += bytes;
            *self.networks.entry(network.clone()).or_default() += bytes;
        }
    }

    fn remove(&mut self, id: u64) -> Option<OpenBody> {
        let body = self.open.remove(&id)?;
        self.used -= body.bytes;
        if let Some(network) = &body.network
            && let Some(used) = self.networks.get_mut(network)
        {
            self.used_by_unknown -= body.bytes;
            *used -= body.bytes;
            if *used == 0 {
                self.networks.remove(network);
            }
        }
        Some(body)
    }
}

fn log_shortage(network: &Client, bytes: usize) {
    if let (Client::Network(network), Some(more)) = (network, SHORT_OF_MEMORY.pass()) {
        tracing::warn!(
            %network, bytes, more,
            "the memory for reports being received is short; refusing the largest ones of this network, and slow ones"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn shares(budget: &BodyBudget, address: [u8; 4], bodies: usize) -> Vec<Share<'_>> {
        let share = |_| {
            let share = budget.share(Some(address.into()));
            share.grow(MIB).then_some(share)
        };
        (0..bodies).filter_map(share).collect()
    }

    #[test]
    fn one_network_has_a_quarter_and_its_small_bodies_displace_large_ones() {
        let budget = BodyBudget::default();
        let held = shares(&budget, [192, 0, 2, 1], 70);
        assert_eq!(held.len(), 16);
        let small = budget.share(Some([192, 0, 2, 1].into()));
        assert!(small.grow(3_000) && small.is_short());
        assert_eq!(held.iter().filter(|share| !share.grow(0)).count(), 1, "one made way");
        assert_eq!(shares(&budget, [192, 0, 2, 2], 3).len(), 3, "of another network");
    }

    #[test]
    fn networks_together_leave_a_reserve_and_make_way_for_smaller_ones() {
        let budget = BodyBudget::default();
        let held: Vec<_> = (1..=9).flat_map(|last| shares(&budget, [192, 0, 2, last], 16)).collect();
        let open = || held.iter().filter(|share| share.grow(0)).count();
        assert_eq!(open(), 48);
        let known: Vec<_> = (0..60).map(|_| budget.share(None)).collect();
        assert!(known.iter().all(|share| share.grow(MIB) && !share.is_short()));
        assert_eq!(open(), 4);
        drop((known, held));
        let bodies = budget.lock();
        assert_eq!((bodies.used, bodies.used_by_unknown, bodies.networks.len(), bodies.open.len()), (0, 0, 0, 0));
    }
}

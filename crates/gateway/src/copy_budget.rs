//! `CopyBudget`: bounds the memory of all messages that are being copied while they pass, and shares it between networks.

use std::sync::{Arc, Mutex};

use autoheal_watch::Scope;

use super::analysis::network;
use super::fair_share::{FairShare, Network};
use super::lock;

/// Maximum size of all copies together, in bytes. A message beyond it passes without being read.
const MAX_COPIES_BYTES: usize = 10 * 1024 * 1024;
/// Size of a copy that is kept in any case, in bytes, so that slow large messages do not stop the reading of small ones.
const MIN_COPY_BYTES: usize = 16 * 1024;
/// The part of free memory that one network may use.
const DIVISOR: usize = 2;

/// Memory for the messages that are being copied.
#[derive(Debug, Clone)]
pub(super) struct CopyBudget(Arc<Mutex<FairShare>>);

/// Memory of one copy, returned to the budget when it is dropped.
#[derive(Debug)]
pub(super) struct CopyShare {
    budget: CopyBudget,
    network: Network,
    bytes: usize,
}

impl Default for CopyBudget {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(FairShare::new(MAX_COPIES_BYTES, DIVISOR))))
    }
}

impl CopyBudget {
    /// The share of a copy that is still empty.
    pub(super) fn share(&self, scope: &Scope) -> CopyShare {
        CopyShare { budget: self.clone(), network: network(scope), bytes: 0 }
    }
}

impl CopyShare {
    /// Sets the size of the copy; false if it has to be dropped.
    #[must_use]
    pub(super) fn resize(&mut self, bytes: usize) -> bool {
        if bytes == self.bytes {
            return true;
        }
        let mut share = lock(&self.budget.0);
        share.give_back(self.network, self.bytes);
        self.bytes = 0;
        if bytes > MIN_COPY_BYTES && bytes > share.allowance(self.network) {
            return false;
        }
        share.take(self.network, bytes);
        self.bytes = bytes;
        true
    }
}

impl Drop for CopyShare {
    fn drop(&mut self) {
        lock(&self.budget.0).give_back(self.network, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use autoheal_watch::Peer;

    use super::*;

    fn scope(network: u64) -> Scope {
        Scope { peer: Some(Peer { network, address: [127, 0, 0, 1].into() }), ..Scope::default() }
    }

    #[test]
    fn copies_beyond_the_budget_are_dropped_and_small_ones_are_kept() {
        let budget = CopyBudget::default();
        let [mut first, mut second, mut third] = [(); 3].map(|()| budget.share(&scope(1)));
        assert!(first.resize(MAX_COPIES_BYTES / 4));
        assert!(!second.resize(MAX_COPIES_BYTES / 10) && second.resize(MAX_COPIES_BYTES / 12));
        assert!(!third.resize(MIN_COPY_BYTES + 1) && third.resize(MIN_COPY_BYTES));
        // another network has a part of its own
        let mut other = budget.share(&scope(2));
        assert!(!other.resize(MAX_COPIES_BYTES / 4) && other.resize(MAX_COPIES_BYTES / 5));
        // a smaller copy returns memory
        assert!(first.resize(MIN_COPY_BYTES) && second.resize(MAX_COPIES_BYTES / 6));
        drop((first, second, third, other));
        assert_eq!(lock(&budget.0).used(), 0);
    }
}

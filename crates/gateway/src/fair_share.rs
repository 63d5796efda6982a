//! `FairShare`: divides something limited between networks, so that none of them uses up what the others need.

use std::collections::HashMap;

/// The network of a client, as reports name it; none for the user of this machine.
pub(super) type Network = Option<u64>;

/// An amount that networks use. Each network may use a certain part of what is still free then. With half of it, one
/// network alone uses a third of the limit, and two a quarter each once they have used it for a while. So a network that
/// used little finds something free at any time.
#[derive(Debug)]
pub(super) struct FairShare {
    limit: usize,
    /// A network may use what is free, divided by this.
    divisor: usize,
    used: usize,
    networks: HashMap<Network, usize>,
}

impl FairShare {
    pub(super) fn new(limit: usize, divisor: usize) -> Self {
        Self { limit, divisor, used: 0, networks: HashMap::new() }
    }

    /// The amount that this network may use in addition.
    pub(super) fn allowance(&self, network: Network) -> usize {
        let own = self.networks.get(&network).copied().unwrap_or(0);
        self.limit.saturating_sub(self.used).saturating_sub(self.divisor * own) / (self.divisor + 1)
    }

    /// Records the use of an amount.
    pub(super) fn take(&mut self, network: Network, amount: usize) {
        if amount > 0 {
            self.used += amount;
            *self.networks.entry(network).or_default() += amount;
        }
    }

    /// Records the end of the use of an amount.
    pub(super) fn give_back(&mut self, network: Network, amount: usize) {
        let Some(own) = self.networks.get_mut(&network) else { return };
        let amount = amount.min(*own);
        *own -= amount;
        self.used -= amount;
        if *own == 0 {
            self.networks.remove(&network);
        }
    }

    /// Gives an amount back to all networks, to each in proportion to its use, so that all come to use the same.
    pub(super) fn give_back_to_all(&mut self, amount: usize) {
        if amount >= self.used {
            return self.clear();
        }
        let before = self.used;
        self.networks.retain(|_, own| {
            // rounded up, so that small ones end
            let given = own.saturating_mul(amount).div_ceil(before).min(*own);
            *own -= given;
            self.used -= given;
            *own > 0
        });
    }

    /// The amount in use by all networks.
    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Ends all use.
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.networks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes all that the network may use, in steps of one.
    fn take_all(share: &mut FairShare, network: u64) -> usize {
        let mut taken = 0;
        while share.allowance(Some(network)) > 0 {
            share.take(Some(network), 1);
            taken += 1;
        }
        taken
    }

    #[test]
    fn every_network_leaves_a_part_for_the_next() {
        let mut share = FairShare::new(1_000, 1);
        assert_eq!(share.allowance(Some(1)), 500);
        let taken: Vec<_> = (1..=3).map(|network| take_all(&mut share, network)).collect();
        assert!(taken[0] >= 498 && taken[1] >= 247 && taken[2] >= 123, "{taken:?}");
        assert!(share.allowance(Some(4)) > 50 && share.allowance(Some(1)) == 0);
        share.give_back(Some(1), taken[0]);
        assert!(share.allowance(Some(4)) > 300);
        for network in 2..=3 {
            share.give_back(Some(network), usize::MAX);
        }
        assert_eq!((share.used(), share.networks.len()), (0, 0));
        assert_eq!(FairShare::new(1_000, 4).allowance(None), 200);
    }

    #[test]
    fn what_is_given_back_to_all_is_in_proportion_to_their_use() {
        let mut share = FairShare::new(1_000, 1);
        for (network, amount) in [(1, 1), (2, 300), (3, 400)] {
            share.take(Some(network), amount);
        }
        share.give_back_to_all(350);
        assert_eq!((share.networks.len(), share.networks[&Some(2)], share.networks[&Some(3)]), (2, 150, 200));
        assert_eq!(share.used(), 350);
        share.give_back_to_all(350);
        assert_eq!((share.used(), share.networks.len()), (0, 0));
    }
}

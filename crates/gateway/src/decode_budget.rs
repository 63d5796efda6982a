//! `DecodeBudget`: bounds the output of all decoders per second, because a small compressed message may have a large
//! output, and decoding it costs time. Networks share it, so that the messages of one do not hide the failures of others.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::connection_table::LOG_INTERVAL;
use crate::fair_share::{FairShare, Network};

/// Output that a message costs at least, in bytes.
const MIN_COST: usize = 1024;
/// Shortest time between two refills, because each one visits all networks.
const REFILL_INTERVAL: Duration = Duration::from_millis(10);
/// The part of what may be decoded now that is for one network.
const DIVISOR: usize = 2;
/// The part of the rate and of the burst that is kept for networks that use little.
const RESERVE_DIVISOR: usize = 4;
/// What a network may use of the reserve in a window, as a part of the burst.
const SMALL_DIVISOR: usize = 512;
/// Time after which a network may use the reserve again.
const WINDOW: Duration = Duration::from_secs(10);

/// Output that may be decoded now, in bytes: the burst, less what networks have used, which shrinks by the rate.
#[derive(Debug)]
pub(super) struct DecodeBudget {
    name: &'static str,
    per_second: usize,
    burst: usize,
    used: FairShare,
    /// Output that may be decoded now for networks that use little, in addition.
    reserve: usize,
    /// What networks used of it since the beginning of the window.
    used_of_reserve: HashMap<Network, usize>,
    window_began_at: Instant,
    refilled_at: Instant,
    logged_at: Option<Instant>,
    skipped: u64,
}

impl DecodeBudget {
    /// A full budget for messages of this name.
    pub(super) fn new(name: &'static str, per_second: usize, burst: usize) -> Self {
        let (now, reserve) = (Instant::now(), burst / RESERVE_DIVISOR);
        Self {
            name,
            per_second,
            burst,
            used: FairShare::new(burst - reserve, DIVISOR),
            reserve,
            used_of_reserve: HashMap::new(),
            window_began_at: now,
            refilled_at: now,
            logged_at: None,
            skipped: 0,
        }
    }

    /// Passes the output that may be decoded for a network to `decode`, which takes from it what it decodes. `None` if there
    /// is none, or without a result.
    pub(super) fn decode<T>(&mut self, network: Network, decode: impl FnOnce(&mut usize) -> Option<T>) -> Option<T> {
        self.decode_at(Instant::now(), network, decode)
    }

    fn decode_at<T>(
        &mut self,
        now: Instant,
        network: Network,
        decode: impl FnOnce(&mut usize) -> Option<T>,
    ) -> Option<T> {
        self.refill(now);
        let (shared, small) = (self.used.allowance(network), self.allowance_of_reserve(network));
        let before = shared.max(small);
        if before < MIN_COST {
            self.log(now);
            return None;
        }
        let mut available = before;
        let decoded = decode(&mut available);
        available = available.min(before.saturating_sub(MIN_COST));
        if shared >= small {
            self.used.take(network, before - available);
        } else {
            self.reserve -= before - available;
            *self.used_of_reserve.entry(network).or_default() += before - available;
        }
        // the message may also have been malformed; this is rare and a log line then does no harm
        if decoded.is_none() && available < MIN_COST + self.burst / 64 {
            self.log(now);
        }
        decoded
    }

    /// The part of the reserve that this network may use.
    fn allowance_of_reserve(&self, network: Network) -> usize {
        let used = self.used_of_reserve.get(&network).copied().unwrap_or(0);
        (self.burst / SMALL_DIVISOR).saturating_sub(used).min(self.reserve)
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.refilled_at).min(Duration::from_secs(60));
        if elapsed >= REFILL_INTERVAL {
            let milliseconds = usize::try_from(elapsed.as_millis()).unwrap_or(0);
            let refill = milliseconds * (self.per_second / 1000);
            self.used.give_back_to_all(refill - refill / RESERVE_DIVISOR);
            self.reserve = (self.reserve + refill / RESERVE_DIVISOR).min(self.burst / RESERVE_DIVISOR);
            self.refilled_at = now;
        }
        if now.saturating_duration_since(self.window_began_at) >= WINDOW {
            self.used_of_reserve.clear();
            self.window_began_at = now;
        }
    }

    fn log(&mut self, now: Instant) {
        self.skipped += 1;
        if self.logged_at.is_some_and(|at| now.saturating_duration_since(at) < LOG_INTERVAL) {
            return;
        }
        self.logged_at = Some(now);
        let (messages, skipped) = (self.name, std::mem::take(&mut self.skipped));
        tracing::warn!(
            messages,
            skipped,
            "compressed messages come faster than they may be decoded; they pass, and some failures in them are not reported"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_bounded_per_second_over_all_messages() {
        let mut budget = DecodeBudget::new("requests", 1_000_000, 10_000_000);
        let start = Instant::now();
        // messages of 900 kB, ten of them per second
        let decoded = (0..100_u64).filter(|number| {
            let now = start + Duration::from_millis(100 * number);
            let decode = |available: &mut usize| {
                *available = available.checked_sub(900_000)?;
                Some(())
            };
            budget.decode_at(now, Some(1), decode).is_some()
        });
        let decoded = decoded.count();
        assert!((10..=12).contains(&decoded), "{decoded}");
    }

    #[test]
    fn networks_that_use_all_they_may_leave_something_for_others() {
        const STRANGERS: u64 = 100;
        let mut budget = DecodeBudget::new("requests", 1_000_000, 10_000_000);
        let start = Instant::now();
        let (mut decoded, mut output) = (Vec::new(), 0);
        for milliseconds in (0..20_000_u64).step_by(10) {
            let now = start + Duration::from_millis(milliseconds);
            for network in 1..=STRANGERS {
                budget.decode_at(now, Some(network), |available| {
                    output += std::mem::take(available);
                    None::<()>
                });
            }
            if milliseconds % 5_000 == 3_000 {
                let own = |available: &mut usize| {
                    *available = available.checked_sub(8_000)?;
                    Some(())
                };
                decoded.push(budget.decode_at(now, None, own).is_some());
            }
        }
        assert_eq!(decoded, [true; 4], "messages of 8 kB");
        assert!((20_000_000..30_000_000).contains(&output), "{output}");
    }
}

//! `RateLimit`: one token bucket per client.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use autoheal_contract::limits::BATCH_REPORTS;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Number of checks between two removals of full buckets. Without them, clients that sent a single request would fill
/// the memory.
const CHECKS_PER_SWEEP: u64 = 10_000;

/// A rate limit of reports per client address.
pub(crate) struct RateLimit {
    buckets: Option<DefaultKeyedRateLimiter<IpAddr>>,
    clock: DefaultClock,
    checks: AtomicU64,
}

impl RateLimit {
    /// A limit in reports per minute; 0 turns it off. The bucket holds the reports of one minute, and at least one
    /// batch.
    pub(crate) fn per_minute(reports: u32) -> Self {
        // a batch larger than the bucket could never be accepted
        let batch = u32::try_from(BATCH_REPORTS).unwrap_or(u32::MAX);
        let quota = NonZeroU32::new(reports).map(|rate| {
            Quota::per_minute(rate).allow_burst(rate.max(NonZeroU32::new(batch).unwrap_or(NonZeroU32::MIN)))
        });
        Self { buckets: quota.map(RateLimiter::keyed), clock: DefaultClock::default(), checks: AtomicU64::new(0) }
    }

    /// Takes one token per report. Without enough tokens, returns the seconds until there are enough.
    pub(crate) fn take(&self, client: IpAddr, reports: usize) -> Result<(), u64> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_PER_SWEEP == CHECKS_PER_SWEEP - 1 {
            buckets.retain_recent();
        }
        let tokens = u32::try_from(reports).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        match buckets.check_key_n(&network(client), tokens) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => Err(until.wait_time_from(self.clock.now()).as_secs() + 1),
            // more reports than the bucket holds; does not occur, because larger batches are refused before
            Err(_) => Err(60),
        }
    }
}

/// The key of a client's bucket. An IPv6 subscriber usually has a whole /64, which counts as one client.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::from((u128::from(address) & !u128::from(u64::MAX)).to_be_bytes()),
        address => address,
    }
}

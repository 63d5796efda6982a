//! The rate limit per client: a token bucket each, forgotten when it is full again.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use autoheal_contract::limits::BATCH_REPORTS;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Full buckets are forgotten once in so many checks, so that passers-by cost no memory.
const SWEEP: u64 = 10_000;

/// Limits reports by client address.
pub(crate) struct RateLimit {
    buckets: Option<DefaultKeyedRateLimiter<IpAddr>>,
    clock: DefaultClock,
    checks: AtomicU64,
}

impl RateLimit {
    /// So many reports a minute, all of them at once if need be; 0 turns it off.
    pub(crate) fn per_minute(reports: u32) -> Self {
        // A whole batch must fit into the bucket, or it could never be sent.
        let batch = u32::try_from(BATCH_REPORTS).unwrap_or(u32::MAX);
        let quota = NonZeroU32::new(reports).map(|rate| {
            Quota::per_minute(rate).allow_burst(rate.max(NonZeroU32::new(batch).unwrap_or(NonZeroU32::MIN)))
        });
        Self { buckets: quota.map(RateLimiter::keyed), clock: DefaultClock::default(), checks: AtomicU64::new(0) }
    }

    /// Takes tokens for so many reports; when there are not enough, says in how many seconds there are.
    pub(crate) fn take(&self, client: IpAddr, reports: usize) -> Result<(), u64> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            buckets.retain_recent();
        }
        let tokens = u32::try_from(reports).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        match buckets.check_key_n(&network(client), tokens) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => Err(until.wait_time_from(self.clock.now()).as_secs() + 1),
            // More than the bucket holds: batches over the limit are refused before this.
            Err(_) => Err(60),
        }
    }
}

/// One subscriber has a whole /64 of IPv6: it counts as one client.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::from((u128::from(address) & !u128::from(u64::MAX)).to_be_bytes()),
        address => address,
    }
}

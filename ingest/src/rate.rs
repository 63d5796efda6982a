//! Rate limits for unknown senders: of their reports, of one failure, and of new groups.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use autoheal_contract::limits::BATCH_REPORTS;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::config::RateLimits;

/// Number of checks between two removals of full buckets. Without them, clients that sent a single request would fill
/// the memory.
const CHECKS_PER_SWEEP: u64 = 10_000;
/// Reports of one IPv6 site (/48), in reports of one client. A site may have many clients, and one stranger may have a
/// whole site.
const SITE_FACTOR: u32 = 4;
/// Reports of one failure from all clients together, in reports of one client.
const FAILURE_FACTOR: u32 = 10;
/// Minimum number of reports that a limit of all clients together accepts at once.
const SHARED_BURST: u32 = 1_000;
/// Reports of one project from all clients together, in reports of one client.
const PROJECT_FACTOR: u32 = 100;
/// New groups at once, in new groups of an hour: a new release may have several failures.
const NEW_GROUPS_BURST: u32 = 2;
/// New groups of all clients of a project together, in those of one client.
const NEW_GROUPS_FACTOR: u32 = 10;

/// Token buckets, one per key.
struct Buckets {
    limiter: Option<DefaultKeyedRateLimiter<u64>>,
    clock: DefaultClock,
    checks: AtomicU64,
}

/// A client, as the limits tell clients apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LimitedClient {
    key: u64,
    /// Key of the IPv6 site that the client belongs to.
    site: Option<u64>,
}

impl LimitedClient {
    /// The client with this address: an IPv4 address, or the first 64 bits of an IPv6 address, which is what one subscriber
    /// usually has. Its site is the first 48 bits.
    pub(crate) fn at(address: IpAddr) -> Self {
        let is_v6 = address.to_canonical().is_ipv6();
        Self { key: key(&prefix(address, 64)), site: is_v6.then(|| key(&prefix(address, 48))) }
    }

    /// All failures that the gateway cannot assign to one client.
    pub(crate) fn without_address() -> Self {
        Self { key: key("without address"), site: None }
    }
}

/// The limits of all unknown senders. Keys are hashes, so that a bucket has the same size whatever its key is.
pub(crate) struct RateLimit {
    clients: Buckets,
    sites: Buckets,
    failures: Buckets,
    projects: Buckets,
    new_by_client: Buckets,
    new_by_project: Buckets,
}

impl RateLimit {
    /// The limits of a configuration. The bucket of a client holds the reports of one minute, and at least one batch.
    pub(crate) fn new(limits: RateLimits) -> Self {
        // a batch larger than the bucket could never be accepted
        let batch = u32::try_from(BATCH_REPORTS).unwrap_or(u32::MAX);
        let reports = |factor: u32, burst: u32| {
            let rate = NonZeroU32::new(limits.reports_per_minute.saturating_mul(factor))?;
            Some(Quota::per_minute(rate).allow_burst(rate.max(NonZeroU32::new(burst)?)))
        };
        let new_groups = |factor: u32| {
            let rate = NonZeroU32::new(limits.new_groups_per_hour.saturating_mul(factor))?;
            Some(Quota::per_hour(rate).allow_burst(rate.saturating_mul(NonZeroU32::new(NEW_GROUPS_BURST)?)))
        };
        Self {
            clients: Buckets::new(reports(1, batch)),
            sites: Buckets::new(reports(SITE_FACTOR, batch)),
            failures: Buckets::new(reports(FAILURE_FACTOR, SHARED_BURST)),
            projects: Buckets::new(reports(PROJECT_FACTOR, SHARED_BURST)),
            new_by_client: Buckets::new(new_groups(1)),
            new_by_project: Buckets::new(new_groups(NEW_GROUPS_FACTOR)),
        }
    }

    /// Takes one token per report of a client. Without enough tokens, returns the seconds until there are enough.
    pub(crate) fn take(&self, client: LimitedClient, project: &str, reports: usize) -> Result<(), u64> {
        self.clients.take(client.key, reports)?;
        if let Some(site) = client.site {
            self.sites.take(site, reports)?;
        }
        self.projects.take(key(project), reports)
    }

    /// Takes one token of a failure, which is recognised by its type and message, before its report is prepared: one
    /// failure that occurs very often must not use up the time of the others.
    pub(crate) fn take_failure(&self, project: &str, error_type: &str, message: &str) -> Result<(), u64> {
        if !self.limits_failures() {
            return Ok(());
        }
        let mut hasher = DefaultHasher::new();
        (project, error_type).hash(&mut hasher);
        // numbers differ between occurrences
        message.bytes().filter(|byte| !byte.is_ascii_digit()).take(200).for_each(|byte| byte.hash(&mut hasher));
        self.failures.take(hasher.finish(), 1)
    }

    /// True if there is a limit of one failure.
    pub(crate) fn limits_failures(&self) -> bool {
        self.failures.limiter.is_some()
    }

    /// True if there is a limit of new groups.
    pub(crate) fn limits_new_groups(&self) -> bool {
        self.new_by_client.limiter.is_some()
    }

    /// Takes one token for a new group of a client.
    pub(crate) fn take_new_group(&self, client: LimitedClient, project: &str) -> Result<(), u64> {
        self.new_by_client.take(client.site.unwrap_or(client.key), 1)?;
        self.new_by_project.take(key(project), 1)
    }
}

impl Buckets {
    fn new(quota: Option<Quota>) -> Self {
        Self { limiter: quota.map(RateLimiter::keyed), clock: DefaultClock::default(), checks: AtomicU64::new(0) }
    }

    fn take(&self, key: u64, tokens: usize) -> Result<(), u64> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_PER_SWEEP == CHECKS_PER_SWEEP - 1 {
            limiter.retain_recent();
        }
        let tokens = u32::try_from(tokens).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        match limiter.check_key_n(&key, tokens) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => Err(until.wait_time_from(self.clock.now()).as_secs() + 1),
            // more tokens than the bucket holds; does not occur, because larger batches are refused before
            Err(_) => Err(60),
        }
    }
}

fn key(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The first bits of an IPv6 address; an IPv4 address as it is.
fn prefix(address: IpAddr, bits: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::from((u128::from(address) & (u128::MAX << (128 - bits))).to_be_bytes()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> LimitedClient {
        LimitedClient::at(address.parse().unwrap())
    }

    fn limit(reports_per_minute: u32, new_groups_per_hour: u32) -> RateLimit {
        RateLimit::new(RateLimits { reports_per_minute, new_groups_per_hour })
    }

    #[test]
    fn one_site_has_a_limit_however_many_networks_it_uses() {
        let limit = limit(100, 0);
        let accepted =
            (0..50_u16).filter(|network| limit.take(at(&format!("2001:db8:7:{network:x}::1")), "default", 100).is_ok());
        assert_eq!(accepted.count(), 4);
        assert!(limit.take(at("2001:db8:8::1"), "default", 100).is_ok());
    }

    #[test]
    fn one_failure_has_a_limit_over_all_clients() {
        let limit = limit(10, 0);
        let accepted = (0..3_000).filter(|number| limit.take_failure("p", "E", &format!("row {number}")).is_ok());
        assert_eq!(accepted.count(), 1_000);
        assert!(limit.take_failure("p", "E", "another").is_ok());
    }

    #[test]
    fn new_groups_have_a_limit_for_each_client_and_for_all() {
        let limit = limit(0, 3);
        let of = |client: &str, groups: usize| {
            (0..groups).filter(|_| limit.take_new_group(at(client), "default").is_ok()).count()
        };
        assert_eq!(of("192.0.2.1", 100), 6);
        let others: usize = (2..30).map(|last| of(&format!("192.0.2.{last}"), 6)).sum();
        assert_eq!(others, 54, "60 in all");
    }
}

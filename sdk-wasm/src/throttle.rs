//! `Throttle`: limits the number of requests with reports per minute, and pauses after failed requests. Repeats of an
//! error that waits are counted.

/// Maximum number of different errors that wait, to limit memory.
const MAX_PENDING_ERRORS: usize = 100;
const MINUTE_MS: f64 = 60_000.0;
/// Pause after a first failed request, in milliseconds. It doubles with every failure.
const FIRST_PAUSE_MS: f64 = 4_000.0;
/// Maximum pause unless the service requests one, in milliseconds.
const MAX_PAUSE_MS: f64 = 5.0 * MINUTE_MS;
/// Minimum pause that a service may request, in milliseconds.
const MIN_REQUESTED_PAUSE_MS: f64 = 1_000.0;
/// Maximum pause that a service may request, in milliseconds.
const MAX_REQUESTED_PAUSE_MS: f64 = 60.0 * MINUTE_MS;

/// The throttle of one client. Every `now` is in milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// Maximum number of requests per minute. One of them is reserved for urgent reports.
    per_minute: u32,
    minute_began: f64,
    sent: u32,
    paused_until: f64,
    /// Number of failed requests in a row.
    failures: u32,
    pending: Vec<Pending>,
}

/// An error without a report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pending {
    error: u64,
    /// The number under which the shell stores its facts.
    pub(crate) number: u32,
    /// The number of occurrences.
    pub(crate) count: u64,
    /// The time of the first occurrence, in milliseconds since 1970.
    pub(crate) first: f64,
    /// The time of the last occurrence, in milliseconds since 1970.
    pub(crate) last: f64,
}

impl Throttle {
    pub(crate) const fn new(per_minute: u32) -> Self {
        Self { per_minute, minute_began: 0.0, sent: 0, paused_until: 0.0, failures: 0, pending: Vec::new() }
    }

    /// Adds an error. Returns false if the same error is pending, which is then counted, or if too many errors are
    /// pending.
    pub(crate) fn add(&mut self, error: u64, number: u32, now: f64) -> bool {
        if let Some(same) = self.pending.iter_mut().find(|pending| pending.error == error) {
            same.count += 1;
            same.last = now;
            return false;
        }
        let has_capacity = self.pending.len() < MAX_PENDING_ERRORS;
        if has_capacity {
            self.pending.push(Pending { error, number, count: 1, first: now, last: now });
        }
        has_capacity
    }

    /// Removes the error that has waited longest.
    pub(crate) fn take_oldest(&mut self) -> Option<Pending> {
        if self.pending.is_empty() { None } else { Some(self.pending.remove(0)) }
    }

    /// True if any error is pending.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// True if a request may be sent now.
    pub(crate) fn may_send(&mut self, is_urgent: bool, now: f64) -> bool {
        self.wait(now) <= 0.0 || is_urgent && self.paused_until <= now && self.sent < self.per_minute
    }

    /// Counts a sent request.
    pub(crate) fn count_request(&mut self) {
        self.sent += 1;
    }

    /// Milliseconds until the next request may be sent.
    pub(crate) fn wait(&mut self, now: f64) -> f64 {
        // After the clock was set back, reports must not wait for hours.
        if now - self.minute_began >= MINUTE_MS || now < self.minute_began {
            self.minute_began = now;
            self.sent = 0;
        }
        self.paused_until = self.paused_until.min(now + MAX_REQUESTED_PAUSE_MS);
        let minute = if self.sent + 1 < self.per_minute.max(2) { 0.0 } else { self.minute_began + MINUTE_MS - now };
        minute.max(self.paused_until - now)
    }

    /// True if the last request failed.
    pub(crate) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Records that the service has handled a request, even if it rejected the reports.
    pub(crate) fn succeed(&mut self) {
        self.failures = 0;
    }

    /// Records a failed request and pauses: for the requested time, or for a time that doubles with every failure.
    ///
    /// `jitter` is a random number from 0 to below 1, so that many pages do not retry at the same time.
    pub(crate) fn fail(&mut self, requested: Option<f64>, jitter: f64, now: f64) {
        let pause = match requested {
            Some(pause) => pause.clamp(MIN_REQUESTED_PAUSE_MS, MAX_REQUESTED_PAUSE_MS) * (1.0 + jitter / 10.0),
            None => {
                (FIRST_PAUSE_MS * f64::from(1_u32 << self.failures.min(10))).min(MAX_PAUSE_MS) * (0.75 + jitter / 2.0)
            }
        };
        self.failures += 1;
        self.paused_until = self.paused_until.max(now + pause);
    }
}

/// A hash of the facts that make two errors the same.
pub(crate) fn error_hash(facts: &str) -> u64 {
    // FNV-1a, for its small code. A collision merges two counts and does no other harm.
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    facts.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}

#[cfg(test)]
mod tests;

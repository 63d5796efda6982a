//! When reports may leave: at most so many requests a minute and none in a pause; what happens meanwhile is counted.

/// Most different errors that wait at a time; memory stays bounded beyond it.
const DIFFERENT_ERRORS: usize = 100;
const MINUTE: f64 = 60_000.0;
/// The pause after a first failure, in milliseconds; it doubles with every further one.
const FIRST_PAUSE: f64 = 4_000.0;
/// The longest pause we choose ourselves.
const LONGEST_PAUSE: f64 = 5.0 * MINUTE;
/// The shortest and the longest pause a service may ask for.
const ASKED_PAUSE: (f64, f64) = (1_000.0, 60.0 * MINUTE);

/// One client's pace. Every `now` is in milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct Storm {
    /// Most requests a minute, one of which is left over for when it is urgent.
    per_minute: u32,
    minute_began: f64,
    sent: u32,
    quiet_until: f64,
    failures: u32,
    held: Vec<Held>,
}

/// An error that was not reported yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Held {
    error: u64,
    /// Under which what it was is kept.
    pub(crate) number: u32,
    /// How often it happened.
    pub(crate) count: u64,
    /// The first time, in milliseconds since 1970.
    pub(crate) first: f64,
    /// The last time, in milliseconds since 1970.
    pub(crate) last: f64,
}

impl Storm {
    pub(crate) const fn new(per_minute: u32) -> Self {
        Self { per_minute, minute_began: 0.0, sent: 0, quiet_until: 0.0, failures: 0, held: Vec::new() }
    }

    /// Takes note of one error; false if it waits already, and was counted, or if too many others do.
    pub(crate) fn hold(&mut self, error: u64, number: u32, now: f64) -> bool {
        if let Some(held) = self.held.iter_mut().find(|held| held.error == error) {
            held.count += 1;
            held.last = now;
            return false;
        }
        let has_room = self.held.len() < DIFFERENT_ERRORS;
        if has_room {
            self.held.push(Held { error, number, count: 1, first: now, last: now });
        }
        has_room
    }

    /// The error that has waited longest.
    pub(crate) fn release(&mut self) -> Option<Held> {
        if self.held.is_empty() { None } else { Some(self.held.remove(0)) }
    }

    /// Whether anything waits.
    pub(crate) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether a request may leave now.
    pub(crate) fn may_send(&mut self, is_urgent: bool, now: f64) -> bool {
        self.wait(now) <= 0.0 || is_urgent && self.quiet_until <= now && self.sent < self.per_minute
    }

    /// A request has left.
    pub(crate) fn spend(&mut self) {
        self.sent += 1;
    }

    /// Milliseconds until the next request may leave.
    pub(crate) fn wait(&mut self, now: f64) -> f64 {
        // A clock that was set back must not silence reports for hours.
        if now - self.minute_began >= MINUTE || now < self.minute_began {
            self.minute_began = now;
            self.sent = 0;
        }
        self.quiet_until = self.quiet_until.min(now + ASKED_PAUSE.1);
        let minute = if self.sent + 1 < self.per_minute.max(2) { 0.0 } else { self.minute_began + MINUTE - now };
        minute.max(self.quiet_until - now)
    }

    /// Whether the service could not take the last reports.
    pub(crate) fn in_trouble(&self) -> bool {
        self.failures > 0
    }

    /// The service has answered; whether it liked the reports is another matter.
    pub(crate) fn answered(&mut self) {
        self.failures = 0;
    }

    /// The service could not take reports: a pause, as long as it asked for or growing from failure to failure.
    ///
    /// `jitter` is random, from 0 up to 1, and keeps many pages from coming back in the same instant.
    pub(crate) fn refused(&mut self, asked: Option<f64>, jitter: f64, now: f64) {
        let pause = match asked {
            Some(asked) => asked.clamp(ASKED_PAUSE.0, ASKED_PAUSE.1) * (1.0 + jitter / 10.0),
            None => {
                (FIRST_PAUSE * f64::from(1_u32 << self.failures.min(10))).min(LONGEST_PAUSE) * (0.75 + jitter / 2.0)
            }
        };
        self.failures += 1;
        self.quiet_until = self.quiet_until.max(now + pause);
    }
}

/// A key for what counts as the same error.
pub(crate) fn same_error(parts: [&str; 4]) -> u64 {
    // FNV-1a: tiny, and a collision only merges two counts.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut mix = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    for part in parts {
        part.bytes().for_each(&mut mix);
        mix(0xff);
    }
    hash
}

#[cfg(test)]
mod tests;

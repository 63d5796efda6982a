//! When reports may leave: at most so many a minute and none in a pause; what is held back is counted until it may.

/// Most reports one client sends a minute.
pub(crate) const REPORTS_A_MINUTE: u32 = 30;
/// Most different errors that are held back at a time; memory stays bounded beyond it.
const DIFFERENT_ERRORS: usize = 100;
const MINUTE: f64 = 60_000.0;
/// The pause after a first failure, in milliseconds; it doubles with every further one.
const FIRST_PAUSE: f64 = 4_000.0;
/// The longest pause we choose ourselves.
const LONGEST_PAUSE: f64 = 5.0 * MINUTE;
/// The shortest and the longest pause a service may ask for.
const ASKED_PAUSE: (f64, f64) = (1_000.0, 60.0 * MINUTE);

/// One client's pace. Every `now` is in milliseconds since 1970; `D` is what is needed to report an error later.
#[derive(Debug)]
pub(crate) struct Storm<D> {
    minute_began: f64,
    reported: u32,
    quiet_until: f64,
    failures: u32,
    held: Vec<Held<D>>,
}

/// An error that was not reported yet.
#[derive(Debug)]
struct Held<D> {
    error: u64,
    repeats: Repeats,
    detail: D,
}

/// How often an error happened, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Repeats {
    /// How often.
    pub(crate) count: u64,
    /// The first time, in milliseconds since 1970.
    pub(crate) first: f64,
    /// The last time, in milliseconds since 1970.
    pub(crate) last: f64,
}

impl<D> Storm<D> {
    pub(crate) const fn new() -> Self {
        Self { minute_began: 0.0, reported: 0, quiet_until: 0.0, failures: 0, held: Vec::new() }
    }

    /// Takes note of one error. `Some` when it is to be reported now, with the repeats that were held back before.
    pub(crate) fn admit(&mut self, error: u64, detail: D, now: f64) -> Option<(D, Repeats)> {
        let known = self.held.iter().position(|held| held.error == error);
        let mut repeats = known.map_or(Repeats { count: 0, first: now, last: now }, |at| self.held[at].repeats);
        repeats.count += 1;
        repeats.last = now;
        if self.may_send(now) {
            known.map(|at| self.held.remove(at));
            return Some((detail, repeats));
        }
        match known {
            Some(at) => self.held[at].repeats = repeats,
            None if self.held.len() < DIFFERENT_ERRORS => self.held.push(Held { error, repeats, detail }),
            None => {}
        }
        None
    }

    /// Whether a report may leave now; if so, it is counted as one of this minute.
    pub(crate) fn may_send(&mut self, now: f64) -> bool {
        let may = self.wait(now) <= 0.0;
        self.reported += u32::from(may);
        may
    }

    /// Milliseconds until the next report may leave.
    pub(crate) fn wait(&mut self, now: f64) -> f64 {
        // A clock that was set back must not silence reports for hours.
        if now - self.minute_began >= MINUTE || now < self.minute_began {
            self.minute_began = now;
            self.reported = 0;
        }
        self.quiet_until = self.quiet_until.min(now + ASKED_PAUSE.1);
        let minute = if self.reported < REPORTS_A_MINUTE { 0.0 } else { self.minute_began + MINUTE - now };
        minute.max(self.quiet_until - now)
    }

    /// Whether anything is held back.
    pub(crate) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Does something with what is known of every error that is held back, and when it last happened.
    pub(crate) fn each_held(&mut self, action: impl Fn(&mut D, f64)) {
        self.held.iter_mut().for_each(|held| action(&mut held.detail, held.repeats.last));
    }

    /// The oldest error that was held back, if it may leave now.
    pub(crate) fn release(&mut self, now: f64) -> Option<(D, Repeats)> {
        let may = self.holds() && self.may_send(now);
        may.then(|| self.held.remove(0)).map(|held| (held.detail, held.repeats))
    }

    /// Everything that is held back, whether it may leave or not.
    pub(crate) fn release_all(&mut self) -> impl Iterator<Item = (D, Repeats)> {
        self.held.drain(..).map(|held| (held.detail, held.repeats))
    }

    /// Whether the service could not take the last report.
    pub(crate) fn in_trouble(&self) -> bool {
        self.failures > 0
    }

    /// The service has answered; whether it liked the report is another matter.
    pub(crate) fn answered(&mut self) {
        self.failures = 0;
    }

    /// The service could not take a report: a pause, as long as it asked for or growing from failure to failure.
    ///
    /// `jitter` is random, from 0 up to 1, and keeps many pages from coming back in the same instant.
    pub(crate) fn refused(&mut self, asked: Option<f64>, jitter: f64, now: f64) {
        let pause = match asked {
            Some(asked) => asked.clamp(ASKED_PAUSE.0, ASKED_PAUSE.1) * (1.0 + jitter / 10.0),
            // Reports that left together fail together, which counts once.
            None if self.quiet_until > now => 0.0,
            None => {
                (FIRST_PAUSE * f64::from(1_u32 << self.failures.min(10))).min(LONGEST_PAUSE) * (0.75 + jitter / 2.0)
            }
        };
        if self.quiet_until <= now || self.failures == 0 {
            self.failures += 1;
        }
        self.quiet_until = self.quiet_until.max(now + pause);
    }
}

/// A key for what counts as the same error.
pub(crate) fn same_error(parts: [&str; 4]) -> u64 {
    // FNV-1a: tiny, and a collision only merges two counts.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests;

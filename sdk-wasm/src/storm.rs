//! The limit on reports: at most so many a minute, the rest counted and told with the next report of the same error.

/// Most reports one client sends a minute.
pub(crate) const REPORTS_A_MINUTE: u32 = 30;
/// Most different errors whose repeats are counted while the limit holds; memory stays bounded beyond it.
const DIFFERENT_ERRORS: usize = 100;
const MINUTE: f64 = 60_000.0;

/// What is known of the errors that were not reported.
#[derive(Debug, Default)]
pub(crate) struct Storm {
    minute_began: Option<f64>,
    reported: u32,
    quiet_until: f64,
    folded: Vec<(u64, Repeats)>,
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

impl Storm {
    /// Takes note of one error. `Some` when it is to be reported now, with the repeats that were held back before.
    pub(crate) fn admit(&mut self, error: u64, now: f64) -> Option<Repeats> {
        // A clock that was set back must not silence reports for hours.
        if self.minute_began.is_none_or(|began| now - began >= MINUTE || now < began) {
            self.minute_began = Some(now);
            self.reported = 0;
        }
        let known = self.folded.iter().position(|(key, _)| *key == error);
        if self.reported < REPORTS_A_MINUTE && now >= self.quiet_until {
            self.reported += 1;
            let before = known.map(|at| self.folded.swap_remove(at).1);
            return Some(Repeats {
                count: before.map_or(0, |held| held.count) + 1,
                first: before.map_or(now, |held| held.first),
                last: now,
            });
        }
        match known {
            Some(at) => {
                let held = &mut self.folded[at].1;
                held.count += 1;
                held.last = now;
            }
            None if self.folded.len() < DIFFERENT_ERRORS => {
                self.folded.push((error, Repeats { count: 1, first: now, last: now }));
            }
            None => {}
        }
        None
    }

    /// Holds reports back until this moment, in milliseconds since 1970: the service asked for it.
    pub(crate) fn pause_until(&mut self, moment: f64) {
        self.quiet_until = moment;
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
mod tests {
    use super::*;

    #[test]
    fn thirty_a_minute_then_counted() {
        let mut storm = Storm::default();
        let sent = (0..1000).filter(|call| storm.admit(7, f64::from(*call)).is_some()).count();
        assert_eq!(sent, 30);
        assert_eq!(storm.admit(7, MINUTE), Some(Repeats { count: 971, first: 30.0, last: MINUTE }));
        assert_eq!(storm.admit(7, MINUTE), Some(Repeats { count: 1, first: MINUTE, last: MINUTE }));
    }

    #[test]
    fn a_service_that_asks_for_quiet_gets_it() {
        let mut storm = Storm::default();
        storm.pause_until(1_000.0);
        assert_eq!(storm.admit(1, 999.0), None);
        assert_eq!(storm.admit(1, 1_000.0), Some(Repeats { count: 2, first: 999.0, last: 1_000.0 }));
    }

    #[test]
    fn memory_is_bounded() {
        let mut storm = Storm::default();
        for error in 0..100_000 {
            storm.admit(error, 0.0);
        }
        assert_eq!(storm.folded.len(), DIFFERENT_ERRORS);
    }

    #[test]
    fn a_clock_set_back_does_not_silence() {
        let mut storm = Storm::default();
        for _ in 0..40 {
            storm.admit(1, 9e9);
        }
        assert!(storm.admit(1, 1.0).is_some());
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(same_error(["ab", "c", "", ""]), same_error(["a", "bc", "", ""]));
    }
}

//! `DecodeBudget`: bounds the output of all decoders per second, because a small compressed message may have a large
//! output, and decoding it costs time.

use std::time::{Duration, Instant};

use crate::connection_table::LOG_INTERVAL;

/// Output that a message costs at least, in bytes.
const MIN_COST: usize = 1024;

/// Output that may be decoded now, in bytes. Grows by the rate, up to the burst.
#[derive(Debug)]
pub(super) struct DecodeBudget {
    name: &'static str,
    per_second: usize,
    burst: usize,
    available: usize,
    refilled_at: Instant,
    logged_at: Option<Instant>,
    skipped: u64,
}

impl DecodeBudget {
    /// A full budget for messages of this name.
    pub(super) fn new(name: &'static str, per_second: usize, burst: usize) -> Self {
        let refilled_at = Instant::now();
        Self { name, per_second, burst, available: burst, refilled_at, logged_at: None, skipped: 0 }
    }

    /// Passes the output that may be decoded to `decode`, which takes from it what it decodes. `None` if there is none, or
    /// without a result.
    pub(super) fn decode<T>(&mut self, decode: impl FnOnce(&mut usize) -> Option<T>) -> Option<T> {
        self.decode_at(Instant::now(), decode)
    }

    fn decode_at<T>(&mut self, now: Instant, decode: impl FnOnce(&mut usize) -> Option<T>) -> Option<T> {
        self.refill(now);
        let before = self.available;
        let decoded = if before < MIN_COST { None } else { decode(&mut self.available) };
        self.available = self.available.min(before.saturating_sub(MIN_COST));
        // the message may also have been malformed; this is rare and a log line then does no harm
        if decoded.is_none() && self.available < MIN_COST + self.burst / 64 {
            self.log(now);
        }
        decoded
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.refilled_at).min(Duration::from_secs(60));
        let milliseconds = usize::try_from(elapsed.as_millis()).unwrap_or(0);
        if milliseconds > 0 {
            self.available = (self.available + milliseconds * (self.per_second / 1000)).min(self.burst);
            self.refilled_at = now;
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
        let mut budget = DecodeBudget::new("requests", 1_000_000, 4_000_000);
        let start = Instant::now();
        // messages of 900 kB, ten of them per second
        let decoded = (0..100_u64).filter(|number| {
            let now = start + Duration::from_millis(100 * number);
            let decode = |available: &mut usize| {
                *available = available.checked_sub(900_000)?;
                Some(())
            };
            budget.decode_at(now, decode).is_some()
        });
        assert!((12..=15).contains(&decoded.count()));
    }
}

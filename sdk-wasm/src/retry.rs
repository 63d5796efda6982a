//! Whether a failed call may be sent again, and after how long a wait.

use crate::failure::Failure;
use crate::text::whole_number;

/// The wait before the first repeat, in milliseconds; it doubles with every further one.
const FIRST_WAIT: f64 = 250.0;
/// The longest wait we choose ourselves, in milliseconds.
const LONGEST_WAIT: f64 = 8_000.0;

/// What decides about a repeat.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    /// How many repeats there were already.
    pub(crate) repeats: u32,
    /// How many there may be.
    pub(crate) limit: u32,
    /// Whether doing the call twice does no harm.
    pub(crate) repeatable: bool,
    /// The wait the server asked for, in milliseconds.
    pub(crate) asked_wait: Option<f64>,
    /// The call's timeout, in milliseconds: a longer wait is not worth waiting for.
    pub(crate) timeout: u32,
    /// Random, from 0 up to 1: keeps many pages from coming back in the same instant.
    pub(crate) jitter: f64,
}

impl Attempt {
    /// Milliseconds to wait before the call is sent again; `None` when it fails for good.
    ///
    /// A call whose answer was lost may have been carried out, so only repeatable ones are sent again. With 429 and 503
    /// the server says that it did nothing.
    pub(crate) fn wait_before_repeat(&self, failure: &Failure) -> Option<f64> {
        let allowed = match failure {
            Failure::Http { status: 429 | 503, .. } => true,
            Failure::Network | Failure::Timeout(_) | Failure::Http { status: 408 | 502 | 504, .. } => self.repeatable,
            _ => false,
        };
        if !allowed || self.repeats >= self.limit {
            return None;
        }
        match self.asked_wait {
            Some(wait) => (wait <= f64::from(self.timeout)).then_some(wait.max(0.0)),
            None => {
                let doubled = FIRST_WAIT * f64::from(1_u32 << self.repeats.min(10));
                Some(doubled.min(LONGEST_WAIT) * (0.75 + self.jitter / 2.0))
            }
        }
    }
}

/// Methods that read only, by the protocol; any other call is repeatable only if the caller says so.
pub(crate) fn reads_only(method: &str) -> bool {
    matches!(
        method,
        "ping"
            | "initialize"
            | "tools/list"
            | "resources/list"
            | "resources/templates/list"
            | "resources/read"
            | "prompts/list"
            | "prompts/get"
            | "completion/complete"
            | "server/discover"
    )
}

/// The seconds form of `Retry-After`, in milliseconds; the date form needs a clock and is read elsewhere.
pub(crate) fn seconds(retry_after: &str) -> Option<f64> {
    whole_number(retry_after.trim_ascii().as_bytes()).map(|seconds| f64::from(seconds) * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT: Attempt =
        Attempt { repeats: 0, limit: 3, repeatable: false, asked_wait: None, timeout: 30_000, jitter: 0.5 };

    fn http(status: u16) -> Failure {
        Failure::Http { status, detail: String::new() }
    }

    #[test]
    fn a_lost_answer_is_not_asked_for_twice() {
        assert_eq!(ATTEMPT.wait_before_repeat(&Failure::Network), None);
        assert_eq!(ATTEMPT.wait_before_repeat(&Failure::Timeout(1)), None);
        assert_eq!(ATTEMPT.wait_before_repeat(&http(502)), None);
    }

    #[test]
    fn repeatable_calls_wait_twice_as_long_each_time() {
        let waits: Vec<_> = (0..4)
            .map(|repeats| Attempt { repeats, repeatable: true, ..ATTEMPT }.wait_before_repeat(&Failure::Network))
            .collect();
        assert_eq!(waits, [Some(250.0), Some(500.0), Some(1000.0), None]);
    }

    #[test]
    fn a_server_that_did_nothing_is_asked_again_when_it_says() {
        assert_eq!(ATTEMPT.wait_before_repeat(&http(503)), Some(250.0));
        assert_eq!(Attempt { asked_wait: Some(2000.0), ..ATTEMPT }.wait_before_repeat(&http(429)), Some(2000.0));
        assert_eq!(Attempt { asked_wait: Some(60_000.0), ..ATTEMPT }.wait_before_repeat(&http(429)), None);
    }

    #[test]
    fn what_the_server_refused_is_never_repeated() {
        let repeatable = Attempt { repeatable: true, ..ATTEMPT };
        assert_eq!(repeatable.wait_before_repeat(&http(500)), None);
        assert_eq!(repeatable.wait_before_repeat(&Failure::Invalid(String::new())), None);
        assert_eq!(repeatable.wait_before_repeat(&Failure::Rpc { code: -32603.0, message: String::new() }), None);
    }

    #[test]
    fn retry_after_in_seconds() {
        assert_eq!(seconds(" 2 "), Some(2000.0));
        assert_eq!(seconds("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }
}

//! Retries of failed calls, and the waits before them.

use crate::era::is_outage;
use crate::failure::Failure;
use crate::text::whole_number;

/// Wait before the first retry, in milliseconds. It doubles with every retry.
const FIRST_WAIT_MS: f64 = 250.0;
/// Maximum wait unless the server requests one, in milliseconds.
const MAX_WAIT_MS: f64 = 8_000.0;

/// A failed attempt: the facts that decide about a retry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    /// Number of retries so far.
    pub(crate) retries: u32,
    /// Maximum number of retries.
    pub(crate) max_retries: u32,
    /// True if the call may be carried out twice without harm.
    pub(crate) repeatable: bool,
    /// The wait that the server requested, in milliseconds.
    pub(crate) requested_wait: Option<f64>,
    /// The call's timeout, in milliseconds. A longer requested wait means no retry.
    pub(crate) timeout: u32,
    /// A random number from 0 to below 1, so that many pages do not retry at the same time.
    pub(crate) jitter: f64,
}

impl Attempt {
    /// Milliseconds to wait before a retry; `None` for no retry.
    ///
    /// A call without a response may have been carried out, so only repeatable calls are retried. The statuses 429 and 503
    /// mean that the server did not carry it out.
    pub(crate) fn wait_before_retry(&self, failure: &Failure) -> Option<f64> {
        let allowed = match failure {
            Failure::Http { status: 429 | 503, .. } => true,
            Failure::Network | Failure::Timeout(_) => self.repeatable,
            Failure::Http { status, .. } => self.repeatable && is_outage(*status),
            _ => false,
        };
        if !allowed || self.retries >= self.max_retries {
            return None;
        }
        match self.requested_wait {
            Some(wait) => (wait <= f64::from(self.timeout)).then_some(wait.max(0.0)),
            None => {
                let doubled = FIRST_WAIT_MS * f64::from(1_u32 << self.retries.min(10));
                Some(doubled.min(MAX_WAIT_MS) * (0.75 + self.jitter / 2.0))
            }
        }
    }
}

/// True if the protocol defines the method as read-only. Other calls are repeatable only if the caller says so.
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

/// `Retry-After` in its form with seconds, in milliseconds. The form with a date needs a clock; see `page.rs`.
pub(crate) fn seconds(retry_after: &str) -> Option<f64> {
    whole_number(retry_after.trim_ascii().as_bytes()).map(|seconds| f64::from(seconds) * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT: Attempt =
        Attempt { retries: 0, max_retries: 3, repeatable: false, requested_wait: None, timeout: 30_000, jitter: 0.5 };

    fn http(status: u16) -> Failure {
        Failure::Http { status, detail: String::new() }
    }

    #[test]
    fn a_call_without_a_response_is_not_retried() {
        assert_eq!(ATTEMPT.wait_before_retry(&Failure::Network), None);
        assert_eq!(ATTEMPT.wait_before_retry(&Failure::Timeout(1)), None);
        assert_eq!(ATTEMPT.wait_before_retry(&http(502)), None);
    }

    #[test]
    fn waits_of_repeatable_calls_double() {
        let waits: Vec<_> = (0..4)
            .map(|retries| Attempt { retries, repeatable: true, ..ATTEMPT }.wait_before_retry(&Failure::Network))
            .collect();
        assert_eq!(waits, [Some(250.0), Some(500.0), Some(1000.0), None]);
    }

    #[test]
    fn repeatable_calls_are_retried_when_a_proxy_did_not_reach_the_server() {
        for status in [408, 502, 504, 520, 522, 530] {
            assert_eq!(
                Attempt { repeatable: true, ..ATTEMPT }.wait_before_retry(&http(status)),
                Some(250.0),
                "{status}"
            );
            assert_eq!(ATTEMPT.wait_before_retry(&http(status)), None, "{status}");
        }
    }

    #[test]
    fn calls_that_a_busy_server_rejected_are_retried_after_the_requested_wait() {
        assert_eq!(ATTEMPT.wait_before_retry(&http(503)), Some(250.0));
        assert_eq!(Attempt { requested_wait: Some(2000.0), ..ATTEMPT }.wait_before_retry(&http(429)), Some(2000.0));
        assert_eq!(Attempt { requested_wait: Some(60_000.0), ..ATTEMPT }.wait_before_retry(&http(429)), None);
    }

    #[test]
    fn calls_that_failed_in_the_server_are_not_retried() {
        let repeatable = Attempt { repeatable: true, ..ATTEMPT };
        assert_eq!(repeatable.wait_before_retry(&http(500)), None);
        assert_eq!(repeatable.wait_before_retry(&Failure::Invalid(String::new())), None);
        assert_eq!(repeatable.wait_before_retry(&Failure::Rpc { code: -32603.0, message: String::new() }), None);
    }

    #[test]
    fn retry_after_in_seconds() {
        assert_eq!(seconds(" 2 "), Some(2000.0));
        assert_eq!(seconds("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }
}

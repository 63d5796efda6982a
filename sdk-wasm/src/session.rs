//! `Session`: the state of one client and the decisions about its calls, for the shell.

use std::cell::Cell;

use js_sys::Math;
use wasm_bindgen::prelude::*;

use crate::era::{Era, HEADER_MISMATCH, Probe, Step, VERSION_UNSUPPORTED};
use crate::failure::Failure;
use crate::response::{FailedAttempt, diagnose, verdict};
use crate::retry::{self, Attempt};
use crate::shared_numbers::{
    DISCOVER, FAIL, HAS_RESULT, IDEMPOTENCE_GIVEN, IDEMPOTENT, INITIALIZE, INPUT_REQUIRED, LIST_TOOLS,
    MAY_REFRESH_HEADERS, READY, RECONNECT, RECONNECTED, REFRESH_HEADERS, REJECT, RETRY, TIMED_OUT, TOOLS_LISTED, TRY,
    UNKNOWN_RESULT_TYPE,
};
use crate::text::{concat, decimal};
use crate::{headers, page};

/// The state of one client. Its methods are synchronous and call no code of the page.
#[wasm_bindgen]
pub struct Session {
    endpoint: String,
    retries: u32,
    last_id: Cell<f64>,
    era: Era,
}

/// The remedy for a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Remedy {
    Reject,
    /// Reject, and forget the session, so that the next call opens another.
    Forget,
    /// Retry after a wait in milliseconds.
    Retry(f64),
    Reconnect,
    ListTools,
    RefreshHeaders,
}

#[wasm_bindgen]
impl Session {
    /// Makes the state of one client. Modes are 0: plain JSON-RPC, 1: MCP of either era, 2: legacy MCP, 3: modern MCP.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(endpoint: String, retries: u32, mode: u8) -> Session {
        Session { endpoint, retries, last_id: Cell::new(first_id(Math::random())), era: Era::new(mode.into()) }
    }

    /// The id of the next request. Ids are counted up from a random number.
    #[must_use]
    pub fn next_id(&self) -> f64 {
        self.last_id.set(self.last_id.get() + 1.0);
        self.last_id.get()
    }

    /// The verdict on an attempt, from the HTTP status and the facts about the response.
    #[must_use]
    pub fn verdict(&self, kind: u8, status: u16, facts: u32) -> u8 {
        verdict(kind.into(), status, self.relevant_facts(facts)) as u8
    }

    /// The judgement on a failed attempt, one part per line: the remedy, the wait before it in milliseconds, the error's
    /// code (empty for the server's own), its class, and its message, which may have several lines. A rejection
    /// with a wait means that the session is to be forgotten.
    ///
    /// `repeats` is the number of retries so far, `status` is 0 without a response, and `error_code` is not a number if
    /// the server sent no error code. `methods` are the methods of all calls of a batch, one per line. `ids` are the
    /// response's id and the call's, as in `7, not 8`.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "reading them from a JavaScript object needs a getter for each")]
    pub fn judge(
        &self,
        kind: u8,
        flags: u32,
        repeats: u32,
        timeout: u32,
        status: u16,
        facts: u32,
        error_code: f64,
        methods: &str,
        server_message: &str,
        body_start: &str,
        ids: &str,
        retry_after: Option<String>,
    ) -> String {
        let failed = FailedAttempt {
            kind: kind.into(),
            status,
            facts: self.relevant_facts(facts),
            timed_out: flags & TIMED_OUT != 0,
            timeout,
            error_code,
            server_message,
            body_start,
            ids,
        };
        let failure = diagnose(&failed);
        let retry = Attempt {
            retries: repeats,
            max_retries: self.retries,
            repeatable: if flags & IDEMPOTENCE_GIVEN == 0 {
                methods.split('\n').all(retry::reads_only)
            } else {
                flags & IDEMPOTENT != 0
            },
            requested_wait: retry_after.and_then(|text| page::requested_wait(&text)),
            timeout,
            jitter: Math::random(),
        };
        let remedy = self.remedy(&failed, &failure, flags, methods, &retry);
        self.judgement(&failure, remedy)
    }

    /// The next step to get connected.
    #[must_use]
    pub fn step(&self) -> u8 {
        number_of(self.era.step())
    }

    /// The next step after the response to `server/discover`.
    #[must_use]
    pub fn probed(&self, succeeded: bool, status: u16, code: f64, supported: &str) -> u8 {
        number_of(self.era.probed(&Probe { succeeded, status, code, supported }))
    }

    /// Stores the server's revision of MCP and its session. Returns a judgement if the client does not support that
    /// revision, otherwise undefined.
    #[must_use]
    pub fn initialized(&self, version: &str, session: Option<String>) -> Option<String> {
        if self.era.initialized(version, session) {
            return None;
        }
        let message = concat(&[&self.endpoint, " offers MCP ", version, ", which this client does not support"]);
        Some(self.judgement(&Failure::Negotiation(message), Remedy::Reject))
    }

    /// Forgets the session and the revision, so that the next call connects again.
    pub fn disconnect(&self) {
        self.era.disconnect();
    }

    /// The headers of every request, as a JSON object.
    #[must_use]
    pub fn headers(&self) -> String {
        headers::common(&self.era)
    }

    /// The wait in milliseconds before a broken stream is requested again; undefined if it cannot be resumed.
    ///
    /// `has_id` is true if an event of the stream had an id, `times` is the number of earlier attempts in a row without
    /// an event, and `requested` is the wait that the stream requested.
    #[must_use]
    pub fn resume_after(&self, has_id: bool, times: u32, requested: Option<f64>) -> Option<f64> {
        let can_resume = has_id && !self.era.is_modern() && times < MAX_RESUMES;
        can_resume.then(|| requested.unwrap_or_else(|| f64::from(1_u32 << times.min(5)) * 1000.0))
    }
}

/// The number before the first id. `random` is from 0 to below 1.
///
/// Others cannot guess the ids, so that a report with the id of a call proves that it is about this call. They have 16
/// digits, which every JSON parser reads exactly, and begin with 1, as no card number does.
fn first_id(random: f64) -> f64 {
    (1e15 + random * 9e14).floor()
}

/// Maximum number of attempts in a row to resume a stream without receiving an event.
const MAX_RESUMES: u32 = 5;

impl Session {
    /// The facts without `resultType`, unless the era is modern: in legacy MCP the member has no defined meaning.
    fn relevant_facts(&self, facts: u32) -> u32 {
        if self.era.is_modern() { facts } else { facts & !(INPUT_REQUIRED | UNKNOWN_RESULT_TYPE) }
    }

    fn remedy(
        &self,
        failed: &FailedAttempt<'_>,
        failure: &Failure,
        flags: u32,
        method: &str,
        attempt: &Attempt,
    ) -> Remedy {
        let has = |flag: u32| flags & flag != 0;
        if failed.status == 401 && has(MAY_REFRESH_HEADERS) {
            return Remedy::RefreshHeaders;
        }
        let is_handshake = matches!(method, "initialize" | "server/discover" | "notifications/initialized");
        // A response with a result shows that the call was carried out.
        let is_lost = !is_handshake
            && failed.facts & HAS_RESULT == 0
            && self.era.is_lost(failed.status, failed.error_code, failed.server_message, failed.body_start);
        if is_lost && !has(RECONNECTED) {
            return Remedy::Reconnect;
        }
        if !is_handshake && self.era.is_modern() && self.era.step() == Step::Ready {
            // A server of another revision has replaced this one: connect again.
            if failed.error_code == VERSION_UNSUPPORTED && !has(RECONNECTED) {
                return Remedy::Reconnect;
            }
            if failed.error_code == HEADER_MISMATCH && method == "tools/call" && !has(TOOLS_LISTED) {
                return Remedy::ListTools;
            }
        }
        let rejection = if is_lost { Remedy::Forget } else { Remedy::Reject };
        attempt.wait_before_retry(failure).map_or(rejection, Remedy::Retry)
    }

    fn judgement(&self, failure: &Failure, remedy: Remedy) -> String {
        let (remedy, wait) = match remedy {
            Remedy::Reject => (REJECT, 0.0),
            Remedy::Forget => (REJECT, 1.0),
            Remedy::Retry(wait) => (RETRY, wait),
            Remedy::Reconnect => (RECONNECT, 0.0),
            Remedy::ListTools => (LIST_TOOLS, 0.0),
            Remedy::RefreshHeaders => (REFRESH_HEADERS, 0.0),
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "less than a day, not negative")]
        let wait = decimal(wait as u64);
        let (code, message) = (failure.code(), failure.message(&self.endpoint));
        // Text, because serialising an array to JavaScript would add a kilobyte to the module.
        concat(&[&decimal(u64::from(remedy)), "\n", &wait, "\n", &code, "\n", failure.class(), "\n", &message])
    }
}

const fn number_of(step: Step) -> u8 {
    match step {
        Step::Ready => READY,
        Step::Discover => DISCOVER,
        Step::Initialize => INITIALIZE,
        Step::Fail => FAIL,
        Step::Try => TRY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_large_and_exact() {
        for random in [0.0, 0.123_456_789_012, 1.0 - f64::EPSILON] {
            let id = first_id(random) + 1.0;
            assert!(id.fract() == 0.0 && id > 1e15 && id + 1e6 < 2e15, "{id}");
            assert!(!(id + 1.0).eq(&id));
        }
    }
}

//! `Session`: one client's decisions and its memory, called by the shell.

use std::cell::Cell;

use js_sys::Math;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use crate::answer::{FailedAttempt, diagnose, verdict};
use crate::attempt_object::AttemptObject;
use crate::era::{Era, HEADER_MISMATCH, Probe, Step, VERSION_UNSUPPORTED};
use crate::failure::Failure;
use crate::retry::{self, Attempt};
use crate::shared_numbers::{
    DISCOVER, FAIL, IDEMPOTENCE_GIVEN, IDEMPOTENT, INITIALIZE, INPUT_REQUIRED, LIST_TOOLS, MAY_REFRESH_HEADERS, READY,
    RECONNECT, RECONNECTED, REFRESH_HEADERS, REJECT, RETRY, TIMED_OUT, TOOLS_LISTED, UNKNOWN_RESULT_TYPE,
};
use crate::text::concat;
use crate::{frames, headers, page};

/// One client's state. Every method is synchronous and returns without calling back into the page.
#[wasm_bindgen]
pub struct Session {
    endpoint: String,
    retries: u32,
    last_id: Cell<u32>,
    era: Era,
}

/// What is done about a call that failed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Remedy {
    /// Nothing: it is rejected.
    Reject,
    /// It is sent again, after a wait in milliseconds.
    Repeat(f64),
    /// The session is opened anew first.
    Reconnect,
    /// The tools are listed first: their parameters may travel in other headers now.
    ListTools,
    /// The page is asked for its headers once more: a token may have expired.
    RefreshHeaders,
}

#[wasm_bindgen]
impl Session {
    /// State for one client; `mode` is 0: plain JSON-RPC, 1: MCP, the era is found out, 2: legacy, 3: modern.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(endpoint: String, retries: u32, mode: u8) -> Session {
        Session { endpoint, retries, last_id: Cell::new(0), era: Era::new(mode.into()) }
    }

    /// The id of the next request: whole numbers, each used once.
    #[must_use]
    pub fn begin(&self) -> u32 {
        self.last_id.set(self.last_id.get().wrapping_add(1));
        self.last_id.get()
    }

    /// Looks at an attempt's HTTP status and the facts of its answer (`answer.rs`): 0 if it failed, and
    /// [`Session::judge`] says what to do; 1 if it succeeded; 2 if it did and tells of a tool's failure; 3 if the server
    /// wants input first.
    #[must_use]
    pub fn settle(&self, kind: u8, status: u16, facts: u32) -> u8 {
        verdict(kind.into(), status, self.facts_that_count(facts)) as u8
    }

    /// What to do about an attempt that failed: an array of the remedy, the wait before it, and the `MCPError`'s code,
    /// message and class.
    #[must_use]
    pub fn judge(&self, attempt: &AttemptObject) -> JsValue {
        let flags = attempt.flags();
        let timeout = attempt.timeout();
        let methods = attempt.methods();
        let failed = FailedAttempt {
            kind: attempt.kind().into(),
            status: attempt.status(),
            facts: self.facts_that_count(attempt.facts()),
            timed_out: flags & TIMED_OUT != 0,
            timeout,
            error_code: attempt.error_code(),
            server_message: &attempt.server_message(),
            body_start: &attempt.body_start(),
            ids: &attempt.ids(),
        };
        let failure = diagnose(&failed);
        let retry = Attempt {
            repeats: attempt.repeats(),
            limit: self.retries,
            repeatable: if flags & IDEMPOTENCE_GIVEN == 0 {
                methods.split('\n').all(retry::reads_only)
            } else {
                flags & IDEMPOTENT != 0
            },
            asked_wait: attempt.retry_after().and_then(|text| page::asked_wait(&text)),
            timeout,
            jitter: Math::random(),
        };
        let remedy = self.remedy(&failed, &failure, flags, &methods, &retry);
        self.told(&failure, remedy)
    }

    /// The next step to get connected, as `era.rs` numbers them: 0 none, 1 `server/discover`, 2 `initialize`, 3 give up.
    #[must_use]
    pub fn step(&self) -> u8 {
        number_of(self.era.step())
    }

    /// Takes the answer to `server/discover`, and says the next step.
    #[must_use]
    pub fn probed(
        &self,
        succeeded: bool,
        status: u16,
        timed_out: bool,
        is_foreign: bool,
        code: f64,
        supported: &str,
    ) -> u8 {
        number_of(self.era.probed(&Probe { succeeded, status, timed_out, is_foreign, code, supported }))
    }

    /// Takes the answer to `initialize`: the server's version, and the session if the headers name one. Undefined if
    /// all is well, or the judgement if the version is none we speak.
    #[must_use]
    pub fn initialized(&self, version: &str, session: Option<String>) -> JsValue {
        if self.era.initialized(version, session) {
            return JsValue::UNDEFINED;
        }
        let offered = concat(&[&self.endpoint, " speaks MCP ", version, ", which this client does not"]);
        self.told(&Failure::Negotiation(offered), Remedy::Reject)
    }

    /// Forgets session and version: the next call connects anew.
    pub fn disconnect(&self) {
        self.era.disconnect();
    }

    /// The headers every request carries.
    #[must_use]
    pub fn headers(&self) -> web_sys::Headers {
        headers::common(&self.era).into_raw()
    }

    /// How long to wait, in milliseconds, before a stream that broke off is asked for again from its last event on;
    /// undefined if it is not.
    #[must_use]
    pub fn resume_after(&self, has_event: bool, times: u32, asked: Option<f64>) -> Option<f64> {
        let may = has_event && !self.era.is_modern() && times < MOST_RESUMES;
        may.then(|| asked.unwrap_or_else(|| f64::from(1_u32 << times.min(5)) * 1000.0))
    }

    /// The caller's frames of a stack that was captured in a public method. A line end before them says that this
    /// engine writes a heading.
    #[must_use]
    pub fn frames(stack: &str) -> String {
        let frames = frames::caller_frames(stack);
        concat(&[if frames.with_heading { "\n" } else { "" }, frames.text])
    }
}

/// How often in a row a stream is asked for again that brings nothing.
const MOST_RESUMES: u32 = 5;

impl Session {
    /// A result's type means something since the stateless era; before, the member is the server's own.
    fn facts_that_count(&self, facts: u32) -> u32 {
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
        let is_handshake = matches!(method, "initialize" | "server/discover");
        if !is_handshake && !has(RECONNECTED) && self.era.is_lost(failed.status, failed.server_message) {
            return Remedy::Reconnect;
        }
        if !is_handshake && self.era.is_modern() && self.era.step() == Step::Ready {
            // The server was replaced: find out anew what it speaks.
            if failed.error_code == VERSION_UNSUPPORTED && !has(RECONNECTED) {
                return Remedy::Reconnect;
            }
            if failed.error_code == HEADER_MISMATCH && method == "tools/call" && !has(TOOLS_LISTED) {
                return Remedy::ListTools;
            }
        }
        attempt.wait_before_repeat(failure).map_or(Remedy::Reject, Remedy::Repeat)
    }

    fn told(&self, failure: &Failure, remedy: Remedy) -> JsValue {
        let (remedy, wait) = match remedy {
            Remedy::Reject => (REJECT, 0.0),
            Remedy::Repeat(wait) => (RETRY, wait),
            Remedy::Reconnect => (RECONNECT, 0.0),
            Remedy::ListTools => (LIST_TOOLS, 0.0),
            Remedy::RefreshHeaders => (REFRESH_HEADERS, 0.0),
        };
        // An array, in the order the shell reads it: a class's names would come with a table that remembers them.
        let judgement = (remedy, wait, failure.code(), failure.message(&self.endpoint), failure.class());
        // Numbers and texts cannot fail to become JavaScript values.
        judgement.serialize(&Serializer::new()).unwrap_or(JsValue::UNDEFINED)
    }
}

const fn number_of(step: Step) -> u8 {
    match step {
        Step::Ready => READY,
        Step::Discover => DISCOVER,
        Step::Initialize => INITIALIZE,
        Step::Fail => FAIL,
    }
}

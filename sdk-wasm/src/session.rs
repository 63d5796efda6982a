//! `Session`: one client's decisions and its memory, called by the shell.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Function, Math};
use wasm_bindgen::prelude::*;

use crate::answer::{self, diagnose};
use crate::failure::{Code, Failure};
use crate::frames::caller_frames;
use crate::noted::Noted;
use crate::outbox::Outbox;
use crate::page;
use crate::report::FailedCall;
use crate::retry::{self, Attempt};
use crate::shell::{Call, McpError, Outcome, Thrown};
use crate::storm::same_error;

/// One client's state. Every method is synchronous and returns without calling back into the page.
#[wasm_bindgen]
pub struct Session {
    endpoint: String,
    retries: u32,
    last_id: Cell<u64>,
    version: JsValue,
    outbox: Option<Rc<Outbox>>,
}

#[wasm_bindgen]
impl Session {
    /// State for one client; without `report_to` nothing is reported.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(endpoint: String, retries: u32, report_to: Option<String>) -> Session {
        Session {
            endpoint,
            retries,
            last_id: Cell::new(0),
            version: JsValue::from_str("2.0"),
            outbox: report_to.map(Outbox::new),
        }
    }

    /// The id of the next request: whole numbers, each used once.
    #[must_use]
    pub fn begin(&self) -> f64 {
        self.last_id.set(self.last_id.get() + 1);
        #[expect(clippy::cast_precision_loss, reason = "no page makes 2^53 calls")]
        let id = self.last_id.get() as f64;
        id
    }

    /// Looks at an attempt: 0 if it failed, and [`Session::judge`] says what to do; 1 if it succeeded; 2 if it succeeded
    /// and left something to [`Session::flush`].
    #[must_use]
    pub fn settle(&self, call: &Call, status: u16, message: &JsValue) -> u8 {
        let success = (200..300).contains(&status)
            && match call.kind() {
                0 => answer::succeeded(&call.id(), &self.version, message),
                1 => true,
                // A batch of notifications alone gets no body.
                _ => Array::is_array(message) || (call.id().is_null() && message.is_undefined()),
            };
        match success {
            false => 0,
            true if self.outbox.is_some() && !call.tool().is_undefined() => {
                1 + u8::from(self.tool_failed(call, message))
            }
            true => 1,
        }
    }

    /// The replies of a settled batch in the order of its calls, undefined where there is none.
    #[must_use]
    pub fn in_order(&self, calls: &Array, message: &JsValue) -> Array {
        if Array::is_array(message) { answer::in_order(calls, message) } else { Array::new_with_length(calls.length()) }
    }

    /// What to do about an attempt that failed: a number of milliseconds after which to send the call again, or the
    /// `MCPError` to reject with. A failure that is final is noted for [`Session::flush`].
    #[must_use]
    pub fn judge(&self, call: &Call, outcome: &Outcome) -> JsValue {
        let (failure, data) = diagnose(call, outcome);
        let attempt = Attempt {
            repeats: call.repeats(),
            limit: self.retries,
            repeatable: is_repeatable(call),
            asked_wait: outcome.retry_after().and_then(|text| page::asked_wait(&text)),
            timeout: call.timeout(),
            jitter: Math::random(),
        };
        if let Some(wait) = attempt.wait_before_repeat(&failure) {
            return JsValue::from_f64(wait);
        }

        let code = match failure.code() {
            #[expect(clippy::cast_precision_loss, reason = "it came from a JavaScript number")]
            Code::Rpc(code) => JsValue::from_f64(code as f64),
            Code::Local(code) => JsValue::from_str(&code),
        };
        let message = failure.message(&self.endpoint);
        let stack = call.trace().stack().as_string().unwrap_or_default();
        let frames = caller_frames(&stack);
        let error = McpError::new(&code, &message, &data);
        if frames.with_heading {
            error.set_stack(&format!("MCPError: {message}\n{}", frames.text));
        } else {
            error.set_stack(frames.text);
        }
        let thrown = outcome.thrown();
        let mut cause = None;
        if thrown.is_object() {
            error.set_cause(&thrown);
            cause = named(&thrown);
        }
        let answer = match failure {
            Failure::Invalid(_) | Failure::Http { .. } => data.as_string(),
            _ => None,
        };
        let data = if answer.is_some() { JsValue::UNDEFINED } else { data };
        // A timeout's cause is our own abort, which tells nothing.
        let cause = cause.filter(|_| !matches!(failure, Failure::Timeout(_)));
        self.note(call, failure, data, |failed| FailedCall {
            message,
            frames: frames.text.to_owned(),
            answer,
            cause,
            ..failed
        });
        error.into()
    }

    /// Builds and sends the reports that may leave. Called when the page has nothing better to do; nobody waits for it.
    ///
    /// `later` is called, at once or after each answer, with the milliseconds until it is worth calling this again, or
    /// undefined if nothing is left.
    pub fn flush(&self, later: &Function) {
        if let Some(outbox) = &self.outbox {
            outbox.flush(later);
        }
    }

    /// Hands the reports that have not left to the browser: the page may be going.
    pub fn farewell(&self) {
        if let Some(outbox) = &self.outbox {
            outbox.farewell();
        }
    }
}

impl Session {
    /// Notes a tool's result that says `isError`; the call itself has succeeded.
    fn tool_failed(&self, call: &Call, message: &JsValue) -> bool {
        let Some(text) = answer::tool_failure(message) else { return false };
        let failure = Failure::Tool(text);
        let stack = call.trace().stack().as_string().unwrap_or_default();
        let message = failure.message(&self.endpoint);
        let frames = caller_frames(&stack).text.to_owned();
        self.note(call, failure, JsValue::UNDEFINED, |failed| FailedCall { message, frames, ..failed });
        true
    }

    /// Remembers a failure to be reported, unless reporting is off.
    fn note(&self, call: &Call, failure: Failure, data: JsValue, complete: impl FnOnce(FailedCall) -> FailedCall) {
        let Some(outbox) = &self.outbox else { return };
        let failed = complete(FailedCall {
            endpoint: page::without_credentials(&self.endpoint)
                .unwrap_or_else(|| self.endpoint.split('#').next().unwrap_or_default().to_owned()),
            method: call.method(),
            tool: call.tool().as_string(),
            // in tenths: browsers measure no finer, and more digits only look exact
            duration_ms: ((page::stopwatch() - call.started()) * 10.0).round() / 10.0,
            failure,
            message: String::new(),
            frames: String::new(),
            params: None,
            data: None,
            answer: None,
            cause: None,
        });
        let place = failed.tool.as_deref().unwrap_or_default();
        let key = same_error([failed.failure.class(), &failed.method, place, &failed.message]);
        outbox.note(key, Noted { call: failed, params: call.params(), data });
    }
}

/// Whether doing this call twice does no harm; a batch is as repeatable as the least of its members.
fn is_repeatable(call: &Call) -> bool {
    match call.members() {
        Some(members) => members.iter().all(|member| is_repeatable(member.unchecked_ref())),
        None => call.idempotent().unwrap_or_else(|| retry::reads_only(&call.method())),
    }
}

/// Name and message of a thrown error.
fn named(thrown: &Thrown) -> Option<(String, String)> {
    Some((thrown.name().as_string()?, thrown.reason().as_string()?))
}

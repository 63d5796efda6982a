//! Verdicts on attempts, from facts about their responses, and the failures of attempts that did not succeed.

use crate::failure::Failure;
use crate::shared_numbers::{
    BATCH, FAILED, HAS_ERROR, HAS_ERROR_CODE, HAS_RESULT, HAS_TOOL_ERROR, HAS_VERSION, ID_MATCHES, ID_MISSING,
    INPUT_REQUIRED, IS_BATCH, IS_EMPTY, IS_JSON, IS_OBJECT, NEEDS_INPUT, NOT_IN_BATCH, NOTIFICATION, REQUEST,
    SUCCEEDED, TOOL_FAILED, UNKNOWN_RESULT_TYPE,
};
use crate::text::concat;

/// The kind of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Request = REQUEST,
    Notification = NOTIFICATION,
    Batch = BATCH,
}

impl From<u8> for Kind {
    fn from(kind: u8) -> Self {
        match kind {
            REQUEST => Self::Request,
            NOTIFICATION => Self::Notification,
            _ => Self::Batch,
        }
    }
}

/// The verdict on an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Verdict {
    Failed = FAILED,
    Succeeded = SUCCEEDED,
    /// The call succeeded, and its result says that the tool failed.
    ToolFailed = TOOL_FAILED,
    /// The server needs input before it can respond.
    InputRequired = NEEDS_INPUT,
}

/// Judges an attempt.
pub(crate) fn verdict(kind: Kind, status: u16, facts: u32) -> Verdict {
    const NEEDED: u32 = HAS_VERSION | ID_MATCHES | HAS_RESULT;
    let has = |fact: u32| facts & fact != 0;
    let is_success = (200..300).contains(&status)
        && match kind {
            Kind::Request => facts & (NEEDED | HAS_ERROR | UNKNOWN_RESULT_TYPE) == NEEDED,
            // JSON-RPC has no responses to notifications, so whatever a server sends has no meaning.
            Kind::Notification => true,
            Kind::Batch => has(IS_BATCH),
        };
    match is_success {
        false => Verdict::Failed,
        true if has(INPUT_REQUIRED) => Verdict::InputRequired,
        true if has(HAS_TOOL_ERROR) => Verdict::ToolFailed,
        true => Verdict::Succeeded,
    }
}

/// An attempt that did not succeed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FailedAttempt<'a> {
    pub(crate) kind: Kind,
    /// The HTTP status; 0 without a response.
    pub(crate) status: u16,
    pub(crate) facts: u32,
    pub(crate) timed_out: bool,
    /// The timeout of the attempt, in milliseconds.
    pub(crate) timeout: u32,
    /// The code of the server's error; not a number if it has none.
    pub(crate) error_code: f64,
    /// The message of the server's error: the JSON-RPC error's, a JSON body's, or the HTTP status text.
    pub(crate) server_message: &'a str,
    /// The beginning of the body.
    pub(crate) body_start: &'a str,
    /// The response's id and the call's, as in `7, not 8`.
    pub(crate) ids: &'a str,
}

/// The failure of an attempt.
pub(crate) fn diagnose(failed: &FailedAttempt<'_>) -> Failure {
    let has = |fact: u32| failed.facts & fact != 0;
    if failed.timed_out {
        return Failure::Timeout(failed.timeout);
    }
    if failed.status == 0 {
        return Failure::Network;
    }
    // 429 and 503 stay HTTP errors even with a JSON-RPC error in the body, because they allow a retry of every call. An
    // error without an id belongs to this call: a POST carries one request, whose id the server could not read.
    let is_rpc_error =
        has(HAS_VERSION) && has(HAS_ERROR_CODE) && !has(HAS_RESULT) && (has(ID_MATCHES) || has(ID_MISSING));
    if is_rpc_error && !matches!(failed.status, 429 | 503) {
        return Failure::Rpc { code: failed.error_code, message: failed.server_message.to_owned() };
    }
    if !(200..300).contains(&failed.status) {
        return Failure::Http { status: failed.status, detail: failed.server_message.to_owned() };
    }
    Failure::Invalid(flaw(failed))
}

/// The flaw of a response, as the end of the sentence "The response from ENDPOINT …".
fn flaw(failed: &FailedAttempt<'_>) -> String {
    let has = |fact: u32| failed.facts & fact != 0;
    let start = failed.body_start.trim_ascii_start();
    let starts_with = |prefixes: &[&str]| prefixes.iter().any(|prefix| start.starts_with(prefix));
    match () {
        () if has(NOT_IN_BATCH) => "has no reply to this call",
        () if has(IS_EMPTY) => "is empty",
        () if has(IS_JSON) && failed.kind == Kind::Batch => "to a batch is not an array",
        () if has(IS_JSON) && !has(IS_OBJECT) => "is JSON, but not a JSON-RPC object",
        () if !has(IS_JSON) && starts_with(&["<"]) => "is HTML or XML, not JSON",
        () if !has(IS_JSON) && starts_with(&["event:", "data:", "id:", ":"]) => "is an event stream, not JSON",
        () if !has(IS_JSON) && starts_with(&["{", "["]) => "is broken or incomplete JSON",
        () if !has(IS_JSON) => "is not JSON",
        () if !has(HAS_VERSION) => "has no \"jsonrpc\": \"2.0\"",
        () if has(HAS_RESULT) && has(HAS_ERROR) => "has both a result and an error",
        () if !has(HAS_RESULT) && !has(HAS_ERROR) => "has neither a result nor an error",
        () if !has(ID_MATCHES) => {
            return concat(&["has the id ", failed.ids]);
        }
        () if has(UNKNOWN_RESULT_TYPE) => "has a result of unknown type",
        () => "has an error whose code is not an integer",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: u32 = IS_JSON | IS_OBJECT | HAS_VERSION | ID_MATCHES | HAS_RESULT;

    #[test]
    fn a_success_needs_version_id_and_result() {
        assert_eq!(verdict(Kind::Request, 200, VALID), Verdict::Succeeded);
        for missing in [HAS_VERSION, ID_MATCHES, HAS_RESULT] {
            assert_eq!(verdict(Kind::Request, 200, VALID & !missing), Verdict::Failed, "{missing}");
        }
        assert_eq!(verdict(Kind::Request, 200, VALID | HAS_ERROR), Verdict::Failed);
        assert_eq!(verdict(Kind::Request, 200, VALID | UNKNOWN_RESULT_TYPE), Verdict::Failed);
        assert_eq!(verdict(Kind::Request, 500, VALID), Verdict::Failed);
        assert_eq!(verdict(Kind::Request, 200, VALID | HAS_TOOL_ERROR), Verdict::ToolFailed);
        assert_eq!(verdict(Kind::Request, 200, VALID | INPUT_REQUIRED), Verdict::InputRequired);
    }

    #[test]
    fn notifications_and_batches() {
        assert_eq!(verdict(Kind::Notification, 202, IS_EMPTY), Verdict::Succeeded);
        assert_eq!(verdict(Kind::Notification, 200, IS_JSON | IS_OBJECT | HAS_VERSION | HAS_ERROR), Verdict::Succeeded);
        assert_eq!(verdict(Kind::Notification, 500, IS_EMPTY), Verdict::Failed);
        assert_eq!(verdict(Kind::Batch, 200, IS_JSON | IS_BATCH), Verdict::Succeeded);
        assert_eq!(verdict(Kind::Batch, 200, VALID), Verdict::Failed);
    }

    #[test]
    fn status_503_stays_an_http_error_even_with_a_json_rpc_error_in_the_body() {
        let failed = FailedAttempt {
            kind: Kind::Request,
            status: 503,
            facts: IS_JSON | IS_OBJECT | HAS_VERSION | ID_MISSING | HAS_ERROR | HAS_ERROR_CODE,
            timed_out: false,
            timeout: 1,
            error_code: -32000.0,
            server_message: "busy",
            body_start: "{",
            ids: "null, not 1",
        };
        assert_eq!(diagnose(&failed), Failure::Http { status: 503, detail: "busy".to_owned() });
        let broken = FailedAttempt { status: 500, ..failed };
        assert_eq!(diagnose(&broken), Failure::Rpc { code: -32000.0, message: "busy".to_owned() });
    }
}

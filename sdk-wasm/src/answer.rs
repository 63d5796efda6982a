//! Verdicts on answers: is this a JSON-RPC 2.0 answer to that call, and if not, what is wrong with it?

use crate::failure::Failure;
use crate::text::{concat, decimal};

/// The answer says exactly `"jsonrpc": "2.0"`.
pub(crate) const VERSION: u32 = 1;
/// Its id is the call's, with its type.
pub(crate) const OURS: u32 = 2;
/// Its id is null or absent: the server could not read the request's.
pub(crate) const NOBODY: u32 = 4;
/// It holds a result, which may be null.
pub(crate) const RESULT: u32 = 8;
/// It holds an error that is not null.
pub(crate) const ERROR: u32 = 16;
/// That error has a whole number as its code.
pub(crate) const CODE: u32 = 32;
/// The result says `isError`.
pub(crate) const TOOL_FAILED: u32 = 64;
/// The result says that the server wants input first.
pub(crate) const INPUT_REQUIRED: u32 = 128;
/// The result says that it is of a type no revision knows.
pub(crate) const UNKNOWN_TYPE: u32 = 256;
/// It is a JSON object.
pub(crate) const OBJECT: u32 = 512;
/// It is JSON.
pub(crate) const JSON: u32 = 1024;
/// It is an array, or nothing where nothing but notifications were sent.
pub(crate) const BATCH: u32 = 2048;
/// An array that answers a batch, but not this member of it.
pub(crate) const HOLE: u32 = 4096;
/// It has no body at all.
pub(crate) const EMPTY: u32 = 8192;

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Notification,
    Batch,
}

impl From<u8> for Kind {
    fn from(kind: u8) -> Self {
        match kind {
            0 => Self::Request,
            1 => Self::Notification,
            _ => Self::Batch,
        }
    }
}

/// What the answer's facts make of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Failed,
    Succeeded,
    /// The call succeeded, and its result tells of a tool's failure.
    ToolFailed,
    /// The server asks for input before it answers.
    InputRequired,
}

/// Whether the call has succeeded.
pub(crate) fn verdict(kind: Kind, status: u16, facts: u32) -> Verdict {
    const NEEDED: u32 = VERSION | OURS | RESULT;
    let has = |fact: u32| facts & fact != 0;
    let is_success = (200..300).contains(&status)
        && match kind {
            Kind::Request => facts & (NEEDED | ERROR | UNKNOWN_TYPE) == NEEDED,
            Kind::Notification => !(has(VERSION) && has(ERROR)),
            Kind::Batch => has(BATCH),
        };
    match is_success {
        false => Verdict::Failed,
        true if has(INPUT_REQUIRED) => Verdict::InputRequired,
        true if has(TOOL_FAILED) => Verdict::ToolFailed,
        true => Verdict::Succeeded,
    }
}

/// An attempt that did not succeed, as the shell tells it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failed<'a> {
    pub(crate) kind: Kind,
    /// The HTTP status; 0 without an answer.
    pub(crate) status: u16,
    pub(crate) facts: u32,
    pub(crate) timed_out: bool,
    /// The timeout of the attempt, in milliseconds.
    pub(crate) timeout: u32,
    /// The code of the server's error.
    pub(crate) code: f64,
    /// What the server said about its error: the JSON-RPC error's message, a JSON body's, or the HTTP status text.
    pub(crate) said: &'a str,
    /// The beginning of the answer.
    pub(crate) start: &'a str,
    /// The call's id, and the answer's as JSON.
    pub(crate) ids: (f64, &'a str),
}

/// What went wrong with an attempt that did not succeed.
pub(crate) fn diagnose(failed: &Failed<'_>) -> Failure {
    let has = |fact: u32| failed.facts & fact != 0;
    if failed.timed_out {
        return Failure::Timeout(failed.timeout);
    }
    if failed.status == 0 {
        return Failure::Network;
    }
    // 429 and 503 stay HTTP errors whatever their body says: they are the two that may always be sent again. With a
    // null or absent id the server could not read the request's id; one POST carries one request.
    let is_answer = has(VERSION) && has(CODE) && !has(RESULT) && (has(OURS) || has(NOBODY));
    if is_answer && !matches!(failed.status, 429 | 503) {
        return Failure::Rpc { code: failed.code, message: failed.said.to_owned() };
    }
    if !(200..300).contains(&failed.status) {
        return Failure::Http { status: failed.status, detail: failed.said.to_owned() };
    }
    Failure::Invalid(flaw(failed))
}

/// What is wrong with an answer, as the end of the sentence "The answer from … ".
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ids are counted up from 1")]
fn flaw(failed: &Failed<'_>) -> String {
    let has = |fact: u32| failed.facts & fact != 0;
    let start = failed.start.trim_ascii_start();
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| start.starts_with(beginning));
    match () {
        () if has(HOLE) => "holds no reply to this call",
        () if has(EMPTY) => "is empty",
        () if has(JSON) && failed.kind == Kind::Batch => "to a batch is not an array",
        () if has(JSON) && !has(OBJECT) => "is JSON, but not a JSON-RPC object",
        () if !has(JSON) && begins(&["<"]) => "is HTML or XML, not JSON",
        () if !has(JSON) && begins(&["event:", "data:", "id:", ":"]) => "is an event stream, not JSON",
        () if !has(JSON) && begins(&["{", "["]) => "is broken or incomplete JSON",
        () if !has(JSON) => "is not JSON",
        () if !has(VERSION) => "does not say \"jsonrpc\": \"2.0\"",
        () if has(RESULT) && has(ERROR) => "holds both a result and an error",
        () if !has(RESULT) && !has(ERROR) => "holds neither a result nor an error",
        () if !has(OURS) => {
            return concat(&["carries the id ", failed.ids.1, ", not ", &decimal(failed.ids.0 as u64)]);
        }
        () if has(UNKNOWN_TYPE) => "holds a result of a type that is not known",
        () => "holds an error without a whole number as its code",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: u32 = JSON | OBJECT | VERSION | OURS | RESULT;

    #[test]
    fn a_success_needs_all_of_it() {
        assert_eq!(verdict(Kind::Request, 200, WELL), Verdict::Succeeded);
        for missing in [VERSION, OURS, RESULT] {
            assert_eq!(verdict(Kind::Request, 200, WELL & !missing), Verdict::Failed, "{missing}");
        }
        assert_eq!(verdict(Kind::Request, 200, WELL | ERROR), Verdict::Failed);
        assert_eq!(verdict(Kind::Request, 200, WELL | UNKNOWN_TYPE), Verdict::Failed);
        assert_eq!(verdict(Kind::Request, 500, WELL), Verdict::Failed);
        assert_eq!(verdict(Kind::Request, 200, WELL | TOOL_FAILED), Verdict::ToolFailed);
        assert_eq!(verdict(Kind::Request, 200, WELL | INPUT_REQUIRED), Verdict::InputRequired);
    }

    #[test]
    fn notifications_and_batches() {
        assert_eq!(verdict(Kind::Notification, 202, EMPTY), Verdict::Succeeded);
        assert_eq!(verdict(Kind::Notification, 500, EMPTY), Verdict::Failed);
        assert_eq!(verdict(Kind::Batch, 200, JSON | BATCH), Verdict::Succeeded);
        assert_eq!(verdict(Kind::Batch, 200, WELL), Verdict::Failed);
    }

    #[test]
    fn a_busy_server_stays_busy_whatever_its_body_says() {
        let failed = Failed {
            kind: Kind::Request,
            status: 503,
            facts: JSON | OBJECT | VERSION | NOBODY | ERROR | CODE,
            timed_out: false,
            timeout: 1,
            code: -32000.0,
            said: "busy",
            start: "{",
            ids: (1.0, "null"),
        };
        assert_eq!(diagnose(&failed), Failure::Http { status: 503, detail: "busy".to_owned() });
        let broken = Failed { status: 500, ..failed };
        assert_eq!(diagnose(&broken), Failure::Rpc { code: -32000.0, message: "busy".to_owned() });
    }
}

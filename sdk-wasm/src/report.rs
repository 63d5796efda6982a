//! The report about one failure, without secrets and limited in size.

use autoheal_contract::limits::{CONTEXT_DEPTH, ERROR_MESSAGE_CHARS, STACK_TRACE_CHARS, TEXT_CHARS};

use crate::json::{Limits, copy_members, write_text};
use crate::text::decimal;

/// Limits of the values for which [`limits_of`] has no others.
const DEFAULT_LIMITS: Limits = Limits { max_chars: TEXT_CHARS, max_depth: CONTEXT_DEPTH, max_bytes: 16 * 1024 };
/// Maximum size of a draft's members together, in bytes.
const MAX_DRAFT_BYTES: usize = 128 * 1024;
/// Maximum size of `params`, in bytes. A report has them twice, and a body that outlives its page is limited to 64 KiB by
/// the browser.
const MAX_PARAMS_BYTES: usize = 8 * 1024;
/// Maximum size of the `data` of a server's error, in bytes.
const MAX_DATA_BYTES: usize = 4 * 1024;
/// Maximum length of an excerpt of a response that is no JSON-RPC, and of a log line, in characters.
const MAX_LINE_CHARS: usize = 500;

/// The members of a report that are not in its draft.
#[derive(Debug)]
pub(crate) struct Stamp<'a> {
    /// The report's id.
    pub(crate) id: &'a str,
    /// The id of the page view.
    pub(crate) client: &'a str,
    /// The number of failures that the report counts.
    pub(crate) count: u64,
    /// The times of the first and the last failure, RFC 3339. A report of one failure leaves them out.
    pub(crate) span: [String; 2],
}

/// Finishes the shell's draft, an object as JSON text. The report is scrubbed and within the limits of the wire.
///
/// `params`, unless it is empty, is JSON text that replaces both `params` of the draft. It may be cut.
pub(crate) fn finish(draft: &str, params: &str, stamp: &Stamp<'_>) -> String {
    let mut out = String::with_capacity(draft.len() + 256);
    out.push('{');
    copy_members(draft, params, &mut out, Limits { max_bytes: MAX_DRAFT_BYTES, ..DEFAULT_LIMITS }, limits_of);
    let mut member = |key: &str, value: &str| {
        if out.len() > 1 {
            out.push(',');
        }
        write_text(key, &mut out);
        out.push(':');
        write_text(value, &mut out);
    };
    member("id", stamp.id);
    member("client", stamp.client);
    member("source", "javascript_sdk");
    if stamp.count > 1 {
        member("first_seen", &stamp.span[0]);
        member("last_seen", &stamp.span[1]);
        out.push_str(",\"count\":");
        out.push_str(&decimal(stamp.count));
    }
    out.push_str(",\"schema\":1}");
    out
}

fn limits_of(key: &str, depth: usize, limits: Limits) -> Limits {
    match (depth, key) {
        (0, "error_message") => {
            Limits { max_chars: ERROR_MESSAGE_CHARS, max_bytes: DEFAULT_LIMITS.max_bytes * 4, ..limits }
        }
        (0, "stack_trace") => {
            Limits { max_chars: STACK_TRACE_CHARS, max_bytes: DEFAULT_LIMITS.max_bytes * 4, ..limits }
        }
        (0, _) => Limits { max_bytes: DEFAULT_LIMITS.max_bytes + MAX_PARAMS_BYTES, ..limits },
        (1, "params") => Limits { max_bytes: MAX_PARAMS_BYTES, ..limits },
        (1, "data") => Limits { max_bytes: MAX_DATA_BYTES, ..limits },
        (1, "answer") | (2, "message") => Limits { max_chars: MAX_LINE_CHARS, ..limits },
        _ => limits,
    }
}

#[cfg(test)]
mod tests;

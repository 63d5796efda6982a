//! The report about one failure: everything a fixer needs, nothing secret, bounded.

use autoheal_contract::limits::{CONTEXT_DEPTH, ERROR_MESSAGE_CHARS, STACK_TRACE_CHARS, TEXT_CHARS};

use crate::json::{Room, copy_members, write_text};
use crate::text::decimal;

/// What every value gets that is not named below.
const ROOM: Room = Room { chars: TEXT_CHARS, depth: CONTEXT_DEPTH, bytes: 16 * 1024 };
/// Parameters stand in the report twice, and a body that is to outlive its page must stay below the browser's 64 KiB.
const PARAMS_BYTES: usize = 8 * 1024;
/// Largest `data` of a server's error, in bytes.
const DATA_BYTES: usize = 4 * 1024;
/// Longest piece of an answer that was not JSON-RPC, and longest line of what happened before, in characters.
const LINE_CHARS: usize = 500;

/// What a report says beside its draft.
#[derive(Debug)]
pub(crate) struct Stamp {
    /// Frozen with the first send.
    pub(crate) id: String,
    /// The page view's mark.
    pub(crate) client: String,
    /// How many failures it stands for.
    pub(crate) count: u64,
    /// When the first and the last of them happened, RFC 3339; told when they are several.
    pub(crate) span: [String; 2],
}

/// Finishes the shell's draft, an object in JSON text; what leaves is scrubbed and within the limits of the wire.
///
/// `params`, unless it is empty, is the JSON text that stands for both `params` of the draft; it may be cut off.
pub(crate) fn finish(draft: &str, params: &str, stamp: &Stamp) -> String {
    let mut out = String::with_capacity(draft.len() + 256);
    out.push('{');
    copy_members(draft, params, &mut out, Room { bytes: 128 * 1024, ..ROOM }, room_of);
    let mut member = |key: &str, value: &str| {
        if out.len() > 1 {
            out.push(',');
        }
        write_text(key, &mut out);
        out.push(':');
        write_text(value, &mut out);
    };
    member("id", &stamp.id);
    member("client", &stamp.client);
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

fn room_of(key: &str, around: usize, room: Room) -> Room {
    match (around, key) {
        (0, "error_message") => Room { chars: ERROR_MESSAGE_CHARS, bytes: ROOM.bytes * 4, ..room },
        (0, "stack_trace") => Room { chars: STACK_TRACE_CHARS, bytes: ROOM.bytes * 4, ..room },
        (0, _) => Room { bytes: ROOM.bytes + PARAMS_BYTES, ..room },
        (1, "params") => Room { bytes: PARAMS_BYTES, ..room },
        (1, "data") => Room { bytes: DATA_BYTES, ..room },
        (1, "answer") | (2, "message") => Room { chars: LINE_CHARS, ..room },
        _ => room,
    }
}

#[cfg(test)]
mod tests;

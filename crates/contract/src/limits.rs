//! All limits of the wire, for senders and the receiver.
//!
//! Characters are Unicode scalar values. Sizes of bodies and of the context are in bytes of JSON.

/// Maximum length of `error_type`, in characters.
pub const ERROR_TYPE_CHARS: usize = 500;
/// Maximum length of `error_message`, in characters.
pub const ERROR_MESSAGE_CHARS: usize = 10_000;
/// Maximum length of `stack_trace`, in characters.
pub const STACK_TRACE_CHARS: usize = 50_000;
/// Maximum length of a value in any other text field (release, command, reproduction …), in characters.
pub const TEXT_CHARS: usize = 4_000;
/// Minimum length of `rpc.id` that names a call without a session, in characters. A shorter one can be guessed.
pub const MIN_RPC_ID_CHARS: usize = 12;
/// Maximum length of `rpc.id`, in characters. A longer one is dropped, because a part of an id names no call.
pub const RPC_ID_CHARS: usize = 100;
/// Maximum size of `context`, in bytes of compact JSON.
pub const CONTEXT_BYTES: usize = 64 * 1024;
/// Maximum nesting of `context`; [`CUT_MARK`] replaces values at deeper levels.
pub const CONTEXT_DEPTH: usize = 6;
/// Maximum number of lines in `logs` or `breadcrumbs`.
pub const LOG_LINES: usize = 200;
/// Number of events before a failure that a program or a page remembers.
pub const BREADCRUMBS: usize = 50;
/// Maximum number of `causes`.
pub const CAUSES: usize = 10;
/// Maximum number of members of `tags`, and of `system`.
pub const TAGS: usize = 50;
/// Maximum number of frames with lines of source in `source_code`.
pub const SOURCE_EXCERPTS: usize = 8;
/// Maximum number of lines of source around one frame.
pub const SOURCE_LINES: usize = 5;
/// Maximum length of a line of source, in characters.
pub const SOURCE_LINE_CHARS: usize = 200;
/// Maximum size of a request body, in bytes.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Maximum size of a request body that is read to its end, in bytes. Above [`BODY_BYTES`] the bytes are dropped; they
/// are only read so that the sender receives the 413.
pub const DRAIN_BYTES: usize = 8 * 1024 * 1024;
/// Maximum number of reports in one batch.
pub const BATCH_REPORTS: usize = 100;
/// Maximum `count` of a report without a sender key.
pub const ANONYMOUS_COUNT: u64 = 100;
/// Maximum `count` of a report with a sender key.
pub const SENDER_COUNT: u64 = 1_000_000;
/// Retention of an `id`, in hours.
pub const ID_MEMORY_HOURS: u64 = 24;
/// Maximum number of stored ids per project.
pub const ID_MEMORY_ROWS: usize = 1_000_000;

/// Replacement of a value that is nested too deeply or does not fit.
pub const CUT_MARK: &str = "<cut>";

/// Project of reports without a project key.
pub const DEFAULT_PROJECT: &str = "default";

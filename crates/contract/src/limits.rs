//! Every size and count limit of the wire, used by sender and receiver alike.
//!
//! Lengths of text are in Unicode scalar values; sizes of bodies and of the context are in bytes of JSON.

/// Longest `error_type`, in characters.
pub const ERROR_TYPE_CHARS: usize = 500;
/// Longest `error_message`, in characters.
pub const ERROR_MESSAGE_CHARS: usize = 10_000;
/// Longest `stack_trace`, in characters.
pub const STACK_TRACE_CHARS: usize = 50_000;
/// Longest single value in any other text field (release, command, reproduction …), in characters.
pub const TEXT_CHARS: usize = 4_000;
/// Largest `context`, in bytes of compact JSON.
pub const CONTEXT_BYTES: usize = 64 * 1024;
/// Deepest nesting of `context`; a value at a deeper level is replaced by a mark.
pub const CONTEXT_DEPTH: usize = 6;
/// Most members of `logs`, `breadcrumbs`: the "last 50 lines".
pub const LOG_LINES: usize = 50;
/// Most members of `causes`.
pub const CAUSES: usize = 10;
/// Most members of `tags` and of `system`.
pub const TAGS: usize = 50;
/// Largest body that is read, in bytes.
pub const BODY_BYTES: usize = 1024 * 1024;
/// A refused body is still drained up to this size, so that the sender hears the 413, in bytes.
pub const DRAIN_BYTES: usize = 8 * 1024 * 1024;
/// Most reports in one batch.
pub const BATCH_REPORTS: usize = 100;
/// Most repeats one anonymous report may claim in `count`.
pub const ANONYMOUS_COUNT: u64 = 100;
/// Most repeats a report with a sender key may claim in `count`.
pub const SENDER_COUNT: u64 = 1_000_000;
/// How long an `id` is remembered, in hours.
pub const ID_MEMORY_HOURS: u64 = 24;
/// Most ids remembered per project.
pub const ID_MEMORY_ROWS: usize = 1_000_000;

/// What stands in place of a value that was nested too deeply or did not fit.
pub const CUT_MARK: &str = "<cut>";

/// Project of reports without a project key.
pub const DEFAULT_PROJECT: &str = "default";

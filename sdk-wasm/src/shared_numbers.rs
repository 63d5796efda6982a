//! Numbers that the module and the shell share. `cargo xtask build web` turns this file into JavaScript,
//! `npm/pkg/shared-numbers.js`, so it may hold nothing but comments and constants with a literal value.

// ---- Kinds of calls -------------------------------------------------------------------------------------------------

pub(crate) const REQUEST: u8 = 0;
pub(crate) const NOTIFICATION: u8 = 1;
/// Several calls in one POST. Only plain JSON-RPC has batches.
pub(crate) const BATCH: u8 = 2;

// ---- Flags of a call, as bits ---------------------------------------------------------------------------------------

/// The deadline of the last attempt has passed.
pub(crate) const TIMED_OUT: u32 = 1;
/// The caller has set the option `idempotent`, which overrules the method.
pub(crate) const IDEMPOTENCE_GIVEN: u32 = 2;
/// That option is true.
pub(crate) const IDEMPOTENT: u32 = 4;
/// The client has reconnected because of this call, which happens once per call.
pub(crate) const RECONNECTED: u32 = 8;
/// The client has listed the tools because of this call, which happens once per call.
pub(crate) const TOOLS_LISTED: u32 = 16;
/// After HTTP 401 the page's function for headers may be called again, which happens once per call.
pub(crate) const MAY_REFRESH_HEADERS: u32 = 32;

// ---- Facts about a response, as bits --------------------------------------------------------------------------------

/// The response has exactly `"jsonrpc": "2.0"`.
pub(crate) const HAS_VERSION: u32 = 1;
/// Its id equals the call's, type included.
pub(crate) const ID_MATCHES: u32 = 2;
/// Its id is null or absent, because the server could not read the request's.
pub(crate) const ID_MISSING: u32 = 4;
/// It has a result, which may be null.
pub(crate) const HAS_RESULT: u32 = 8;
/// It has an error that is not null.
pub(crate) const HAS_ERROR: u32 = 16;
/// That error has an integer as its code.
pub(crate) const HAS_ERROR_CODE: u32 = 32;
/// The result has `"isError": true`.
pub(crate) const HAS_TOOL_ERROR: u32 = 64;
/// The result has `"resultType": "input_required"`.
pub(crate) const INPUT_REQUIRED: u32 = 128;
/// The result has a `resultType` that no revision of MCP defines.
pub(crate) const UNKNOWN_RESULT_TYPE: u32 = 256;
/// The body is a JSON object.
pub(crate) const IS_OBJECT: u32 = 512;
/// The body is JSON.
pub(crate) const IS_JSON: u32 = 1024;
/// The body is an array, or empty after a batch of notifications only.
pub(crate) const IS_BATCH: u32 = 2048;
/// The response to the batch has no reply to this member.
pub(crate) const NOT_IN_BATCH: u32 = 4096;
/// There is no body.
pub(crate) const IS_EMPTY: u32 = 8192;

// ---- Verdicts on an attempt -----------------------------------------------------------------------------------------

pub(crate) const FAILED: u8 = 0;
pub(crate) const SUCCEEDED: u8 = 1;
/// The call succeeded, and its result says that the tool failed.
pub(crate) const TOOL_FAILED: u8 = 2;
/// The server needs input from the page before it can respond.
pub(crate) const NEEDS_INPUT: u8 = 3;

// ---- Remedies for a failed attempt ----------------------------------------------------------------------------------

/// No remedy: the call is rejected.
pub(crate) const REJECT: u8 = 0;
/// Send the call again after a wait.
pub(crate) const RETRY: u8 = 1;
/// Open a new session, then send the call again.
pub(crate) const RECONNECT: u8 = 2;
/// List the tools, whose header parameters may have changed, then send the call again.
pub(crate) const LIST_TOOLS: u8 = 3;
/// Call the page's function for headers again, because a token may have expired, then send the call again.
pub(crate) const REFRESH_HEADERS: u8 = 4;

// ---- Steps to get connected -----------------------------------------------------------------------------------------

/// The client is connected.
pub(crate) const READY: u8 = 0;
/// Send `server/discover`.
pub(crate) const DISCOVER: u8 = 1;
/// Send `initialize`.
pub(crate) const INITIALIZE: u8 = 2;
/// Fail with the error of the last step.
pub(crate) const FAIL: u8 = 3;
/// Send `initialize` once. If that fails, take the remedy for the failure of the last step.
pub(crate) const TRY: u8 = 4;

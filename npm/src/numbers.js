// The numbers that shell and module share, in a file that imports nothing: the bundler then writes them where they are used.

// What a call is.
export const REQUEST = 0;
export const NOTIFICATION = 1;
export const BATCH = 2;

// What is known of an attempt, in the bits that sdk-wasm/src/session.rs names.
export const TIMED_OUT = 1;
export const MARKED = 2;
export const IDEMPOTENT = 4;
export const RECONNECTED = 8;
export const TOOLS_LISTED = 16;
export const MAY_REFRESH = 32;

// What is known of an answer, in the bits that sdk-wasm/src/answer.rs names.
export const VERSION = 1;
export const OURS = 2;
export const NOBODY = 4;
export const RESULT = 8;
export const ERROR = 16;
export const CODE = 32;
export const TOOL_FAILED = 64;
export const INPUT_REQUIRED = 128;
export const UNKNOWN_TYPE = 256;
export const OBJECT = 512;
export const JSON_TEXT = 1024;
export const IN_BATCH = 2048;
export const HOLE = 4096;
export const EMPTY = 8192;

/** Beyond it setTimeout fires at once. */
export const LONGEST_TIMER = 2147483647;
/** Bodies that are to outlive their page: browsers allow 64 KiB for all requests in flight together. */
export const KEEPALIVE_BYTES = 61440;

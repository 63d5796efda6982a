// Limits of the platform, in a file without imports, so that the bundler inlines them.

/** Longest delay of `setTimeout` in milliseconds. A longer one would fire at once. */
export const LONGEST_TIMER = 2147483647;
/** Maximum size of a request that may outlive its page. Browsers allow 64 KiB for all of them in flight together. */
export const KEEPALIVE_BYTES = 61440;

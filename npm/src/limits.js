// Limits of the platform and of reports, in a file without imports, so that the bundler inlines them.

/** Maximum delay of `setTimeout`. A timer with a longer delay would fire at once. */
export const MAX_TIMER_MS = 2147483647;
/** Maximum size of a request that may outlive its page. Browsers allow 64 KiB for all of them in flight together. */
export const KEEPALIVE_BYTES = 61440;
/** The beginning of a text for a report. The module shortens it further, after it has removed secrets. */
export const cut = (text) => text.slice(0, 32768);

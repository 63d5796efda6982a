// Sending of reports to the service.

import { plainFetch } from './breadcrumbs.js';
import { KEEPALIVE_BYTES } from './limits.js';
import { isForeign, withoutFragment } from './page.js';

/** Timeout of a request to the service, in milliseconds. */
const TIMEOUT = 30_000;
/** End of the last keepalive request, as `performance.now()` has it. */
let lastKeepalive = -Infinity;

/** Posts a body. To a foreign origin it is sent as text, which needs no CORS preflight. */
export async function postReports(endpoint, body) {
  // One keepalive request per second, because Firefox frees the bytes of a body only some time after the response.
  const keepalive = new Blob([body]).size <= KEEPALIVE_BYTES && performance.now() - lastKeepalive > 1000;
  const response = await plainFetch()(endpoint, {
    method: 'POST',
    headers: { 'content-type': isForeign(endpoint) ? 'text/plain' : 'application/json' },
    body,
    keepalive,
    // new in Chrome 103
    signal: AbortSignal.timeout?.(TIMEOUT),
  });
  // Chromium counts the request as in flight until its response is read.
  await response.text();
  if (keepalive) lastKeepalive = performance.now();
  return response;
}

/** Time and place of a failure, for the report's `context`. */
export function reportContext() {
  return {
    timestamp: new Date().toISOString(),
    userAgent: globalThis.navigator?.userAgent,
    url: withoutFragment(),
  };
}

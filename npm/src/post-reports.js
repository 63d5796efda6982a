// How reports travel to the service that takes them.

import { KEEPALIVE_BYTES } from './limits.js';
import { isForeign, withoutFragment } from './page.js';
import { plainFetch } from './trail.js';

/** How long the service may take to answer, in milliseconds. */
const PATIENCE = 30_000;
/** When the last request that could outlive the page was answered. */
let outlived = -Infinity;

/** Posts a body. Text needs no preflight, which a service on another origin would have to answer first. */
export async function postReports(endpoint, body) {
  // Firefox gives the room of a body back only a moment after its answer: one request a second may outlive the page.
  const keepalive = new Blob([body]).size <= KEEPALIVE_BYTES && performance.now() - outlived > 1000;
  const response = await plainFetch()(endpoint, {
    method: 'POST',
    headers: { 'content-type': isForeign(endpoint) ? 'text/plain' : 'application/json' },
    body,
    keepalive,
    // Chrome has it from 103 on.
    signal: AbortSignal.timeout?.(PATIENCE),
  });
  // Chromium counts a body as in flight until the answer to it was read.
  await response.text();
  if (keepalive) outlived = performance.now();
  return response;
}

/** Where and when something happened. */
export function circumstances() {
  return {
    timestamp: new Date().toISOString(),
    userAgent: globalThis.navigator?.userAgent,
    url: withoutFragment(),
  };
}

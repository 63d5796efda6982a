// Sending of reports to the service.

import { OWN } from './breadcrumbs.js';
import { KEEPALIVE_BYTES } from './limits.js';
import { isForeign, withoutFragment } from './page.js';
import { attempted, listOf } from './type-checks.js';

/** Timeout of a request to the service, in milliseconds. */
const TIMEOUT = 30_000;
/** End of the last keepalive request, as `performance.now()` has it. */
let lastKeepalive = -Infinity;

/**
 * Posts a body. To a foreign origin it is sent as text, which needs no CORS preflight. Resolves to the HTTP status, the
 * header `Retry-After`, and why the service has not accepted all reports, if so. The status is 0 if a page answers, such
 * as a login or start page, because the service's receipts are a list.
 */
export async function postReports(endpoint, body) {
  // One keepalive request per second, because Firefox frees the bytes of a body only some time after the response.
  const keepalive = new Blob([body]).size <= KEEPALIVE_BYTES && performance.now() - lastKeepalive > 1000;
  const response = await fetch(endpoint, {
    [OWN]: true,
    method: 'POST',
    headers: { 'content-type': isForeign(endpoint) ? 'text/plain' : 'application/json' },
    body,
    keepalive,
    // new in Chrome 103
    signal: globalThis.AbortSignal?.timeout?.(TIMEOUT),
  });
  // Chromium counts the request as in flight until its response is read.
  const text = await response.text();
  if (keepalive) lastKeepalive = performance.now();
  const { ok, status, headers } = response;
  const receipts = attempted(() => JSON.parse(text));
  const isReceipt = Array.isArray(receipts);
  const refused = listOf(receipts).find((receipt) => receipt?.status === 'rejected');
  const reason = isReceipt ? refused && (refused.reason ?? 'rejected') : 'no list of receipts';
  const problem = ok ? reason : `HTTP ${status}`;
  return [ok && !isReceipt ? 0 : status, headers.get('retry-after'), problem];
}

/** Time and place of a failure, for the report's `context`. */
export function reportContext() {
  return {
    timestamp: new Date().toISOString(),
    userAgent: globalThis.navigator?.userAgent,
    url: withoutFragment(),
  };
}

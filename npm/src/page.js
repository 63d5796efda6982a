// The page: its address, the moments at which it is hidden or left, and its uncaught errors.

import { pause } from './deadline.js';
import { Failure } from './error.js';
import { attempted } from './type-checks.js';

/** Adds a listener to the page, whose errors are not the page's. Does nothing outside of browsers. */
export function listenToPage(type, listener, options) {
  attempted(() => globalThis.addEventListener?.(type, (event) => attempted(() => listener(event)), options));
}

/** An address, by default the page's own, without its fragment, which never leaves the page. */
export const withoutFragment = (address = globalThis.location?.href) => address?.split('#')[0];

/** The address of a server as a `URL`, resolved as `fetch` does. Outside of pages, a relative one is the caller's mistake. */
export function absolute(address) {
  try {
    return new URL(address, globalThis.document?.baseURI ?? globalThis.location?.href);
  } catch {
    const message = `MCPClient: "endpoint" must be an absolute address outside of pages, not ${address}`;
    throw new Failure({ reason: new TypeError(message) });
  }
}

/** Whether an address has another origin than the page, so that CORS applies. */
export function isForeign(address) {
  const page = globalThis.location;
  return !!page && absolute(address).origin !== page.origin;
}

/** Reporters with unsent reports. Other reporters are not referenced, so that they are garbage-collected. */
const unsent = new Set();
export const addUnsent = (reporter) => unsent.add(reporter);
export const removeUnsent = (reporter) => unsent.delete(reporter);

/** Maximum time between the moment a page is left and a request that fails for this reason, in milliseconds. */
const LEAVING = 500;
let leftAt = -Infinity;
let watchesPage = false;

/** Has reporters send their reports by beacon when the page is hidden, and notes when it is left. */
export function watchPage() {
  if (watchesPage) return;
  watchesPage = true;
  const leave = () => (leftAt = performance.now());
  // Also when the page is only hidden: it may never be shown again, and not every browser fires another event then.
  const sendAll = () => unsent.forEach((reporter) => reporter.sendByBeacon());
  listenToPage('beforeunload', leave);
  listenToPage('pagehide', () => leave() && sendAll());
  listenToPage('visibilitychange', () => document.visibilityState === 'hidden' && sendAll());
}

/** Whether a request failed because the page was left: Firefox then cancels them, also for a mere download. */
export const failedByLeaving = (time) => Math.abs(leftAt - time) < LEAVING;

/** Waits until {@link failedByLeaving} is certain about a time. Outside of pages it is so at once. */
export function untilStays(time) {
  const wait = time + LEAVING - performance.now();
  return globalThis.document && wait > 0 ? pause(wait) : undefined;
}

const listeners = new Set();
let watchesErrors = false;

/** Calls a function for each uncaught error and unhandled rejection. Returns a function that ends this. */
export function onGlobalError(listener) {
  if (!watchesErrors) {
    watchesErrors = true;
    // Errors of scripts of other origins have no place and no content. Neither has the warning about ResizeObserver.
    listenToPage('error', (event) => (event.error != null || event.lineno) && notify('uncaught', event));
    // Libraries with promises of their own have the reason in `detail`.
    listenToPage('unhandledrejection', ({ detail, reason = detail?.reason }) => notify('unhandled_rejection', reason));
    // Only watches, so that the program ends as it would without.
    attempted(() =>
      globalThis.process?.on?.('uncaughtExceptionMonitor', (error, origin) =>
        notify(origin === 'unhandledRejection' ? 'unhandled_rejection' : 'uncaught', error),
      ),
    );
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify(kind, error) {
  for (const listener of listeners) listener(kind, error);
}

// The page: its address, the moment it is hidden, and its uncaught errors.

import { Failure } from './error.js';

/** Adds a listener to the page. Does nothing outside of browsers. */
export const listenToPage = (type, listener, options) => globalThis.addEventListener?.(type, listener, options);

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
let watchesHide = false;

/** Has a reporter send its reports by beacon when the page is hidden. */
export function addUnsent(reporter) {
  unsent.add(reporter);
  if (watchesHide) return;
  watchesHide = true;
  // Also when the page is only hidden: it may never be shown again, and not every browser fires another event then.
  const sendAll = () => unsent.forEach((reporter) => reporter.sendByBeacon());
  listenToPage('pagehide', sendAll);
  listenToPage('visibilitychange', () => document.visibilityState === 'hidden' && sendAll());
}

export const removeUnsent = (reporter) => unsent.delete(reporter);

const listeners = new Set();
let watchesErrors = false;

/** Calls a function for each uncaught error and unhandled rejection. Returns a function that ends this. */
export function onGlobalError(listener) {
  if (!watchesErrors) {
    watchesErrors = true;
    listenToPage('error', ({ error }) => error && notify('uncaught', error));
    listenToPage('unhandledrejection', ({ reason }) => notify('unhandled_rejection', reason));
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function notify(kind, error) {
  for (const listener of listeners) listener(kind, error);
}

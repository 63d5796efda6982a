// What the page is, and what it tells of itself: that it goes, and errors nobody caught.

/** Hears of events of the page, where there is one. */
export const hear = (type, listener, options) => globalThis.addEventListener?.(type, listener, options);

/** The page's address; a fragment is nobody's business. */
export const withoutFragment = (address = globalThis.location?.href) => address?.split('#')[0];

/** Whether an address is of another origin than the page, which has to allow us more than reading and sending text. */
export function isForeign(address) {
  const page = globalThis.location;
  return !!page && new URL(address, page.href).origin !== page.origin;
}

/** Those with something that has not left. The others are not held, so that they end with their clients. */
const unsent = new Set();
let isWatching = false;

/** Puts a reporter on the list of those that are told when the page goes. */
export function leaving(reporter) {
  unsent.add(reporter);
  if (isWatching) return;
  isWatching = true;
  // A page that was hidden may never come back, and not every browser says so once more.
  const farewell = () => unsent.forEach((reporter) => reporter.farewell());
  hear('pagehide', farewell);
  hear('visibilitychange', () => document.visibilityState === 'hidden' && farewell());
}

/** Takes it off. */
export const staying = (reporter) => unsent.delete(reporter);

const listeners = new Set();
let isHearing = false;

/** Hears of errors nobody caught, until the returned function is called. */
export function hearGlobalErrors(listener) {
  if (!isHearing) {
    isHearing = true;
    hear('error', ({ error }) => error && tell('uncaught', error));
    hear('unhandledrejection', ({ reason }) => tell('unhandled_rejection', reason));
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(kind, error) {
  for (const listener of listeners) listener(kind, error);
}

// Breadcrumbs: the last fifty events on the page before a failure, shared by all clients.

import { listenToPage, withoutFragment } from './page.js';
import { isObject } from './type-checks.js';

const MAX_BREADCRUMBS = 50;
/** Maximum length of a text, in UTF-16 units. A report shortens it further, after secrets are removed. */
const MAX_TEXT = 1000;

/** A ring: `next` counts all breadcrumbs so far. */
const ring = [];
let next = 0;
let wrapped;
let original;

/** Adds a breadcrumb; `detail` joins the text only when a report is written. */
export function addBreadcrumb(level, text, detail) {
  ring[next % MAX_BREADCRUMBS] = { time: Date.now(), level, text, detail };
  next += 1;
}

/** The breadcrumbs as a report has them, oldest first. */
export function breadcrumbs() {
  const first = next > MAX_BREADCRUMBS ? next % MAX_BREADCRUMBS : 0;
  return [...ring.slice(first), ...ring.slice(0, first)].map(({ time, level, text, detail }) => ({
    timestamp: new Date(time).toISOString(),
    level,
    message: detail ? `${text} ${detail}` : text,
  }));
}

/** `fetch` without breadcrumbs, for requests of the client, whose calls have breadcrumbs already. */
export function plainFetch() {
  return globalThis.fetch === wrapped ? original : globalThis.fetch;
}

let collects = false;

/** Begins to collect breadcrumbs from console, requests, clicks and navigation, once for the page. */
export function collectBreadcrumbs() {
  if (collects) return;
  collects = true;
  for (const level of ['debug', 'info', 'log', 'warn', 'error']) {
    wrap(console, level, (values) => addBreadcrumb(level, shorten(values.slice(0, 8).map(summary).join(' '))));
  }
  original = globalThis.fetch;
  wrap(globalThis, 'fetch', ([input, options], response) => {
    const text = `${options?.method ?? input?.method ?? 'GET'} ${shorten(String(input?.url ?? input))}`;
    response.then(
      ({ status }) => addBreadcrumb('fetch', text, String(status)),
      (error) => addBreadcrumb('fetch', text, error?.name),
    );
  });
  wrapped = globalThis.fetch;
  if (!globalThis.document) return;
  listenToPage('click', ({ target }) => addBreadcrumb('click', selector(target)), { capture: true, passive: true });
  let here = withoutFragment();
  const navigated = () => {
    const from = here;
    here = withoutFragment();
    if (from !== here) addBreadcrumb('navigation', shorten(from), `→ ${shorten(here)}`);
  };
  for (const type of ['popstate', 'hashchange']) listenToPage(type, navigated);
  for (const name of ['pushState', 'replaceState']) wrap(history, name, navigated);
}

/** Wraps a method, so that every call of it is passed to `observe`, with arguments and return value. */
function wrap(object, name, observe) {
  const method = object[name];
  object[name] = function (...values) {
    const value = method.apply(this ?? globalThis, values);
    try {
      observe(values, value);
    } catch {
      // A failure to observe must not become a failure of the page.
    }
    return value;
  };
}

const shorten = (text) => text.slice(0, MAX_TEXT);

/** A short text for a value of the console. Objects are not walked and not referenced, so that it costs little. */
function summary(value) {
  if (value instanceof Error) return shorten(`${value.name}: ${value.message}`);
  if (!isObject(value)) return shorten(String(value));
  return Array.isArray(value) ? `[${value.length} items]` : `{${value.constructor?.name ?? ''}}`;
}

/** Tag, id and classes of an element and its parents. Never its text, which may belong to the user. */
function selector(element) {
  const parts = [];
  for (let node = element; node?.tagName && parts.length < 3; node = node.parentElement) {
    const name = node.tagName.toLowerCase();
    parts.unshift(node.id ? `${name}#${node.id}` : [name, ...node.classList].slice(0, 3).join('.'));
  }
  return shorten(parts.join(' > '));
}

// Breadcrumbs: the last fifty events on the page before a failure, shared by all clients.

import { listenToPage, withoutFragment } from './page.js';
import { attempted, classOf, isFunction, isObject, read, textOf } from './type-checks.js';

const MAX_BREADCRUMBS = 50;
/** Maximum length of a text, in UTF-16 units. A report shortens it further, after secrets are removed. */
const MAX_TEXT = 1000;

const steps = [];
/** A member of the options of the client's own requests, which have other breadcrumbs, or none. */
export const OWN = Symbol();

/** Adds a breadcrumb; `detail` joins the text only when a report is written. */
export function addBreadcrumb(level, text, detail = '') {
  if (steps.push({ time: Date.now(), level, text: shorten(text), detail: shorten(detail) }) > MAX_BREADCRUMBS) steps.shift();
}

/** The breadcrumbs as a report has them, oldest first. */
export const breadcrumbs = () =>
  steps.map(({ time, level, text, detail }) => ({
    timestamp: new Date(time).toISOString(),
    level,
    message: detail ? `${text} ${detail}` : text,
  }));

let collects = false;
/** Whether a value is read now. Reading may call wrapped methods, as proxies for debugging do. */
let observes = false;

/** Begins to collect breadcrumbs from console, requests, clicks and navigation, once for the page. */
export function collectBreadcrumbs() {
  if (collects) return;
  collects = true;
  for (const level of ['debug', 'info', 'log', 'warn', 'error']) {
    wrap(globalThis.console, level, (values) => addBreadcrumb(level, shorten(values.slice(0, 8).map(summary).join(' '))));
  }
  wrap(globalThis, 'fetch', ([input, options], response) => {
    if (options?.[OWN]) return;
    const text = `${options?.method ?? input?.method ?? 'GET'} ${shorten(String(input?.url ?? input))}`;
    const add = (value, name) => addBreadcrumb('fetch', text, textOf(read(value, name) ?? ''));
    response.then((answer) => add(answer, 'status'), (error) => add(error, 'name'));
  });
  if (!globalThis.document) return;
  listenToPage('click', ({ target }) => addBreadcrumb('click', selector(target)), { capture: true, passive: true });
  let here = withoutFragment();
  const navigated = () => {
    const from = here;
    here = withoutFragment();
    if (from !== here) addBreadcrumb('navigation', shorten(from), `→ ${shorten(here)}`);
  };
  for (const type of ['popstate', 'hashchange']) listenToPage(type, navigated);
  for (const name of ['pushState', 'replaceState']) wrap(globalThis.history, name, navigated);
}

/**
 * Wraps a method, so that every call of it is passed to `observe`, with arguments and return value. Leaves alone what
 * cannot be replaced, such as members of frozen objects, because breadcrumbs are not worth a failure.
 */
function wrap(object, name, observe) {
  attempted(() => {
    const method = object[name];
    if (!isFunction(method)) return;
    object[name] = function (...values) {
      const value = Reflect.apply(method, this ?? globalThis, values);
      if (observes) return value;
      observes = true;
      attempted(() => observe(values, value));
      observes = false;
      return value;
    };
  });
}

/** The beginning of a text, copied, because a slice keeps the whole text in memory. */
const shorten = (text) => (text.length > MAX_TEXT ? JSON.parse(JSON.stringify(text.slice(0, MAX_TEXT))) : text);

/** A short text for a value of the console. Objects are not walked and not referenced, so that it costs little. */
function summary(value) {
  if (/^(Error|DOMException)$/.test(classOf(value))) return shorten(`${value.name}: ${value.message}`);
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

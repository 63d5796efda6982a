// The trail: what happened on the page before a failure, the last fifty steps of it, shared by all clients.

import { isObject } from './kinds.js';
import { hear, withoutFragment } from './page.js';

const STEPS = 50;
/** Longest text of a step that is kept, in UTF-16 units; a report cuts it further, after secrets were taken out. */
const LONGEST = 1000;

const trail = [];
let next = 0;
let wrapped;
let original;

/** Remembers a step; `detail` is joined to `text` when it is told. */
export function leaveStep(level, text, detail) {
  trail[next % STEPS] = { time: Date.now(), level, text, detail };
  next += 1;
}

/** The steps, oldest first, as a report holds them. */
export function steps() {
  const first = next > STEPS ? next % STEPS : 0;
  return [...trail.slice(first), ...trail.slice(0, first)].map(({ time, level, text, detail }) => ({
    timestamp: new Date(time).toISOString(),
    level,
    message: detail ? `${text} ${detail}` : text,
  }));
}

/** `fetch` without our own steps about it: the client's requests are told as calls. */
export function plainFetch() {
  return globalThis.fetch === wrapped ? original : globalThis.fetch;
}

let isWatching = false;

/** Begins to watch console, requests, clicks and navigation; once for the page. */
export function watchTrail() {
  if (isWatching) return;
  isWatching = true;
  for (const level of ['debug', 'info', 'log', 'warn', 'error']) {
    watch(console, level, (words) => leaveStep(level, cut(words.slice(0, 8).map(brief).join(' '))));
  }
  original = globalThis.fetch;
  watch(globalThis, 'fetch', ([input, options], answer) => {
    const text = `${options?.method ?? input?.method ?? 'GET'} ${cut(String(input?.url ?? input))}`;
    answer.then(
      ({ status }) => leaveStep('fetch', text, String(status)),
      (error) => leaveStep('fetch', text, error?.name),
    );
  });
  wrapped = globalThis.fetch;
  if (!globalThis.document) return;
  hear('click', ({ target }) => leaveStep('click', described(target)), { capture: true, passive: true });
  let here = withoutFragment();
  const moved = () => {
    const from = here;
    here = withoutFragment();
    if (from !== here) leaveStep('navigation', cut(from), `→ ${cut(here)}`);
  };
  for (const type of ['popstate', 'hashchange']) hear(type, moved);
  for (const name of ['pushState', 'replaceState']) watch(history, name, moved);
}

/** Has every call of a method told, with its arguments and what it returns. */
function watch(holder, name, tell) {
  const method = holder[name];
  holder[name] = function (...details) {
    const value = method.apply(this ?? globalThis, details);
    try {
      tell(details, value);
    } catch {
      // What cannot be told must not become a failure of the page.
    }
    return value;
  };
}

const cut = (text) => text.slice(0, LONGEST);

/** Cheap and bounded: no object is walked, and none is held. */
function brief(word) {
  if (word instanceof Error) return cut(`${word.name}: ${word.message}`);
  if (!isObject(word)) return cut(String(word));
  return Array.isArray(word) ? `[${word.length} items]` : `{${word.constructor?.name ?? ''}}`;
}

/** An element by what a developer knows it by; never by what stands in it, which may be the user's. */
function described(element) {
  const parts = [];
  for (let node = element; node?.tagName && parts.length < 3; node = node.parentElement) {
    const name = node.tagName.toLowerCase();
    parts.unshift(node.id ? `${name}#${node.id}` : [name, ...node.classList].slice(0, 3).join('.'));
  }
  return cut(parts.join(' > '));
}

// One client's reports: what is worth one, what it says, and when it leaves. Nobody waits for it, and it never throws.

import { Outbox } from '../pkg/glue.js';
import { causesOf } from './causes.js';
import { isFunction, isText } from './kinds.js';
import { openQueue } from './offline.js';
import { KEEPALIVE_BYTES } from './limits.js';
import { leaving, staying } from './page.js';
import { circumstances, postReports } from './post-reports.js';
import { steps, watchTrail } from './trail.js';

export class Reporter {
  #options;
  #outbox;
  /** Reports that are not written yet, by the numbers of their failures. */
  #drafts = new Map();
  #told = new WeakSet();
  #timer;
  #due;
  #sending;
  #queue;
  #user;
  #hashing;

  constructor(options) {
    const { maxPerMinute, breadcrumbs, user, endpoint, offline } = (this.#options = options);
    this.#outbox = new Outbox(maxPerMinute);
    if (breadcrumbs) watchTrail();
    if (user) this.#hashing = this.#hashUser(`${endpoint}\n${user}`);
    if (offline) {
      this.#queue = openQueue((report) => this.#outbox.keep(report));
      this.#queue.then(() => this.#flushIn(0));
    }
  }

  /**
   * Tells of a failure, unless the page does not want that, or it was told already. Costs as little as it can: `draft` is
   * a report but for what follows from it, and its parameters are the text they were sent as.
   */
  note(draft, error) {
    try {
      if (Object(error) === error) {
        if (this.#told.has(error)) return;
        this.#told.add(error);
      }
      const { error_type, error_message, stack_trace, rpc } = draft;
      if (!this.#isWanted(`${error_type}: ${error_message}`, stack_trace)) return;
      const number = this.#outbox.note(draft.class, rpc?.method ?? '', rpc?.tool ?? '', error_message);
      if (number !== undefined) {
        draft.context = { ...circumstances(), ...draft.context };
        if (this.#options.breadcrumbs) draft.logs = steps();
        this.#drafts.set(number, draft);
      }
      this.#flushIn(0);
    } catch {
      // A failure to report must not become one of the page.
    }
  }

  #isWanted(heading, stack) {
    const { sampleRate, ignoreErrors, allowUrls, denyUrls } = this.#options;
    const fits = (patterns, text) =>
      patterns?.some((pattern) => (isText(pattern) ? text.includes(pattern) : text.search(pattern) >= 0));
    const [script] = /\b[a-z-]+:\/\/[^\s)]+/.exec(stack) ?? [''];
    if (fits(ignoreErrors, heading) || fits(denyUrls, script) || fits(allowUrls, script) === false) return false;
    return sampleRate === 1 || Math.random() < sampleRate;
  }

  /** Reports leave after `wait` milliseconds at the latest, in a task of their own: a failing call rejects first. */
  #flushIn(wait) {
    leaving(this);
    const due = performance.now() + wait;
    if (this.#timer === undefined || due < this.#due) {
      clearTimeout(this.#timer);
      this.#due = due;
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#send(false);
      }, wait);
    }
    // Node may end before a report that can only leave later.
    if (wait) this.#timer.unref?.();
    else this.#timer.ref?.();
  }

  /** Sends what may leave, one request at a time: a service that is slow must not hold the page's connections. */
  #send(isUrgent) {
    this.#sending ??= this.#sendAll(isUrgent).finally(() => {
      this.#sending = undefined;
      const wait = this.#outbox.wait();
      if (wait === undefined) staying(this);
      else this.#flushIn(wait);
    });
    return this.#sending;
  }

  async #sendAll(isUrgent) {
    await this.#hashing;
    for (;;) {
      for (const report of this.#written(isUrgent, false)) {
        const wanted = await this.#asked(report);
        if (!wanted) continue;
        await (await this.#queue)?.put(wanted);
        this.#outbox.keep(wanted);
      }
      const body = this.#outbox.bundle(KEEPALIVE_BYTES, isUrgent, false);
      if (!body) return;
      let status = 0;
      let retryAfter;
      try {
        const response = await postReports(this.#options.endpoint, body);
        status = response.status;
        retryAfter = response.headers.get('retry-after');
      } catch {
        // No answer: the module says when to try again.
      }
      if (this.#outbox.bundled(status, retryAfter, false)) await this.#forget(body);
    }
  }

  /** The reports that may leave now, written. */
  *#written(isUrgent, isLastWord) {
    for (let number; (number = this.#outbox.next(isUrgent, isLastWord)) !== undefined; ) {
      const draft = this.#drafts.get(number);
      this.#drafts.delete(number);
      if (draft) yield this.#outbox.write(this.#finished(draft), draft.params ?? '');
    }
  }

  /** The report as the page's own `beforeSend` wants it; undefined if it does not, or if it fails. */
  #asked(report) {
    const { beforeSend } = this.#options;
    if (!beforeSend) return report;
    const text = (value) => (value ? JSON.stringify(value) : undefined);
    try {
      const wanted = beforeSend(JSON.parse(report));
      return isFunction(wanted?.then) ? wanted.then(text).catch(() => undefined) : text(wanted);
    } catch {
      return undefined;
    }
  }

  /** The draft with what follows from it; secrets are taken out, and all is cut to size, when the module writes it. */
  #finished(draft) {
    const { release, environment, tags } = this.#options;
    const { context, causes } = draft;
    const report = { ...draft, params: undefined, causes: causesOf(causes), release, environment, tags, user: this.#user };
    try {
      return JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    } catch {
      // What the page gave besides goes in circles; the rest is worth telling.
      return JSON.stringify({ ...report, context: { timestamp: context.timestamp, url: context.url } });
    }
  }

  /** Sends what there is, and says whether all of it arrived in time. */
  async flush(timeout) {
    const end = performance.now() + timeout;
    const left = () => Math.max(0, end - performance.now());
    while (this.#outbox.wait() !== undefined || this.#sending) {
      if (!left()) return false;
      await atMost(left(), this.#send(true));
      // What had to wait for its minute, or for the service, is waited for as long as there is time.
      const wait = this.#outbox.wait();
      if (wait > 0) await atMost(Math.min(wait, left()), new Promise(() => {}));
    }
    return true;
  }

  /** The page may be going: what has not left is handed to the browser. */
  farewell() {
    for (const report of this.#written(true, true)) {
      const wanted = this.#asked(report);
      if (isText(wanted)) this.#outbox.keep(wanted);
    }
    const body = this.#outbox.bundle(KEEPALIVE_BYTES, true, true);
    if (!body) return;
    let isTaken = false;
    try {
      isTaken = navigator.sendBeacon(this.#options.endpoint, body);
    } catch {
      // It stays, and may be sent if the page does too.
    }
    if (this.#outbox.bundled(isTaken ? 202 : 0, undefined, true)) this.#forget(body);
  }

  async #forget(body) {
    const queue = await this.#queue;
    if (queue) await Promise.all([JSON.parse(body)].flat().map(({ id }) => queue.remove(id)));
  }

  /** Never a name or an address: only as a hash, and where the page is secure enough to make one. */
  async #hashUser(user) {
    const bytes = await globalThis.crypto?.subtle?.digest('SHA-256', new TextEncoder().encode(user));
    if (bytes) this.#user = [...new Uint8Array(bytes, 0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

/** Waits for a promise, and keeps a program running meanwhile, but not longer than this many milliseconds. */
async function atMost(milliseconds, promise) {
  let timer;
  const over = new Promise((resume) => {
    timer = setTimeout(resume, milliseconds);
  });
  await Promise.race([promise, over]);
  clearTimeout(timer);
}

// One client's reports: which failures are reported, what a report contains, and when it is sent. Never throws.

import { Outbox } from '../pkg/glue.js';
import { breadcrumbs, collectBreadcrumbs } from './breadcrumbs.js';
import { causesOf } from './causes.js';
import { KEEPALIVE_BYTES } from './limits.js';
import { openStore } from './offline.js';
import { addUnsent, removeUnsent } from './page.js';
import { postReports, reportContext } from './post-reports.js';
import { newId, randomDigits } from './random.js';
import { isFunction, isText } from './type-checks.js';

export class Reporter {
  #options;
  #outbox;
  /** Reports that are not written yet, by the number the outbox has given to their failure. */
  #drafts = new Map();
  /** Error objects that were reported before. */
  #reported = new WeakSet();
  #timer;
  #due;
  #sending;
  #store;
  #user;
  #hashing;

  constructor(options) {
    const { maxPerMinute, breadcrumbs, user, endpoint, offline } = (this.#options = options);
    this.#outbox = new Outbox(maxPerMinute, randomDigits() + randomDigits());
    if (breadcrumbs) collectBreadcrumbs();
    if (user) this.#hashing = this.#hashUser(`${endpoint}\n${user}`);
    if (offline) {
      this.#store = openStore((report) => this.#outbox.keep(report));
      this.#store.then(() => this.#flushIn(0));
    }
  }

  /**
   * Records a failure, unless the options exclude it or its error object was recorded before. The draft becomes a
   * report only when it is sent, so that a failing call loses no time; its `params` are the text that was sent.
   */
  record(draft, error) {
    try {
      if (Object(error) === error) {
        if (this.#reported.has(error)) return;
        this.#reported.add(error);
      }
      const { error_type, error_message, stack_trace, rpc } = draft;
      if (!this.#isWanted(`${error_type}: ${error_message}`, stack_trace)) return;
      const number = this.#outbox.note(draft.class, rpc?.method ?? '', rpc?.tool ?? '', error_message);
      if (number !== undefined) {
        draft.context = { ...reportContext(), ...draft.context };
        if (this.#options.breadcrumbs) draft.logs = breadcrumbs();
        this.#drafts.set(number, draft);
      }
      this.#flushIn(0);
    } catch {
      // A failure of the reporter must not become a failure of the page.
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

  /** Sends after at most this many milliseconds, in a task of its own, so that a failing call rejects first. */
  #flushIn(wait) {
    addUnsent(this);
    const due = performance.now() + wait;
    if (this.#timer === undefined || due < this.#due) {
      clearTimeout(this.#timer);
      this.#due = due;
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#send(false);
      }, wait);
    }
    // Node may exit while a report waits for a later time.
    if (wait) this.#timer.unref?.();
    else this.#timer.ref?.();
  }

  /** Sends one request after the other, because a slow service must not occupy the connections the page needs. */
  #send(isUrgent) {
    this.#sending ??= this.#sendAll(isUrgent).finally(() => {
      this.#sending = undefined;
      const wait = this.#outbox.wait();
      if (wait === undefined) removeUnsent(this);
      else this.#flushIn(wait);
    });
    return this.#sending;
  }

  async #sendAll(isUrgent) {
    await this.#hashing;
    for (;;) {
      for (const report of this.#writtenReports(isUrgent, false)) {
        const wanted = await this.#beforeSend(report);
        if (!wanted) continue;
        await (await this.#store)?.put(wanted);
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
        // No response: the outbox sets the time of the retry.
      }
      if (this.#outbox.bundled(status, retryAfter, false)) await this.#removeStored(body);
    }
  }

  /** Writes the reports that may be sent now. `isClosing`: for the last request of a page that is being hidden. */
  *#writtenReports(isUrgent, isClosing) {
    for (let number; (number = this.#outbox.next(isUrgent, isClosing)) !== undefined; ) {
      const draft = this.#drafts.get(number);
      this.#drafts.delete(number);
      if (draft) yield this.#outbox.write(this.#draftText(draft), draft.params ?? '', newId());
    }
  }

  /** The report as the page's `beforeSend` returns it, or a promise; undefined if it returns nothing or throws. */
  #beforeSend(report) {
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

  /** The draft as JSON, with the options that belong in a report. The module removes secrets and shortens it. */
  #draftText(draft) {
    const { release, environment, tags } = this.#options;
    const { context, causes } = draft;
    const report = { ...draft, params: undefined, causes: causesOf(causes), release, environment, tags, user: this.#user };
    try {
      return JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    } catch {
      // The page's own context is not JSON, for example circular: it is left out.
      return JSON.stringify({ ...report, context: { timestamp: context.timestamp, url: context.url } });
    }
  }

  /** Sends all reports. Resolves to true if they have arrived in time. */
  async flush(timeout) {
    const end = performance.now() + timeout;
    const remaining = () => Math.max(0, end - performance.now());
    while (this.#outbox.wait() !== undefined || this.#sending) {
      if (!remaining()) return false;
      await waitAtMost(remaining(), this.#send(true));
      // The rate limit, or the service, may delay the next request.
      const wait = this.#outbox.wait();
      if (wait > 0) await waitAtMost(Math.min(wait, remaining()), new Promise(() => {}));
    }
    return true;
  }

  /** Passes unsent reports to the browser as a beacon, because the page may never be shown again. */
  sendByBeacon() {
    for (const report of this.#writtenReports(true, true)) {
      const wanted = this.#beforeSend(report);
      if (isText(wanted)) this.#outbox.keep(wanted);
    }
    const body = this.#outbox.bundle(KEEPALIVE_BYTES, true, true);
    if (!body) return;
    let isTaken = false;
    try {
      isTaken = navigator.sendBeacon(this.#options.endpoint, body);
    } catch {
      // The reports stay in the outbox, in case the page is shown again.
    }
    if (this.#outbox.bundled(isTaken ? 202 : 0, undefined, true)) this.#removeStored(body);
  }

  async #removeStored(body) {
    const store = await this.#store;
    if (store) await Promise.all([JSON.parse(body)].flat().map(({ id }) => store.remove(id)));
  }

  /** Stores a hash of the user, never the name itself. Insecure pages have no `crypto.subtle`, and send no user. */
  async #hashUser(user) {
    const bytes = await globalThis.crypto?.subtle?.digest('SHA-256', new TextEncoder().encode(user));
    if (bytes) this.#user = [...new Uint8Array(bytes, 0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

/** Waits for a promise, but not longer than this many milliseconds. A program keeps running meanwhile. */
async function waitAtMost(milliseconds, promise) {
  let timer;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}

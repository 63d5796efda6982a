// One client's reports: which failures are reported, what a report contains, and when it is sent. Never throws.

import { Outbox } from '../pkg/glue.js';
import { breadcrumbs, collectBreadcrumbs } from './breadcrumbs.js';
import { pause } from './deadline.js';
import { cut, KEEPALIVE_BYTES, MAX_TIMER_MS } from './limits.js';
import { openStore } from './offline.js';
import { addUnsent, failedByLeaving, removeUnsent, untilStays } from './page.js';
import { plain } from './plain.js';
import { postReports, reportContext } from './post-reports.js';
import { newId, randomDigits } from './random.js';
import { causesOf } from './thrown.js';
import { attempted, isFunction, isText, textOf } from './type-checks.js';

/** Headings of a lost connection: of calls, and in the words of the engines. */
const LOST = /: (No connection to |NetworkError|Load failed|Failed to fetch)/;

/** Maximum time for a promise of `beforeSend`, in milliseconds. Its report is given up then, so that others are sent. */
const MAX_BEFORE_SEND = 5000;

/** Errors that any client has reported. What ends as an uncaught error is the same failure. */
const reportedByAny = new WeakSet();

export class Reporter {
  #options;
  #onerror;
  #outbox;
  /** Reports that are not written yet, by the number the outbox has given to their failure. */
  #drafts = new Map();
  /** Error objects that were reported before. */
  #reported = new WeakSet();
  #timer;
  #due;
  #sending;
  #store;
  #storeIsSlow;
  #user;
  #hashing;
  /** Time of the last failure that may only mean that the page is being left. */
  #lostAt = -Infinity;
  /** Whether reports were given up since the last flush. */
  #hasLost;
  #hasWarned;
  #isOff;

  constructor(options, onerror) {
    this.#options = options;
    this.#onerror = onerror;
    const { maxPerMinute, breadcrumbs, user, endpoint, offline } = options;
    this.#safely(() => {
      this.#outbox = new Outbox(maxPerMinute, randomDigits() + randomDigits());
      if (breadcrumbs) collectBreadcrumbs();
      if (user) this.#hashing = this.#hashUser(`${endpoint}\n${user}`).catch(() => {});
      if (offline) {
        this.#store = openStore((report) => this.#outbox.keep(report));
        this.#store.then(() => this.#safely(() => this.#flushIn(0)), () => {});
      }
    });
  }

  /** Takes a step. An error in it switches the reporter off, because it must not become an error of the page. */
  #safely(step) {
    try {
      if (!this.#isOff) return step();
    } catch (error) {
      this.#switchOff(error);
    }
    return undefined;
  }

  #switchOff(cause) {
    if (this.#isOff) return;
    this.#isOff = true;
    this.#drafts.clear();
    removeUnsent(this);
    this.#onerror(new Error(`MCPClient: reporting is off after a fault: ${textOf(cause)}`, { cause }));
  }

  /**
   * Records a failure, unless the options exclude it or its error object was recorded before. The draft becomes a
   * report only when it is sent, so that a failing call loses no time; its `params` are the text that was sent.
   */
  record(draft, error) {
    this.#safely(() => {
      if (Object(error) === error) {
        const isUncaught = /^un/.test(draft.class);
        if ((isUncaught ? reportedByAny : this.#reported).has(error)) return;
        this.#reported.add(error);
        if (!isUncaught) reportedByAny.add(error);
      }
      const { error_type, rpc } = draft;
      draft.error_message = cut(draft.error_message);
      draft.stack_trace = cut(draft.stack_trace);
      const heading = `${error_type}: ${draft.error_message}`;
      if (!this.#isWanted(heading, draft.stack_trace)) return;
      const number = this.#outbox.note([draft.class, rpc?.method, rpc?.tool, heading].join('\n'));
      if (number !== undefined) {
        draft.context = { ...reportContext(), ...draft.context };
        draft.causes = causesOf(draft.causes);
        if (this.#options.breadcrumbs) draft.logs = breadcrumbs();
        if (LOST.test(heading)) draft.lostAt = this.#lostAt = performance.now();
        this.#drafts.set(number, draft);
      }
      this.#flushIn(0);
    });
  }

  #isWanted(heading, stack) {
    const { sampleRate, ignoreErrors, allowUrls, denyUrls } = this.#options;
    const fits = (patterns, text) =>
      patterns?.some((pattern) => (isText(pattern) ? text.includes(pattern) : text.search(pattern) >= 0));
    const [script] = /(?<![a-z-])[a-z-]+:\/\/[^\s)]+/.exec(stack) ?? [''];
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
    return (this.#sending ??= this.#sendAll(isUrgent)
      .catch((error) => this.#switchOff(error))
      .then(() => {
        this.#sending = undefined;
        this.#safely(() => {
          const wait = this.#outbox.wait();
          if (wait === undefined) removeUnsent(this);
          else this.#flushIn(wait);
        });
      }));
  }

  async #sendAll(isUrgent) {
    await this.#hashing;
    await untilStays(this.#lostAt);
    while (!this.#isOff) {
      for (const report of this.#writtenReports(isUrgent, false)) {
        const wanted = await waitAtMost(MAX_BEFORE_SEND, this.#beforeSend(report));
        if (!wanted) continue;
        // First, because the page may be left while the report is stored.
        this.#outbox.keep(wanted);
        await this.#inStore((store) => store.put(wanted));
      }
      const body = this.#outbox.bundle(KEEPALIVE_BYTES, isUrgent, false);
      if (!body) return;
      // No response: the outbox sets the time of the retry.
      const [status, retryAfter, problem] = await postReports(this.#options.endpoint, body).catch(() => [0]);
      const isFinal = this.#outbox.bundled(status, retryAfter, false);
      if (problem && isFinal) this.#hasLost = true;
      if (problem && (isFinal || !status) && !this.#hasWarned) {
        this.#hasWarned = true;
        attempted(() => console.warn(`MCPClient: ${this.#options.endpoint} did not accept reports: ${problem}`));
      }
      if (isFinal) await this.#removeStored(body);
    }
  }

  /** Writes the reports that may be sent now. `isClosing`: for the last request of a page that is being hidden. */
  *#writtenReports(isUrgent, isClosing) {
    for (let number; (number = this.#outbox.next(isUrgent, isClosing)) !== undefined; ) {
      const draft = this.#drafts.get(number);
      this.#drafts.delete(number);
      if (!draft || failedByLeaving(draft.lostAt)) continue;
      yield this.#outbox.write(this.#draftText(draft), draft.params ?? '', newId());
    }
  }

  /** The report as the page's `beforeSend` returns it, or a promise; undefined if it returns nothing or throws. */
  #beforeSend(report) {
    const { beforeSend } = this.#options;
    if (!beforeSend) return report;
    const text = (value) => (value ? JSON.stringify(value) : undefined);
    return attempted(() => {
      const wanted = beforeSend(JSON.parse(report));
      return isFunction(wanted?.then) ? wanted.then(text).catch(() => undefined) : text(wanted);
    });
  }

  /** The draft as JSON, with the options that belong in a report. The module removes secrets and shortens it. */
  #draftText({ params, lostAt, ...draft }) {
    const { release, environment, tags } = this.#options;
    return JSON.stringify({ ...draft, release, environment, tags: plain(tags), user: this.#user });
  }

  /** Sends all reports. Resolves to true if they have arrived in time, and none was given up since the last flush. */
  async flush(timeout) {
    const end = performance.now() + timeout;
    const remaining = () => Math.max(0, end - performance.now());
    const wait = () => this.#safely(() => this.#outbox.wait());
    while (this.#sending || wait() !== undefined) {
      if (!remaining()) return false;
      await waitAtMost(remaining(), this.#send(true));
      // The rate limit, or the service, may delay the next request.
      await pause(Math.min(wait() ?? 0, remaining()));
    }
    const isComplete = !this.#isOff && !this.#hasLost;
    this.#hasLost = false;
    return isComplete;
  }

  /** Passes unsent reports to the browser as a beacon, because the page may never be shown again. */
  sendByBeacon() {
    this.#safely(() => {
      for (const report of this.#writtenReports(true, true)) {
        const wanted = this.#beforeSend(report);
        if (isText(wanted)) this.#outbox.keep(wanted);
        // Too late for this beacon, but the page may be shown again.
        else wanted?.then((late) => this.#safely(() => late && (this.#outbox.keep(late), this.#flushIn(0))));
      }
      const body = this.#outbox.bundle(KEEPALIVE_BYTES, true, true);
      if (!body) return;
      // If it is not taken, the reports stay in the outbox, in case the page is shown again.
      const isTaken = attempted(() => navigator.sendBeacon(this.#options.endpoint, body));
      if (this.#outbox.bundled(isTaken ? 202 : 0, undefined, true)) this.#removeStored(body);
    });
  }

  #removeStored(body) {
    return this.#inStore((store) => Promise.all([JSON.parse(body)].flat().map(({ id }) => store.remove(id))));
  }

  /** Waits for the store, but not for long, and not again: some databases never answer, and reports must not wait. */
  async #inStore(action) {
    const done = this.#store?.then(action).then(() => true, () => true);
    if (done && !this.#storeIsSlow) this.#storeIsSlow = !(await waitAtMost(500, done));
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
    timer = setTimeout(resolve, Math.min(milliseconds, MAX_TIMER_MS));
  });
  const value = await Promise.race([promise, timeout]);
  clearTimeout(timer);
  return value;
}

// When reports leave: right after a failure, again when the module says so, and at the latest when the page goes.

/** Reporters with something that has not left. The others are not held, so that they end with their clients. */
const unsent = new Set();
let watching = false;

export class Reporter {
  #session;
  #timer;
  #due;

  constructor(session) {
    this.#session = session;
  }

  /** Reports leave after `wait` milliseconds at the latest, in a task of their own: a failing call rejects first. */
  flushIn(wait) {
    watchPage();
    const due = performance.now() + wait;
    if (this.#timer !== undefined && this.#due <= due) {
      if (wait === 0) this.#timer.ref?.();
      return;
    }
    clearTimeout(this.#timer);
    unsent.add(this);
    this.#due = due;
    this.#timer = setTimeout(() => this.#flush(), wait);
    // Node may end before a report that can only leave later.
    if (wait > 0) this.#timer.unref?.();
  }

  #flush() {
    this.#timer = undefined;
    this.#session.flush((wait) => {
      if (wait === undefined) unsent.delete(this);
      else this.flushIn(wait);
    });
  }

  farewell() {
    this.#session.farewell();
  }
}

/** A page that was hidden may never come back, and not every browser says so once more. */
function watchPage() {
  if (watching) return;
  watching = true;
  const farewell = () => unsent.forEach((reporter) => reporter.farewell());
  globalThis.addEventListener?.('pagehide', farewell);
  globalThis.addEventListener?.('visibilitychange', () => {
    if (globalThis.document?.visibilityState === 'hidden') farewell();
  });
}

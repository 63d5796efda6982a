// Deadlines of calls in flight: one timer for all of them, since one for each costs more than the rest of a call.

import { TIMED_OUT } from '../pkg/shared-numbers.js';

const waiting = new Set();
/** Controllers whose call has ended without an abort: their signals are as good as new. */
const unused = [];
/** Node's fetch leaves a listener on every signal it was given until it is collected, so there each call gets its own. */
const reuses = !globalThis.process?.versions?.node;
let timer;
let soonest = Infinity;

/** The call may take this long from now on; it gets a controller, which is aborted when the time is over. */
export function watch(call, milliseconds) {
  call.controller ??= unused.pop() ?? new AbortController();
  call.due = performance.now() + milliseconds;
  waiting.add(call);
  if (call.due < soonest) arm(call.due);
}

/** The call has ended. `isClean`: its answer was read to the end. */
export function unwatch(call, isClean) {
  waiting.delete(call);
  if (isClean && reuses && !call.controller.signal.aborted) unused.push(call.controller);
  call.controller = undefined;
}

function arm(due) {
  soonest = due;
  clearTimeout(timer);
  timer = setTimeout(sweep, due - performance.now());
  timer.unref?.(); // a request keeps a program running by itself
}

function sweep() {
  soonest = Infinity;
  const now = performance.now();
  let next = Infinity;
  for (const call of waiting) {
    // Timers may fire a little early, and a handshake's time ends with that of the call that asked for it.
    if (call.due <= now + 5) {
      waiting.delete(call);
      call.flags |= TIMED_OUT;
      call.controller.abort();
    } else {
      next = Math.min(next, call.due);
    }
  }
  if (next < Infinity) arm(next);
}

/** Waits; an abort ends the waiting early. */
export function pause(milliseconds, signal) {
  return new Promise((resume) => {
    if (signal?.aborted) return resume();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resume();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
}

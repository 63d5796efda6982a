// Deadlines of calls in flight. One timer serves all, because a timer each would cost more than the rest of a call.

import { TIMED_OUT } from '../pkg/shared-numbers.js';
import { MAX_TIMER_MS } from './limits.js';

const calls = new Set();
/** Controllers whose call has ended without an abort, to be used again. */
const unused = [];
/** False in Node, where fetch leaves a listener on every signal until the signal is collected. */
const reuses = !globalThis.process?.versions?.node;
let timer;
let earliest = Infinity;

/** Sets the deadline of a call, from now on. It gets a controller, which is aborted at the deadline. */
export function watch(call, milliseconds) {
  call.controller ??= unused.pop() ?? new AbortController();
  call.deadline = performance.now() + milliseconds;
  calls.add(call);
  if (call.deadline < earliest) arm(call.deadline);
}

/** Ends the watch. The controller is used again only if the response was read to the end (`isComplete`). */
export function unwatch(call, isComplete) {
  calls.delete(call);
  if (isComplete && reuses && !call.controller.signal.aborted) unused.push(call.controller);
  call.controller = undefined;
}

function arm(deadline) {
  earliest = deadline;
  clearTimeout(timer);
  timer = setTimeout(abortOverdue, deadline - performance.now());
  timer.unref?.(); // the request itself keeps a program running
}

function abortOverdue() {
  earliest = Infinity;
  const now = performance.now();
  let next = Infinity;
  for (const call of calls) {
    // 5 ms early: timers may fire too soon, and a handshake must time out together with the call that waits for it.
    if (call.deadline <= now + 5) {
      calls.delete(call);
      call.flags |= TIMED_OUT;
      call.controller.abort();
    } else {
      next = Math.min(next, call.deadline);
    }
  }
  if (next < Infinity) arm(next);
}

/** Resolves after this time, or at an abort. If it is idle, it does not keep a program running. */
export function pause(milliseconds, signal, isIdle) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(milliseconds, MAX_TIMER_MS));
    if (isIdle) timer.unref?.();
    signal?.addEventListener('abort', end);
  });
}

// What caused an error, as a report holds it.

import { listOf } from './kinds.js';

const MOST_CAUSES = 10;

/** Outermost first: the errors given, their chains of causes, and what an AggregateError among them holds. */
export function causesOf(errors) {
  const causes = [];
  const queue = new Set(errors);
  // A set grows while it is walked, and holds each error once.
  for (const cause of queue) {
    if (cause == null || causes.length === MOST_CAUSES) continue;
    try {
      const { name = 'Error', message = String(cause), stack } = Object(cause);
      causes.push({ error_type: String(name), error_message: String(message), stack_trace: stack });
      for (const deeper of [cause.cause, ...listOf(cause.errors).slice(0, MOST_CAUSES)]) queue.add(deeper);
    } catch {
      // Not every object can be told; the others can.
    }
  }
  return causes.length ? causes : undefined;
}

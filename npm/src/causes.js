// The causes of an error, as a report has them.

import { listOf } from './type-checks.js';

const MAX_CAUSES = 10;

/** The errors, their chains of causes, and the errors of every AggregateError among them, outermost first. */
export function causesOf(errors) {
  const causes = [];
  // Grows while the loop runs, and has each error once.
  const queue = new Set(errors);
  for (const cause of queue) {
    if (cause == null || causes.length === MAX_CAUSES) continue;
    try {
      const { name = 'Error', message = String(cause), stack } = Object(cause);
      causes.push({ error_type: String(name), error_message: String(message), stack_trace: stack });
      for (const deeper of [cause.cause, ...listOf(cause.errors).slice(0, MAX_CAUSES)]) queue.add(deeper);
    } catch {
      // A getter or toString of this cause throws: the others are reported.
    }
  }
  return causes.length ? causes : undefined;
}

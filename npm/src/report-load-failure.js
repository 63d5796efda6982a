// The report that the module did not load. It is small, because there is no scrubber without the module.

import { failedByLeaving, untilStays } from './page.js';
import { postReports, reportContext } from './post-reports.js';
import { newId } from './random.js';
import { causesOf } from './thrown.js';
import { isText } from './type-checks.js';

/** Sends one small report, unless the page is being left. Never throws, and is never awaited. */
export async function reportLoadFailure(endpoint, { name, message, stack, cause }) {
  try {
    const report = {
      error_type: name,
      error_message: message,
      stack_trace: stack,
      context: reportContext(),
      schema: 1,
      id: newId(),
      source: 'javascript_sdk',
      class: 'module',
      causes: causesOf([cause]),
    };
    const time = performance.now();
    await untilStays(time);
    if (failedByLeaving(time)) return;
    // The queue is in the module, so there is no retry.
    await postReports(endpoint, JSON.stringify(report, (_, value) => (isText(value) ? withoutSecrets(value) : value)));
  } catch {
    // The call that needs the module rejects with its failure.
  }
}

/** Removes credentials, query and fragment from addresses in a text. Line and column of a frame stay. */
export function withoutSecrets(text) {
  return text
    .replace(/\/\/[^\s/@]*@/g, '//')
    .replace(/(\w:\/\/[^\s?#]*)[?#][^\s)]*?(?=(?::\d+)*\)?(?:\s|$))/g, '$1');
}

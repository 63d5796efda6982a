// The report that the module did not load. It is small, because there is no scrubber without the module.

import { causesOf } from './causes.js';
import { postReports, reportContext } from './post-reports.js';
import { newId } from './random.js';
import { isText } from './type-checks.js';

/** Sends one small report. Never throws, and is never awaited. */
export function reportLoadFailure(endpoint, { name, message, stack, cause }) {
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
  const body = JSON.stringify(report, (_, value) => (isText(value) ? withoutSecrets(value) : value));
  // The queue is in the module, so there is no retry.
  postReports(endpoint, body).catch(() => {});
}

/** Removes credentials, query and fragment from addresses in a text. Line and column of a frame stay. */
export function withoutSecrets(text) {
  return text
    .replace(/\/\/[^\s/@]*@/g, '//')
    .replace(/(\w:\/\/[^\s?#]*)[?#][^\s)]*?(?=(?::\d+)*\)?(?:\s|$))/g, '$1');
}

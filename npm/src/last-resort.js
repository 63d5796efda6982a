// Reports, without the module, that the module did not load. It has no scrubber, so it says little and nothing secret.

import { causesOf } from './causes.js';
import { isText } from './kinds.js';
import { circumstances, postReports } from './post-reports.js';

/** Sends one small report; never throws, never awaited. */
export function reportFromPlainJavaScript(reportTo, { name, message, stack, cause }) {
  const report = {
    error_type: name,
    error_message: message,
    stack_trace: stack,
    context: circumstances(),
    schema: 1,
    id: globalThis.crypto?.randomUUID?.(),
    source: 'javascript_sdk',
    class: 'module',
    causes: causesOf([cause]),
  };
  const body = JSON.stringify(report, (_, value) => (isText(value) ? withoutSecrets(value) : value));
  // If it does not arrive, nothing is left to tell it to.
  postReports(reportTo, body).catch(() => {});
}

/** Text whose addresses have lost credentials, query and fragment; a frame keeps its line and column. */
export function withoutSecrets(text) {
  return text
    .replace(/\/\/[^\s/@]*@/g, '//')
    .replace(/(\w:\/\/[^\s?#]*)[?#][^\s)]*?(?=(?::\d+)*\)?(?:\s|$))/g, '$1');
}

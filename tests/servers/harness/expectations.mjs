// Compares responses and reports with the expectations of a table.

import assert from 'node:assert/strict';

import { LEGACY } from './line-client.mjs';

/** The parts of a response that a table describes. */
export function outcomeOf({ result, error }) {
  if (error) return { channel: 'error', code: error.code, text: error.message };
  const text = (result?.content ?? []).map((part) => part.text ?? '').join('\n');
  if (result?.isError === true) return { channel: 'isError', text };
  return { channel: 'result', text: JSON.stringify(result) };
}

/** Fails unless the response is the one in the table. */
export function checkResponse({ wire }, response) {
  const { text, ...rest } = outcomeOf(response);
  const { text: pattern, ...exact } = wire;
  assert.deepEqual(rest, exact, JSON.stringify(response));
  assert.match(text, pattern);
}

const matches = (expected, value) =>
  expected === undefined ||
  (expected instanceof RegExp ? expected.test(value ?? '') : [expected].flat().includes(value));

/** The report of a step, found by its call and message, whichever class it has. */
export function findReport(reports, { method, target, message, exit, params }) {
  return reports.find(
    (report) =>
      matches(method, report.rpc?.method) &&
      (target === undefined || report.rpc?.tool === target) &&
      matches(message, report.error_message) &&
      matches(params, JSON.stringify(report.rpc?.params)) &&
      (exit === undefined || report.exit !== undefined),
  );
}

/** Fails unless the report is the one in the table. */
export function checkReport(report, { expectation, server, revision = LEGACY }) {
  const details = JSON.stringify(report, null, 1);
  const actual = { class: report.class, source: report.source, code: report.rpc?.code, type: report.error_type };
  for (const name of Object.keys(actual)) {
    assert.ok(
      matches(expectation[name], actual[name]),
      `${name} is ${actual[name]}, not ${expectation[name]}\n${details}`,
    );
  }
  assert.equal(report.count ?? 1, 1, details);
  if (report.rpc ?? expectation.method) assert.equal(report.rpc?.transport, 'stdio', details);
  if (expectation.exit) assert.deepEqual(report.exit, expectation.exit, details);
  if (expectation.stack) {
    // Python prints tracebacks in boxes, which wrap long paths.
    assert.match((report.stack_trace ?? '').replace(/[│\s]/g, ''), expectation.stack, details);
  }
  if (server) {
    assert.ok(matches(server.name, report.server?.name), details);
    assert.ok(matches(server.version, report.server?.version), details);
    // A report of noise on stdout has no call.
    if (report.rpc) assert.equal(report.rpc.protocol_version, revision, details);
  }
}

/** A short text about reports, for messages. */
export const summary = (reports) =>
  reports
    .map(({ class: kind, source, rpc, error_type, error_message, count = 1 }) =>
      JSON.stringify({
        class: kind,
        source,
        method: rpc?.method,
        tool: rpc?.tool,
        code: rpc?.code,
        error_type,
        error_message,
        count,
      }),
    )
    .join('\n');

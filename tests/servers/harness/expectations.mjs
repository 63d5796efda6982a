// Compares what came with what a table says: answers on the wire, and reports.

import assert from 'node:assert/strict';

import { LEGACY } from './line-client.mjs';

/** What of an answer a table speaks of. */
export function told({ result, error }) {
  if (error) return { channel: 'error', code: error.code, text: error.message };
  const text = (result?.content ?? []).map((part) => part.text ?? '').join('\n');
  if (result?.isError === true) return { channel: 'isError', text };
  return { channel: 'result', text: JSON.stringify(result) };
}

/** Whether the server answered as the table says. */
export function checkAnswer({ wire }, answer) {
  const { text, ...rest } = told(answer);
  const { text: wanted, ...exact } = wire;
  assert.deepEqual(rest, exact, JSON.stringify(answer));
  assert.match(text, wanted);
}

const fits = (wanted, value) =>
  wanted === undefined || (wanted instanceof RegExp ? wanted.test(value ?? '') : [wanted].flat().includes(value));

/** The one report that is about this step: by its call and its words, whatever class it was given. */
export function find(reports, { method, target, message, exit, params }) {
  return reports.find(
    (report) =>
      fits(method, report.rpc?.method) &&
      (target === undefined || report.rpc?.tool === target) &&
      fits(message, report.error_message) &&
      fits(params, JSON.stringify(report.rpc?.params)) &&
      (exit === undefined || report.exit !== undefined),
  );
}

/** Whether a report says what the table does. */
export function checkReport(report, { wanted, server, revision = LEGACY }) {
  const story = JSON.stringify(report, null, 1);
  const said = { class: report.class, source: report.source, code: report.rpc?.code, type: report.error_type };
  for (const name of Object.keys(said)) {
    assert.ok(fits(wanted[name], said[name]), `${name} is ${said[name]}, not ${wanted[name]}\n${story}`);
  }
  assert.equal(report.count ?? 1, 1, story);
  if (report.rpc ?? wanted.method) assert.equal(report.rpc?.transport, 'stdio', story);
  if (wanted.exit) assert.deepEqual(report.exit, wanted.exit, story);
  if (wanted.stack) {
    // Drawn boxes wrap long paths.
    assert.match((report.stack_trace ?? '').replace(/[│\s]/g, ''), wanted.stack, story);
  }
  if (server) {
    assert.ok(fits(server.name, report.server?.name), story);
    assert.ok(fits(server.version, report.server?.version), story);
    // Noise belongs to no call.
    if (report.rpc) assert.equal(report.rpc.protocol_version, revision, story);
  }
}

/** What is left of several reports, to show. */
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

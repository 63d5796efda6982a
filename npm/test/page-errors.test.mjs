// Errors of the page: passed to report() or uncaught, each reported once with its causes.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, connectFailing, result } from './harness.mjs';

/** The part of a page that dispatches uncaught errors. */
const page = new EventTarget();
globalThis.addEventListener = page.addEventListener.bind(page);

const messages = (reports) => reports.map(({ error_message }) => error_message);

test('an error is reported once, even if it is passed or thrown again', async (t) => {
  const { client, failing, reports } = await connectFailing(t, { captureGlobalErrors: true });
  const failure = await failing();
  client.report(failure);
  page.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason: failure }));
  const own = new Error('own');
  client.report(own, { cart: 3 });
  client.report(own);
  const all = await reports();
  assert.deepEqual(
    all.map((report) => [report.error_message, report.class, report.count]),
    [
      ['no tea', 'application', undefined],
      ['own', 'reported', undefined],
    ],
  );
  assert.deepEqual(all[1].context.extra, { cart: 3 });
  assert.match(all[1].stack_trace, /^Error: own\n.*page-errors\.test\.mjs/);
});

test('causes are reported, the outermost first, also those in an AggregateError', async (t) => {
  const { client, reports } = await connectFailing(t, {});
  const deepest = new TypeError('socket', { cause: 'a text' });
  client.report(new Error('no tea', { cause: new RangeError('no water', { cause: deepest }) }));
  const all = new AggregateError([new Error('one', { cause: new Error('why') }), new TypeError('two')], 'all failed');
  client.report(all);
  const circular = new Error('round');
  circular.cause = new Error('and round', { cause: circular });
  client.report(circular);
  client.report(
    Object.assign(new Error('many'), {
      cause: Array.from({ length: 50 }).reduce((cause, _, number) => new Error(`${number}`, { cause }), undefined),
    }),
  );
  const causesOf = Object.fromEntries((await reports()).map(({ error_message, causes }) => [error_message, causes]));
  assert.deepEqual(
    causesOf['no tea'].map(({ error_type, error_message }) => `${error_type}: ${error_message}`),
    ['RangeError: no water', 'TypeError: socket', 'Error: a text'],
  );
  assert.match(causesOf['no tea'][0].stack_trace, /RangeError: no water\n.*page-errors/);
  assert.deepEqual(causesOf['all failed'].map(({ error_message }) => error_message).sort(), ['one', 'two', 'why']);
  assert.deepEqual(causesOf.round.map(({ error_message }) => error_message).slice(0, 1), ['and round']);
  assert.ok(causesOf.round.length <= 2 && causesOf.many.length <= 10, `${causesOf.round.length} ${causesOf.many.length}`);
});

test('a value that is not an error is reported as text', async (t) => {
  const { client, reports } = await connectFailing(t, {});
  for (const value of ['a text', 7, null, undefined, Symbol('s'), { message: 'like one' }, { code: 5 }])
    client.report(value);
  assert.deepEqual(messages(await reports()).sort(), [
    '7',
    'Symbol(s)',
    'a text',
    'like one',
    'null',
    'undefined',
    '{code}',
  ]);
});

test('a value that cannot be serialised prevents no other report and causes none', async (t) => {
  const { client, server } = await connectFailing(t, { captureGlobalErrors: true });
  const circle = {};
  circle.self = circle;
  const trap = {
    get message() {
      throw new Error('trap');
    },
  };
  client.report(new Error('a circle'), circle);
  client.report(new Error('a BigInt'), { big: 1n });
  client.report(Object.create(null));
  client.report(trap);
  client.report(new Error('no text', { cause: Object.create(null) }));
  client.report(new Error('fine'));
  await client.flush(2000).catch(() => {});
  const reported = messages(server.reports.map(({ report }) => report));
  for (const message of ['a circle', 'a BigInt', 'no text', 'fine'])
    assert.ok(reported.includes(message), `${message} among ${reported}`);
  assert.deepEqual(
    reported.filter((message) => /trap|convert|BigInt v|circular/i.test(message)),
    [],
  );
});

test('captureGlobalErrors: one report, also from a client created after another was closed', async (t) => {
  const first = await connectFailing(t, { captureGlobalErrors: true });
  await first.client.close();
  const { reports } = await connectFailing(t, { captureGlobalErrors: true });
  page.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason: 'a text' }));
  assert.deepEqual((await reports()).map(({ error_message, count }) => [error_message, count]), [['a text', undefined]]);
});

test('captureGlobalErrors: uncaught errors and rejections are reported until the client is closed', async (t) => {
  const { client, reports } = await connectFailing(t, { captureGlobalErrors: true });
  const other = await connectFailing(t, {});
  const uncaught = (type, details) => page.dispatchEvent(Object.assign(new Event(type), details));
  uncaught('error', { error: new TypeError('uncaught one') });
  uncaught('error', { message: 'Script error.', error: null }); // from another origin: browsers hide its details
  uncaught('unhandledrejection', { reason: new Error('rejected one') });
  uncaught('unhandledrejection', { reason: 'a text' });
  const reported = (await reports()).map((report) => [report.class, report.error_message]);
  assert.deepEqual(reported, [
    ['uncaught', 'uncaught one'],
    ['unhandled_rejection', 'rejected one'],
    ['unhandled_rejection', 'a text'],
  ]);
  await client.close();
  uncaught('error', { error: new Error('too late') });
  assert.equal((await reports()).length, 3);
  assert.deepEqual(await other.reports(), []);
});

test('report and flush do nothing without reportErrors', async (t) => {
  const { client, server } = await connect(t, (body, response) => result(body, response, 1));
  client.report(new Error('not reported'));
  assert.equal(await client.flush(100), true);
  assert.equal(server.reports.length, 0);
});

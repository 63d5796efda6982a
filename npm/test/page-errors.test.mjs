// Errors of the page itself, told by `report` or heard where nobody caught them: once each, with what caused them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, connectFailing, result } from './harness.mjs';

/** As much of a page as hears of errors nobody caught. */
const page = new EventTarget();
globalThis.addEventListener = page.addEventListener.bind(page);

const messages = (reports) => reports.map(({ error_message }) => error_message);

test('an error is told once, however often it comes by', async (t) => {
  const { client, failing, reports } = await connectFailing(t, { captureGlobalErrors: true });
  const failure = await failing();
  client.report(failure);
  page.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason: failure }));
  const own = new Error('own');
  client.report(own, { cart: 3 });
  client.report(own);
  const told = await reports();
  assert.deepEqual(
    told.map((report) => [report.error_message, report.class, report.count]),
    [
      ['no tea', 'application', undefined],
      ['own', 'reported', undefined],
    ],
  );
  assert.deepEqual(told[1].context.extra, { cart: 3 });
  assert.match(told[1].stack_trace, /^Error: own\n.*page-errors\.test\.mjs/);
});

test('causes are told, outermost first, and those an AggregateError holds', async (t) => {
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
  const told = Object.fromEntries((await reports()).map(({ error_message, causes }) => [error_message, causes]));
  assert.deepEqual(
    told['no tea'].map(({ error_type, error_message }) => `${error_type}: ${error_message}`),
    ['RangeError: no water', 'TypeError: socket', 'Error: a text'],
  );
  assert.match(told['no tea'][0].stack_trace, /RangeError: no water\n.*page-errors/);
  assert.deepEqual(told['all failed'].map(({ error_message }) => error_message).sort(), ['one', 'two', 'why']);
  assert.deepEqual(told.round.map(({ error_message }) => error_message).slice(0, 1), ['and round']);
  assert.ok(told.round.length <= 2 && told.many.length <= 10, `${told.round.length} ${told.many.length}`);
});

test('what is no error is told as well as it can be', async (t) => {
  const { client, reports } = await connectFailing(t, {});
  for (const value of ['a text', 7, null, undefined, Symbol('s'), { message: 'like one' }, { code: 5 }])
    client.report(value);
  assert.deepEqual(messages(await reports()).sort(), [
    '7',
    'Symbol(s)',
    '[object Object]',
    'a text',
    'like one',
    'null',
    'undefined',
  ]);
});

test('a report that cannot be written harms no other one, and none is made about it', async (t) => {
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
  const told = messages(server.reports.map(({ report }) => report));
  for (const message of ['a circle', 'a BigInt', 'no text', 'fine'])
    assert.ok(told.includes(message), `${message} among ${told}`);
  assert.deepEqual(
    told.filter((message) => /trap|convert|BigInt v|circular/i.test(message)),
    [],
  );
});

test('captureGlobalErrors: told once, also by a client that comes after another was closed', async (t) => {
  const first = await connectFailing(t, { captureGlobalErrors: true });
  await first.client.close();
  const { reports } = await connectFailing(t, { captureGlobalErrors: true });
  page.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason: 'a text' }));
  assert.deepEqual((await reports()).map(({ error_message, count }) => [error_message, count]), [['a text', undefined]]);
});

test('captureGlobalErrors: what nobody caught, until the client is closed', async (t) => {
  const { client, reports } = await connectFailing(t, { captureGlobalErrors: true });
  const deaf = await connectFailing(t, {});
  const uncaught = (type, details) => page.dispatchEvent(Object.assign(new Event(type), details));
  uncaught('error', { error: new TypeError('uncaught one') });
  uncaught('error', { message: 'Script error.', error: null }); // of another origin: nothing is known of it
  uncaught('unhandledrejection', { reason: new Error('rejected one') });
  uncaught('unhandledrejection', { reason: 'a text' });
  const told = (await reports()).map((report) => [report.class, report.error_message]);
  assert.deepEqual(told, [
    ['uncaught', 'uncaught one'],
    ['unhandled_rejection', 'rejected one'],
    ['unhandled_rejection', 'a text'],
  ]);
  await client.close();
  uncaught('error', { error: new Error('too late') });
  assert.equal((await reports()).length, 3);
  assert.deepEqual(await deaf.reports(), []);
});

test('report and flush of a client that reports nothing', async (t) => {
  const { client, server } = await connect(t, (body, response) => result(body, response, 1));
  client.report(new Error('nobody hears'));
  assert.equal(await client.flush(100), true);
  assert.equal(server.reports.length, 0);
});

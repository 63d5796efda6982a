// What is reported of values that are no plain errors: grouped by their shape, with their content.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';

import { connectFailing, rejection } from './harness.mjs';

/** The part of a page that dispatches uncaught errors. */
const page = new EventTarget();
globalThis.addEventListener = page.addEventListener.bind(page);
const uncaught = (details) => page.dispatchEvent(Object.assign(new Event('error'), details));

/** A class whose instances are of a built-in class, as `Object.prototype.toString` has it. */
const builtIn = (name, members) => ({ ...members, get [Symbol.toStringTag]() { return name; }, constructor: { name } });

class Denied {
  constructor(user) {
    this.user = user;
  }
}

const failure = new RangeError('no cups');
const values = {
  'a plain object': [{ code: 'E_QUOTA', status: 507 }, 'Object: {code, status}', { code: 'E_QUOTA', status: 507 }],
  'another plain object': [{ reason: 'expired' }, 'Object: {reason}', { reason: 'expired' }],
  'an object with a name': [{ name: 'QuotaError', used: 5 }, 'QuotaError: {name, used}', { used: 5 }],
  'an object of a class': [new Denied('ann'), 'Denied: {user}', { user: 'ann' }],
  'an object with a message': [{ message: 'like one', at: 3 }, 'Error: like one', { at: 3 }],
  'an object with a text': [{ toString: () => 'no milk' }, 'Object: no milk', {}],
  'an object without a prototype': [Object.assign(Object.create(null), { tea: 1 }), 'Object: {tea}', { tea: 1 }],
  'an object of another realm': [runInNewContext('({ tea: 1 })'), 'Object: {tea}', { tea: 1 }],
  'an array': [['a', 'b'], 'Array: {0, 1}', ['a', 'b']],
  'a response': [new Response('', { status: 404, statusText: 'Gone' }), 'Response: HTTP 404', { status: 404 }],
  'an event': [builtIn('Event', { type: 'error', target: builtIn('HTMLImageElement', { nodeType: 1, src: '/cup.png' }) }), 'Event: error', { type: 'error', target: { src: '/cup.png' } }],
  'a closed socket': [builtIn('CloseEvent', { type: 'close', code: 1006, reason: 'gone' }), 'CloseEvent: close', { code: 1006, reason: 'gone' }],
  'an event with an error': [builtIn('ErrorEvent', { error: failure, message: 'x' }), 'RangeError: no cups'],
  'an event with a reason': [builtIn('PromiseRejectionEvent', { reason: failure }), 'RangeError: no cups'],
  'an event with a reason in its detail': [builtIn('CustomEvent', { type: 'x', detail: { reason: failure } }), 'RangeError: no cups'],
  'an event of a database': [builtIn('Event', { type: 'error', target: { error: failure } }), 'RangeError: no cups'],
  'an error with members': [Object.assign(new TypeError('no'), { status: 503, code: 'E_BUSY', response: { status: 503, data: 'busy', headers: { cookie: 'x' } } }), 'TypeError: no', { status: 503, code: 'E_BUSY', response: { status: 503, data: 'busy' } }],
  'an error with an object as its message': [Object.assign(new TypeError(), { message: { code: 7 } }), 'TypeError: {code}'],
  'an error of another realm': [runInNewContext('new TypeError("far away")'), 'TypeError: far away'],
  'a Map': [new Map([['cup', 1]]), 'Map: Map', { cup: 1 }],
  'an empty text': ['', 'Error: Error'],
  undefined: [undefined, 'Error: undefined'],
  null: [null, 'Error: null'],
};
for (const [name, [value, heading, content]] of Object.entries(values)) {
  test(`report() of ${name}`, async (t) => {
    const { client, reports } = await connectFailing(t, {});
    client.report(value);
    const [report, ...others] = await reports();
    assert.deepEqual(others, []);
    assert.equal(`${report.error_type}: ${report.error_message}`, heading);
    const { error = {} } = report.context;
    if (content) {
      const told = Array.isArray(content) ? error : Object.fromEntries(Object.keys(content).map((key) => [key, error[key]]));
      assert.deepEqual(told, content, JSON.stringify(error));
    }
    assert.doesNotMatch(JSON.stringify([report.error_message, report.context]), /\[object|cookie/);
  });
}

test('an error keeps its stack, whatever its message', async (t) => {
  const { client, reports } = await connectFailing(t, {});
  client.report(Object.assign(new TypeError(), { message: { code: 7 } }));
  const [{ stack_trace }] = await reports();
  assert.match(stack_trace, /^TypeError: \{code\}\n.*\n* {4}at .*thrown-values\.test\.mjs/s);
});

test('objects of one shape are one error, of another shape another', async (t) => {
  const { client, reports } = await connectFailing(t, {});
  for (const value of [{ code: 1 }, { code: 2 }, { reason: 'late' }, new Denied('ann'), { user: 'bob' }]) client.report(value);
  const counted = (await reports()).map(({ error_type, error_message, count = 1 }) => [error_type, error_message, count]);
  assert.deepEqual(counted, [['Object', '{code}', 2], ['Object', '{reason}', 1], ['Denied', '{user}', 1], ['Object', '{user}', 1]]);
});

test('what is thrown in place of an error is reported with its place', async (t) => {
  const { client, reports } = await connectFailing(t, { captureGlobalErrors: true });
  const at = { filename: 'https://shop.example/page.js', lineno: 12, colno: 5 };
  uncaught({ ...at, error: 'a text', message: 'Uncaught a text' });
  uncaught({ ...at, error: { code: 3 }, message: 'Uncaught #<Object>' });
  uncaught({ ...at, error: undefined, message: 'Uncaught undefined' });
  uncaught({ ...at, error: '', message: 'Uncaught ' });
  uncaught({ ...at, error: null, message: 'Uncaught null' });
  uncaught({ ...at, error: 0, message: 'Uncaught 0' });
  uncaught({ error: null, message: 'Script error.', filename: '', lineno: 0, colno: 0 });
  uncaught({ error: null, message: 'ResizeObserver loop limit exceeded', filename: at.filename, lineno: 0, colno: 0 });
  const all = await reports();
  assert.deepEqual(
    all.map(({ error_type, error_message }) => `${error_type}: ${error_message}`),
    ['Error: a text', 'Object: {code}', 'Error: Uncaught undefined', 'Error: Uncaught ', 'Error: Uncaught null', 'Error: Uncaught 0'],
  );
  for (const { stack_trace } of all) assert.match(stack_trace, /\n {4}at https:\/\/shop\.example\/page\.js:12:5$/);
  await client.close();
});

test('the reason of a promise of a library is reported', async (t) => {
  const { client, reports } = await connectFailing(t, { captureGlobalErrors: true });
  const event = Object.assign(new Event('unhandledrejection'), { detail: { reason: new Error('from a library') } });
  page.dispatchEvent(event);
  assert.deepEqual((await reports()).map((report) => [report.class, report.error_message]), [['unhandled_rejection', 'from a library']]);
  await client.close();
});

test('a cause that is no error is reported by its shape', async (t) => {
  const { client, reports } = await connectFailing(t, {});
  client.report(new Error('outer', { cause: { code: 5, cause: new TypeError('inner') } }));
  const [{ causes }] = await reports();
  assert.deepEqual(causes.map(({ error_type, error_message }) => `${error_type}: ${error_message}`), ['Object: {cause, code}', 'TypeError: inner']);
});

const frames = { frames: [] };
frames.frames.push({ owner: frames });
const stacks = {
  'a circular object': () => frames,
  'a number': () => 5,
  'a list of call sites': () => ['f (https://shop.example/a.js:1:2)', 'g (https://shop.example/b.js:3:4)'],
  'a BigInt': () => 1n,
  'a getter that throws': () => {
    throw new Error('mine');
  },
};
for (const [name, get] of Object.entries(stacks)) {
  test(`an error whose stack is ${name} is reported, with its cause, and harms nothing`, async (t) => {
    const { client, reports } = await connectFailing(t, {});
    client.onerror = assert.fail;
    const odd = (message, options) => Object.defineProperty(new Error(message, options), 'stack', { get });
    client.report(odd('odd'));
    client.report(new Error('outer', { cause: odd('inner') }));
    client.report(new Error('fine'));
    const [first, second, third] = await reports();
    assert.deepEqual([first.error_message, second.causes[0].error_message, third.error_message], ['odd', 'inner', 'fine']);
    if (name.includes('sites')) assert.match(first.stack_trace, /^Error: odd\n {4}at f \(https:.*\n {4}at g \(/);
  });
}

test('Error.prepareStackTrace that returns call sites, nothing, or throws leaves errors and their reports whole', async (t) => {
  const { client, failing, reports } = await connectFailing(t, {});
  t.after(() => delete Error.prepareStackTrace);
  for (const prepare of [(_, sites) => sites, () => undefined, () => ({ sites: 1 })]) {
    Error.prepareStackTrace = prepare;
    const failure = await failing(String(prepare));
    delete Error.prepareStackTrace;
    assert.deepEqual([failure.name, failure.code], ['MCPError', 1]);
    if (prepare.length) assert.match(failure.stack, /connectFailing|harness\.mjs/);
  }
  Error.prepareStackTrace = (_, sites) => sites;
  client.report(new Error('sites'));
  delete Error.prepareStackTrace;
  const all = await reports();
  assert.equal(all.length, 4);
  assert.match(all[3].stack_trace, /^Error: sites\n {4}at .*thrown-values\.test\.mjs:\d+/);
});

test('captureGlobalErrors in Node reports what the program outlives, and lets it end as before', async (t) => {
  const { server } = await connectFailing(t, {});
  const run = async (code) => {
    const program = `
      import { MCPClient } from '${new URL('../dist/mcp-autoheal.js', import.meta.url)}';
      const reportErrors = { endpoint: '${server.reportTo}', captureGlobalErrors: true };
      const client = new MCPClient('${server.endpoint}', { reportErrors });
      await client.ready;
      ${code}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
    t.after(() => child.kill());
    return (await once(child, 'exit'))[0];
  };
  const survive = "process.on('uncaughtException', async () => { await client.flush(); process.exit(7); });";
  assert.equal(await run(`${survive} setTimeout(() => { throw new Error('thrown'); });`), 7);
  assert.equal(await run(`${survive} Promise.reject(new Error('rejected'));`), 7);
  assert.equal(await run("setTimeout(() => { throw new Error('the end'); });"), 1);
  assert.deepEqual(
    server.reports.map(({ report }) => [report.class, report.error_message]),
    [['uncaught', 'thrown'], ['unhandled_rejection', 'rejected']],
  );
});

// Breadcrumbs: the last steps before a failure are reported with it, limited and without secrets.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, error, json, MCPClient, rejection, result } from './harness.mjs';

function handle(body, response) {
  if (Array.isArray(body))
    json(
      response,
      body.map(({ id }) => ({ jsonrpc: '2.0', id, result: {} })),
    );
  else if (body.method === 'brew') error(body, response, 1, `no tea ${body.id}`);
  else result(body, response, {});
}

async function reporting(t, options) {
  const { server } = await connect(t, handle);
  const client = new MCPClient(server.endpoint, { reportErrors: { endpoint: server.reportTo, ...options } });
  /** The breadcrumbs of one failure. */
  const breadcrumbs = async () => {
    await rejection(client.request('brew'));
    assert.equal(await client.flush(3000), true);
    return server.reports.at(-1).report.logs;
  };
  return { client, server, breadcrumbs };
}
const brief = (steps) => steps.map(({ level, message }) => [level, message]);

// Replaces the console before the client wraps it, so that the tests see all calls that reach it.
const written = [];
for (const level of ['debug', 'info', 'log', 'warn', 'error']) {
  console[level] = function (...words) {
    written.push([level, this === console, words]);
    return level;
  };
}
const plain = { log: console.log, fetch: globalThis.fetch };

// This test must be the first: the first client with breadcrumbs wraps the console and fetch for good.
test('with breadcrumbs: false nothing is wrapped or reported', async (t) => {
  const { breadcrumbs } = await reporting(t, { breadcrumbs: false });
  console.log('unseen');
  assert.equal(await breadcrumbs(), undefined);
  assert.deepEqual({ log: console.log, fetch: globalThis.fetch }, plain);
});

test('console output, requests and calls are reported with their times, the oldest first', async (t) => {
  const { client, server, breadcrumbs } = await reporting(t);
  const before = Date.now();
  console.log('warming', 3, null);
  console.warn('hot', new TypeError('too hot'), ['a', 'b'], { cup: 1 });
  await (await fetch(server.endpoint, { method: 'POST', body: '{"method":"x"}' })).text();
  await fetch('http://127.0.0.1:1/closed').catch(() => {});
  await client.callTool('green');
  const steps = await breadcrumbs();
  assert.deepEqual(brief(steps.slice(-6)), [
    ['log', 'warming 3 null'],
    ['warn', 'hot TypeError: too hot [2 items] {Object}'],
    ['fetch', `POST ${server.endpoint} 200`],
    ['fetch', 'GET http://127.0.0.1:1/closed TypeError'],
    ['mcp', 'tools/call green'],
    ['mcp', 'brew'],
  ]);
  const times = steps.map(({ timestamp }) => Date.parse(timestamp));
  assert.deepEqual(times, times.toSorted?.() ?? [...times].sort((one, other) => one - other));
  assert.ok(times.at(-6) >= before && times.at(-1) <= Date.now());
});

test('the console and fetch work as before', async (t) => {
  const { server } = await reporting(t);
  written.length = 0;
  const thing = { cup: 1 };
  for (const level of ['debug', 'info', 'log', 'warn', 'error']) assert.equal(console[level]('tea', thing), level);
  assert.deepEqual(
    written.map(([level, isConsole, [text]]) => [level, isConsole, text]),
    ['debug', 'info', 'log', 'warn', 'error'].map((level) => [level, true, 'tea']),
  );
  assert.equal(written[0][2][1], thing);
  const { log } = console;
  log('alone');
  assert.equal(written.at(-1)[2][0], 'alone');

  const request = new Request(server.endpoint, { method: 'PUT', body: '{"method":"x","id":1}' });
  assert.deepEqual(await (await fetch(request)).json(), { jsonrpc: '2.0', id: 1, result: {} });
  assert.equal((await fetch(new URL(server.endpoint), { method: 'POST', body: '{"id":2}' })).status, 200);
  assert.equal((await rejection(fetch('http://127.0.0.1:1/'))).name, 'TypeError');
  assert.equal((await rejection(fetch(server.endpoint, { signal: AbortSignal.abort() }))).name, 'AbortError');
});

test('unusual console arguments reach the console', async (t) => {
  const { breadcrumbs } = await reporting(t);
  written.length = 0;
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const values = [
    undefined,
    Symbol('s'),
    1n,
    () => {},
    Object.create(null),
    { constructor: { name: Symbol('s') } },
    {
      get constructor() {
        throw new Error('mine');
      },
    },
    Object.assign(new Error('x'), { name: Symbol('s') }),
    Object.defineProperty(new Error('x'), 'message', {
      get() {
        throw new Error('mine');
      },
    }),
    revoked.proxy,
  ];
  for (const value of values) console.log(value);
  assert.equal(written.length, values.length);
  assert.ok((await breadcrumbs()).length > 0);
});

test('unusual fetch arguments have the same outcome as before', async (t) => {
  await reporting(t);
  for (const input of [
    undefined,
    null,
    {},
    5,
    {
      toString() {
        throw new Error('mine');
      },
    },
  ]) {
    const outcome = async (get) => {
      try {
        return await get(input);
      } catch (failure) {
        return `${failure.name}: ${failure.message}`;
      }
    };
    assert.equal(String(await outcome(globalThis.fetch)), String(await outcome(plain.fetch)));
  }
});

test('requests of the client are reported as calls, not as requests', async (t) => {
  const { client, server, breadcrumbs } = await reporting(t);
  await client.ping();
  await breadcrumbs();
  await client.batch([{ method: 'stir' }]);
  const steps = await breadcrumbs();
  assert.deepEqual(
    steps.filter(({ level, message }) => level === 'fetch' && message.includes(server.reportTo)),
    [],
  );
  assert.deepEqual(
    steps.filter(({ level, message }) => level === 'fetch' && message.includes(server.endpoint)),
    [],
  );
  assert.deepEqual(brief(steps.filter(({ level }) => level === 'mcp').slice(-4)), [
    ['mcp', 'ping'],
    ['mcp', 'brew'],
    ['mcp', 'stir'],
    ['mcp', 'brew'],
  ]);
});

test('only the last 50 steps are reported, with shortened texts', async (t) => {
  const { breadcrumbs } = await reporting(t);
  for (let step = 0; step < 130; step += 1) console.info(`step ${step}`);
  console.info('x'.repeat(1_000_000), 'y');
  const steps = await breadcrumbs();
  assert.equal(steps.length, 50);
  assert.deepEqual([steps[0].message, steps[47].message], ['step 82', 'step 129']);
  assert.ok(steps[48].message.length <= 1010, String(steps[48].message.length));
  assert.deepEqual(brief(steps).at(-1), ['mcp', 'brew']);
});

test('breadcrumbs contain no secrets', async (t) => {
  const { client, server, breadcrumbs } = await reporting(t);
  const secret = 'hunter2hunter2';
  console.log(`password=${secret}`);
  console.error(new Error(`Bearer ${secret}`), 'for', 'anna@example.org');
  await fetch(`${server.endpoint}?token=${secret}`, { method: 'POST', body: '{"id":1}' });
  await client.readResource(`https://u:${secret}@example.org/?api_key=${secret}`);
  const steps = await breadcrumbs();
  assert.ok(steps.length >= 5);
  for (const { text } of server.reports)
    for (const hidden of [secret, 'anna@']) assert.equal(text.includes(hidden), false, `${hidden} in ${text}`);
});

test('steps after the failure are not reported', async (t) => {
  const { client, server } = await reporting(t);
  console.log('before');
  await rejection(client.request('brew'));
  console.log('after');
  assert.equal(await client.flush(3000), true);
  const messages = server.reports.at(-1).report.logs.map(({ message }) => message);
  assert.deepEqual([messages.includes('before'), messages.includes('after')], [true, false]);
});

/** Tools that wrap fetch after the client has. */
const tools = {
  'passes its arguments on': (next) => (...values) => next(...values),
  'copies the options': (next) => (input, options) => next(input, { ...options }),
  'waits first': (next) => async (input, options) => {
    await undefined;
    return next(input, options);
  },
  'adds a header': (next) => async (input, options) => {
    await new Promise((turn) => setTimeout(turn, 1));
    return next(input, Object.assign({}, options, { headers: { ...options?.headers, 'x-tool': '1' } }));
  },
};
for (const [name, tool] of Object.entries(tools)) {
  test(`own calls and reports leave no steps if a tool wraps fetch later and ${name}`, async (t) => {
    const { client, server, breadcrumbs } = await reporting(t);
    await client.ready;
    const before = globalThis.fetch;
    t.after(() => (globalThis.fetch = before));
    globalThis.fetch = tool(before);
    console.info(`begin ${name}`);
    await client.ping();
    await breadcrumbs();
    await (await fetch(`${server.endpoint}?page`, { method: 'POST', body: '{"id":1}' })).text();
    const steps = brief(await breadcrumbs());
    assert.deepEqual(steps.slice(steps.findIndex(([, message]) => message === `begin ${name}`) + 1), [
      ['mcp', 'ping'],
      ['mcp', 'brew'],
      ['fetch', `POST ${server.endpoint}?page 200`],
      ['mcp', 'brew'],
    ]);
  });
}

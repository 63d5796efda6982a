// The trail: what happened before a failure is told with it, bounded and without secrets, and changes nothing else.

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
  /** The trail of one failure. */
  const trail = async () => {
    await rejection(client.request('brew'));
    assert.equal(await client.flush(3000), true);
    return server.reports.at(-1).report.logs;
  };
  return { client, server, trail };
}
const brief = (steps) => steps.map(({ level, message }) => [level, message]);

// The console of this process is the page's: what the page writes is caught before the client comes.
const written = [];
for (const level of ['debug', 'info', 'log', 'warn', 'error']) {
  console[level] = function (...words) {
    written.push([level, this === console, words]);
    return level;
  };
}
const plain = { log: console.log, fetch: globalThis.fetch };

// This one comes first: what is watched once is watched as long as the page lives.
test('switched off, nothing is watched and nothing told', async (t) => {
  const { trail } = await reporting(t, { breadcrumbs: false });
  console.log('unseen');
  assert.equal(await trail(), undefined);
  assert.deepEqual({ log: console.log, fetch: globalThis.fetch }, plain);
});

test('console, requests and calls, oldest first, with their times', async (t) => {
  const { client, server, trail } = await reporting(t);
  const before = Date.now();
  console.log('warming', 3, null);
  console.warn('hot', new TypeError('too hot'), ['a', 'b'], { cup: 1 });
  await (await fetch(server.endpoint, { method: 'POST', body: '{"method":"x"}' })).text();
  await fetch('http://127.0.0.1:1/closed').catch(() => {});
  await client.callTool('green');
  const steps = await trail();
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

test('the console and fetch still work as they did', async (t) => {
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

test('whatever the console is given, it is written', async (t) => {
  const { trail } = await reporting(t);
  written.length = 0;
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const strange = [
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
  for (const value of strange) console.log(value);
  assert.equal(written.length, strange.length);
  assert.ok((await trail()).length > 0);
});

test('whatever fetch is given, it answers as it would', async (t) => {
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

test('our own requests are told as calls and never as requests', async (t) => {
  const { client, server, trail } = await reporting(t);
  await client.ping();
  await trail();
  await client.batch([{ method: 'stir' }]);
  const steps = await trail();
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

test('the last fifty steps, and not more of a text than is worth reading', async (t) => {
  const { trail } = await reporting(t);
  for (let step = 0; step < 130; step += 1) console.info(`step ${step}`);
  console.info('x'.repeat(1_000_000), 'y');
  const steps = await trail();
  assert.equal(steps.length, 50);
  assert.deepEqual([steps[0].message, steps[47].message], ['step 82', 'step 129']);
  assert.ok(steps[48].message.length <= 1010, String(steps[48].message.length));
  assert.deepEqual(brief(steps).at(-1), ['mcp', 'brew']);
});

test('no secret leaves with the trail', async (t) => {
  const { client, server, trail } = await reporting(t);
  const secret = 'hunter2hunter2';
  console.log(`password=${secret}`);
  console.error(new Error(`Bearer ${secret}`), 'for', 'anna@example.org');
  await fetch(`${server.endpoint}?token=${secret}`, { method: 'POST', body: '{"id":1}' });
  await client.readResource(`https://u:${secret}@example.org/?api_key=${secret}`);
  const steps = await trail();
  assert.ok(steps.length >= 5);
  for (const { text } of server.reports)
    for (const hidden of [secret, 'anna@']) assert.equal(text.includes(hidden), false, `${hidden} in ${text}`);
});

test('what is told was known before the failure, not after it', async (t) => {
  const { client, server } = await reporting(t);
  console.log('before');
  await rejection(client.request('brew'));
  console.log('after');
  assert.equal(await client.flush(3000), true);
  const told = server.reports.at(-1).report.logs.map(({ message }) => message);
  assert.deepEqual([told.includes('before'), told.includes('after')], [true, false]);
});

// Pages that allow no changes: with reporting on, calls and reports work, and what cannot be wrapped is left alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rejection } from './harness.mjs';
import { error, json, result, startServer } from './server.mjs';

const globals = globalThis;
// every copy of the package adds a listener
process.setMaxListeners(0);
const property = (object, name, description) => {
  const before = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { configurable: true, ...description });
  return () => (before ? Object.defineProperty(object, name, before) : delete object[name]);
};
const getter = (object, name) => {
  const value = object[name];
  return property(object, name, { get: () => value });
};
const { fetch: realFetch, console: realConsole } = globals;
const frozenHistory = () =>
  Object.freeze({ pushState() {}, replaceState() {} });

/** Each changes the page, and returns the functions that undo it. */
const pages = {
  'fetch is a getter': () => [getter(globals, 'fetch')],
  'fetch is read-only': () => [property(globals, 'fetch', { value: realFetch, writable: false })],
  'the console is a getter': () => [getter(globals, 'console')],
  'the console is frozen': () => [property(globals, 'console', { value: Object.freeze({ ...realConsole }) })],
  'a method of the console is read-only': () => [property(realConsole, 'warn', { value: realConsole.warn, writable: false })],
  'there is no console': () => [property(globals, 'console', { value: undefined })],
  'the console has no methods': () => [property(globals, 'console', { value: {} })],
  'history is frozen': () => [
    property(globals, 'document', { value: { visibilityState: 'visible' } }),
    property(globals, 'history', { value: frozenHistory() }),
  ],
  'there is no history': () => [property(globals, 'document', { value: { visibilityState: 'visible' } })],
  'addEventListener throws': () => [
    property(globals, 'document', { value: { visibilityState: 'visible' } }),
    property(globals, 'addEventListener', { value() { throw new Error('mine'); } }),
  ],
  'everything is': () => [getter(globals, 'fetch'), property(globals, 'console', { value: Object.freeze({ ...realConsole }) })],
};

for (const [name, change] of Object.entries(pages)) {
  test(`calls and reports work if ${name}`, async (t) => {
    const server = await startServer((body, response) =>
      body.method === 'brew' ? error(body, response, 1, 'no tea') : result(body, response, 7));
    const undo = change();
    t.after(() => {
      undo.forEach((action) => action());
      globals.fetch = realFetch;
      return server.close();
    });
    // Another copy of the package, because the first client of each wraps the page.
    const { MCPClient } = await import(`../dist/mcp-autoheal.js?${encodeURIComponent(name)}`);
    const faults = [];
    const client = new MCPClient(server.endpoint, { reportErrors: { endpoint: server.reportTo, captureGlobalErrors: true } });
    client.onerror = (fault) => faults.push(fault);
    assert.equal(await client.request('add'), 7);
    assert.equal((await rejection(client.request('brew'))).code, 1);
    assert.equal(await client.flush(3000), true);
    assert.deepEqual(server.reports.map(({ report }) => report.error_message), ['no tea']);
    assert.deepEqual(faults, []);
    if (name === 'the console has no methods') assert.deepEqual(Object.keys(globals.console), []);
  });
}

/** Faults within the reporter, each as a function that undoes it. */
const broken = (object, name) => property(object, name, { value() { throw new Error(`${name} is broken`); }, writable: true });
const faults = {
  'dates cannot be written': () => broken(Date.prototype, 'toISOString'),
  'a set of objects fails': () => broken(WeakSet.prototype, 'has'),
  'the navigator throws': () => property(globals, 'navigator', { get() { throw new Error('navigator is broken'); } }),
};
for (const [name, breakIt] of Object.entries(faults)) {
  test(`a fault of the reporter switches it off and is said once: ${name}`, async (t) => {
    const server = await startServer((body, response) =>
      body.method === 'brew' ? error(body, response, 1, 'no tea') : result(body, response, 7));
    t.after(() => server.close());
    const { MCPClient } = await import(`../dist/mcp-autoheal.js?${encodeURIComponent(name)}`);
    const client = new MCPClient(server.endpoint, { reportErrors: { endpoint: server.reportTo } });
    const said = [];
    client.onerror = (fault) => {
      said.push(fault);
      throw new Error('the handler fails too');
    };
    await client.ready;
    const repair = breakIt();
    t.after(repair);
    for (let call = 0; call < 3; call += 1) assert.equal((await rejection(client.request('brew'))).message, 'no tea');
    client.report(new Error('own'));
    repair();
    assert.equal(await client.request('add'), 7);
    assert.equal((await rejection(client.request('brew'))).message, 'no tea');
    assert.equal(await client.flush(1000), false);
    assert.equal(said.length, 1);
    assert.match(said[0].message, /reporting is off after a fault: Error: .* is broken/);
    assert.deepEqual(server.reports, []);
  });
}

test('random faults of the page fail no call and throw nothing', { timeout: 60_000 }, async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  t.diagnostic(`SEED=${seed}`);
  let state = seed;
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const server = await startServer((body, response) =>
    body.method === 'brew' ? error(body, response, 1, `no tea ${body.id}`, { at: 1 }) : result(body, response, 7));
  t.after(() => server.close());
  const unhandled = [];
  const note = (reason) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  t.after(() => process.off('unhandledRejection', note).off('uncaughtException', note));
  const answers = [
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    (response) => response.writeHead(500).end(),
    (response) => json(response, [null, { status: 'rejected' }, 5], 202) ?? true,
    (response) => json(response, { code: 'x' }, 403) ?? true,
    (response) => response.destroy() || true,
  ];
  server.respondToReport = (response) => (random(3) ? answers[random(answers.length)](response) : false);
  const targets = [
    [Date.prototype, 'toISOString'], [WeakSet.prototype, 'add'], [globals, 'Blob'], [globals.crypto, 'getRandomValues'],
    [AbortSignal, 'timeout'], [globals, 'fetch'], [realConsole, 'warn'],
  ];
  const odd = () => [
    null, undefined, 5, 'text', Symbol('s'), 1n, () => {}, [], {}, Object.create(null), new Proxy({}, { get() { throw new Error('mine'); } }),
    new Proxy(new Error('p'), { ownKeys() { throw new Error('mine'); } }), new Event('x'), new Response(''), new Map([[{}, {}]]),
    Object.assign(new Error('e'), { cause: [] , errors: 5 }), { get name() { throw new Error('mine'); }, message: 'm' }, { toString() { throw new Error('mine'); } },
    new AggregateError([null, undefined, 1n], 'many'), Object.assign(new Error('x'), { name: Symbol('n'), stack: { deep: [] } }),
  ][random(20)];
  for (let round = 0; round < 60; round += 1) {
    const { MCPClient } = await import(`../dist/mcp-autoheal.js?random${round % 3}`);
    const client = new MCPClient(server.endpoint, { reportErrors: { endpoint: server.reportTo, captureGlobalErrors: !random(2), breadcrumbs: !random(2) } });
    client.onerror = () => {
      throw new Error('mine');
    };
    await client.ready;
    const [object, name] = targets[random(targets.length)];
    const repair = name === 'fetch' || name === 'Blob' ? getter(object, name) : random(2) ? broken(object, name) : () => {};
    try {
      client.report(odd(), odd());
      const failure = await rejection(client.request('brew'));
      assert.ok(name === 'getRandomValues' || /^no tea/.test(failure.message), failure.stack);
      client.report(Object.assign(new Error(String(round)), { own: odd() }), { odd: odd(), list: [odd()] });
    } finally {
      repair();
    }
    assert.equal(await client.request('add'), 7);
    assert.equal(typeof (await client.flush(20)), 'boolean');
    await client.close();
  }
  await new Promise((turn) => setTimeout(turn, 50));
  assert.deepEqual(unhandled, [], `SEED=${seed}`);
});

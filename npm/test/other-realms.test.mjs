// Values of another realm, as in a frame or a test runner: they work like the page's own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';

import { connect, connectReporting, error, MCPClient, rejection, result } from './harness.mjs';

const other = runInNewContext('({ Error, TypeError, RegExp, Object })');
const realFetch = globalThis.fetch;

/** What `fetch` of another realm rejects with, and of one that is no error. */
const losses = {
  'an error of another realm': () => Object.assign(new other.TypeError('fetch failed'), { cause: new other.Error('ECONNRESET') }),
  'a plain object': () => ({ code: 'ECONNRESET', message: 'lost' }),
  'a text': () => 'lost',
  undefined: () => undefined,
};
for (const [name, loss] of Object.entries(losses)) {
  test(`a connection that is lost with ${name} is NETWORK, retried and reported`, async (t) => {
    const { client, server } = await connectReporting(t, (body, response) => result(body, response, 1));
    let losing = true;
    let tries = 0;
    t.mock.method(globalThis, 'fetch', (address, options) => {
      if (!losing || address !== server.endpoint) return realFetch(address, options);
      tries += 1;
      return Promise.reject(loss());
    });
    await client.ready;
    const failure = await rejection(client.request('brew'));
    assert.deepEqual([failure.name, failure.code, tries], ['MCPError', 'NETWORK', 1]);
    const pinged = client.ping();
    while (tries < 2) await new Promise((turn) => setTimeout(turn, 5));
    losing = false;
    await pinged;
    assert.equal(await client.flush(3000), true);
    assert.deepEqual(server.reports.map(({ report }) => [report.class, report.rpc.method]), [['network', 'brew']]);
  });
}

test('a timeout is TIMEOUT, though fetch rejects with an error of another realm', async (t) => {
  const { client } = await connect(t, () => {});
  t.mock.method(globalThis, 'fetch', (address, options) =>
    realFetch(address, options).catch(({ name, message }) => Promise.reject(Object.assign(new other.Error(message), { name }))));
  const failure = await rejection(client.request('brew', {}, { timeout: 50 }));
  assert.deepEqual([failure.name, failure.code], ['MCPError', 'TIMEOUT']);
});

test('options of another realm are accepted', async (t) => {
  const { server } = await connect(t, (body, response) => error(body, response, 1, body.method));
  // as the URL of a frame, which is no instance of this realm's
  const address = (text) => new (class { href = text; toString() { return text; } })();
  const client = new MCPClient(address(server.endpoint), {
    reportErrors: {
      endpoint: address(server.reportTo),
      ignoreErrors: [new other.RegExp('known$')],
      denyUrls: [new other.RegExp('^chrome-extension:')],
    },
  });
  const controller = new AbortController();
  const { signal } = controller;
  const foreign = { aborted: false, reason: undefined, addEventListener: (...details) => signal.addEventListener(...details), removeEventListener: (...details) => signal.removeEventListener(...details) };
  assert.equal((await rejection(client.request('known', undefined, { signal: foreign }))).message, 'known');
  assert.equal((await rejection(client.request('other', other.Object.create(null), { signal: foreign }))).message, 'other');
  assert.equal(await client.flush(), true);
  assert.deepEqual(server.reports.map(({ report }) => report.error_message), ['other']);
});

test('wrong options are still refused', () => {
  for (const signal of [{}, { aborted: false }, new EventTarget(), 5])
    assert.rejects(new MCPClient('/jsonrpc').request('a', undefined, { signal }), { name: 'TypeError', message: /"signal"/ });
  for (const endpoint of [{}, { href: 'https://shop.example/' }, 5, null])
    assert.throws(() => new MCPClient(endpoint), { name: 'TypeError', message: /"endpoint"/ });
});

/** Members that a library gives to every object. */
const additions = {
  'a function': [Object.prototype, function extend() {}],
  'a list': [Object.prototype, []],
  'an object': [Object.prototype, {}],
  'a function of arrays': [Array.prototype, function last() {}],
  'a function of functions': [Function.prototype, function bindTo() {}],
};
for (const [name, [prototype, value]] of Object.entries(additions)) {
  test(`calls and reports work with an enumerable member of every prototype: ${name}`, async (t) => {
    prototype.extend = value;
    t.after(() => delete prototype.extend);
    const { client, server } = await connectReporting(t, (body, response) => {
      if (Array.isArray(body)) return response.end('[]');
      return body.method === 'brew' ? error(body, response, 1, 'no tea') : result(body, response, body.params);
    });
    const params = { cups: [{ red: 1 }], pot: { full: true } };
    assert.deepEqual({ ...(await client.request('add', params, { timeout: 5000, headers: { 'x-a': '1' } })) }, params);
    await rejection(client.batch([{ method: 'brew', params }]).then(([{ reason }]) => Promise.reject(reason)));
    await rejection(client.request('brew', params, { idempotent: true }));
    client.report({ code: 1 }, params);
    assert.equal(await client.flush(), true);
    assert.equal(server.reports.at(-1).report.error_message, '{code}');
    assert.deepEqual(server.reports.at(-1).report.context.extra, params);
  });
}

// Redirects: another origin receives nothing, and what turns a POST into a GET is named at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MCPClient, MCPError, rejection, result } from './harness.mjs';
import { connectLegacy } from './mcp-server.mjs';
import { startServer } from './server.mjs';

const SECRETS = { 'x-api-key': 'k-1', authorization: 'Bearer t-1' };

/** A server that responds with `handle`, and ends with the test. */
async function start(t, handle) {
  const server = await startServer(handle);
  t.after(() => server.close());
  return server;
}

/** A server that redirects every request to an address. */
const redirecting = (t, status, location) =>
  start(t, (body, response) => response.writeHead(status, { location: location() }).end('moved'));

const request = (client) => client.request('pay', { card: 'visa' });
const ways = {
  'a request': [request],
  'a notification': [(client) => client.notify('paid', { card: 'visa' })],
  'a batch': [(client) => client.batch([{ method: 'pay' }])],
  'the first request of a handshake': [request, { mcp: 'legacy' }],
  'the probe for the era': [request, { mcp: 'auto' }],
};
for (const [name, [call, options]] of Object.entries(ways)) {
  test(`a redirect to another origin is not followed: ${name}`, async (t) => {
    const other = await start(t, (body, response) => result(body, response, {}));
    for (const status of [307, 308, 302]) {
      const server = await redirecting(t, status, () => `${other.origin}/mcp?token=abc`);
      const failure = await rejection(call(new MCPClient(server.endpoint, { headers: SECRETS, ...options })));
      assert.equal(failure.code, 'REDIRECT');
      assert.ok(failure instanceof MCPError && failure.message.includes(`${other.origin}/mcp with HTTP ${status}`));
      assert.match(failure.message, /make it the endpoint$/);
      assert.doesNotMatch(failure.message, /abc/);
      assert.equal(server.calls.length, 1);
    }
    assert.deepEqual(other.calls, []);
  });
}

test('the stream for notifications is not redirected to another origin', async (t) => {
  const other = await start(t, () => {});
  const { client } = await connectLegacy(t, {
    GET: ({ response }) => response.writeHead(307, { location: `${other.origin}/mcp` }).end(),
  });
  const failed = new Promise((resolve) => (client.onerror = resolve));
  client.setNotificationHandler('notifications/message', () => {});
  await client.connect();
  assert.equal((await failed).code, 'REDIRECT');
  assert.deepEqual(other.calls, []);
});

for (const status of [307, 308]) {
  test(`HTTP ${status} within the origin is followed, once for all calls`, async (t) => {
    const server = await start(t, (body, response, number) => {
      if (number === 1) response.writeHead(status, { location: '/jsonrpc/?v=1' }).end();
      else result(body, response, body.params);
    });
    const client = new MCPClient(server.endpoint, { headers: SECRETS });
    assert.deepEqual(await client.request('echo', { a: 1 }), { a: 1 });
    assert.deepEqual(await client.request('echo', { a: 2 }), { a: 2 });
    assert.deepEqual(
      server.calls.map(({ method, url, headers }) => [method, url, headers['x-api-key']]),
      ['/jsonrpc', '/jsonrpc/?v=1', '/jsonrpc/?v=1'].map((url) => ['POST', url, 'k-1']),
    );
  });
}

for (const status of [301, 302, 303]) {
  test(`HTTP ${status}, which turns a POST into a GET, is named at once`, async (t) => {
    const server = await redirecting(t, status, () => '/login?next=%2Fjsonrpc');
    const { code, message } = await rejection(new MCPClient(server.endpoint).request('echo'));
    assert.equal(code, 'REDIRECT');
    assert.ok(message.includes(`${server.endpoint} redirects to ${server.origin}/login with HTTP ${status}`), message);
    assert.equal(server.calls.length, 1);
  });
}

test('a redirect without end or without a target is named', async (t) => {
  for (const location of ['/jsonrpc', '', '/jsonrpc?again']) {
    const server = await start(t, (body, response, number) =>
      response.writeHead(307, { location: location.replace('again', number) }).end(),
    );
    assert.equal((await rejection(new MCPClient(server.endpoint).request('echo'))).code, 'REDIRECT');
    assert.ok(server.calls.length <= 6, String(server.calls.length));
  }
});

test('a redirect is reported', async (t) => {
  const server = await redirecting(t, 302, () => '/login');
  const client = new MCPClient(server.endpoint, { reportErrors: true, errorReportEndpoint: server.reportTo });
  const { message } = await rejection(client.request('echo'));
  const [report] = await server.reported(1);
  assert.deepEqual([report.class, report.error_message], ['http', message]);
});

// Browsers hide status and target of a redirect.
test('in a browser, a request without headers and parameters finds the target', async (t) => {
  const server = await start(t, (body, response) => result(body, response, 'moved'));
  const targets = { '/same': `${server.origin}/jsonrpc/`, '/other': 'http://other.example/mcp', '/hidden': undefined };
  const real = fetch;
  const sent = [];
  t.mock.method(globalThis, 'fetch', async (address, init) => {
    const { pathname } = new URL(address);
    if (!(pathname in targets)) return real(address, init);
    sent.push(init);
    const hidden = { status: 0, ok: false, type: 'opaqueredirect', url: address, headers: new Headers(), body: null };
    if (init.redirect === 'manual') return hidden;
    if (!targets[pathname]) throw new TypeError('Failed to fetch');
    return { ...hidden, url: targets[pathname] };
  });
  const call = (path) => new MCPClient(server.origin + path, { headers: SECRETS }).request('pay', { card: 'visa' });
  assert.equal(await call('/same'), 'moved');
  assert.match((await rejection(call('/other'))).message, /redirects to http:\/\/other\.example\/mcp, which is not followed/);
  assert.match((await rejection(call('/hidden'))).message, /redirects to an unknown address/);
  assert.deepEqual(
    sent.map(({ headers, body }) => [headers?.['x-api-key'], !!body]),
    Array(3).fill([['k-1', true], [undefined, false]]).flat(),
  );
});

// Retries: which calls are sent again, and after which wait.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, rejection, result } from './harness.mjs';

const disconnect = (body, response) => response.destroy();
/** Responds to the first calls with `first`, to the others with a result. */
const thenSucceed = (first, times = 1) => (body, response, number) =>
  number <= times ? first(body, response) : result(body, response, 'well');
const busy = (status, retryAfter) => (body, response) => response.writeHead(status, { 'retry-after': retryAfter }).end();

const calls = {
  ping: (client) => client.ping(),
  listTools: (client) => client.listTools(),
  getModel: (client) => client.getModel('bert'),
  'resources/read': (client) => client.request('resources/read', { uri: 'x:y' }),
  'a call marked idempotent': (client) => client.callTool('look', {}, { idempotent: true }),
};
for (const [name, call] of Object.entries(calls)) {
  test(`a call is sent again if its response was lost: ${name}`, async (t) => {
    const { client, server } = await connect(t, thenSucceed(disconnect));
    assert.equal(await call(client), 'well');
    assert.equal(server.calls.length, 2);
    assert.deepEqual(server.calls[0].body, server.calls[1].body);
  });
}

const once = {
  callTool: (client) => client.callTool('buy'),
  request: (client) => client.request('get_next_job'),
  notify: (client) => client.notify('note'),
  'a list marked as not idempotent': (client) => client.request('tools/list', {}, { idempotent: false }),
};
for (const [name, call] of Object.entries(once)) {
  test(`a call is not sent again if its response was lost: ${name}`, async (t) => {
    const { client, server } = await connect(t, thenSucceed(disconnect));
    assert.equal((await rejection(call(client))).code, 'NETWORK');
    assert.equal(server.calls.length, 1);
  });
}

test('after HTTP 429 or 503 every call is sent again at the time in Retry-After', async (t) => {
  const past = new Date(0).toUTCString();
  for (const first of [busy(429, '0'), busy(503, '0'), busy(503, past)]) {
    const { client, server } = await connect(t, thenSucceed(first));
    assert.equal(await client.callTool('buy'), 'well');
    assert.equal(server.calls.length, 2);
  }
});

test('a Retry-After in seconds is respected', async (t) => {
  const { client } = await connect(t, thenSucceed(busy(429, '1')));
  const began = performance.now();
  await client.callTool('buy');
  assert.ok(performance.now() - began >= 990);
});

test('a Retry-After longer than the timeout rejects the call at once', async (t) => {
  const { client, server } = await connect(t, busy(429, '3600'));
  assert.equal((await rejection(client.callTool('buy'))).code, 'HTTP_429');
  assert.equal(server.calls.length, 1);
});

test('the option retries limits the retries; 0 turns them off', async (t) => {
  const { client, server } = await connect(t, busy(503, '0'));
  assert.equal((await rejection(client.ping())).code, 'HTTP_503');
  assert.equal(server.calls.length, 4);
  const none = await connect(t, busy(503, '0'), { retries: 0 });
  assert.equal((await rejection(none.client.ping())).code, 'HTTP_503');
  assert.equal(none.server.calls.length, 1);
});

test('waits without Retry-After grow', async (t) => {
  const times = [];
  const { client } = await connect(t, (body, response) => {
    times.push(performance.now());
    response.destroy();
  }, { retries: 2 });
  await rejection(client.ping());
  const [first, second] = [times[1] - times[0], times[2] - times[1]];
  assert.ok(first >= 180 && second >= 370, `${first} ${second}`);
});

test('an idempotent call is sent again after a timeout', async (t) => {
  const { client, server } = await connect(t, thenSucceed(() => {}), { timeout: 500 });
  assert.equal(await client.ping(), 'well');
  assert.equal(server.calls.length, 2);
});

test('a call is not sent again after HTTP 500', async (t) => {
  const { client, server } = await connect(t, (body, response) => response.writeHead(500).end());
  assert.equal((await rejection(client.ping())).code, 'HTTP_500');
  assert.equal(server.calls.length, 1);
});

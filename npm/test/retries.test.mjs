// What is sent again, what never is, and how long the client waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, rejection, result } from './harness.mjs';

const cut = (body, response) => response.destroy();
/** Answers the first calls with `first`, the others with a result. */
const thenWell = (first, times = 1) => (body, response, number) =>
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
  test(`sent again when the answer was lost: ${name}`, async (t) => {
    const { client, server } = await connect(t, thenWell(cut));
    assert.equal(await call(client), 'well');
    assert.equal(server.calls.length, 2);
    assert.deepEqual(server.calls[0].body, server.calls[1].body);
  });
}

const once = {
  callTool: (client) => client.callTool('buy'),
  request: (client) => client.request('get_next_job'),
  notify: (client) => client.notify('note'),
  'a read marked otherwise': (client) => client.request('tools/list', {}, { idempotent: false }),
};
for (const [name, call] of Object.entries(once)) {
  test(`never sent again when the answer was lost: ${name}`, async (t) => {
    const { client, server } = await connect(t, thenWell(cut));
    assert.equal((await rejection(call(client))).code, 'NETWORK');
    assert.equal(server.calls.length, 1);
  });
}

test('429 and 503 are waited out as the server says, for every call', async (t) => {
  const past = new Date(0).toUTCString();
  for (const first of [busy(429, '0'), busy(503, '0'), busy(503, past)]) {
    const { client, server } = await connect(t, thenWell(first));
    assert.equal(await client.callTool('buy'), 'well');
    assert.equal(server.calls.length, 2);
  }
});

test('retry-after in seconds is honoured', async (t) => {
  const { client } = await connect(t, thenWell(busy(429, '1')));
  const began = performance.now();
  await client.callTool('buy');
  assert.ok(performance.now() - began >= 990);
});

test('a wait beyond the timeout is not waited for', async (t) => {
  const { client, server } = await connect(t, busy(429, '3600'));
  assert.equal((await rejection(client.callTool('buy'))).code, 'HTTP_429');
  assert.equal(server.calls.length, 1);
});

test('retries are limited, and 0 switches them off', async (t) => {
  const { client, server } = await connect(t, busy(503, '0'));
  assert.equal((await rejection(client.ping())).code, 'HTTP_503');
  assert.equal(server.calls.length, 4);
  const none = await connect(t, busy(503, '0'), { retries: 0 });
  assert.equal((await rejection(none.client.ping())).code, 'HTTP_503');
  assert.equal(none.server.calls.length, 1);
});

test('waits grow when the server names none', async (t) => {
  const times = [];
  const { client } = await connect(t, (body, response) => {
    times.push(performance.now());
    response.destroy();
  }, { retries: 2 });
  await rejection(client.ping());
  const [first, second] = [times[1] - times[0], times[2] - times[1]];
  assert.ok(first >= 180 && second >= 370, `${first} ${second}`);
});

test('a timeout of a repeatable call is tried again', async (t) => {
  const { client, server } = await connect(t, thenWell(() => {}), { timeout: 500 });
  assert.equal(await client.ping(), 'well');
  assert.equal(server.calls.length, 2);
});

test('errors of the server are not repeated', async (t) => {
  const { client, server } = await connect(t, (body, response) => response.writeHead(500).end());
  assert.equal((await rejection(client.ping())).code, 'HTTP_500');
  assert.equal(server.calls.length, 1);
});

// Batches: one POST, with an outcome for each call.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, json, rejection } from './harness.mjs';

const responseTo = ({ id, params }) => ({ jsonrpc: '2.0', id, result: params?.[0] ?? null });
const brief = (results) => results.map(({ status, value, reason }) => (status === 'fulfilled' ? value : reason.code));

test('responses may come in any order, and an error rejects only its own call', async (t) => {
  const { client, server } = await connect(t, (body, response) => {
    const [first, second, third] = body;
    json(response, [responseTo(third), { jsonrpc: '2.0', id: second.id, error: { code: 7, message: 'no' } }, responseTo(first)]);
  });
  const results = await client.batch([1, 2, 3].map((number) => ({ method: 'echo', params: [number] })));
  assert.deepEqual(brief(results), [1, 7, 3]);
  assert.equal(server.calls.length, 1);
});

test('missing responses and ids of another type reject their calls; unknown and repeated ids are ignored', async (t) => {
  const { client } = await connect(t, (body, response) => {
    const [first, , third] = body;
    const asText = { ...responseTo(third), id: String(third.id) };
    const repeated = { ...responseTo(first), result: 'again' };
    json(response, [responseTo(first), repeated, asText, { jsonrpc: '2.0', id: 999, result: 0 }, null, 5, 'x']);
  });
  const results = await client.batch([1, 2, 3].map((number) => ({ method: 'echo', params: [number] })));
  assert.deepEqual(brief(results), [1, 'INVALID_RESPONSE', 'INVALID_RESPONSE']);
  assert.match(results[1].reason.message, /has no reply to this call/);
});

test('notifications have no id and are fulfilled with undefined', async (t) => {
  const { client, server } = await connect(t, (body, response) => {
    const responses = body.filter((call) => 'id' in call).map(responseTo);
    if (responses.length > 0) json(response, responses);
    else response.writeHead(202).end();
  });
  const note = { method: 'note', notification: true };
  const results = await client.batch([note, { method: 'echo', params: [1] }]);
  assert.deepEqual(results, [{ status: 'fulfilled', value: undefined }, { status: 'fulfilled', value: 1 }]);
  assert.deepEqual(await client.batch([note]), [{ status: 'fulfilled', value: undefined }]);
  assert.equal('id' in server.calls[1].body[0], false);
});

test('a response that is not an array rejects the whole batch', async (t) => {
  const bodies = [{ jsonrpc: '2.0', id: null, error: { code: -32600, message: 'Invalid Request' } }, { ok: true }];
  const { client } = await connect(t, (body, response, number) => json(response, bodies[number - 1]));
  assert.equal((await rejection(client.batch([{ method: 'a' }]))).code, -32600);
  const failure = await rejection(client.batch([{ method: 'a' }]));
  assert.equal(failure.code, 'INVALID_RESPONSE');
  assert.match(failure.message, /to a batch is not an array/);
});

test('a batch is sent again only if all of its calls are idempotent', async (t) => {
  const { client, server } = await connect(t, (body, response, number) => {
    if (number === 1) response.destroy();
    else json(response, body.map(responseTo));
  });
  assert.equal((await rejection(client.batch([{ method: 'ping' }, { method: 'buy' }]))).code, 'NETWORK');
  assert.equal(server.calls.length, 1);
  server.calls.length = 0;
  const results = await client.batch([{ method: 'ping' }, { method: 'look', params: [4], idempotent: true }]);
  assert.deepEqual(brief(results), [null, 4]);
  assert.equal(server.calls.length, 2);
});

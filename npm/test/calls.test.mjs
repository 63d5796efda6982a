// Successful calls: the requests sent and the results returned.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, MCPClient, result } from './harness.mjs';

const echo = (body, response) => result(body, response, body.params ?? null);

test('a call works right after new, and ready resolves', async (t) => {
  const { client, server } = await connect(t, echo);
  assert.deepEqual(await client.request('echo', { text: 'hello' }), { text: 'hello' });
  assert.equal(await client.ready, undefined);
  const [{ body, headers }] = server.calls;
  const { id, ...rest } = body;
  assert.deepEqual(rest, { jsonrpc: '2.0', method: 'echo', params: { text: 'hello' } });
  // too large to guess, and exact in every JSON parser
  assert.ok(Number.isSafeInteger(id) && id >= 1e12, id);
  assert.equal(headers['content-type'], 'application/json');
});

test('the ids of two clients have nothing in common', async (t) => {
  const [one, other] = await Promise.all([connect(t, echo), connect(t, echo)]);
  await Promise.all([one, other].map(({ client }) => client.request('echo')));
  assert.ok(Math.abs(one.server.calls[0].body.id - other.server.calls[0].body.id) > 1e6);
});

test('every call has its own id', async (t) => {
  const { client, server } = await connect(t, echo);
  await Promise.all(Array.from({ length: 20 }, (_, number) => client.request('echo', [number])));
  assert.equal(new Set(server.calls.map(({ body }) => body.id)).size, 20);
});

test('responses in any order resolve their own calls', async (t) => {
  const pending = [];
  const { client } = await connect(t, (body, response) => {
    pending.push([body, response]);
    if (pending.length === 3) pending.reverse().forEach(([body, response]) => result(body, response, body.params));
  });
  const results = await Promise.all([1, 2, 3].map((number) => client.request('echo', [number])));
  assert.deepEqual(results, [[1], [2], [3]]);
});

test('a result of null, false or 0 is a success', async (t) => {
  const values = [null, false, 0, ''];
  const { client } = await connect(t, (body, response, number) => result(body, response, values[number - 1]));
  for (const value of values) assert.equal(await client.request('value'), value);
});

test('convenience methods send their JSON-RPC methods and parameters', async (t) => {
  const { client, server } = await connect(t, echo);
  await client.callTool('sum', { of: [1, 2] });
  await client.callTool('now');
  await client.listTools();
  await client.getModel('bert');
  await client.ping();
  await client.request('plain', null);
  const sent = server.calls.map(({ body: { method, params } }) => [method, params]);
  assert.deepEqual(sent, [
    ['tools/call', { name: 'sum', arguments: { of: [1, 2] } }],
    ['tools/call', { name: 'now', arguments: {} }],
    ['tools/list', {}],
    ['get_model', { model_id: 'bert' }],
    ['ping', undefined],
    ['plain', undefined],
  ]);
});

test('a change of the parameters after the call is not sent', async (t) => {
  const { client } = await connect(t, echo);
  const params = { step: 1 };
  const call = client.request('echo', params);
  params.step = 2;
  assert.deepEqual(await call, { step: 1 });
});

test('a notification has no id and resolves to undefined', async (t) => {
  const { client, server } = await connect(t, (body, response) => response.writeHead(202).end());
  assert.equal(await client.notify('note', { level: 1 }), undefined);
  assert.deepEqual(server.calls[0].body, { jsonrpc: '2.0', method: 'note', params: { level: 1 } });
});

test('the option headers is sent with each request', async (t) => {
  const { client, server } = await connect(t, echo, { headers: { authorization: 'Bearer abc', 'x-shop': '7' } });
  await client.ping();
  assert.equal(server.calls[0].headers.authorization, 'Bearer abc');
  assert.equal(server.calls[0].headers['x-shop'], '7');
});

test('the endpoint may be a URL object', async (t) => {
  const { server } = await connect(t, echo);
  assert.equal(await new MCPClient(new URL(server.endpoint)).ping(), null);
});

test('a result with isError resolves', async (t) => {
  const { client } = await connect(t, (body, response) => result(body, response, { isError: true, content: [] }));
  assert.deepEqual(await client.callTool('broken'), { isError: true, content: [] });
});

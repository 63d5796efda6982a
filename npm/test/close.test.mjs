// close(): its effect on open calls and sessions.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MCPError, rejection } from './harness.mjs';
import { connectLegacy } from './mcp-server.mjs';

test('close rejects open calls, deletes the session and calls onclose once', async (t) => {
  const { client, server } = await connectLegacy(t, { 'tools/call': () => {} });
  let closed = 0;
  client.onclose = () => (closed += 1);
  const waiting = rejection(client.callTool('slow'));
  await server.arrived('tools/call');
  await client.close();
  const failure = await waiting;
  assert.ok(failure instanceof MCPError);
  assert.deepEqual([failure.code, closed], ['CLOSED', 1]);
  assert.equal(server.sent('DELETE')[0].headers['mcp-session-id'], 'session-1');
});

test('close without a session sends nothing', async (t) => {
  const { client, server } = await connectLegacy(t, {});
  await client.ready;
  await client.close();
  assert.deepEqual(server.log(), []);
});

test('a server that refuses DELETE causes no error', async (t) => {
  const { client, server } = await connectLegacy(t, { DELETE: (exchange) => exchange.response.writeHead(405).end() });
  const errors = [];
  client.onerror = (error) => errors.push(error);
  await client.ping();
  await client.close();
  assert.equal(server.sent('DELETE').length, 1);
  assert.deepEqual(errors, []);
});

test('close does not wait for the end of the response to DELETE', async (t) => {
  const { client } = await connectLegacy(t, { DELETE: (exchange) => exchange.stream(': bye\n\n') });
  await client.ping();
  await client.close();
});

test('a call right before close is rejected and not sent', async (t) => {
  const { client, server } = await connectLegacy(t, {});
  const waiting = rejection(client.ping());
  await client.close();
  assert.equal((await waiting).code, 'CLOSED');
  assert.deepEqual(server.sent('ping'), []);
});

test('close rejects a call that waits for a retry', async (t) => {
  const { client, server } = await connectLegacy(
    t,
    {
      'tools/call': (exchange) => exchange.result({}),
      ping: (exchange) => exchange.response.writeHead(503, { 'retry-after': '1' }).end(),
    },
    { retries: 3 },
  );
  const waiting = rejection(client.ping());
  await server.arrived('ping');
  await client.callTool('green'); // now the client has also read the first response
  await client.close();
  assert.equal((await waiting).code, 'CLOSED');
  assert.equal(server.sent('ping').length, 1);
});

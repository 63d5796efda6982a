// The option headers: fixed values, per call, or from a function that is called for each request.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, MCPError, rejection, result } from './harness.mjs';
import { connectMCP } from './mcp-server.mjs';

const succeed = (body, response) => result(body, response, 'well');
const refuse = (response) => response.writeHead(401).end();
const tokens = ({ calls }) => calls.map(({ headers }) => headers.authorization);

test('headers of a call override those of the client', async (t) => {
  const { client, server } = await connect(t, succeed, { headers: { authorization: 'a', 'x-shop': '7' } });
  await client.request('one', {}, { headers: { Authorization: 'b', 'x-call': '1' } });
  await client.request('two', {}, { headers: new Headers({ authorization: 'c' }) });
  await client.request('three');
  assert.deepEqual(tokens(server), ['b', 'c', 'a']);
  assert.deepEqual(
    server.calls.map(({ headers }) => [headers['x-shop'], headers['x-call']]),
    [
      ['7', '1'],
      ['7', undefined],
      ['7', undefined],
    ],
  );
});

test('requests without a body have no content-type', async (t) => {
  const headers = { 'Content-Type': 'application/json', 'x-shop': '7' };
  const { client, server } = await connectMCP(
    t,
    { 'server/discover': (exchange) => exchange.error(-32601, 'no'), GET: (exchange) => exchange.stream() },
    { headers },
  );
  client.setNotificationHandler('notifications/message', () => {});
  await client.ping();
  await server.arrived('GET');
  await client.close();
  await server.arrived('DELETE');
  for (const { name, headers, body } of server.seen) {
    assert.deepEqual([headers['content-type'], headers['x-shop']], [body && 'application/json', '7'], name);
  }
});

test('headers may be a list of pairs or a Headers object', async (t) => {
  for (const headers of [[['authorization', 'a']], new Headers({ authorization: 'a' })]) {
    const { client, server } = await connect(t, succeed, { headers });
    await client.ping();
    assert.deepEqual(tokens(server), ['a']);
  }
});

for (const [name, make] of Object.entries({
  'a function': (value) => value,
  'an async function': async (value) => value,
})) {
  test(`${name} is called for each request`, async (t) => {
    let headerCalls = 0;
    const { client, server } = await connect(t, succeed, {
      headers: () => make({ authorization: `token-${(headerCalls += 1)}` }),
    });
    await client.ping();
    await Promise.all([client.ping(), client.notify('note')]);
    await client.request('own', {}, { headers: { authorization: 'own' } });
    assert.deepEqual(tokens(server).sort(), ['own', 'token-1', 'token-2', 'token-3']);
    assert.equal(headerCalls, 4);
  });
}

test('a headers function may return undefined', async (t) => {
  const { client } = await connect(t, succeed, { headers: () => undefined });
  assert.equal(await client.ping(), 'well');
});

test('after HTTP 401 the headers function is called once more for each call', async (t) => {
  let headerCalls = 0;
  let validToken = 'token-2';
  const { client, server } = await connect(
    t,
    (body, response) => {
      if (server.calls.at(-1).headers.authorization === validToken) succeed(body, response);
      else refuse(response);
    },
    { headers: async () => ({ authorization: `token-${(headerCalls += 1)}` }) },
  );
  assert.equal(await client.callTool('buy'), 'well');
  assert.deepEqual(tokens(server), ['token-1', 'token-2']);
  validToken = 'token-4';
  assert.equal(await client.callTool('buy'), 'well', 'the next call has a second attempt too');

  validToken = 'none';
  assert.equal((await rejection(client.callTool('buy'))).code, 'HTTP_401');
  assert.equal(headerCalls, 6);
});

test('HTTP 401 rejects the call at once if the headers are fixed', async (t) => {
  const { client, server } = await connect(t, (body, response) => refuse(response), {
    headers: { authorization: 'a' },
  });
  assert.equal((await rejection(client.ping())).code, 'HTTP_401');
  assert.equal(server.calls.length, 1);
});

test('a headers function that fails rejects the call with its cause, and nothing is sent', async (t) => {
  const cause = new Error('signed out');
  const failing = [
    () => {
      throw cause;
    },
    () => Promise.reject(cause),
    () => 'no headers',
    () => ({ 'no good': 'x' }),
  ];
  for (const [index, headers] of failing.entries()) {
    const { client, server } = await connect(t, succeed, { headers });
    async function buy() {
      return client.callTool('tea');
    }
    const failure = await rejection(buy());
    assert.ok(failure instanceof MCPError);
    assert.equal(failure.code, 'HEADERS');
    assert.match(
      failure.message,
      index < 2 ? /The option "headers" failed: signed out/ : /The option "headers" failed: .*header/,
    );
    if (index < 2) assert.equal(failure.cause, cause);
    assert.match(failure.stack, /buy.*headers\.test\.mjs/);
    assert.equal(server.calls.length, 0);
  }
});

test('with MCP the headers function is called for each request, and once more after HTTP 401 in the handshake', async (t) => {
  let headerCalls = 0;
  const { client, server } = await connectMCP(
    t,
    {
      initialize: (exchange, times) => {
        if (times === 1) return exchange.response.writeHead(401).end();
        return exchange.result({ protocolVersion: '2025-11-25', capabilities: {} });
      },
      sessions: false,
    },
    { mcp: 'legacy', headers: () => ({ authorization: `token-${(headerCalls += 1)}` }) },
  );
  await client.ping();
  assert.deepEqual(
    server.seen.map(({ name, headers }) => [name, headers.authorization]),
    [
      ['initialize', 'token-1'],
      ['initialize', 'token-2'],
      ['notifications/initialized', 'token-3'],
      ['ping', 'token-4'],
    ],
  );
});

test('HTTP 401 on server/discover calls the headers function once more and does not decide the era', async (t) => {
  let headerCalls = 0;
  const { client, server } = await connectMCP(
    t,
    {
      'server/discover': (exchange, times) => exchange.response.writeHead(times === 1 ? 401 : 400).end(),
    },
    { headers: () => ({ authorization: `token-${(headerCalls += 1)}` }) },
  );
  await client.ping();
  assert.deepEqual(server.log(), [
    'server/discover',
    'server/discover',
    'initialize',
    'notifications/initialized',
    'ping',
  ]);
});

test('a headers function that fails during close goes to onerror, and the client closes', async (t) => {
  let isSignedOut = false;
  const { client } = await connectMCP(
    t,
    {},
    {
      mcp: 'legacy',
      headers: () => {
        if (isSignedOut) throw new Error('signed out');
        return {};
      },
    },
  );
  const errors = [];
  let closed = 0;
  client.onerror = (error) => errors.push(error);
  client.onclose = () => (closed += 1);
  await client.ping();
  isSignedOut = true;
  await client.close();
  assert.equal(closed, 1);
  assert.deepEqual(
    errors.map((error) => error instanceof Error),
    [true],
  );
});

// Headers of the page's own: fixed, per call, or from a function that is asked for every request.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, MCPError, rejection, result } from './harness.mjs';
import { connectMCP } from './mcp-server.mjs';

const well = (body, response) => result(body, response, 'well');
const shut = (response) => response.writeHead(401).end();
const tokens = ({ calls }) => calls.map(({ headers }) => headers.authorization);

test('headers of one call, over those of the client', async (t) => {
  const { client, server } = await connect(t, well, { headers: { authorization: 'a', 'x-shop': '7' } });
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

test('headers may be a list or a Headers', async (t) => {
  for (const headers of [[['authorization', 'a']], new Headers({ authorization: 'a' })]) {
    const { client, server } = await connect(t, well, { headers });
    await client.ping();
    assert.deepEqual(tokens(server), ['a']);
  }
});

for (const [name, make] of Object.entries({
  'a function': (value) => value,
  'an async function': async (value) => value,
})) {
  test(`${name} is asked for every request`, async (t) => {
    let asked = 0;
    const { client, server } = await connect(t, well, {
      headers: () => make({ authorization: `token-${(asked += 1)}` }),
    });
    await client.ping();
    await Promise.all([client.ping(), client.notify('note')]);
    await client.request('own', {}, { headers: { authorization: 'own' } });
    assert.deepEqual(tokens(server).sort(), ['own', 'token-1', 'token-2', 'token-3']);
    assert.equal(asked, 4);
  });
}

test('a function that has nothing to say', async (t) => {
  const { client } = await connect(t, well, { headers: () => undefined });
  assert.equal(await client.ping(), 'well');
});

test('a 401 asks once more, for every call, and only once', async (t) => {
  let asked = 0;
  let good = 'token-2';
  const { client, server } = await connect(
    t,
    (body, response) => {
      if (server.calls.at(-1).headers.authorization === good) well(body, response);
      else shut(response);
    },
    { headers: async () => ({ authorization: `token-${(asked += 1)}` }) },
  );
  assert.equal(await client.callTool('buy'), 'well');
  assert.deepEqual(tokens(server), ['token-1', 'token-2']);
  good = 'token-4';
  assert.equal(await client.callTool('buy'), 'well', 'the next call may ask again');

  good = 'none';
  assert.equal((await rejection(client.callTool('buy'))).code, 'HTTP_401');
  assert.equal(asked, 6);
});

test('a 401 is final when there is nobody to ask', async (t) => {
  const { client, server } = await connect(t, (body, response) => shut(response), { headers: { authorization: 'a' } });
  assert.equal((await rejection(client.ping())).code, 'HTTP_401');
  assert.equal(server.calls.length, 1);
});

test('a function that fails is named, with its cause, and nothing is sent', async (t) => {
  const cause = new Error('signed out');
  const failing = [
    () => {
      throw cause;
    },
    () => Promise.reject(cause),
    () => 'no headers',
    () => ({ 'no good': 'x' }),
  ];
  for (const [place, headers] of failing.entries()) {
    const { client, server } = await connect(t, well, { headers });
    async function buy() {
      return client.callTool('tea');
    }
    const failure = await rejection(buy());
    assert.ok(failure instanceof MCPError);
    assert.equal(failure.code, 'HEADERS');
    assert.match(
      failure.message,
      place < 2 ? /The option "headers" failed: signed out/ : /The option "headers" failed: .*header/,
    );
    if (place < 2) assert.equal(failure.cause, cause);
    assert.match(failure.stack, /buy.*headers\.test\.mjs/);
    assert.equal(server.calls.length, 0);
  }
});

test('under MCP every request asks, and a 401 during the handshake asks once more', async (t) => {
  let asked = 0;
  const { client, server } = await connectMCP(
    t,
    {
      initialize: (exchange, times) => {
        if (times === 1) return exchange.response.writeHead(401).end();
        return exchange.result({ protocolVersion: '2025-11-25', capabilities: {} });
      },
      sessions: false,
    },
    { mcp: 'legacy', headers: () => ({ authorization: `token-${(asked += 1)}` }) },
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

test('a 401 on the question for the era asks once more, and is no evidence', async (t) => {
  let asked = 0;
  const { client, server } = await connectMCP(
    t,
    {
      'server/discover': (exchange, times) => exchange.response.writeHead(times === 1 ? 401 : 400).end(),
    },
    { headers: () => ({ authorization: `token-${(asked += 1)}` }) },
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

test('headers that fail at the end do not keep a client from closing', async (t) => {
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
    'it is told there',
  );
});

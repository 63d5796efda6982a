// Detection of the era of a server from the responses of real servers; an outage decides nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, MCPClient, rejection, result } from './harness.mjs';
import { connectMCP, discoverResult, LEGACY, MODERN, startMCP } from './mcp-server.mjs';

const tea = (exchange) => exchange.result({ content: [] });
const refused =
  (code, message, status = 400) =>
  (exchange) =>
    exchange.error(code, message, { status, id: null });
const textResponse =
  (status, text = '') =>
  (exchange) =>
    exchange.response.writeHead(status, { 'content-type': 'text/html' }).end(text);

test('plain JSON-RPC: no handshake, no MCP headers, results unchanged', async (t) => {
  const { client, server } = await connect(t, (body, response) =>
    result(body, response, { resultType: 'table', isError: true }),
  );
  assert.deepEqual(await client.request('rows'), { resultType: 'table', isError: true });
  assert.deepEqual(await client.callTool('rows'), { resultType: 'table', isError: true });
  await client.connect();
  await client.close();
  assert.deepEqual(
    server.calls.map(({ body }) => body.method),
    ['rows', 'tools/call'],
  );
  for (const { headers, body } of server.calls) {
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('mcp-')),
      [],
    );
    assert.deepEqual([headers.accept, body.params?._meta], ['application/json', undefined]);
  }
  assert.deepEqual([client.getProtocolEra(), client.getServerVersion()], [undefined, undefined]);
});

test('the path of the endpoint decides between MCP and plain JSON-RPC, unless the option mcp does', async (t) => {
  const server = await startMCP(t, { sessions: false });
  const first = async (suffix, options) => {
    const client = new MCPClient(server.endpoint + suffix, { retries: 0, ...options });
    const before = server.seen.length;
    await client.request('tea').catch(() => {});
    return server.seen[before].name;
  };
  for (const suffix of ['', '/', '?a=b', '/?a=/x', '#part'])
    assert.equal(await first(suffix), 'server/discover', suffix);
  for (const suffix of ['/x', 's', '/x?y=/mcp', '/x#/mcp']) assert.equal(await first(suffix), 'tea', suffix);
  assert.equal(await first('', { mcp: false }), 'tea');
  assert.equal(await first('/x', { mcp: 'legacy' }), 'initialize');
  assert.equal(await first('/x', { mcp: 'modern' }), 'server/discover');
});

// Responses of legacy servers to the unknown method server/discover.
const legacyResponses = {
  'the reference server: not initialized': refused(-32000, 'Bad Request: Server not initialized'),
  'the reference server: no session': (exchange) =>
    exchange.json(
      { jsonrpc: '2.0', error: { code: -32000, message: 'Bad Request: No valid session ID provided' } },
      400,
    ),
  'an unknown version': refused(
    -32000,
    'Bad Request: Unsupported protocol version: 2026-07-28 (supported versions: 2025-11-25)',
  ),
  'a missing session': refused(-32600, 'Bad Request: Missing session ID'),
  'session not found': refused(-32600, 'Session not found', 404),
  'method not found': (exchange) => exchange.error(-32601, 'Method not found'),
  'method not found, HTTP 404': refused(-32601, 'Method not found', 404),
  'invalid request parameters': (exchange) => exchange.error(-32602, 'Invalid request parameters'),
  'an HTML page': textResponse(400, '<h1>Bad Request</h1>'),
  'an empty body': textResponse(400),
  'HTTP 404': textResponse(404, 'Not Found'),
  'HTTP 405': textResponse(405),
  'HTTP 406': refused(-32000, 'Not Acceptable', 406),
  'HTTP 422, in detail': (exchange) => exchange.json({ detail: [{ msg: 'field required' }] }, 422),
  'only older revisions': (exchange) =>
    exchange.error(-32022, 'Unsupported protocol version', { status: 400, data: { supported: [LEGACY] } }),
  'a list of older revisions': (exchange) => exchange.result(discoverResult(['2025-06-18', LEGACY])),
  'an empty result': (exchange) => exchange.result({}),
  'HTTP 500 with -32601': (exchange) => exchange.error(-32601, 'Method not found', { status: 500 }),
  'HTTP 500 with -32603': (exchange) => exchange.error(-32603, 'Internal error', { status: 500 }),
  'HTTP 500': textResponse(500, 'oops'),
  'HTTP 501': textResponse(501),
  'HTTP 401': textResponse(401),
  'HTTP 403, in JSON': (exchange) => exchange.json({ error: 'method not allowed for this token' }, 403),
  'a code of its own, -32050': refused(-32050, 'unknown method'),
  'a code of its own, -32099': refused(-32099, 'unknown method', 200),
  'the code -32020 of the modern era': refused(-32020, 'refused'),
  'the code -32021 of the modern era': refused(-32021, 'refused', 200),
  'a closed connection': (exchange) => exchange.response.destroy(),
  'no response': () => {},
  'HTTP 202 without a body': textResponse(202),
};
for (const [name, respond] of Object.entries(legacyResponses)) {
  test(`the client uses the legacy era after ${name}`, async (t) => {
    const script = { 'server/discover': respond, 'tools/call': tea };
    const { client, server } = await connectMCP(t, script, { timeout: 1000 });
    assert.deepEqual(await client.callTool('green'), { content: [] });
    assert.deepEqual(server.log(), ['server/discover', 'initialize', 'notifications/initialized', 'tools/call']);
    const { headers, body } = server.seen[1];
    assert.deepEqual(
      [headers['mcp-protocol-version'], headers['mcp-method'], body.params._meta],
      [undefined, undefined, undefined],
    );
    assert.equal(client.getProtocolEra(), 'legacy');
    assert.deepEqual(client.getServerVersion(), { name: 'tea', version: '2.1' });
  });
}

test('the detected era does not change when a session is lost', async (t) => {
  const { client, server } = await connectMCP(t, { 'server/discover': textResponse(400), 'tools/call': tea });
  await client.callTool('green');
  server.session += 1;
  await client.callTool('green');
  assert.deepEqual(server.log().slice(4), ['tools/call', 'initialize', 'notifications/initialized', 'tools/call']);
});

test('the client uses the modern era with a server that supports both, or that first refuses the revision', async (t) => {
  const unsupported = (exchange) =>
    exchange.error(-32022, 'Unsupported protocol version', { status: 400, data: { supported: [MODERN, LEGACY] } });
  const firstResponses = [(exchange) => exchange.result(discoverResult([LEGACY, MODERN])), unsupported];
  for (const firstResponse of firstResponses) {
    const { client, server } = await connectMCP(t, {
      era: 'modern',
      'server/discover': (exchange, times) =>
        times === 1 ? firstResponse(exchange) : exchange.result(discoverResult()),
      'tools/call': tea,
    });
    await client.callTool('green');
    assert.equal(client.getProtocolEra(), 'modern');
    assert.deepEqual([server.sent('initialize'), server.log().at(-1)], [[], 'tools/call']);
  }
});

test('if the handshake fails too, the call rejects with the failure of the probe, and the next call sends it again', async (t) => {
  const failures = {
    '-32020': refused(-32020, 'refused'),
    HTTP_401: textResponse(401),
    HTTP_500: textResponse(500),
    NETWORK: (exchange) => exchange.response.destroy(),
  };
  for (const [code, respond] of Object.entries(failures)) {
    const script = { era: 'modern', 'server/discover': respond, initialize: textResponse(400), 'tools/call': tea };
    const { client, server } = await connectMCP(t, script);
    assert.equal(String((await rejection(client.callTool('green'))).code), code);
    assert.deepEqual(server.log(), ['server/discover', 'initialize']);
    delete script['server/discover'];
    assert.deepEqual(await client.callTool('green'), { content: [] });
    assert.equal(client.getProtocolEra(), 'modern');
  }
});

test('after a lost response to the probe, a modern server is recognised by the next one', async (t) => {
  const { client, server } = await connectMCP(
    t,
    {
      era: 'modern',
      'server/discover': (exchange, times) =>
        times === 1 ? exchange.response.destroy() : exchange.result(discoverResult()),
      'tools/call': tea,
    },
    { retries: 1 },
  );
  assert.deepEqual(await client.callTool('green'), { content: [] });
  assert.deepEqual(server.log(), ['server/discover', 'initialize', 'server/discover', 'tools/call']);
});

test('a handshake that the server refuses does not decide about the era', async (t) => {
  const script = { era: 'modern', 'server/discover': refused(-32603, 'starting', 500), 'tools/call': tea };
  const { client } = await connectMCP(t, script);
  await rejection(client.callTool('green'));
  delete script['server/discover'];
  assert.deepEqual(await client.callTool('green'), { content: [] });
});

// Outages decide nothing about the era, so the client must not try the other era.
const outages = {
  'HTTP 408': [textResponse(408), 'HTTP_408'],
  'HTTP 429': [textResponse(429), 'HTTP_429'],
  'HTTP 502': [textResponse(502), 'HTTP_502'],
  'HTTP 503': [textResponse(503), 'HTTP_503'],
  'HTTP 522': [textResponse(522), 'HTTP_522'],
};
for (const [name, [respond, code]] of Object.entries(outages)) {
  test(`the client rejects the call and detects the era again later: ${name}`, async (t) => {
    const script = { 'server/discover': respond };
    const { client, server } = await connectMCP(t, script);
    assert.equal((await rejection(client.ping())).code, code);
    assert.deepEqual(server.log(), ['server/discover']);
    // After the outage the next call detects the era.
    script['server/discover'] = textResponse(400);
    assert.deepEqual(await client.ping(), {});
    assert.equal(client.getProtocolEra(), 'legacy');
  });
}

test('server/discover is sent again after HTTP 503', async (t) => {
  const { client, server } = await connectMCP(
    t,
    {
      era: 'modern',
      'server/discover': (exchange, times) => {
        if (times === 1) exchange.response.writeHead(503, { 'retry-after': '0' }).end();
        else exchange.result(discoverResult());
      },
      'tools/call': tea,
    },
    { retries: 3 },
  );
  assert.deepEqual(await client.callTool('green'), { content: [] });
  assert.deepEqual(server.log(), ['server/discover', 'server/discover', 'tools/call']);
});

test('with mcp: modern the client never tries the legacy era', async (t) => {
  const { client, server } = await connectMCP(
    t,
    { 'server/discover': textResponse(404), ping: tea, sessions: false },
    { mcp: 'modern' },
  );
  await client.ping();
  assert.deepEqual([server.log(), client.getProtocolEra()], [['server/discover', 'ping'], 'modern']);
});

// Failing calls: their codes and messages.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';

import { connect, error, json, MCPClient, MCPError, rejection, result } from './harness.mjs';
import { connectLegacy } from './mcp-server.mjs';

test('a JSON-RPC error becomes an MCPError with the server\'s code, message and data', async (t) => {
  const { client } = await connect(t, (body, response) => error(body, response, -32000, 'out of tea', { cups: 0 }));
  const failure = await rejection(client.callTool('tea'));
  assert.ok(failure instanceof MCPError && failure instanceof Error);
  const { name, code, message, data } = failure;
  assert.deepEqual({ name, code, message, data }, { name: 'MCPError', code: -32000, message: 'out of tea', data: { cups: 0 } });
});

test('the stack of the error begins at the caller', async (t) => {
  const { client } = await connect(t, (body, response) => error(body, response, 1, 'no'));
  function takeInventory() {
    return client.request('stock');
  }
  const [heading, first] = (await rejection(takeInventory())).stack.split('\n');
  assert.equal(heading, 'MCPError: no');
  assert.match(first, /takeInventory.*failures\.test\.mjs/);
});

// Response bodies that reject their call, with the message of the error. `ID` is the id of the call.
const invalidBodies = {
  'HTML instead of JSON': ['<!doctype html><p>hello', /is HTML or XML, not JSON/],
  'an empty body': ['', /is empty/],
  'truncated JSON': ['{"jsonrpc":"2.0","id":ID,"resu', /is broken or incomplete JSON/],
  'plain text': ['hello', /is not JSON/],
  'an event stream': ['event: message\ndata: {}\n\n', /is an event stream/],
  'no version': ['{"id":ID,"result":1}', /has no "jsonrpc": "2.0"/],
  'version 1': ['{"jsonrpc":"1.0","id":ID,"result":1}', /has no "jsonrpc": "2.0"/],
  'a number as version': ['{"jsonrpc":2.0,"id":ID,"result":1}', /has no "jsonrpc": "2.0"/],
  'the id as text': ['{"jsonrpc":"2.0","id":"ID","result":1}', /has the id "\d+", not \d+/],
  'another id': ['{"jsonrpc":"2.0","id":2,"result":1}', /has the id 2, not \d+/],
  'no id': ['{"jsonrpc":"2.0","result":1}', /has the id undefined, not \d+/],
  'an id of null': ['{"jsonrpc":"2.0","id":null,"result":1}', /has the id null, not \d+/],
  'both result and error': ['{"jsonrpc":"2.0","id":ID,"result":1,"error":{"code":1,"message":"x"}}', /both a result and an error/],
  'neither': ['{"jsonrpc":"2.0","id":ID}', /neither a result nor an error/],
  'an error with another id': ['{"jsonrpc":"2.0","id":"ID","error":{"code":1,"message":"x"}}', /has the id "\d+", not \d+/],
  'an error without a code': ['{"jsonrpc":"2.0","id":ID,"error":{"message":"x"}}', /an error whose code is not an integer/],
  'an error that is text': ['{"jsonrpc":"2.0","id":ID,"error":"x"}', /an error whose code is not an integer/],
  'a code with a fraction': ['{"jsonrpc":"2.0","id":ID,"error":{"code":1.5,"message":"x"}}', /an error whose code is not an integer/],
  'an array': ['[{"jsonrpc":"2.0","id":ID,"result":1}]', /not a JSON-RPC object/],
  null: ['null', /not a JSON-RPC object/],
  'a number': ['5', /not a JSON-RPC object/],
};
for (const [name, [text, message]] of Object.entries(invalidBodies)) {
  test(`an invalid response rejects the call with INVALID_RESPONSE: ${name}`, async (t) => {
    const { client, server } = await connect(t, ({ id }, response) => response.end(text.replace('ID', id)));
    const failure = await rejection(client.request('anything'));
    assert.equal(failure.code, 'INVALID_RESPONSE');
    assert.match(failure.message, message);
    assert.equal(server.calls.length, 1);
    assert.equal(failure.data, text.replace('ID', server.calls[0].body.id));
  });
}

test('a result with an error of null, as older servers send it, resolves', async (t) => {
  const { client } = await connect(t, ({ id }, response) => json(response, { jsonrpc: '2.0', id, result: 7, error: null }));
  assert.equal(await client.request('old'), 7);
});

test('an error without an id rejects the call whose response it is', async (t) => {
  const ids = [{ id: null }, {}];
  const { client } = await connect(t, (body, response, number) =>
    json(response, { jsonrpc: '2.0', ...ids[number - 1], error: { code: -32700, message: 'Parse error' } }, 400));
  for (const _ of ids) assert.equal((await rejection(client.request('anything'))).code, -32700);
});

test('an HTTP error becomes an error with its status, unless the body is a JSON-RPC error', async (t) => {
  const responses = [
    (body, response) => response.writeHead(500, 'Broken').end('<h1>oops'),
    (body, response) => json(response, { code: 'upstream_unreachable', message: 'no upstream' }, 502),
    (body, response) => json(response, { error: { message: 'inner' } }, 404),
    ({ id }, response) => json(response, { jsonrpc: '2.0', id, error: { code: -32601, message: 'no such' } }, 404),
    ({ id }, response) => json(response, { jsonrpc: '2.0', id, result: 1 }, 500),
  ];
  const { client, server } = await connect(t, (body, response, number) => responses[number - 1](body, response));
  const seen = [];
  for (const _ of responses) {
    const { code, message } = await rejection(client.request('anything'));
    seen.push([code, message.replace(server.endpoint, 'E')]);
  }
  assert.deepEqual(seen, [
    ['HTTP_500', 'E responded with HTTP 500: Broken'],
    ['HTTP_502', 'E responded with HTTP 502: no upstream'],
    ['HTTP_404', 'E responded with HTTP 404: inner'],
    [-32601, 'no such'],
    ['HTTP_500', 'E responded with HTTP 500: Internal Server Error'],
  ]);
});

test('a refused or a broken connection rejects the call with NETWORK', async (t) => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address();
  closed.close();
  const failure = await rejection(new MCPClient(`http://127.0.0.1:${port}/`).request('anything'));
  assert.equal(failure.code, 'NETWORK');
  assert.ok(failure.cause instanceof TypeError);

  const { client, server } = await connect(t, (body, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('{"jsonrpc"', () => response.destroy());
  });
  assert.equal((await rejection(client.request('anything'))).code, 'NETWORK');
  assert.equal(server.calls.length, 1, 'a call with a lost response is not sent again');
});

test('a missing or incomplete response rejects the call with TIMEOUT', async (t) => {
  const { client } = await connect(t, (body, response, number) => {
    if (number === 2) response.writeHead(200).write('{');
  });
  for (const _ of [1, 2]) {
    const failure = await rejection(client.request('anything', {}, { timeout: 50 }));
    assert.equal(failure.code, 'TIMEOUT');
    assert.match(failure.message, /^No response from .* within 50 ms$/);
  }
});

test("the timeout of Node's own fetch rejects the call with TIMEOUT", async (t) => {
  for (const name of ['HeadersTimeoutError', 'BodyTimeoutError']) {
    t.mock.method(globalThis, 'fetch', async () => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('timeout'), { name }) });
    });
    const call = new MCPClient('http://shop.example/jsonrpc').request('report', {}, { timeout: 600_000 });
    const { code, message } = await rejection(call);
    assert.equal(code, 'TIMEOUT');
    assert.match(message, /within 300000 ms$/);
    t.mock.reset();
  }
});

test('a response after the timeout does not affect the next call', async (t) => {
  let arrived;
  const late = new Promise((resolve) => (arrived = resolve));
  const { client } = await connect(t, (body, response, number) => {
    if (number === 1) arrived(() => result(body, response, 'late'));
    else result(body, response, 'in time');
  });
  assert.equal((await rejection(client.request('slow', {}, { timeout: 250 }))).code, 'TIMEOUT');
  (await late)();
  assert.equal(await client.request('quick'), 'in time');
});

// Responses of servers to a notification, which has no response in JSON-RPC.
const answers = {
  'an error': ({ response }) => json(response, { jsonrpc: '2.0', id: null, error: { code: -32601, message: 'no' } }),
  'an error without an id': ({ response }) => json(response, { jsonrpc: '2.0', error: { code: -32600, message: 'no' } }),
  'an error with HTTP 404': ({ response }) =>
    json(response, { jsonrpc: '2.0', id: null, error: { code: -32601, message: 'no' } }, 404),
  'a result': ({ response }) => json(response, { jsonrpc: '2.0', id: 1, result: {} }),
  HTML: ({ response }) => response.end('<p>thanks'),
  'a stream that stays open': ({ response }) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n'),
};
for (const [name, respond] of Object.entries(answers)) {
  test(`whatever a server sends to a notification is ignored: ${name}`, async (t) => {
    const { client } = await connect(t, (body, response) => respond({ response }));
    await client.notify('note');
  });
  test(`a handshake succeeds whatever the server sends to notifications/initialized: ${name}`, async (t) => {
    const { client } = await connectLegacy(t, { 'notifications/initialized': respond }, { timeout: 5000 });
    assert.deepEqual(await client.ping(), {});
  });
}

test('a handshake succeeds although the server refuses notifications/initialized', async (t) => {
  for (const status of [400, 404, 405, 500]) {
    const { client, server } = await connectLegacy(t, {
      'notifications/initialized': ({ response }) => response.writeHead(status).end('unknown method'),
    });
    assert.deepEqual(await client.ping(), {});
    assert.deepEqual(server.log(), ['initialize', 'notifications/initialized', 'ping']);
  }
});

test('a batch of notifications resolves whatever the server sends', async (t) => {
  const bodies = ['', '[]', '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}', '<p>thanks'];
  const { client } = await connect(t, (body, response, number) => response.end(bodies[number - 1]));
  for (const _ of bodies) {
    const [{ status }] = await client.batch([{ method: 'note', notification: true }]);
    assert.equal(status, 'fulfilled');
  }
});

test('an error has the status and the headers of its response', async (t) => {
  const challenge = 'Bearer resource_metadata="https://shop.example/.well-known/oauth-protected-resource"';
  const { client } = await connect(t, (body, response, number) => {
    response.setHeader('www-authenticate', challenge);
    if (number === 1) response.writeHead(401).end();
    else if (number === 2) error(body, response, -32001, 'Unauthorized');
    else response.destroy();
  });
  const unauthorised = await rejection(client.request('pay'));
  assert.deepEqual([unauthorised.status, unauthorised.headers.get('www-authenticate')], [401, challenge]);
  const refused = await rejection(client.request('pay'));
  assert.deepEqual([refused.code, refused.status, refused.headers.get('www-authenticate')], [-32001, 200, challenge]);
  const cut = await rejection(client.request('pay'));
  assert.deepEqual([cut.code, cut.status, cut.headers], ['NETWORK', undefined, undefined]);
});

// Responses of MCP servers to plain JSON-RPC.
const both = 'Not Acceptable: Client must accept both application/json and text/event-stream';
const refusals = {
  'no session': (body, response) => error(body, response, -32600, 'Bad Request: Missing session ID'),
  'no valid session': (body, response) => error(body, response, -32000, 'Bad Request: No valid session ID provided'),
  'not initialized': (body, response) => error(body, response, -32000, 'Bad Request: Server not initialized'),
  'not acceptable': ({ id }, response) => json(response, { jsonrpc: '2.0', id, error: { code: -32000, message: both } }, 406),
  'an event stream': (body, response) => response.end('event: message\ndata: {}\n\n'),
};
const advice = /For MCP, set the option mcp: 'auto'$/;
for (const [name, respond] of Object.entries(refusals)) {
  test(`the error names the option mcp: ${name}`, async (t) => {
    const { server } = await connect(t, respond);
    const failing = (path, options) => rejection(new MCPClient(server.origin + path, options).request('tools/list'));
    for (const path of ['/mcp/v1', '/api/mcp-tools', '/sse', '/jsonrpc']) assert.match((await failing(path)).message, advice);
    assert.doesNotMatch((await failing('/jsonrpc', { mcp: false })).message, advice);
  });
}

test('at an address that names MCP, HTTP 404 and the like are enough for that', async (t) => {
  const { server } = await connect(t, (body, response) => response.writeHead(406).end());
  assert.match((await rejection(new MCPClient(`${server.origin}/mcp/v1`).request('brew'))).message, advice);
  assert.doesNotMatch((await rejection(new MCPClient(server.endpoint).request('brew'))).message, advice);
});

test('an error of an application stays as it is', async (t) => {
  const messages = ['out of tea', 'Your session has expired', 'The kettle is not plugged in'];
  const { server } = await connect(t, ({ id, params: { at } }, response) =>
    json(response, { jsonrpc: '2.0', id, error: { code: -32000, message: messages[at] } }),
  );
  for (const at of messages.keys()) {
    const failing = (path) => rejection(new MCPClient(server.origin + path).request('brew', { at }));
    assert.equal((await failing('/jsonrpc')).message, messages[at]);
    if (at !== 1) assert.equal((await failing('/mcp/tea')).message, messages[at]);
  }
});

test('HTTP 404 and 405 to initialize name the older transport', async (t) => {
  for (const status of [404, 405]) {
    const { client } = await connectLegacy(t, { initialize: ({ response }) => response.writeHead(status).end() });
    const { code, message } = await rejection(client.ping());
    assert.equal(code, `HTTP_${status}`);
    assert.match(message, /HTTP\+SSE of 2024-11-05 is not supported$/);
  }
});

test('a notification that the server refuses rejects', async (t) => {
  const { client } = await connect(t, (body, response) => response.writeHead(500).end());
  assert.equal((await rejection(client.notify('note'))).code, 'HTTP_500');
});

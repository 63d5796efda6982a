// Requests and notifications from the server, and the handlers for them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MCPError } from './harness.mjs';
import { connectLegacy, connectModern, FORM } from './mcp-server.mjs';

/** A tool that sends these requests to the client and returns the responses as its result. */
const requesting =
  (...requests) =>
  async (exchange) => {
    const responses = [];
    for (const [id, method, params] of requests) responses.push(await exchange.request(id, method, params));
    exchange.finish({ responses });
  };

test('the client responds to ping and refuses requests without a handler', async (t) => {
  const { client, server } = await connectLegacy(t, {
    'tools/call': requesting(['a', 'ping'], [0, 'ping'], [7, 'sampling/createMessage', {}]),
  });
  const { responses } = await client.callTool('green');
  assert.deepEqual(responses.slice(0, 2), [
    { jsonrpc: '2.0', id: 'a', result: {} },
    { jsonrpc: '2.0', id: 0, result: {} },
  ]);
  assert.deepEqual([responses[2].id, responses[2].error.code, 'result' in responses[2]], [7, -32601, false]);
  for (const { headers } of server.sent('response')) {
    assert.deepEqual([headers['mcp-session-id'], headers['mcp-protocol-version']], ['session-1', '2025-11-25']);
  }
});

test('the result or the error of a request handler is sent to the server', async (t) => {
  const { client } = await connectLegacy(t, {
    'tools/call': requesting(
      [1, 'sampling/createMessage', { maxTokens: 9 }],
      [2, 'roots/list'],
      [3, 'tea/strain'],
      [4, 'ping'],
    ),
  });
  client.setRequestHandler('sampling/createMessage', async ({ method, params }) => ({
    method,
    ...params,
    role: 'assistant',
  }));
  client.setRequestHandler('roots/list', () => {
    throw new Error('no roots');
  });
  client.setRequestHandler('tea/strain', () => {
    throw Object.assign(new Error('too hot'), { code: -1 });
  });
  client.setRequestHandler('ping', () => undefined);
  const { responses } = await client.callTool('green');
  assert.deepEqual(
    responses.map(({ result, error }) => result ?? [error.code, error.message]),
    [{ method: 'sampling/createMessage', maxTokens: 9, role: 'assistant' }, [-32603, 'no roots'], [-1, 'too hot'], {}],
  );
});

test('default values complete an accepted form, but not a declined one', async (t) => {
  const ask = { message: 'Who?', requestedSchema: FORM };
  const { client } = await connectLegacy(t, {
    'tools/call': requesting([1, 'elicitation/create', ask], [2, 'elicitation/create', ask]),
  });
  const results = [{ action: 'accept', content: { cups: 0, note: 'x' } }, { action: 'decline' }];
  client.setRequestHandler('elicitation/create', ({ params }) => {
    assert.equal(params.message, 'Who?');
    return results.shift();
  });
  const { responses } = await client.callTool('green');
  assert.deepEqual(
    responses.map(({ result }) => result),
    [{ action: 'accept', content: { name: 'Anna', cups: 0, hot: false, note: 'x' } }, { action: 'decline' }],
  );
});

test('the capabilities sent to the server contain those with a handler', async (t) => {
  const capabilities = async (open, path) => {
    const { client, server } = await open(
      t,
      { 'tools/call': (exchange) => exchange.result({}) },
      { capabilities: { experimental: { x: {} } } },
    );
    client.setRequestHandler('elicitation/create', () => ({ action: 'cancel' }));
    client.setRequestHandler('sampling/createMessage', () => ({}));
    client.setRequestHandler('roots/list', () => ({ roots: [] }));
    await client.callTool('green');
    return path(server.seen[0].body.params);
  };
  const expected = { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: {}, experimental: { x: {} } };
  assert.deepEqual(await capabilities(connectLegacy, ({ capabilities }) => capabilities), expected);
  assert.deepEqual(
    await capabilities(connectModern, ({ _meta }) => _meta['io.modelcontextprotocol/clientCapabilities']),
    expected,
  );
});

test('notification handlers receive notifications from the stream of a call, and their errors go to onerror', async (t) => {
  const { client } = await connectLegacy(t, {
    'tools/call': (exchange) => {
      exchange.event({ method: 'notifications/message', params: { level: 'info', data: 'warm' } });
      exchange.event({ method: 'notifications/other' });
      exchange.finish({});
    },
  });
  const received = [];
  const errors = [];
  client.onerror = (error) => errors.push(error.message);
  client.setNotificationHandler('notifications/message', (notification) => {
    received.push(notification);
    throw new Error('mine');
  });
  client.setNotificationHandler('notifications/other', async () => {
    throw new Error('mine, later');
  });
  await client.callTool('green');
  assert.deepEqual(received, [{ method: 'notifications/message', params: { level: 'info', data: 'warm' } }]);
  assert.deepEqual(errors, ['mine', 'mine, later']);
});

test('a handler that is not a function is a TypeError with the name of the method', async (t) => {
  const { client } = await connectLegacy(t);
  assert.throws(
    () => client.setRequestHandler('roots/list', 5),
    /TypeError: MCPClient: the handler of "roots\/list" must be a function/,
  );
  assert.throws(() => client.setNotificationHandler(5, () => {}), /TypeError: MCPClient: "method" of a handler/);
});

test('the standalone stream is opened only if a handler needs it', async (t) => {
  const open = (exchange) => exchange.stream();
  const quiet = await connectLegacy(t, { GET: open });
  quiet.client.setNotificationHandler('notifications/progress', () => {});
  await quiet.client.ping();
  await quiet.client.ping();
  assert.deepEqual(quiet.server.sent('GET'), []);

  const { client, server } = await connectLegacy(t, { GET: open });
  await client.connect();
  const received = new Promise((resume) => client.setNotificationHandler('notifications/tools/list_changed', resume));
  const stream = await server.arrived('GET');
  assert.deepEqual(
    [stream.headers['mcp-session-id'], stream.headers['mcp-protocol-version']],
    ['session-1', '2025-11-25'],
  );
  stream.event({ method: 'notifications/tools/list_changed' });
  assert.equal((await received).method, 'notifications/tools/list_changed');
  await client.close();
  await server.until(() => stream.isCut);
});

test('a request on the standalone stream gets a response', async (t) => {
  const { client, server } = await connectLegacy(t, { GET: (exchange) => exchange.stream() });
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///tea' }] }));
  await client.connect();
  const response = await (await server.arrived('GET')).request('r', 'roots/list');
  assert.deepEqual(response.result, { roots: [{ uri: 'file:///tea' }] });
});

test('a broken standalone stream is resumed after its last event', async (t) => {
  const changed = { method: 'notifications/tools/list_changed' };
  const { client, server } = await connectLegacy(t, {
    GET: (exchange, times) => {
      exchange.stream('retry: 1\n\n');
      exchange.event(changed, `e${times}`);
      if (times === 1) exchange.response.end();
    },
  });
  const errors = [];
  client.onerror = (error) => errors.push(error);
  let received = 0;
  const twice = new Promise((resume) =>
    client.setNotificationHandler(changed.method, () => (received += 1) === 2 && resume()),
  );
  await client.connect();
  await twice;
  assert.deepEqual(
    server.sent('GET').map(({ headers }) => headers['last-event-id']),
    [undefined, 'e1'],
  );
  assert.deepEqual(errors, []);
});

test('a server without a standalone stream causes no error; a broken stream goes to onerror', async (t) => {
  const { client, server } = await connectLegacy(t);
  const errors = [];
  client.onerror = (error) => errors.push(error);
  client.setNotificationHandler('notifications/tools/list_changed', () => {});
  await client.ping();
  assert.equal(server.sent('GET').length, 1);
  await client.ping();
  assert.deepEqual(errors, []);

  const broken = await connectLegacy(t, { GET: (exchange) => exchange.response.destroy() });
  const reported = new Promise((resume) => (broken.client.onerror = resume));
  broken.client.setNotificationHandler('notifications/tools/list_changed', () => {});
  await broken.client.ping();
  assert.ok((await reported) instanceof Error);
});

test('modern MCP: subscriptions/listen names only the changes that have a handler', async (t) => {
  const { client, server } = await connectModern(t, {
    'subscriptions/listen': (exchange) => exchange.stream(': here\n\n'),
  });
  const received = new Promise((resume) => client.setNotificationHandler('notifications/tools/list_changed', resume));
  client.setNotificationHandler('notifications/prompts/list_changed', () => {});
  client.setNotificationHandler('notifications/message', () => {});
  await client.connect();
  const listening = await server.arrived('subscriptions/listen');
  assert.deepEqual(listening.body.params.notifications, { toolsListChanged: true, promptsListChanged: true });
  listening.event({ method: 'notifications/tools/list_changed' });
  await received;
  await client.close();
  await server.until(() => listening.isCut);
});

test('modern MCP: handlers for messages that arrive with calls need no subscription', async (t) => {
  const { client, server } = await connectModern(t, { 'tools/call': (exchange) => exchange.result({}) });
  const errors = [];
  client.onerror = (error) => errors.push(error);
  client.setNotificationHandler('notifications/message', () => {});
  client.setRequestHandler('roots/list', () => ({ roots: [] }));
  await client.callTool('green');
  await client.callTool('black');
  assert.deepEqual(server.log(), ['server/discover', 'tools/call', 'tools/call']);
  assert.deepEqual(errors, []);
});

test('modern MCP: a server without subscriptions fails no call; the error goes to onerror', async (t) => {
  const { client } = await connectModern(t, { 'tools/call': (exchange) => exchange.result({ ok: 1 }) });
  const reported = new Promise((resume) => (client.onerror = resume));
  client.setNotificationHandler('notifications/tools/list_changed', () => {});
  assert.deepEqual(await client.callTool('green'), { ok: 1 });
  const error = await reported;
  assert.ok(error instanceof MCPError);
  assert.deepEqual([error.code, error.message], [-32601, 'Method not found']);
});

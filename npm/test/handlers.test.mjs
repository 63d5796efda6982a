// What a server asks and tells: its requests are answered, its notifications heard, its input gathered.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MCPError } from './harness.mjs';
import { connectMCP } from './mcp-server.mjs';

const legacy = (t, script, more) => connectMCP(t, script, { mcp: 'legacy', ...more });
const modern = (t, script, more) => connectMCP(t, { era: 'modern', ...script }, { mcp: 'modern', ...more });
/** A tool whose result is what the client answered to these requests of the server. */
const asking =
  (...questions) =>
  async (exchange) => {
    const answers = [];
    for (const [id, method, params] of questions) answers.push(await exchange.ask(id, method, params));
    exchange.finish({ answers });
  };
const form = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'Anna' },
    cups: { type: 'integer', default: 2 },
    hot: { type: 'boolean', default: false },
    note: { type: 'string' },
  },
};

test('a ping is answered, and what nobody handles is refused, with the ids as they came', async (t) => {
  const { client, server } = await legacy(t, {
    'tools/call': asking(['a', 'ping'], [0, 'ping'], [7, 'sampling/createMessage', {}]),
  });
  const { answers } = await client.callTool('green');
  assert.deepEqual(answers.slice(0, 2), [
    { jsonrpc: '2.0', id: 'a', result: {} },
    { jsonrpc: '2.0', id: 0, result: {} },
  ]);
  assert.deepEqual([answers[2].id, answers[2].error.code, 'result' in answers[2]], [7, -32601, false]);
  for (const { headers } of server.sent('response')) {
    assert.deepEqual([headers['mcp-session-id'], headers['mcp-protocol-version']], ['session-1', '2025-11-25']);
  }
});

test('handlers answer, also later, and what they throw is told', async (t) => {
  const { client } = await legacy(t, {
    'tools/call': asking(
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
  const { answers } = await client.callTool('green');
  assert.deepEqual(
    answers.map(({ result, error }) => result ?? [error.code, error.message]),
    [{ method: 'sampling/createMessage', maxTokens: 9, role: 'assistant' }, [-32603, 'no roots'], [-1, 'too hot'], {}],
  );
});

test('an accepted form is filled up with its defaults, and a declined one is not', async (t) => {
  const ask = { message: 'Who?', requestedSchema: form };
  const { client } = await legacy(t, {
    'tools/call': asking([1, 'elicitation/create', ask], [2, 'elicitation/create', ask]),
  });
  const replies = [{ action: 'accept', content: { cups: 0, note: 'x' } }, { action: 'decline' }];
  client.setRequestHandler('elicitation/create', ({ params }) => {
    assert.equal(params.message, 'Who?');
    return replies.shift();
  });
  const { answers } = await client.callTool('green');
  assert.deepEqual(
    answers.map(({ result }) => result),
    [{ action: 'accept', content: { name: 'Anna', cups: 0, hot: false, note: 'x' } }, { action: 'decline' }],
  );
});

test('the server is told what it may ask for', async (t) => {
  const told = async (open, path) => {
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
  assert.deepEqual(await told(legacy, ({ capabilities }) => capabilities), expected);
  assert.deepEqual(await told(modern, ({ _meta }) => _meta['io.modelcontextprotocol/clientCapabilities']), expected);
});

test('notifications on a call\'s stream reach their handlers, and those that fail harm nothing', async (t) => {
  const { client } = await legacy(t, {
    'tools/call': (exchange) => {
      exchange.event({ method: 'notifications/message', params: { level: 'info', data: 'warm' } });
      exchange.event({ method: 'notifications/other' });
      exchange.finish({});
    },
  });
  const heard = [];
  const errors = [];
  client.onerror = (error) => errors.push(error.message);
  client.setNotificationHandler('notifications/message', (notification) => {
    heard.push(notification);
    throw new Error('mine');
  });
  client.setNotificationHandler('notifications/other', async () => {
    throw new Error('mine, later');
  });
  await client.callTool('green');
  assert.deepEqual(heard, [{ method: 'notifications/message', params: { level: 'info', data: 'warm' } }]);
  assert.deepEqual(errors, ['mine', 'mine, later']);
});

test('wrong handlers are named', async (t) => {
  const { client } = await legacy(t);
  assert.throws(
    () => client.setRequestHandler('roots/list', 5),
    /TypeError: MCPClient: the handler of "roots\/list" must be a function/,
  );
  assert.throws(() => client.setNotificationHandler(5, () => {}), /TypeError: MCPClient: "method" of a handler/);
});

test('the stream beside the calls is opened only for somebody who wants to hear it', async (t) => {
  const open = (exchange) => exchange.stream();
  const quiet = await legacy(t, { GET: open });
  quiet.client.setNotificationHandler('notifications/progress', () => {});
  await quiet.client.ping();
  await quiet.client.ping();
  assert.deepEqual(quiet.server.sent('GET'), []);

  const { client, server } = await legacy(t, { GET: open });
  await client.connect();
  const heard = new Promise((resume) => client.setNotificationHandler('notifications/tools/list_changed', resume));
  const stream = await server.arrived('GET');
  assert.deepEqual(
    [stream.headers['mcp-session-id'], stream.headers['mcp-protocol-version']],
    ['session-1', '2025-11-25'],
  );
  stream.event({ method: 'notifications/tools/list_changed' });
  assert.equal((await heard).method, 'notifications/tools/list_changed');
  await client.close();
  await server.until(() => stream.isCut);
});

test('a server asks on the stream beside the calls, too', async (t) => {
  const { client, server } = await legacy(t, { GET: (exchange) => exchange.stream() });
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///tea' }] }));
  await client.connect();
  const answer = await (await server.arrived('GET')).ask('r', 'roots/list');
  assert.deepEqual(answer.result, { roots: [{ uri: 'file:///tea' }] });
});

test('the stream beside the calls is resumed where it broke off', async (t) => {
  const changed = { method: 'notifications/tools/list_changed' };
  const { client, server } = await legacy(t, {
    GET: (exchange, times) => {
      exchange.stream('retry: 1\n\n');
      exchange.event(changed, `e${times}`);
      if (times === 1) exchange.response.end();
    },
  });
  const errors = [];
  client.onerror = (error) => errors.push(error);
  let heard = 0;
  const twice = new Promise((resume) =>
    client.setNotificationHandler(changed.method, () => (heard += 1) === 2 && resume()),
  );
  await client.connect();
  await twice;
  assert.deepEqual(
    server.sent('GET').map(({ headers }) => headers['last-event-id']),
    [undefined, 'e1'],
  );
  assert.deepEqual(errors, []);
});

test('a server without such a stream is no error, and one that fails is told to onerror', async (t) => {
  const { client, server } = await legacy(t);
  const errors = [];
  client.onerror = (error) => errors.push(error);
  client.setNotificationHandler('notifications/tools/list_changed', () => {});
  await client.ping();
  assert.equal(server.sent('GET').length, 1);
  await client.ping();
  assert.deepEqual(errors, []);

  const broken = await legacy(t, { GET: (exchange) => exchange.response.destroy() });
  const told = new Promise((resume) => (broken.client.onerror = resume));
  broken.client.setNotificationHandler('notifications/tools/list_changed', () => {});
  await broken.client.ping();
  assert.ok((await told) instanceof Error);
});

test('the newer era: changes are subscribed to, those and nothing else', async (t) => {
  const { client, server } = await modern(t, { 'subscriptions/listen': (exchange) => exchange.stream(': here\n\n') });
  const heard = new Promise((resume) => client.setNotificationHandler('notifications/tools/list_changed', resume));
  client.setNotificationHandler('notifications/prompts/list_changed', () => {});
  client.setNotificationHandler('notifications/message', () => {});
  await client.connect();
  const listening = await server.arrived('subscriptions/listen');
  assert.deepEqual(listening.body.params.notifications, { toolsListChanged: true, promptsListChanged: true });
  listening.event({ method: 'notifications/tools/list_changed' });
  await heard;
  await client.close();
  await server.until(() => listening.isCut);
});

test('the newer era: nothing is subscribed to for what only comes with calls', async (t) => {
  const { client, server } = await modern(t, { 'tools/call': (exchange) => exchange.result({}) });
  const errors = [];
  client.onerror = (error) => errors.push(error);
  client.setNotificationHandler('notifications/message', () => {});
  client.setRequestHandler('roots/list', () => ({ roots: [] }));
  await client.callTool('green');
  await client.callTool('black');
  assert.deepEqual(server.log(), ['server/discover', 'tools/call', 'tools/call']);
  assert.deepEqual(errors, []);
});

test('the newer era: a server without subscriptions leaves the calls alone', async (t) => {
  const { client } = await modern(t, { 'tools/call': (exchange) => exchange.result({ ok: 1 }) });
  const told = new Promise((resume) => (client.onerror = resume));
  client.setNotificationHandler('notifications/tools/list_changed', () => {});
  assert.deepEqual(await client.callTool('green'), { ok: 1 });
  const error = await told;
  assert.ok(error instanceof MCPError, 'an error like any other');
  assert.deepEqual([error.code, error.message], [-32601, 'Method not found']);
});

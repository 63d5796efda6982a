// MCP up to the revision 2025-11-25: handshake, session, lost sessions, and calls.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rejection } from './harness.mjs';
import { connectLegacy, LEGACY, initializeResult } from './mcp-server.mjs';
import { startServer } from './server.mjs';

const textResult = (text) => ({ content: [{ type: 'text', text }] });
const tea = (exchange) => exchange.result(textResult(exchange.body.params.name));

test('the handshake, and the headers of later requests', async (t) => {
  const { client, server } = await connectLegacy(
    t,
    { 'tools/call': tea },
    { clientInfo: { name: 'shop', version: '7' } },
  );
  assert.deepEqual(await client.callTool('green'), textResult('green'));
  assert.deepEqual(server.log(), ['initialize', 'notifications/initialized', 'tools/call']);
  const [initialize, initialized, call] = server.seen;
  const { protocolVersion, clientInfo, capabilities } = initialize.body.params;
  assert.deepEqual([protocolVersion, clientInfo, capabilities], [LEGACY, { name: 'shop', version: '7' }, {}]);
  assert.equal(initialize.headers['mcp-protocol-version'], undefined);
  assert.equal('id' in initialized.body, false);
  for (const { headers } of [initialized, call]) {
    assert.equal(headers['mcp-protocol-version'], LEGACY);
    assert.equal(headers['mcp-session-id'], 'session-1');
    assert.equal(headers['mcp-method'], undefined, 'a header of the modern era only');
  }
});

test('the getters return the result of the handshake', async (t) => {
  const { client } = await connectLegacy(t, {});
  const known = () => [
    client.getServerVersion(),
    client.getServerCapabilities(),
    client.getInstructions(),
    client.getProtocolEra(),
  ];
  assert.deepEqual(known(), [undefined, undefined, undefined, undefined]);
  await client.connect();
  assert.deepEqual(known(), [
    { name: 'tea', version: '2.1' },
    { tools: { listChanged: true } },
    'Be polite.',
    'legacy',
  ]);
});

test('a server without sessions and with an older revision', async (t) => {
  const script = { sessions: false, initialize: (exchange) => exchange.result(initializeResult('2024-11-05')) };
  const { client, server } = await connectLegacy(t, script);
  await client.ping();
  const [, ...others] = server.seen.map(({ headers }) => [headers['mcp-protocol-version'], headers['mcp-session-id']]);
  assert.deepEqual(others, Array(2).fill(['2024-11-05', undefined]));
  await client.close();
  assert.deepEqual(server.sent('DELETE'), [], 'no session to end');
});

test('an unknown revision rejects the call with NEGOTIATION_FAILED and is reported', async (t) => {
  const reports = await startServer(() => {});
  t.after(() => reports.close());
  const script = { initialize: (exchange) => exchange.result(initializeResult('1999-01-01')) };
  const { client, server } = await connectLegacy(t, script, { reportErrors: { endpoint: reports.reportTo } });
  const failure = await rejection(client.ping());
  assert.equal(failure.code, 'NEGOTIATION_FAILED');
  assert.match(failure.message, /1999-01-01/);
  assert.deepEqual(server.log(), ['initialize']);
  const [report] = await reports.reported(1);
  assert.deepEqual([report.class, report.error_message], ['negotiation', failure.message]);
});

test('simultaneous first calls share one handshake', async (t) => {
  const { client, server } = await connectLegacy(t, { 'tools/call': tea });
  const names = ['green', 'black', 'white', 'mint'];
  const results = await Promise.all(names.map((name) => client.callTool(name)));
  assert.deepEqual(results, names.map(textResult));
  assert.equal(server.sent('initialize').length, 1);
  await Promise.all([client.connect(), client.connect()]);
  assert.equal(server.sent('initialize').length, 1);
});

test('a failed handshake rejects all waiting calls, each with its own stack', async (t) => {
  const { client, server } = await connectLegacy(t, {
    sessions: false,
    initialize: (exchange, times) =>
      times === 1 ? exchange.error(-32603, 'no handshake') : exchange.result(initializeResult()),
  });
  function makeGreen() {
    return client.callTool('green');
  }
  function makeBlack() {
    return client.callTool('black');
  }
  function connect() {
    return client.connect();
  }
  const failures = await Promise.all([makeGreen, makeBlack, connect].map((call) => rejection(call())));
  assert.deepEqual(
    failures.map(({ code, message }) => [code, message]),
    Array(3).fill([-32603, 'no handshake']),
  );
  for (const [index, name] of ['makeGreen', 'makeBlack', 'connect'].entries()) {
    assert.match(failures[index].stack.split('\n')[1], new RegExp(`${name}.*mcp-legacy\\.test\\.mjs`));
  }
  assert.equal(new Set(failures).size, 3);
  assert.equal(server.sent('initialize').length, 1);
  assert.deepEqual(await client.ping(), {}, 'the next call tries again');
});

function refusing(status, text = '', type = 'text/plain') {
  return ({ response }) => response.writeHead(status, { 'content-type': type }).end(text);
}

// Responses of real servers to an unknown session.
const losses = {
  'HTTP 404': (exchange) => exchange.response.writeHead(404).end(),
  'HTTP 404, session not found': (exchange) => exchange.error(-32600, 'Session not found', { status: 404, id: null }),
  'HTTP 400, not initialized': (exchange) =>
    exchange.error(-32000, 'Bad Request: Server not initialized', { status: 400, id: null }),
  'HTTP 400 without an id': (exchange) =>
    exchange.json(
      { jsonrpc: '2.0', error: { code: -32000, message: 'Bad Request: No valid session ID provided' } },
      400,
    ),
  'HTTP 400, plain text': refusing(400, 'No valid session ID provided'),
  'HTTP 400, problem details': refusing(
    400,
    JSON.stringify({ type: 'about:blank', title: 'Bad Request', status: 400, detail: 'Unknown Mcp-Session-Id' }),
    'application/problem+json',
  ),
  'HTTP 401': refusing(401, 'Unauthorized: Session not found'),
  'HTTP 403': refusing(403, '{"error":"invalid session"}', 'application/json'),
  'HTTP 404 with its own code': (exchange) => exchange.error(404, 'Session not found', { status: 404 }),
  'HTTP 410': refusing(410),
  'HTTP 422': refusing(422, '{"detail":"Missing session"}', 'application/json'),
  'HTTP 500': refusing(500, 'Error: unknown session'),
  'HTTP 503': refusing(503, 'session expired'),
  'HTTP 200, -32001': (exchange) => exchange.error(-32001, 'Session not found'),
  'HTTP 200, -32005': (exchange) => exchange.error(-32005, 'Session expired', { id: null }),
  'HTTP 200, -32600': (exchange) => exchange.error(-32600, 'Server not initialized'),
  'HTTP 200, -32002': (exchange) => exchange.error(-32002, 'Not initialised: send initialize first'),
  'HTTP 200, -32602': (exchange) => exchange.error(-32602, 'Received request before initialization was complete'),
  'HTTP 200, not JSON-RPC': refusing(200, '{"error":"Session not found"}', 'application/json'),
  'HTTP 200, plain text': refusing(200, 'No such session'),
  'an event': (exchange) => {
    exchange.stream('data: {"error":"Session not found"}\n\n');
    exchange.response.end();
  },
  'an event with a code': (exchange) => {
    exchange.event({ id: exchange.body.id, error: { code: -32001, message: 'Session not found' } });
    exchange.response.end();
  },
};
for (const [name, lost] of Object.entries(losses)) {
  test(`a lost session is opened again and the call is sent again: ${name}`, async (t) => {
    const { client, server } = await connectLegacy(t, { 'tools/call': tea, lost });
    await client.ping();
    server.session += 1; // as after a restart
    assert.deepEqual(await client.callTool('green'), textResult('green'));
    assert.deepEqual(server.log().slice(3), ['tools/call', 'initialize', 'notifications/initialized', 'tools/call']);
    const [first, second] = server.sent('tools/call');
    assert.equal(second.headers['mcp-session-id'], 'session-3');
    assert.notEqual(second.body.id, first.body.id);
  });
}

test('a second lost session rejects the call, and the next call opens another', async (t) => {
  const script = { 'tools/call': losses['HTTP 404'] };
  const { client, server } = await connectLegacy(t, script);
  assert.equal((await rejection(client.callTool('green'))).code, 'HTTP_404');
  assert.equal(server.sent('initialize').length, 2);
  script['tools/call'] = losses['HTTP 200, -32001'];
  assert.equal((await rejection(client.callTool('green'))).code, -32001);
  script['tools/call'] = tea;
  assert.deepEqual(await client.callTool('green'), textResult('green'));
  assert.equal(server.sent('tools/call').at(-1).headers['mcp-session-id'], `session-${server.session}`);
});

test('a server without sessions that expects a handshake gets another', async (t) => {
  const { client, server } = await connectLegacy(t, {
    sessions: false,
    'tools/call': (exchange, times) => (times === 1 ? losses['HTTP 200, -32600'](exchange) : tea(exchange)),
  });
  assert.deepEqual(await client.callTool('green'), textResult('green'));
  assert.equal(server.sent('initialize').length, 2);
});

test('a call that lost its session while another call replaces it is sent again', async (t) => {
  const pending = [];
  let opening;
  const { client, server } = await connectLegacy(t, {
    'tools/call': (exchange, times) => (times <= 3 ? pending.push(exchange) : tea(exchange)),
    initialize: (exchange, times) => {
      server.session = times;
      const open = () => exchange.result(initializeResult(), { 'mcp-session-id': `session-${times}` });
      if (times === 1) open();
      else opening = open;
    },
  });
  const calls = ['green', 'black', 'white'].map((name) => client.callTool(name));
  await server.arrived('tools/call', 3);
  losses['HTTP 404'](pending[0]);
  await server.arrived('initialize', 2);
  losses['HTTP 401'](pending[1]);
  losses['HTTP 200, -32001'](pending[2]);
  await Promise.all([1, 2].map((index) => server.until(() => pending[index].response.writableFinished)));
  opening();
  assert.deepEqual(await Promise.all(calls), ['green', 'black', 'white'].map(textResult));
  assert.equal(server.sent('initialize').length, 2);
});

test('simultaneous calls that lose a session share the new one', async (t) => {
  const pending = [];
  const { client, server } = await connectLegacy(t, {
    'tools/call': (exchange, times) => (times <= 2 ? pending.push(exchange) : tea(exchange)),
  });
  const calls = ['green', 'black'].map((name) => client.callTool(name));
  await server.arrived('tools/call', 2);
  losses['HTTP 404'](pending[0]);
  await server.arrived('tools/call', 3);
  losses['HTTP 404'](pending[1]);
  assert.deepEqual(await Promise.all(calls), [textResult('green'), textResult('black')]);
  assert.equal(server.sent('initialize').length, 2);
});

// Failures of the call itself, which is not sent again.
const similar = {
  'HTTP 400': [(exchange) => exchange.error(-32602, 'no such tool', { status: 400 }), -32602],
  'a code of the application': [(exchange) => exchange.error(7, 'The session of your guests is full'), 7],
  'a failed initialisation': [(exchange) => exchange.error(-32603, 'Failed to initialize the database'), -32603],
  'a long page': [refusing(500, `<html>${' '.repeat(300)}session`, 'text/html'), 'HTTP_500'],
  'a result of another call': [
    (exchange) => exchange.json({ jsonrpc: '2.0', id: 'x', result: { session: 'tea at five' } }),
    'INVALID_RESPONSE',
  ],
};
for (const [name, [respond, code]] of Object.entries(similar)) {
  test(`an error that is similar to a lost session rejects the call: ${name}`, async (t) => {
    const { client, server } = await connectLegacy(t, { 'tools/call': respond });
    assert.equal((await rejection(client.callTool('green'))).code, code);
    assert.deepEqual([server.sent('initialize').length, server.sent('tools/call').length], [1, 1]);
  });
}

test('with CORS, a hidden session is named', async (t) => {
  globalThis.location = { href: 'https://shop.example/', origin: 'https://shop.example' };
  t.after(() => delete globalThis.location);
  const { client } = await connectLegacy(t, {
    initialize: (exchange) => exchange.result(initializeResult()), // no header that the page can read
  });
  const { code, message } = await rejection(client.callTool('green'));
  assert.equal(code, -32000);
  assert.match(message, /CORS must expose the header mcp-session-id$/);
});

// Arrays of messages, which the revision 2025-03-26 allows.
const batches = {
  'the response alone': (exchange) => exchange.json([response(exchange)]),
  'a notification before the response': (exchange) => exchange.json([NOTE, response(exchange)]),
  'a response to another id, and junk': (exchange) =>
    exchange.json([null, 5, { ...response(exchange), id: 999 }, response(exchange), NOTE]),
  'an event': (exchange) => {
    exchange.event(JSON.stringify([NOTE, response(exchange)]));
    exchange.response.end();
  },
};
const NOTE = { jsonrpc: '2.0', method: 'notifications/message', params: { data: 'warm' } };
const response = ({ body }) => ({ jsonrpc: '2.0', id: body.id, result: textResult('green') });
for (const [name, respond] of Object.entries(batches)) {
  test(`the call resolves to its response in an array: ${name}`, async (t) => {
    const { client } = await connectLegacy(t, { 'tools/call': respond });
    const received = [];
    client.setNotificationHandler('notifications/message', ({ params }) => received.push(params.data));
    assert.deepEqual(await client.callTool('green'), textResult('green'));
    assert.equal(received.length, name === 'the response alone' ? 0 : 1);
  });
}
test('an array without the response rejects the call; an error in an array does as well', async (t) => {
  const { client } = await connectLegacy(t, {
    'tools/call': (exchange, times) =>
      exchange.json(times === 1 ? [NOTE] : [{ ...response(exchange), result: undefined, error: { code: 7, message: 'no' } }]),
  });
  assert.equal((await rejection(client.callTool('green'))).code, 'INVALID_RESPONSE');
  assert.equal((await rejection(client.callTool('green'))).code, 7);
});

test('callTool takes a name and arguments, or one object', async (t) => {
  const { client, server } = await connectLegacy(t, { 'tools/call': tea });
  await client.callTool('green', { cups: 2 });
  await client.callTool({ name: 'green', arguments: { cups: 2 } });
  await client.callTool({ name: 'green' }, { timeout: 4000 });
  assert.deepEqual(
    server.sent('tools/call').map(({ body }) => body.params),
    [{ name: 'green', arguments: { cups: 2 } }, { name: 'green', arguments: { cups: 2 } }, { name: 'green' }],
  );
});

test('the other methods send their MCP methods and parameters', async (t) => {
  const respond = (exchange) => exchange.result({ ok: exchange.name });
  const { client, server } = await connectLegacy(t, {
    'resources/read': respond,
    'prompts/get': respond,
    'completion/complete': respond,
    ping: respond,
  });
  const completion = { ref: { type: 'ref/prompt', name: 'poem' }, argument: { name: 'style', value: 'h' } };
  assert.deepEqual(await client.readResource({ uri: 'tea://green' }), { ok: 'resources/read' });
  await client.readResource('tea://green');
  await client.getPrompt({ name: 'poem', arguments: { style: 'haiku' } });
  await client.getPrompt('poem', { style: 'haiku' });
  await client.complete(completion);
  assert.deepEqual(await client.ping(), { ok: 'ping' });
  assert.deepEqual(
    server.seen.slice(2).map(({ body }) => body.params),
    [
      { uri: 'tea://green' },
      { uri: 'tea://green' },
      { name: 'poem', arguments: { style: 'haiku' } },
      { name: 'poem', arguments: { style: 'haiku' } },
      completion,
      undefined,
    ],
  );
});

test('a failed tool resolves and is reported, also in a batch', async (t) => {
  const reports = await startServer(() => {});
  t.after(() => reports.close());
  const failed = (exchange) => exchange.result({ ...textResult(`no ${exchange.body.params.name}`), isError: true });
  const { client } = await connectLegacy(t, { 'tools/call': failed }, { reportErrors: { endpoint: reports.reportTo } });
  assert.equal((await client.callTool('green')).isError, true);
  const [alone] = await reports.reported(1);
  assert.deepEqual([alone.error_type, alone.error_message, alone.class], ['MCPToolError', 'no green', 'tool_failure']);
  assert.deepEqual(
    [alone.rpc.tool, alone.rpc.protocol_version, alone.server],
    ['green', LEGACY, { name: 'tea', version: '2.1' }],
  );

  const [{ status, value }] = await client.batch([{ method: 'tools/call', params: { name: 'black', arguments: {} } }]);
  assert.deepEqual([status, value.isError], ['fulfilled', true]);
  assert.equal(await client.flush(2000), true);
  assert.deepEqual(
    reports.reports.map(({ report }) => report.error_message),
    ['no green', 'no black'],
  );
});

test('a batch is sent as simultaneous calls', async (t) => {
  const pending = [];
  const { client, server } = await connectLegacy(t, {
    // responds only after all calls have arrived
    'tools/call': (exchange) => pending.push(exchange) === 2 && pending.reverse().forEach(tea),
  });
  const call = (name) => ({ method: 'tools/call', params: { name } });
  const results = await client.batch([
    call('green'),
    { method: 'nope' },
    { method: 'notifications/x', notification: true },
    call('black'),
  ]);
  const [green, nope, note, black] = results;
  assert.deepEqual(
    [green.value, note, black.value],
    [textResult('green'), { status: 'fulfilled', value: undefined }, textResult('black')],
  );
  assert.deepEqual([nope.status, nope.reason.code], ['rejected', -32601]);
  assert.ok(server.seen.every(({ body }) => !Array.isArray(body)));
});

test('the member resultType of a result has no meaning in the legacy era', async (t) => {
  const { client } = await connectLegacy(t, {
    'tea/list': (exchange) => exchange.result({ resultType: 'table', rows: 2 }),
  });
  assert.deepEqual(await client.request('tea/list'), { resultType: 'table', rows: 2 });
});

// MCP as it was up to 2025-11-25: a handshake, a session and its loss, and the calls in between.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rejection } from './harness.mjs';
import { connectMCP, LEGACY, welcome } from './mcp-server.mjs';
import { startServer } from './server.mjs';

const options = { mcp: 'legacy' };
const said = (text) => ({ content: [{ type: 'text', text }] });
const tea = (exchange) => exchange.result(said(exchange.body.params.name));

test('the handshake, and what every request tells after it', async (t) => {
  const { client, server } = await connectMCP(
    t,
    { 'tools/call': tea },
    { ...options, clientInfo: { name: 'shop', version: '7' } },
  );
  assert.deepEqual(await client.callTool('green'), said('green'));
  assert.deepEqual(server.log(), ['initialize', 'notifications/initialized', 'tools/call']);
  const [hello, thanks, call] = server.seen;
  const { protocolVersion, clientInfo, capabilities } = hello.body.params;
  assert.deepEqual([protocolVersion, clientInfo, capabilities], [LEGACY, { name: 'shop', version: '7' }, {}]);
  assert.equal(hello.headers['mcp-protocol-version'], undefined);
  assert.equal('id' in thanks.body, false);
  for (const { headers } of [thanks, call]) {
    assert.equal(headers['mcp-protocol-version'], LEGACY);
    assert.equal(headers['mcp-session-id'], 'session-1');
    assert.equal(headers['mcp-method'], undefined, 'that is the newer era');
  }
});

test('what the server has told of itself', async (t) => {
  const { client } = await connectMCP(t, {}, options);
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

test('a server without sessions, and one of an older revision', async (t) => {
  const script = { sessions: false, initialize: (exchange) => exchange.result(welcome('2024-11-05')) };
  const { client, server } = await connectMCP(t, script, options);
  await client.ping();
  const [, ...others] = server.seen.map(({ headers }) => [headers['mcp-protocol-version'], headers['mcp-session-id']]);
  assert.deepEqual(others, Array(2).fill(['2024-11-05', undefined]));
  await client.close();
  assert.deepEqual(server.sent('DELETE'), [], 'there is nothing to end');
});

test('a revision nobody here speaks', async (t) => {
  const reports = await startServer(() => {});
  t.after(() => reports.close());
  const script = { initialize: (exchange) => exchange.result(welcome('1999-01-01')) };
  const { client, server } = await connectMCP(t, script, { ...options, reportErrors: { endpoint: reports.reportTo } });
  const failure = await rejection(client.ping());
  assert.equal(failure.code, 'NEGOTIATION_FAILED');
  assert.match(failure.message, /1999-01-01/);
  assert.deepEqual(server.log(), ['initialize']);
  const [report] = await reports.reported(1);
  assert.deepEqual([report.class, report.error_message], ['negotiation', failure.message]);
});

test('first calls of one moment share one handshake', async (t) => {
  const { client, server } = await connectMCP(t, { 'tools/call': tea }, options);
  const names = ['green', 'black', 'white', 'mint'];
  const answers = await Promise.all(names.map((name) => client.callTool(name)));
  assert.deepEqual(answers, names.map(said));
  assert.equal(server.sent('initialize').length, 1);
  await Promise.all([client.connect(), client.connect()]);
  assert.equal(server.sent('initialize').length, 1);
});

test('a handshake that fails rejects every call that waits, each with its own caller', async (t) => {
  const { client, server } = await connectMCP(
    t,
    {
      sessions: false,
      initialize: (exchange, times) => (times === 1 ? exchange.error(-32603, 'not today') : exchange.result(welcome())),
    },
    options,
  );
  function makeGreen() {
    return client.callTool('green');
  }
  function makeBlack() {
    return client.callTool('black');
  }
  function knock() {
    return client.connect();
  }
  const failures = await Promise.all([makeGreen, makeBlack, knock].map((call) => rejection(call())));
  assert.deepEqual(
    failures.map(({ code, message }) => [code, message]),
    Array(3).fill([-32603, 'not today']),
  );
  for (const [place, name] of ['makeGreen', 'makeBlack', 'knock'].entries()) {
    assert.match(failures[place].stack.split('\n')[1], new RegExp(`${name}.*mcp-legacy\\.test\\.mjs`));
  }
  assert.equal(new Set(failures).size, 3);
  assert.equal(server.sent('initialize').length, 1);
  assert.deepEqual(await client.ping(), {}, 'the next call tries again');
});

// What real servers say of a session they do not know (any more).
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
};
for (const [name, lost] of Object.entries(losses)) {
  test(`a session that is lost is opened anew, once: ${name}`, async (t) => {
    const { client, server } = await connectMCP(t, { 'tools/call': tea, lost }, options);
    await client.ping();
    server.session += 1; // as after a restart
    assert.deepEqual(await client.callTool('green'), said('green'));
    assert.deepEqual(server.log().slice(3), ['tools/call', 'initialize', 'notifications/initialized', 'tools/call']);
    const [before, after] = server.sent('tools/call');
    assert.equal(after.headers['mcp-session-id'], 'session-3');
    assert.notEqual(after.body.id, before.body.id);
  });
}

test('a session that is lost again at once fails the call', async (t) => {
  const { client, server } = await connectMCP(t, { 'tools/call': losses['HTTP 404'] }, options);
  assert.equal((await rejection(client.callTool('green'))).code, 'HTTP_404');
  assert.equal(server.sent('initialize').length, 2);
});

test('calls that lose one session together open one new one', async (t) => {
  const held = [];
  const { client, server } = await connectMCP(
    t,
    {
      'tools/call': (exchange, times) => (times <= 2 ? held.push(exchange) : tea(exchange)),
    },
    options,
  );
  const calls = ['green', 'black'].map((name) => client.callTool(name));
  await server.arrived('tools/call', 2);
  losses['HTTP 404'](held[0]);
  await server.arrived('tools/call', 3);
  losses['HTTP 404'](held[1]);
  assert.deepEqual(await Promise.all(calls), [said('green'), said('black')]);
  assert.equal(server.sent('initialize').length, 2);
});

test('an error that only looks like a lost session is the caller\'s', async (t) => {
  const { client, server } = await connectMCP(
    t,
    {
      'tools/call': (exchange) => exchange.error(-32602, 'no such tool', { status: 400 }),
    },
    options,
  );
  assert.equal((await rejection(client.callTool('green'))).code, -32602);
  assert.equal(server.sent('initialize').length, 1);
});

test('a tool is called by name or by an object, as people are used to', async (t) => {
  const { client, server } = await connectMCP(t, { 'tools/call': tea }, options);
  await client.callTool('green', { cups: 2 });
  await client.callTool({ name: 'green', arguments: { cups: 2 } });
  await client.callTool({ name: 'green' }, { timeout: 4000 });
  assert.deepEqual(
    server.sent('tools/call').map(({ body }) => body.params),
    [{ name: 'green', arguments: { cups: 2 } }, { name: 'green', arguments: { cups: 2 } }, { name: 'green' }],
  );
});

test('the other methods of a client, and what they send', async (t) => {
  const answer = (exchange) => exchange.result({ ok: exchange.name });
  const { client, server } = await connectMCP(
    t,
    { 'resources/read': answer, 'prompts/get': answer, 'completion/complete': answer, ping: answer },
    options,
  );
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

test('a tool\'s failure resolves and is reported, in a batch too', async (t) => {
  const reports = await startServer(() => {});
  t.after(() => reports.close());
  const failed = (exchange) => exchange.result({ ...said(`no ${exchange.body.params.name}`), isError: true });
  const { client } = await connectMCP(
    t,
    { 'tools/call': failed },
    { ...options, reportErrors: { endpoint: reports.reportTo } },
  );
  assert.equal((await client.callTool('green')).isError, true);
  const [alone] = await reports.reported(1);
  assert.deepEqual([alone.error_type, alone.error_message, alone.class], ['MCPToolError', 'no green', 'tool_error']);
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

test('a batch travels as calls side by side', async (t) => {
  const held = [];
  const { client, server } = await connectMCP(
    t,
    {
      // answered only when all of them are there
      'tools/call': (exchange) => held.push(exchange) === 2 && held.reverse().forEach(tea),
    },
    options,
  );
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
    [said('green'), { status: 'fulfilled', value: undefined }, said('black')],
  );
  assert.deepEqual([nope.status, nope.reason.code], ['rejected', -32601]);
  assert.ok(server.seen.every(({ body }) => !Array.isArray(body)));
});

test('a result\'s own members mean nothing before the newer era', async (t) => {
  const { client } = await connectMCP(
    t,
    { 'tea/list': (exchange) => exchange.result({ resultType: 'table', rows: 2 }) },
    options,
  );
  assert.deepEqual(await client.request('tea/list'), { resultType: 'table', rows: 2 });
});

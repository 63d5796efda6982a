// MCP since 2026-07-28: every request tells everything, in its parameters and in headers, and nothing is remembered.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rejection } from './harness.mjs';
import { connectMCP, discovered, MODERN } from './mcp-server.mjs';

const options = { mcp: 'modern' };
const PREFIX = 'io.modelcontextprotocol/';
const said = (text) => ({ content: [{ type: 'text', text }], resultType: 'complete' });
const tea = (exchange) => exchange.result(said(exchange.body.params.name));
const connect = (t, script, more) =>
  connectMCP(t, { era: 'modern', 'tools/call': tea, ...script }, { ...options, ...more });
const ownHeaders = ({ headers }) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^mcp-(?!protocol)/.test(name)));

test('what every request tells', async (t) => {
  const { client, server } = await connect(
    t,
    {},
    { clientInfo: { name: 'shop', version: '7' }, capabilities: { experimental: {} } },
  );
  assert.deepEqual(await client.callTool('green', { cups: 2 }), said('green'));
  assert.deepEqual(server.log(), ['server/discover', 'tools/call']);
  for (const { name, body, headers } of server.seen) {
    assert.deepEqual(body.params._meta, {
      [`${PREFIX}protocolVersion`]: MODERN,
      [`${PREFIX}clientInfo`]: { name: 'shop', version: '7' },
      [`${PREFIX}clientCapabilities`]: { experimental: {} },
    });
    assert.deepEqual(
      [headers['mcp-protocol-version'], headers['mcp-method'], headers['mcp-session-id']],
      [MODERN, name, undefined],
    );
  }
  const { _meta, ...params } = server.seen[1].body.params;
  assert.deepEqual(params, { name: 'green', arguments: { cups: 2 } });
});

test('what the server tells of itself, and that close needs no request', async (t) => {
  const { client, server } = await connect(t);
  await client.connect();
  assert.deepEqual(client.getServerVersion(), { name: 'tea', version: '2.1' });
  assert.deepEqual(client.getServerCapabilities(), { tools: { listChanged: true } });
  assert.deepEqual([client.getInstructions(), client.getProtocolEra()], ['Be polite.', 'modern']);
  await client.close();
  assert.deepEqual(server.log(), ['server/discover']);
});

test('the caller\'s own _meta stays beside ours', async (t) => {
  const { client, server } = await connect(t);
  await client.callTool({ name: 'green', _meta: { traceparent: '00-1-2-01', progressToken: 'mine' } });
  const { traceparent, progressToken, [`${PREFIX}protocolVersion`]: version } = server.seen[1].body.params._meta;
  assert.deepEqual([traceparent, progressToken, version], ['00-1-2-01', 'mine', MODERN]);
});

test('parameters by position have no place for what must be told', async (t) => {
  const { client, server } = await connect(t);
  await client.connect();
  const failure = await rejection(client.request('sum', [1, 2]));
  assert.ok(failure instanceof TypeError && /"sum"/.test(failure.message), String(failure));
  assert.deepEqual(server.log(), ['server/discover']);
});

// The examples of the specification, and what lies at their edges.
const carried = {
  'us-west1': 'us-west1',
  'Hello, 世界': '=?base64?SGVsbG8sIOS4lueVjA==?=',
  ' padded ': '=?base64?IHBhZGRlZCA=?=',
  'line1\nline2': '=?base64?bGluZTEKbGluZTI=?=',
  '=?base64?literal?=': '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=',
  '=?base64?no end': '=?base64?no end',
  'a b~!': 'a b~!',
  'nul\0': '=?base64?bnVsAA==?=',
  é: '=?base64?w6k=?=',
  '😀': '=?base64?8J+YgA==?=',
};
test('names travel in a header, as they are or in a wrapping', async (t) => {
  const { client, server } = await connect(t, { 'resources/read': tea, 'prompts/get': tea });
  for (const name of Object.keys(carried)) await client.callTool(name);
  assert.deepEqual(
    server.sent('tools/call').map(({ headers }) => headers['mcp-name']),
    Object.values(carried),
  );
  await client.readResource('tea://grün');
  await client.getPrompt('poem');
  assert.equal(server.sent('resources/read')[0].headers['mcp-name'], '=?base64?dGVhOi8vZ3LDvG4=?=');
  assert.equal(server.sent('prompts/get')[0].headers['mcp-name'], 'poem');
});

const schema = (properties) => ({ type: 'object', properties });
const marked = {
  name: 'brew',
  inputSchema: schema({
    region: { type: 'string', 'x-mcp-header': 'Region' },
    cups: { type: 'integer', 'x-mcp-header': 'Cups' },
    hot: { type: 'boolean', 'x-mcp-header': 'Hot' },
    deep: schema({ note: { type: 'string', 'x-mcp-header': 'Note' } }),
    free: { type: 'string' },
    // every object inherits something of this name
    toString: { type: 'string', 'x-mcp-header': 'Text' },
  }),
};
const listing =
  (...tools) =>
  (exchange) =>
    exchange.result({ tools, resultType: 'complete' });

test('parameters that a tool marks travel in headers of their own', async (t) => {
  const { client, server } = await connect(t, { 'tools/list': listing(marked) });
  await client.listTools();
  await client.callTool('brew', { region: 'us-west1', cups: 0, hot: false, deep: { note: 'süß' }, free: 'no' });
  await client.callTool('brew', { region: null, deep: {} });
  const [all, none] = server.sent('tools/call').map(ownHeaders);
  assert.deepEqual(all, {
    'mcp-method': 'tools/call',
    'mcp-name': 'brew',
    'mcp-param-region': 'us-west1',
    'mcp-param-cups': '0',
    'mcp-param-hot': 'false',
    'mcp-param-note': '=?base64?c8O8w58=?=',
  });
  assert.deepEqual(none, { 'mcp-method': 'tools/call', 'mcp-name': 'brew' });
});

test('headers tell what was there at the call, like the body', async (t) => {
  // headers that have to be waited for leave the page time to change its mind
  const { client, server } = await connect(t, { 'tools/list': listing(marked) }, { headers: async () => ({}) });
  await client.listTools();
  const values = { region: 'east', deep: { note: 'one' } };
  const call = client.callTool('brew', values);
  values.region = 'west';
  values.deep.note = 'two';
  await call;
  const [{ body, headers }] = server.sent('tools/call');
  const told = [headers['mcp-param-region'], headers['mcp-param-note']];
  assert.deepEqual([told, body.params.arguments], [['east', 'one'], { region: 'east', deep: { note: 'one' } }]);
});

test('tools with marks that cannot be followed are left out, with a warning', async (t) => {
  const broken = {
    'an empty name': { a: { type: 'string', 'x-mcp-header': '' } },
    'no name of a header': { a: { type: 'string', 'x-mcp-header': 'a b' } },
    'a line end': { a: { type: 'string', 'x-mcp-header': 'a\r\nb' } },
    'no text': { a: { type: 'string', 'x-mcp-header': 5 } },
    'the same name twice': { a: { type: 'string', 'x-mcp-header': 'a' }, b: { type: 'string', 'x-mcp-header': 'A' } },
    'a fraction': { a: { type: 'number', 'x-mcp-header': 'A' } },
    'a whole object': { a: { type: 'object', 'x-mcp-header': 'A' } },
    'one of many': { a: { type: 'array', items: { type: 'string', 'x-mcp-header': 'A' } } },
    'one of several forms': { a: { anyOf: [{ type: 'string', 'x-mcp-header': 'A' }] } },
  };
  const tools = Object.entries(broken).map(([name, properties]) => ({ name, inputSchema: schema(properties) }));
  const { client } = await connect(t, { 'tools/list': listing(...tools, marked, { name: 'plain' }) });
  const warnings = [];
  t.mock.method(console, 'warn', (text) => warnings.push(text));
  assert.deepEqual(
    (await client.listTools()).tools.map(({ name }) => name),
    ['brew', 'plain'],
  );
  assert.equal(warnings.length, tools.length);
  for (const [place, { name }] of tools.entries()) assert.ok(warnings[place].includes(`"${name}"`), warnings[place]);
});

test('a header that does not fit: the tools are listed once, and the call is sent again', async (t) => {
  const checked = (exchange) => {
    const told = exchange.headers['mcp-param-region'];
    if (told === exchange.body.params.arguments.region) return tea(exchange);
    return exchange.error(-32020, `Header mismatch: Mcp-Param-Region is ${told}`, { status: 400 });
  };
  const { client, server } = await connect(t, { 'tools/list': listing(marked), 'tools/call': checked });
  assert.deepEqual(await client.callTool('brew', { region: 'east' }), said('brew'));
  assert.deepEqual(server.log().slice(1), ['tools/call', 'tools/list', 'tools/call']);
  const [before, after] = server.sent('tools/call');
  assert.notEqual(before.body.id, after.body.id);

  const stubborn = await connect(t, {
    'tools/list': listing(marked),
    'tools/call': (exchange) => exchange.error(-32020, 'Header mismatch', { status: 400 }),
  });
  assert.equal((await rejection(stubborn.client.callTool('brew', { region: 'east' }))).code, -32020);
  assert.deepEqual(stubborn.server.log().slice(1), ['tools/call', 'tools/list', 'tools/call']);
});

const unsupported = (exchange, supported) =>
  exchange.error(-32022, 'Unsupported protocol version', { status: 400, data: { supported, requested: MODERN } });

test('a server that was replaced is asked anew what it speaks', async (t) => {
  const { client, server } = await connect(t, {
    'tools/call': (exchange, times) => (times === 2 ? unsupported(exchange, [MODERN]) : tea(exchange)),
  });
  await client.callTool('green');
  assert.deepEqual(await client.callTool('black'), said('black'));
  assert.deepEqual(server.log(), ['server/discover', 'tools/call', 'tools/call', 'server/discover', 'tools/call']);
});

test('a server that refuses the revision: its own error, with the revisions it speaks', async (t) => {
  const { client, server } = await connect(t, {
    'server/discover': (exchange) => unsupported(exchange, ['2099-01-01']),
  });
  const { code, data } = await rejection(client.callTool('green'));
  assert.deepEqual([code, data.supported], [-32022, ['2099-01-01']]);
  assert.deepEqual(server.log(), ['server/discover']);
});

test('a server that speaks only other revisions, and says so when it is asked', async (t) => {
  const { client, server } = await connect(t, {
    'server/discover': (exchange) => exchange.result(discovered(['2099-01-01'])),
  });
  const failure = await rejection(client.callTool('green'));
  assert.equal(failure.code, 'NEGOTIATION_FAILED');
  assert.match(failure.message, /2099-01-01/);
  assert.deepEqual(server.log(), ['server/discover']);
});

test('an unknown method, HTTP 404 with -32601, is no lost session', async (t) => {
  const { client, server } = await connect(t);
  assert.equal((await rejection(client.request('tea/strain'))).code, -32601);
  assert.deepEqual(server.log(), ['server/discover', 'tea/strain']);
});

test('a result of a type nobody knows, and one without a type', async (t) => {
  const { client } = await connect(t, {
    'tools/call': (exchange, times) =>
      exchange.result(times === 1 ? { content: [], resultType: 'later' } : { content: [] }),
  });
  const failure = await rejection(client.callTool('green'));
  assert.equal(failure.code, 'INVALID_RESPONSE');
  assert.match(failure.message, /a result of unknown type/);
  assert.deepEqual(await client.callTool('green'), { content: [] });
});

test('a stream that breaks off is not asked for again: its answer may have been lost', async (t) => {
  const { client, server } = await connect(t, {
    'tools/call': (exchange) => {
      exchange.event({ method: 'notifications/message', params: {} }, '7');
      exchange.response.end();
    },
  });
  assert.equal((await rejection(client.callTool('green'))).code, 'NETWORK');
  assert.deepEqual(server.log(), ['server/discover', 'tools/call']);
});

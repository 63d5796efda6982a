// MCP since the revision 2026-07-28: no session; each request has the protocol data in its parameters and headers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { rejection } from './harness.mjs';
import { connectModern, discoverResult, MODERN } from './mcp-server.mjs';

const PREFIX = 'io.modelcontextprotocol/';
const textResult = (text) => ({ content: [{ type: 'text', text }], resultType: 'complete' });
const tea = (exchange) => exchange.result(textResult(exchange.body.params.name));
const connect = (t, script, more) => connectModern(t, { 'tools/call': tea, ...script }, more);
const ownHeaders = ({ headers }) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => /^mcp-(?!protocol)/.test(name)));

test('each request has _meta and the MCP headers', async (t) => {
  const { client, server } = await connect(
    t,
    {},
    { clientInfo: { name: 'shop', version: '7' }, capabilities: { experimental: {} } },
  );
  assert.deepEqual(await client.callTool('green', { cups: 2 }), textResult('green'));
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

test('the getters return the result of server/discover, and close sends nothing', async (t) => {
  const { client, server } = await connect(t);
  await client.connect();
  assert.deepEqual(client.getServerVersion(), { name: 'tea', version: '2.1' });
  assert.deepEqual(client.getServerCapabilities(), { tools: { listChanged: true } });
  assert.deepEqual([client.getInstructions(), client.getProtocolEra()], ['Be polite.', 'modern']);
  await client.close();
  assert.deepEqual(server.log(), ['server/discover']);
});

test('_meta of the caller is kept', async (t) => {
  const { client, server } = await connect(t);
  await client.callTool({ name: 'green', _meta: { traceparent: '00-1-2-01', progressToken: 'mine' } });
  const { traceparent, progressToken, [`${PREFIX}protocolVersion`]: version } = server.seen[1].body.params._meta;
  assert.deepEqual([traceparent, progressToken, version], ['00-1-2-01', 'mine', MODERN]);
});

test('parameters by position reject with a TypeError, because they have no _meta', async (t) => {
  const { client, server } = await connect(t);
  await client.connect();
  const failure = await rejection(client.request('sum', [1, 2]));
  assert.ok(failure instanceof TypeError && /"sum"/.test(failure.message), String(failure));
  assert.deepEqual(server.log(), ['server/discover']);
});

// Header values: the examples of the specification and edge cases.
const headerValues = {
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
test('names are sent in a header, as they are or in Base64', async (t) => {
  const { client, server } = await connect(t, { 'resources/read': tea, 'prompts/get': tea });
  for (const name of Object.keys(headerValues)) await client.callTool(name);
  assert.deepEqual(
    server.sent('tools/call').map(({ headers }) => headers['mcp-name']),
    Object.values(headerValues),
  );
  await client.readResource('tea://grün');
  await client.getPrompt('poem');
  assert.equal(server.sent('resources/read')[0].headers['mcp-name'], '=?base64?dGVhOi8vZ3LDvG4=?=');
  assert.equal(server.sent('prompts/get')[0].headers['mcp-name'], 'poem');
});

const schema = (properties) => ({ type: 'object', properties });
const brew = {
  name: 'brew',
  inputSchema: schema({
    region: { type: 'string', 'x-mcp-header': 'Region' },
    cups: { type: 'integer', 'x-mcp-header': 'Cups' },
    hot: { type: 'boolean', 'x-mcp-header': 'Hot' },
    deep: schema({ note: { type: 'string', 'x-mcp-header': 'Note' } }),
    free: { type: 'string' },
    // the name of a method that every object inherits
    toString: { type: 'string', 'x-mcp-header': 'Text' },
  }),
};
const listing =
  (...tools) =>
  (exchange) =>
    exchange.result({ tools, resultType: 'complete' });

test('arguments with x-mcp-header are sent in headers', async (t) => {
  const { client, server } = await connect(t, { 'tools/list': listing(brew) });
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

test('a change of the arguments after the call is not sent in headers', async (t) => {
  // the async headers function leaves time for the change
  const { client, server } = await connect(t, { 'tools/list': listing(brew) }, { headers: async () => ({}) });
  await client.listTools();
  const values = { region: 'east', deep: { note: 'one' } };
  const call = client.callTool('brew', values);
  values.region = 'west';
  values.deep.note = 'two';
  await call;
  const [{ body, headers }] = server.sent('tools/call');
  const sent = [headers['mcp-param-region'], headers['mcp-param-note']];
  assert.deepEqual([sent, body.params.arguments], [['east', 'one'], { region: 'east', deep: { note: 'one' } }]);
});

test('tools with an invalid x-mcp-header are left out with a warning', async (t) => {
  const broken = {
    'an empty name': { a: { type: 'string', 'x-mcp-header': '' } },
    'an invalid header name': { a: { type: 'string', 'x-mcp-header': 'a b' } },
    'a line end': { a: { type: 'string', 'x-mcp-header': 'a\r\nb' } },
    'not a string': { a: { type: 'string', 'x-mcp-header': 5 } },
    'the same name twice': { a: { type: 'string', 'x-mcp-header': 'a' }, b: { type: 'string', 'x-mcp-header': 'A' } },
    'a number that may be a fraction': { a: { type: 'number', 'x-mcp-header': 'A' } },
    'an object': { a: { type: 'object', 'x-mcp-header': 'A' } },
    'an item of an array': { a: { type: 'array', items: { type: 'string', 'x-mcp-header': 'A' } } },
    'an alternative of anyOf': { a: { anyOf: [{ type: 'string', 'x-mcp-header': 'A' }] } },
  };
  const tools = Object.entries(broken).map(([name, properties]) => ({ name, inputSchema: schema(properties) }));
  const { client } = await connect(t, { 'tools/list': listing(...tools, brew, { name: 'plain' }) });
  const warnings = [];
  t.mock.method(console, 'warn', (text) => warnings.push(text));
  assert.deepEqual(
    (await client.listTools()).tools.map(({ name }) => name),
    ['brew', 'plain'],
  );
  assert.equal(warnings.length, tools.length);
  for (const [index, { name }] of tools.entries()) assert.ok(warnings[index].includes(`"${name}"`), warnings[index]);
});

test('after a header mismatch the tools are listed and the call is sent again, once', async (t) => {
  const checked = (exchange) => {
    const region = exchange.headers['mcp-param-region'];
    if (region === exchange.body.params.arguments.region) return tea(exchange);
    return exchange.error(-32020, `Header mismatch: Mcp-Param-Region is ${region}`, { status: 400 });
  };
  const { client, server } = await connect(t, { 'tools/list': listing(brew), 'tools/call': checked });
  assert.deepEqual(await client.callTool('brew', { region: 'east' }), textResult('brew'));
  assert.deepEqual(server.log().slice(1), ['tools/call', 'tools/list', 'tools/call']);
  const [first, second] = server.sent('tools/call');
  assert.notEqual(first.body.id, second.body.id);

  const stubborn = await connect(t, {
    'tools/list': listing(brew),
    'tools/call': (exchange) => exchange.error(-32020, 'Header mismatch', { status: 400 }),
  });
  assert.equal((await rejection(stubborn.client.callTool('brew', { region: 'east' }))).code, -32020);
  assert.deepEqual(stubborn.server.log().slice(1), ['tools/call', 'tools/list', 'tools/call']);
});

const unsupported = (exchange, supported) =>
  exchange.error(-32022, 'Unsupported protocol version', { status: 400, data: { supported, requested: MODERN } });

test('after an unsupported revision the client sends server/discover again and repeats the call', async (t) => {
  const { client, server } = await connect(t, {
    'tools/call': (exchange, times) => (times === 2 ? unsupported(exchange, [MODERN]) : tea(exchange)),
  });
  await client.callTool('green');
  assert.deepEqual(await client.callTool('black'), textResult('black'));
  assert.deepEqual(server.log(), ['server/discover', 'tools/call', 'tools/call', 'server/discover', 'tools/call']);
});

test('a refused revision rejects the call with the error of the server', async (t) => {
  const { client, server } = await connect(t, {
    'server/discover': (exchange) => unsupported(exchange, ['2099-01-01']),
  });
  const { code, data } = await rejection(client.callTool('green'));
  assert.deepEqual([code, data.supported], [-32022, ['2099-01-01']]);
  assert.deepEqual(server.log(), ['server/discover']);
});

test('a server with only unknown revisions rejects the call with NEGOTIATION_FAILED', async (t) => {
  const { client, server } = await connect(t, {
    'server/discover': (exchange) => exchange.result(discoverResult(['2099-01-01'])),
  });
  const failure = await rejection(client.callTool('green'));
  assert.equal(failure.code, 'NEGOTIATION_FAILED');
  assert.match(failure.message, /2099-01-01/);
  assert.deepEqual(server.log(), ['server/discover']);
});

test('HTTP 404 with the code -32601 is an unknown method, not a lost session', async (t) => {
  const { client, server } = await connect(t);
  assert.equal((await rejection(client.request('tea/strain'))).code, -32601);
  assert.deepEqual(server.log(), ['server/discover', 'tea/strain']);
});

test('a result of an unknown type rejects the call; a result without a type resolves', async (t) => {
  const { client } = await connect(t, {
    'tools/call': (exchange, times) =>
      exchange.result(times === 1 ? { content: [], resultType: 'later' } : { content: [] }),
  });
  const failure = await rejection(client.callTool('green'));
  assert.equal(failure.code, 'INVALID_RESPONSE');
  assert.match(failure.message, /a result of unknown type/);
  assert.deepEqual(await client.callTool('green'), { content: [] });
});

test('a call is not sent again after a broken stream, because its response may be lost', async (t) => {
  const { client, server } = await connect(t, {
    'tools/call': (exchange) => {
      exchange.event({ method: 'notifications/message', params: {} }, '7');
      exchange.response.end();
    },
  });
  assert.equal((await rejection(client.callTool('green'))).code, 'NETWORK');
  assert.deepEqual(server.log(), ['server/discover', 'tools/call']);
});

// Parameters and options of a call: invalid ones reject with a TypeError, and nothing is sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, MCPClient, rejection, result } from './harness.mjs';
import { connectMCP } from './mcp-server.mjs';

const echo = (body, response) => result(body, response, body.params ?? null);
const circle = () => {
  const circle = { inner: {} };
  circle.inner.outer = circle;
  return circle;
};

// All methods with parameters must refuse the same values.
const methods = {
  request: (client, value) => client.request('brew', { value }),
  'request with _meta': (client, value) => client.request('brew', { _meta: {}, value }),
  callTool: (client, value) => client.callTool('brew', { value }),
  'callTool with an object': (client, value) => client.callTool({ name: 'brew', arguments: { value } }),
  notify: (client, value) => client.notify('brew', { value }),
  batch: (client, value) => client.batch([{ method: 'fine' }, { method: 'brew', params: { value } }]),
};
const invalidValues = {
  'a circle': [circle(), /cannot be written as JSON/],
  'a BigInt': [1n, /cannot be written as JSON: .*BigInt/],
  'a BigInt deep inside': [{ a: [{ b: 1n }] }, /BigInt/],
  'a function': [() => {}, /a function as "value"/],
  'a function deep inside': [[{ go() {} }], /a function as "go"/],
  'a class': [class Tea {}, /a function as "value"/],
  'a symbol': [Symbol('tea'), /a symbol as "value"/],
  'undefined in a list': [[1, undefined], /undefined in an array/],
  'a hole in a list': [new Array(2), /undefined in an array/],
  'a function in a list': [[() => {}], /a function/],
  'a toJSON that throws': [
    {
      toJSON: () => {
        throw new Error('no tea');
      },
    },
    /cannot be written as JSON: no tea/,
  ],
};
for (const [name, [value, reason]] of Object.entries(invalidValues)) {
  test(`a parameter rejects with a TypeError, and nothing is sent: ${name}`, async (t) => {
    const { client, server } = await connect(t, echo);
    for (const [method, call] of Object.entries(methods)) {
      const error = await rejection(call(client, value));
      assert.ok(error instanceof TypeError, `${method}: ${error}`);
      assert.match(error.message, /^MCPClient: the params of "(brew|tools\/call)" /, method);
      assert.match(error.message, reason, method);
    }
    assert.equal(server.calls.length, 0);
  });
}

test('with MCP invalid parameters reject before the handshake', async (t) => {
  const { client, server } = await connectMCP(t);
  assert.ok((await rejection(client.callTool('brew', { value: 1n }))) instanceof TypeError);
  assert.ok((await rejection(client.callTool({ name: 'brew', arguments: circle() }))) instanceof TypeError);
  assert.deepEqual(server.log(), []);
});

test('deeply nested parameters are sent or reject with a TypeError', async (t) => {
  const { client } = await connect(t, (body, response) => result(body, response, 'sent'));
  const outcomes = new Set();
  for (let depth = 500; depth < 20_000; depth += 500) {
    let value = {};
    for (let level = 0; level < depth; level += 1) value = { value };
    const outcome = await client.request('deep', value).catch((error) => error);
    if (outcome !== 'sent') assert.match(`${depth}: ${outcome}`, /TypeError: MCPClient: the params of "deep"/);
    outcomes.add(outcome === 'sent');
  }
  assert.deepEqual([...outcomes], [true, false]);
});

test('parameters are serialised as JSON.stringify does', async (t) => {
  const { client } = await connect(t, echo);
  const when = new Date(0);
  const sent = {
    gone: undefined,
    when,
    list: [null, 0, ''],
    same: [when, when],
    text: '😀\u2028"\\',
    proto: Object.create(null),
  };
  const got = {
    when: when.toJSON(),
    list: [null, 0, ''],
    same: [when.toJSON(), when.toJSON()],
    text: '😀\u2028"\\',
    proto: {},
  };
  assert.deepEqual(await client.request('brew', sent), got);
  assert.deepEqual(await client.request('brew', []), []);
  assert.deepEqual(await client.request('brew', {}), {});
  assert.deepEqual(await client.callTool('brew', { a: undefined }), { name: 'brew', arguments: {} });
});

test('a long text is sent completely', async (t) => {
  const { client } = await connect(t, (body, response) => result(body, response, body.params.text.length));
  assert.equal(await client.request('brew', { text: 'ü'.repeat(5_000_000) }), 5_000_000);
});

test('parameters by position are sent unchanged, also with onprogress', async (t) => {
  const { client, server } = await connect(t, (body, response) => result(body, response, body.params));
  assert.deepEqual(await client.request('sum', [1, 2]), [1, 2]);
  assert.deepEqual(await client.request('sum', [1, 2], { onprogress() {} }), [1, 2]);
  assert.deepEqual(
    server.calls.map(({ body }) => body.params),
    [
      [1, 2],
      [1, 2],
    ],
  );
});

test('plain JSON-RPC sends only the _meta of the caller', async (t) => {
  const { client } = await connect(t, echo);
  assert.deepEqual(await client.request('brew', { _meta: { mine: 1 }, a: 2 }), { a: 2, _meta: { mine: 1 } });
  assert.deepEqual(await client.request('brew', { _meta: { mine: 1 } }), { _meta: { mine: 1 } });
});

// Wrong options of a call.
const wrong = {
  signal: ['stop', {}, null, 5],
  timeout: ['30', 0, -1, NaN, Infinity, null, 2 ** 31],
  onprogress: ['call me', {}, null],
  headers: ['x', 5, { 'no good': 'x' }, { ok: 'line\nbreak' }, null],
};
for (const [name, values] of Object.entries(wrong)) {
  test(`a wrong option of a call rejects with a TypeError with its name: ${name}`, async (t) => {
    const { client, server } = await connect(t, echo);
    for (const value of values) {
      const error = await rejection(client.request('brew', {}, { [name]: value }));
      assert.ok(error instanceof TypeError && error.message.includes(`"${name}"`), `${String(value)}: ${error}`);
    }
    assert.equal(server.calls.length, 0);
  });
}

test('wrong options of the client throw a TypeError with the name', () => {
  const options = {
    mcp: ['both', true, 1, null],
    clientInfo: ['shop', {}, { name: 'shop' }, { name: '', version: '1' }, 5],
    capabilities: ['all', null, []],
    wasmUrl: [5, null, ''],
    headers: [5, 'x', [['a']], true],
  };
  for (const [name, values] of Object.entries(options)) {
    for (const value of values) {
      assert.throws(
        () => new MCPClient('/jsonrpc', { [name]: value }),
        (error) => {
          assert.ok(
            error instanceof TypeError && error.message.includes(`"${name}"`),
            `${JSON.stringify(value)}: ${error}`,
          );
          return true;
        },
        `${name}: ${JSON.stringify(value)}`,
      );
    }
  }
});

// Wrong options and parameters: a TypeError with the name, and nothing is sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, MCPClient, rejection, result } from './harness.mjs';

test('a wrong option throws a TypeError with its name', () => {
  const wrong = {
    timeout: ['30', 0, -1, NaN, Infinity, null],
    retries: [1.5, -1, '3', Infinity, null],
    reportErrors: ['yes', 1, null],
    headers: ['x', 5, { 'no good': 'x' }, { ok: 'line\nbreak' }],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(() => new MCPClient('/jsonrpc', { [name]: value }), (error) => {
        assert.ok(error instanceof TypeError && error.message.includes(`"${name}"`), `${name}: ${error}`);
        return true;
      });
    }
  }
  assert.throws(() => new MCPClient(''), /"endpoint"/);
  assert.throws(() => new MCPClient(5), /"endpoint" must be an http:\/\/ or https:\/\/ address.*, not number 5/);
  assert.throws(() => new MCPClient('/jsonrpc', null), /"options"/);
  assert.throws(() => new MCPClient('/jsonrpc', { reportErrors: true, errorReportEndpoint: 1 }), /"errorReportEndpoint"/);
});

const noAddresses = [
  'localhost:3000/mcp',
  '127.0.0.1:3000/mcp',
  'http//shop.example/mcp',
  'http://shop.example:70000/mcp',
  'ws://shop.example/mcp',
  'file:///mcp',
  'http://',
  'http://ann:secret1@shop.example/mcp',
  'https://secret1@shop.example/mcp',
  'ann:secret1@shop.example/mcp',
];
for (const address of noAddresses) {
  test(`an address that cannot be requested is a TypeError of the constructor: ${address}`, () => {
    const wrong = [
      ['"endpoint"', address, {}],
      ['"errorReportEndpoint"', '/jsonrpc', { errorReportEndpoint: address }],
      ['"reportErrors.endpoint"', '/jsonrpc', { reportErrors: { endpoint: address } }],
    ];
    for (const [name, endpoint, options] of wrong) {
      assert.throws(() => new MCPClient(endpoint, options), (error) => {
        assert.ok(error instanceof TypeError && error.message.includes(name), String(error));
        assert.doesNotMatch(error.message, /secret1/);
        return true;
      });
    }
  });
}
test('other addresses are accepted', () => {
  const addresses = ['/jsonrpc', 'api/mcp', './x', '?a=b:c', '//shop.example/mcp', 'https://shop.example/a@b', 'HTTP://x/'];
  for (const address of [...addresses, new URL('https://shop.example/mcp')]) new MCPClient(address);
});

test('outside of pages, a call to a relative address rejects with a TypeError at once and is not reported', async (t) => {
  const { server } = await connect(t, () => {});
  for (const address of ['/jsonrpc', 'example.com/mcp', '//shop.example/mcp']) {
    const client = new MCPClient(address, { reportErrors: true, errorReportEndpoint: server.reportTo });
    for (const call of [client.request('m'), client.notify('m')]) {
      const error = await rejection(call);
      assert.ok(error instanceof TypeError && /"endpoint" must be an absolute address/.test(error.message), String(error));
    }
    assert.equal(await client.flush(1000), true);
  }
  assert.deepEqual(server.reports, []);
});

test('parameters that are not JSON reject with a TypeError and nothing is sent', async (t) => {
  const { client, server } = await connect(t, (body, response) => result(body, response, null));
  const circular = {};
  circular.self = circular;
  const wrong = [circular, { big: 1n }, 'text', 5, true, () => {}, Symbol('s'), new Date(0), { toJSON: () => 'text' }];
  for (const params of wrong) {
    const error = await rejection(client.request('anything', params));
    assert.ok(error instanceof TypeError && /"anything"/.test(error.message), String(error));
  }
  for (const method of ['', undefined, 5, null]) {
    assert.match((await rejection(client.request(method))).message, /"method"/);
  }
  assert.match((await rejection(client.callTool('t', { big: 1n }))).message, /"tools\/call"/);
  assert.match((await rejection(client.request('m', {}, { timeout: -5 }))).message, /"timeout"/);
  assert.match((await rejection(client.notify('m', circular))).message, /cannot be written as JSON/);
  assert.match((await rejection(client.batch([]))).message, /at least one/);
  assert.match((await rejection(client.batch('x'))).message, /array/);
  assert.match((await rejection(client.batch([{ method: 'm' }, null]))).message, /"method"/);
  assert.equal(server.calls.length, 0);
});

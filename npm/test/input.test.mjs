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
  assert.throws(() => new MCPClient(5), /"endpoint" must be an address \(string or URL\), not number 5/);
  assert.throws(() => new MCPClient('/jsonrpc', null), /"options"/);
  assert.throws(() => new MCPClient('/jsonrpc', { reportErrors: true, errorReportEndpoint: 1 }), /"errorReportEndpoint"/);
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

// examples/shop-server.mjs, started as a reader starts it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';

let child;
let address;

before(async () => {
  const program = new URL('../../examples/shop-server.mjs', import.meta.url).pathname;
  child = spawn(process.execPath, [program, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  address = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    child.stdout.once('data', (line) => resolve(/^listening on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(line)[1]));
  });
});
after(() => child.kill());

async function post(body) {
  const response = await fetch(address, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: text && JSON.parse(text) };
}

async function call(method, params) {
  return (await post({ jsonrpc: '2.0', id: 1, method, params })).body;
}

const cart = (...skus) => ({ name: 'total_price', arguments: { items: skus.map((sku) => ({ sku, quantity: 2 })) } });

test('initialize, ping and tools/list return their results', async () => {
  assert.equal((await call('initialize')).result.serverInfo.name, 'shop');
  assert.deepEqual((await call('ping')).result, {});
  const names = (await call('tools/list')).result.tools.map((tool) => tool.name);
  assert.deepEqual(names, ['total_price', 'yearly_report']);
});

test('total_price returns the price of discounted items', async () => {
  const { result } = await call('tools/call', cart('MUG-1', 'TEA-3'));
  assert.deepEqual(result.structuredContent, { total: 36.2, currency: 'EUR' });
});

test('total_price fails for an item without a discount, which is the bug of the example', async () => {
  const { error } = await call('tools/call', cart('MUG-1', 'POT-2'));
  assert.equal(error.code, -32000);
  assert.equal(error.message, "Cannot read properties of undefined (reading 'percent')");
  assert.deepEqual(error.data, { type: 'TypeError' });
});

test('an unknown product is a tool result, an unknown tool and method are protocol errors', async () => {
  assert.equal((await call('tools/call', cart('NOPE'))).result.isError, true);
  assert.equal((await call('tools/call', { name: 'nope' })).error.code, -32602);
  assert.equal((await call('toString')).error.code, -32601);
});

test('invalid messages get a JSON-RPC error', async () => {
  assert.equal((await post('{"jsonrpc":')).body.error.code, -32700);
  for (const body of ['[]', 'null', '5', '{}']) {
    const { error, id } = (await post(body)).body;
    assert.deepEqual([error.code, id], [-32600, null], body);
  }
  assert.equal((await fetch(address)).status, 405);
});

test('a notification gets HTTP 202 without a body, a batch one response per call', async () => {
  const notification = { jsonrpc: '2.0', method: 'ping' };
  assert.deepEqual(await post(notification), { status: 202, body: '' });
  const { body } = await post([notification, { jsonrpc: '2.0', id: 'a', method: 'ping' }]);
  assert.deepEqual(body, [{ jsonrpc: '2.0', id: 'a', result: {} }]);
});

test('yearly_report returns after the requested seconds', async () => {
  const { result } = await call('tools/call', { name: 'yearly_report', arguments: { seconds: 0.01 } });
  assert.equal(result.structuredContent.sold, 4711);
});

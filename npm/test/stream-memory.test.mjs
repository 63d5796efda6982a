// Memory of streams: neither 100 MB of comments nor 100 responses make it grow.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { connectLegacy } from './mcp-server.mjs';

// The memory of the WebAssembly module. It is not public, so this wraps the functions that instantiate the module.
let memory;
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...details) => {
    const instantiated = await original.apply(WebAssembly, details);
    memory = Object.values((instantiated.instance ?? instantiated).exports).find(
      (value) => value instanceof WebAssembly.Memory,
    );
    return instantiated;
  };
}

const MEGABYTE = 2 ** 20;
const responseEvent = ({ body }, text) =>
  `data: ${JSON.stringify({ jsonrpc: '2.0', id: body.id, result: { text } })}\n\n`;
const connect = (t, call) => connectLegacy(t, { 'tools/call': call });

test('100 MB of comments do not make the memory grow, in one line and in many', async (t) => {
  const line = Buffer.alloc(64 * 1024, ':');
  const lines = Buffer.from(': keep alive\n\n'.repeat(4096));
  const { client } = await connect(t, async (exchange, times) => {
    exchange.stream();
    for (const comments of [line, lines]) {
      for (let sent = 0; sent < (times === 1 ? 1 : 50) * MEGABYTE; sent += comments.length) {
        if (!exchange.response.write(comments)) await once(exchange.response, 'drain');
      }
      exchange.response.write('\n\n');
    }
    exchange.response.end(responseEvent(exchange, 'green'));
  });
  await client.callTool('green'); // allocates the memory that every call needs
  const before = [process.memoryUsage().rss, memory.buffer.byteLength];
  assert.deepEqual(await client.callTool('green'), { text: 'green' });
  const growth = process.memoryUsage().rss - before[0];
  assert.ok(growth < 100 * MEGABYTE, `${growth} bytes more`);
  assert.ok(memory.buffer.byteLength - before[1] < MEGABYTE, `${memory.buffer.byteLength} bytes of the module`);
});

test('100 streams do not make the memory of the module grow', async (t) => {
  const text = 'x'.repeat(100_000);
  const { client } = await connect(t, (exchange) => {
    exchange.stream(responseEvent(exchange, text));
    exchange.response.end();
  });
  for (let call = 0; call < 5; call += 1) await client.callTool('green');
  const before = memory.buffer.byteLength;
  for (let call = 0; call < 100; call += 1) await client.callTool('green');
  assert.equal(memory.buffer.byteLength, before);
});

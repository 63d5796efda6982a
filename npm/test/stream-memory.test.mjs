// Streams take no memory beyond what they tell: neither a hundred megabytes of comments nor a hundred answers.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { connectMCP } from './mcp-server.mjs';

// The module's memory, which no public surface shows: caught on its way to the client, and nothing is changed.
let memory;
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (...details) => {
    const made = await original.apply(WebAssembly, details);
    memory = Object.values((made.instance ?? made).exports).find((value) => value instanceof WebAssembly.Memory);
    return made;
  };
}

const MEGABYTE = 2 ** 20;
const answer = ({ body }, text) => `data: ${JSON.stringify({ jsonrpc: '2.0', id: body.id, result: { text } })}\n\n`;
const connect = (t, call) => connectMCP(t, { 'tools/call': call }, { mcp: 'legacy' });

test('100 MB of comments take no memory, in one line and in many', async (t) => {
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
    exchange.response.end(answer(exchange, 'green'));
  });
  await client.callTool('green'); // what is needed anyway
  const before = [process.memoryUsage().rss, memory.buffer.byteLength];
  assert.deepEqual(await client.callTool('green'), { text: 'green' });
  const grown = process.memoryUsage().rss - before[0];
  assert.ok(grown < 100 * MEGABYTE, `${grown} bytes more`);
  assert.ok(memory.buffer.byteLength - before[1] < MEGABYTE, `${memory.buffer.byteLength} bytes of the module`);
});

test('streams that were read leave nothing behind in the module', async (t) => {
  const text = 'x'.repeat(100_000);
  const { client } = await connect(t, (exchange) => {
    exchange.stream(answer(exchange, text));
    exchange.response.end();
  });
  for (let call = 0; call < 5; call += 1) await client.callTool('green');
  const before = memory.buffer.byteLength;
  for (let call = 0; call < 100; call += 1) await client.callTool('green');
  assert.equal(memory.buffer.byteLength, before);
});

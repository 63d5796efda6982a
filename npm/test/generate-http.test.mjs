// `generate` with a real server over Streamable HTTP; the generated module then calls the server.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { autoheal, installed, load, project, typeCheck } from './generate/harness.mjs';

test('a client for server-everything is generated and works over Streamable HTTP', async (t) => {
  const url = await startEverything(t);
  const folder = await project(t);
  const { code, stderr } = await autoheal(['generate', url, '--out', 'generated.ts'], { cwd: folder });
  assert.equal(code, 0, stderr);
  const use = `import { McpServersEverythingClient } from './generated.js';
    const client = new McpServersEverythingClient('/mcp');
    const { structuredContent } = await client.getStructuredContent({ location: 'Chicago' });
    export const humidity: number | undefined = structuredContent?.humidity;
    // @ts-expect-error there is no such city
    await client.getStructuredContent({ location: 'Atlantis' });`;
  await typeCheck(folder, { 'generated.ts': undefined, 'use.ts': use });

  const { McpServersEverythingClient } = await load(folder, 'generated.ts');
  const client = new McpServersEverythingClient(url);
  t.after(() => client.close());
  assert.equal((await client.echo({ message: 'hello' })).content[0].text, 'Echo: hello');
  const { structuredContent } = await client.getStructuredContent({ location: 'Chicago' });
  assert.equal(typeof structuredContent.humidity, 'number');
});

/** Starts server-everything on a free port and waits until it prints that it listens. */
async function startEverything(t) {
  const program = installed('@modelcontextprotocol/server-everything/dist/index.js');
  const reserved = createServer().listen(0, '127.0.0.1');
  await once(reserved, 'listening');
  const { port } = reserved.address();
  reserved.close();
  await once(reserved, 'close');
  const child = spawn(process.execPath, [program, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill());
  await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => /listening on port/i.test(text) && resolve());
    }
  });
  return `http://127.0.0.1:${port}/mcp`;
}
